"""What a change of terms does, printed: a sentence, what moves, what turns late."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from checklist.rulebook_diff import Change
from desk.cli.differences import change_in_words, changes_as_document
from desk.cli.writing import instant, say, say_json, table, tell
from desk.words import counted
from review.revision import Move, Preview, Turned

SHOWN = 20
"""Lines of a list; the JSON has all of it."""

CHANGES_SHOWN = 30
"""Lines about a document."""

TURNS = (
    ("late_now", "late at once"),
    ("late_no_more", "late no more"),
    ("met_now_missed", "met, would have been missed"),
    ("missed_now_met", "missed, would have been met"),
)
"""Fields of a preview that list promises, and what they say."""


def hand_out(preview: Preview, done: str, *, json: bool, changes: Sequence[Change] | None = None, **about: Any) -> None:
    """Print it, and what changes in the document, if there is one; `done` are words about what was written.

    `about` leads the JSON.
    """
    if json:
        documented = {} if changes is None else {"changes": changes_as_document(changes)}
        say_json(about | as_document(preview) | documented)
    else:
        say(*in_words(preview), *_changes_in_words(changes or ()))
    tell(done)


def as_document(preview: Preview) -> dict[str, Any]:
    """All of it, for other programs."""
    return {
        "summary": preview.summary,
        "looked_at": preview.looked_at,
        "moves": moves_as_document(preview.moves),
        **{field: [_turned(one) for one in getattr(preview, field)] for field, _ in TURNS},
    }


def in_words(preview: Preview) -> list[str]:
    """The sentence, then the lists, each as far as it can be read."""
    lines = [f"{preview.summary} ({counted(preview.looked_at, 'running clock')} looked at)"]
    lines += moves_in_words(preview.moves)
    for field, words in TURNS:
        turned = [(one.integration, one.submission, one.target.value) for one in getattr(preview, field)]
        lines += _part((words, "submission", "promise"), turned)
    return lines


def moves_as_document(moves: Iterable[Move]) -> list[dict[str, Any]]:
    return [
        {
            "submission": move.submission,
            "integration": move.integration,
            "target": move.target.value,
            "was": instant(move.was),
            "now": instant(move.now),
        }
        for move in moves
    ]


def moves_in_words(moves: Iterable[Move], *, head: tuple[str, str] = ("was due", "is due")) -> list[str]:
    """A list under an empty line; nothing where nothing moves."""
    rows = [(one.integration, one.submission, one.target.value, instant(one.was), instant(one.now)) for one in moves]
    return list(_part(("integration", "submission", "promise", *head), rows))


def _changes_in_words(changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield from (change_in_words(change) for change in changes[:CHANGES_SHOWN])
    if len(changes) > CHANGES_SHOWN:
        yield f"and {len(changes) - CHANGES_SHOWN} more; --json names them all"


def _part(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield from table(head, rows[:SHOWN])
    if len(rows) > SHOWN:
        yield f"and {len(rows) - SHOWN} more; --json names them all"


def _turned(one: Turned) -> dict[str, Any]:
    return {"submission": one.submission, "integration": one.integration, "target": one.target.value}
