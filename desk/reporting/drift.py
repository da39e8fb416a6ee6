"""How what is live holds over time, in its forms."""

from typing import Final

from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented, percent, rounded
from desk.words import listed
from review.reports.drift import DriftReport

COLUMNS: Final = ("integration", "name", "partner", "stage", "grade", "held_until", "failed", "unknown")


def present(report: DriftReport) -> Presented:
    document = _document(report)
    return Presented(
        title="What drifted since it launched",
        document=document,
        headline=_headline(document),
        lines=_lines(document),
        sheet_columns=COLUMNS,
        sheet=[
            {**row, "failed": " ".join(row["failed"]), "unknown": " ".join(row["unknown"])}
            for row in document["integrations"]
        ],
        page="drift.html",
    )


def _document(report: DriftReport) -> Document:
    return {
        "report": "drift",
        "at": instant(report.at),
        "rulebook": report.rulebook,
        "live": report.live,
        "weeks": [
            {
                "week": week.monday.isoformat(),
                "looks": week.looks,
                "holding_percent": rounded(week.holding_percent),
                "grades": {grade.value: number for grade, number in week.grades.items()},
            }
            for week in report.weeks
        ],
        "integrations": [
            {
                "integration": line.slug,
                "name": line.name,
                "partner": line.partner,
                "stage": line.stage.value,
                "grade": line.grade.value,
                "held_until": instant(line.held_until),
                "failed": list(line.failed),
                "unknown": list(line.unknown),
            }
            for line in report.lines
        ],
    }


def _headline(document: Document) -> str:
    if not document["live"]:
        return "nothing is live"
    weeks = [week for week in document["weeks"] if week["looks"]]
    parts = [f"{len(document['integrations'])} of {document['live']} live did not hold when last looked at"]
    if weeks:
        parts.append(f"{percent(weeks[-1]['holding_percent'])} of looks held in the week of {weeks[-1]['week']}")
    if len(weeks) > 1:
        parts.append(f"{percent(weeks[0]['holding_percent'])} in that of {weeks[0]['week']}")
    return listed(parts)


def _lines(document: Document) -> list[str]:
    lines: list[str] = []
    if document["weeks"]:
        rows = [[week["week"], week["looks"], percent(week["holding_percent"])] for week in document["weeks"]]
        lines += ["", *table(("week", "looks", "held"), rows)]
    if document["integrations"]:
        rows = [
            [row["integration"], row["grade"], row["held_until"] or "never seen to", " ".join(row["failed"])]
            for row in document["integrations"]
        ]
        lines += ["", *table(("integration", "grade", "held until", "failed"), rows)]
    return lines
