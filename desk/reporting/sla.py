"""The report of promises kept, in its forms."""

from collections.abc import Iterator
from typing import Any, Final

from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented, hours, percent
from desk.words import counted, said
from models.enums import TargetName
from review.reports.sla import SlaReport, Tally, TargetReport

COUNTS: Final = ("number", "met", "breached", "open", "open_past", "paused", "not_owed")
COLUMNS: Final = ("target", "month", *COUNTS, "attainment_percent", "median_hours", "p90_hours")


def present(report: SlaReport) -> Presented:
    document = _document(report)
    return Presented(
        title="Promises kept",
        document=document,
        headline=_headline(report),
        lines=_lines(document),
        sheet_columns=COLUMNS,
        sheet=list(_sheet(document)),
        page="sla.html",
    )


def _document(report: SlaReport) -> Document:
    return {
        "report": "sla",
        "at": instant(report.at),
        "targets": [_target(target) for target in report.targets],
        "reviewers": [
            {
                "name": load.name,
                "email": load.email,
                "open": load.open,
                "past": load.past,
                "decided_last_30_days": load.decided_lately,
            }
            for load in report.reviewers
        ],
        "unassigned": report.unassigned,
    }


def _target(target: TargetReport) -> Document:
    return {
        "target": target.target.value,
        **_counts(target.tally),
        "median_hours": hours(target.median_seconds),
        "p90_hours": hours(target.p90_seconds),
        "cohorts": [{"month": month, **_counts(tally)} for month, tally in target.cohorts],
        "causes": [{"cause": cause, "number": number} for cause, number in target.causes],
    }


def _counts(tally: Tally) -> Document:
    share = tally.attainment
    return {
        **{name: getattr(tally, name) for name in COUNTS},
        "attainment_percent": None if share is None else round(share, 1),
    }


def _headline(report: SlaReport) -> str:
    tallies = [target.tally for target in report.targets]
    settled = sum(tally.met + tally.breached for tally in tallies)
    met = sum(tally.met for tally in tallies)
    is_open, past = sum(tally.open for tally in tallies), sum(tally.open_past for tally in tallies)
    kept = f"{met} of {counted(settled, 'promise')} kept ({100 * met / settled:.1f} %)" if settled else "none settled"
    return f"{kept}; {is_open} open, {past} of them past the target"


def _lines(document: Document) -> list[str]:
    targets = document["targets"]
    lines = table(
        ("target", "number", "met", "breached", "open", "past", "kept", "median h", "p90 h"),
        [[row["target"], *_cells(row), _or_open(row, "median_hours"), _or_open(row, "p90_hours")] for row in targets],
    )
    cohorts = [(month["month"], row["target"], *_cells(month)) for row in targets for month in row["cohorts"]]
    if cohorts:
        head = ("started", "target", "number", "met", "breached", "open", "past", "kept")
        lines += ["", *table(head, sorted(cohorts, key=lambda cells: str(cells[0])))]
    if causes := [[row["target"], one["number"], one["cause"]] for row in targets for one in row["causes"]]:
        lines += ["", *table(("target", "breaches", "what stood open"), causes)]
    people = [[one["name"], one["open"], one["past"], one["decided_last_30_days"]] for one in document["reviewers"]]
    people.append(["(nobody yet)", document["unassigned"], "", ""])
    return [*lines, "", *table(("reviewer", "open", "past", "decided in 30 days"), people)]


def _cells(row: Document) -> list[Any]:
    counts = [row[name] for name in ("number", "met", "breached", "open", "open_past")]
    return [*counts, percent(row["attainment_percent"])]


def _or_open(row: Document, name: str) -> object:
    """A time that too few answers are there for is said, not left blank."""
    if row[name] is None and row["number"]:
        return "not reached"
    return row[name]


def _sheet(document: Document) -> Iterator[Document]:
    """For each target one row with all months, then one for each month."""
    for target in document["targets"]:
        yield {name: target.get(name) for name in COLUMNS} | {"month": "all"}
        for cohort in target["cohorts"]:
            yield {name: cohort.get(name) for name in COLUMNS} | {"target": target["target"]}


def target_in_words(value: str) -> str:
    return said(TargetName(value))
