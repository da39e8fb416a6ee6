"""Pauses that want a second look, in their forms: a section of the report of promises, and a report of their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented, day, hours, percent, rounded
from desk.words import counted
from review.reports.pauses import NotedPause, PauseReport
from review.reports.period import Period

COLUMNS: Final = (
    "submission",
    "integration",
    "target",
    "began",
    "by",
    "from",
    "to",
    "hours",
    "used_percent",
    "late",
    "untold",
    "reason",
)


def present(report: PauseReport, *, period: Period, at: datetime) -> Presented:
    told = {
        "report": "pauses",
        "at": instant(at),
        "since": day(period.since),
        "until": day(period.until),
        **document(report),
    }
    return Presented(
        title="Pauses that want a second look",
        document=told,
        headline=headline(told),
        lines=lines(told["noted"]),
        sheet_columns=COLUMNS,
        sheet=told["noted"],
        page="pauses.html",
    )


def document(report: PauseReport) -> Document:
    return {
        "taken": report.number,
        "late": report.late,
        "untold": report.untold,
        "noted": [_noted(pause) for pause in report.noted],
    }


def headline(told: Document) -> str:
    if not told["taken"]:
        return "no pause was taken"
    late = f"{told['late']} in the last tenth of a target"
    return f"{counted(told['taken'], 'pause')} taken: {late}, {told['untold']} without a message to the partner"


def lines(noted: Sequence[Document]) -> list[str]:
    head = ("submission", "integration", "target", "by", "from", "hours", "used", "why noted", "what it says")
    return table(head, [_row(pause) for pause in noted]) if noted else []


def why(pause: Document) -> str:
    """Why it is noted, in words."""
    reasons = [words for name, words in (("late", "last tenth"), ("untold", "no message")) if pause[name]]
    return ", ".join(reasons)


def _row(pause: Document) -> list[object]:
    return [
        pause["submission"],
        pause["integration"],
        pause["target"],
        pause["by"] or "the engine",
        pause["from"],
        pause["hours"],
        percent(pause["used_percent"]),
        why(pause),
        " ".join(pause["reason"].split()),
    ]


def _noted(pause: NotedPause) -> Document:
    return {
        "submission": pause.submission_id,
        "integration": pause.slug,
        "target": pause.target.value,
        "began": pause.began,
        "by": pause.by,
        "from": instant(pause.since),
        "to": instant(pause.until),
        "hours": hours(pause.open_seconds),
        "used_percent": rounded(pause.used_percent),
        "late": pause.late,
        "untold": pause.untold,
        "reason": pause.reason,
    }
