"""The report of what still holds, in its forms."""

from typing import Final

from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented
from desk.reporting.readiness_groups import by_age, by_partner
from desk.words import counted, listed, said
from models.enums import AuditGrade
from review.reports.debt import Debt
from review.reports.readiness import ReadinessReport

NEVER: Final = "never_audited"
GRADE_WORDS: Final = {
    AuditGrade.HOLDS.value: "hold",
    AuditGrade.DRIFTED.value: "hold, but drifted",
    AuditGrade.REGRESSED.value: "fallen",
    AuditGrade.SUSPECTED.value: "seen falling once",
    AuditGrade.UNDECIDED.value: "undecided",
    NEVER: "never audited",
}
OVERDUE: Final = ("integration", "item", "fix_by", "days_over", "proposed_at", "dismissed_until")
COLUMNS: Final = ("integration", "name", "partner", "stage", "grade", "audited_at", "failed", "unknown", "waived")


def present(report: ReadinessReport) -> Presented:
    document = _document(report)
    return Presented(
        title="Readiness of what is live",
        document=document,
        headline=_headline(document),
        lines=_lines(document),
        sheet_columns=COLUMNS,
        sheet=[{**row, **{name: " ".join(row[name]) for name in COLUMNS[-3:]}} for row in document["integrations"]],
        page="readiness.html",
    )


def grade_in_words(value: str) -> str:
    return "Never audited" if value == NEVER else said(AuditGrade(value))


def _document(report: ReadinessReport) -> Document:
    return {
        "report": "readiness",
        "at": instant(report.at),
        "rulebook": report.rulebook,
        "live": len(report.lines),
        "grades": {grade.value if grade is not None else NEVER: number for grade, number in report.by_grade.items()},
        "items": [
            {
                "item": line.item,
                "title": line.title,
                "gate": line.gate.value,
                "failed": line.failed,
                "unknown": line.unknown,
                "waived": line.waived,
            }
            for line in report.items
        ],
        "partners": by_partner(report.lines),
        "ages": by_age(report.lines, report.at),
        "integrations": [
            {
                "integration": line.slug,
                "name": line.name,
                "partner": line.partner,
                "stage": line.stage.value,
                "grade": line.grade.value if line.grade is not None else NEVER,
                "audited_at": instant(line.audited_at),
                "failed": list(line.failed),
                "unknown": list(line.unknown),
                "waived": list(line.waived),
            }
            for line in report.lines
        ],
        "overdue": [
            {
                "integration": one.slug,
                "name": one.name,
                "partner": one.partner,
                "item": one.item,
                "fell_at": instant(one.fell_at),
                "fix_by": one.fix_by.isoformat(),
                "days_over": one.days,
                "proposed_at": instant(one.proposed_at),
                "dismissed_until": one.dismissed_until.isoformat() if one.dismissed_until is not None else None,
            }
            for one in report.overdue
        ],
        "waivers": [debt_as_json(debt) for debt in report.debts],
    }


def debt_as_json(debt: Debt) -> Document:
    return {
        "integration": debt.slug,
        "name": debt.name,
        "partner": debt.partner,
        "item": debt.item,
        "title": debt.title,
        "reason": debt.reason,
        "by": debt.by,
        "granted_at": instant(debt.granted_at),
        "until": debt.until.isoformat(),
        "days_left": debt.days_left,
        "days_old": debt.days_old,
        "renewals": debt.renewals,
        "seen": debt.seen.value if debt.seen is not None else None,
        "seen_what": debt.seen_what,
        "audited_at": instant(debt.audited_at),
    }


def _headline(document: Document) -> str:
    grades = [f"{number} {GRADE_WORDS[grade]}" for grade, number in document["grades"].items() if number]
    if not grades:
        return "nothing is live"
    waivers = len(document["waivers"])
    late = len({row["integration"] for row in document["overdue"] if not row["dismissed_until"]})
    decide = f"; {late} not mended in time, to be decided" if late else ""
    owed = f"; {counted(waivers, 'waiver')} to come back to" if waivers else ""
    return f"{document['live']} live: {listed(grades)}{decide}{owed}"


def _lines(document: Document) -> list[str]:
    lines: list[str] = []
    if document["items"]:
        head = ("item", "failed", "unknown", "waived", "title")
        lines += ["", *table(head, [[row[name] for name in head] for row in document["items"]])]
    troubled = [row for row in document["integrations"] if row["failed"] or row["waived"]]
    if troubled:
        cells = [
            (row["integration"], row["stage"], row["grade"], " ".join(row["failed"]), " ".join(row["waived"]))
            for row in troubled
        ]
        lines += ["", *table(("integration", "stage", "grade", "failed", "waived"), cells)]
    if document["overdue"]:
        lines += ["", *table(OVERDUE, [[row[name] for name in OVERDUE] for row in document["overdue"]])]
    if document["waivers"]:
        columns = ("integration", "item", "until", "days_left", "days_old", "renewals", "seen", "by", "reason")
        lines += ["", *table(columns, [[row[name] for name in columns] for row in document["waivers"]])]
    return lines
