"""The lifecycle as a page: `docs/lifecycle.md` is what `markdown` says, and a test keeps it so. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from models.enums import IntegrationStage, SubmissionStage
from review.lifecycle import LAUNCHES_FROM, MOVES, Move

INTRODUCTION = """\
# Lifecycle

Generated from the table `MOVES` in `review/lifecycle.py` by `python -m review.lifecycle_table > docs/lifecycle.md`.
Every move is one row: where it starts, where it leads, who may, and what stands in the way. The verb, the page, Slack
and the command line all ask the same table, and show the same reasons.
"""

PARTS: tuple[tuple[str, str, type[StrEnum]], ...] = (
    ("submission", "A submission is one request to pass one gate.", SubmissionStage),
    ("integration", "An integration is one tile of the catalog.", IntegrationStage),
)


def markdown() -> str:
    """The whole page: per subject a diagram and a table, then which stage each kind of submission needs."""
    parts = [INTRODUCTION]
    for of, what, stages in PARTS:
        moves = [move for move in MOVES.values() if move.of == of]
        parts += [f"## {of.capitalize()}\n\n{what}\n", _diagram(moves, stages), _table(moves)]
    return "\n".join([*parts, _kinds()])


def _diagram(moves: Iterable[Move], stages: Iterable[StrEnum]) -> str:
    """Moves that lead somewhere, in mermaid's words."""
    order = list(stages)
    lines = [
        f"    {source} --> {target}: {_words(move.name)}"
        for move in moves
        for target in _targets(move)
        for source in sorted(move.sources, key=order.index)
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```\n"])


def _targets(move: Move) -> list[StrEnum]:
    if move.back:
        return sorted(source for other in MOVES.values() if other.to in move.sources for source in other.sources)
    return [] if move.to is None else [move.to]


def _table(moves: Iterable[Move]) -> str:
    head = ["| move | from | to | who | refused unless | what it means |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_row(move) for move in moves)]) + "\n"


def _row(move: Move) -> str:
    to = "where it was" if move.back else "stays" if move.to is None else _words(move.to)
    who = [*_sorted(move.who), *(["the engine"] if move.engine else [])]
    guards = [_words(guard.__name__) for guard in move.guards]
    cells = [_words(move.name), ", ".join(_sorted(move.sources)), to, ", ".join(who), "; ".join(guards), move.says]
    return f"| {' | '.join(cells)} |"


def _kinds() -> str:
    head = ["## Kinds of submission\n", "| kind | while the integration is |", "|---|---|"]
    rows = [f"| {_words(kind)} | {', '.join(map(_words, stages))} |" for kind, stages in LAUNCHES_FROM.items()]
    return "\n".join([*head, *rows]) + "\n"


def _sorted(values: Iterable[StrEnum]) -> list[str]:
    return sorted(_words(value) for value in values)


def _words(value: str) -> str:
    return str(value).replace("_", " ")


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
