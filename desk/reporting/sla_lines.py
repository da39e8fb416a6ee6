"""The report of promises kept, as the terminal shows it: tables, the most asked-for first."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from desk.cli.writing import table
from desk.reporting import pauses as pauses_form
from desk.reporting.presented import Document, percent
from review.reports.course import Turn

TURNS: Final = tuple(turn.value for turn in Turn)

PAUSES: Final = 20
"""So many noted pauses are shown, the newest; they have a report of their own."""


def lines_of(document: Document) -> list[str]:
    """The report's tables, each after an empty line; those with nothing to tell are left out."""
    blocks = [
        _what_if(document["what_if"]) if document["what_if"] else [],
        _targets(document["targets"]),
        _cohorts(document["targets"]),
        _causes(document["targets"]),
        _stages(document["stages"]),
        _turns(document["turns"]),
        _longest(document["turns"]["longest"]),
        _rounds(document["rounds"]),
        _pauses(document["pauses"]),
        _load(document),
    ]
    first, *others = [block for block in blocks if block]
    return [*first, *(line for block in others for line in ("", *block))]


def _targets(targets: Sequence[Document]) -> list[str]:
    return table(
        ("target", "number", "met", "breached", "open", "past", "kept", "median h", "p90 h"),
        [[row["target"], *_cells(row), _or_open(row, "median_hours"), _or_open(row, "p90_hours")] for row in targets],
    )


def _cohorts(targets: Sequence[Document]) -> list[str]:
    cohorts = [(month["month"], row["target"], *_cells(month)) for row in targets for month in row["cohorts"]]
    head = ("started", "target", "number", "met", "breached", "open", "past", "kept")
    return table(head, sorted(cohorts, key=lambda cells: str(cells[0]))) if cohorts else []


def _causes(targets: Sequence[Document]) -> list[str]:
    causes = [[row["target"], one["number"], one["cause"]] for row in targets for one in row["causes"]]
    return table(("target", "breaches", "what stood open"), causes) if causes else []


def _stages(stages: Sequence[Document]) -> list[str]:
    if not any(stage["number"] for stage in stages):
        return []
    head = ("stage", "kind", "stays", "still", "median open h", "p90 open h", "median h", "p90 h")
    return table(head, [cells for stage in stages for cells in _stays(stage)])


def _stays(stage: Document) -> Iterator[list[object]]:
    names = ("median_open_hours", "p90_open_hours", "median_wall_hours", "p90_wall_hours")
    for times in ({**stage, "kind": "all"}, *stage["kinds"]):
        told = [_or_open(times, name) for name in names]
        yield [stage["stage"], times["kind"], times["number"], times["still"], *told]


def _turns(turns: Document) -> list[str]:
    if not turns["kinds"]:
        return []
    rows = [
        [
            shares["kind"],
            *(percent(shares[f"{turn}_percent"]) for turn in TURNS),
            *(shares[f"{turn}_hours"] for turn in TURNS),
        ]
        for shares in ({**turns, "kind": "all"}, *turns["kinds"])
    ]
    return table(("waited for", *TURNS, *(f"{turn} h" for turn in TURNS)), rows)


def _longest(waits: Sequence[Document]) -> list[str]:
    columns = ("turn", "hours", "submission", "integration", "from", "to")
    rows = [[wait[name] if name != "to" else wait["to"] or "still" for name in columns] for wait in waits]
    return table(("longest with", *columns[1:]), rows) if rows else []


def _rounds(rounds: Document) -> list[str]:
    if not rounds["number"]:
        return []
    rows = [
        [of_kind["kind"], of_kind["looked_at"], of_kind["approved_at_once"], percent(of_kind["first_pass_percent"])]
        for of_kind in ({**rounds, "kind": "all"}, *rounds["kinds"])
    ]
    columns = ("rounds", "number", "approved", "rejected", "withdrawn", "open")
    taken = [[one[name] for name in columns] for one in rounds["distribution"]]
    return [
        *table(("kind", "looked at", "approved at once", "first pass"), rows),
        "",
        *table(("rounds of changes", "submissions", *columns[2:]), taken),
    ]


def _pauses(pauses: Document) -> list[str]:
    if not pauses["noted"]:
        return []
    more = len(pauses["noted"]) - PAUSES
    others = [f"and {more:,} older ones: launch-review report pauses"] if more > 0 else []
    return [pauses_form.headline(pauses), *pauses_form.lines(pauses["noted"][:PAUSES]), *others]


def _load(document: Document) -> list[str]:
    people = [[one["name"], one["open"], one["past"], one["decided_last_30_days"]] for one in document["reviewers"]]
    people.append(["(nobody yet)", document["unassigned"], "", ""])
    return table(("reviewer", "open", "past", "decided in 30 days"), people)


def _what_if(told: Document) -> list[str]:
    head = ("what if", "started", "kept", "would be", "met to missed", "missed to met", "open to past")
    rows = [
        [
            target["target"],
            month["month"],
            percent(month["was"]["attainment_percent"]),
            percent(month["would_be"]["attainment_percent"]),
            month["met_to_missed"],
            month["missed_to_met"],
            month["would_be_past"],
        ]
        for target in told["targets"]
        for month in ({**target, "month": "all"}, *target["cohorts"])
    ]
    columns = ("submission", "integration", "target", "used_hours", "target_hours")
    past = [[one[name] for name in columns] for one in told["open_past"]]
    late = ["", *table(("would be past", "integration", "target", "used h", "of h"), past)] if past else []
    return [f"what if {', '.join(told['supposed'])}", *table(head, rows), *late]


def _cells(row: Document) -> list[Any]:
    counts = [row[name] for name in ("number", "met", "breached", "open", "open_past")]
    return [*counts, percent(row["attainment_percent"])]


def _or_open(row: Document, name: str) -> object:
    """A time that too few answers are there for is said, not left blank."""
    if row[name] is None and row["number"]:
        return "not reached"
    return row[name]
