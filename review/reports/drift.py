"""How what is live holds over time: week by week, and what does not hold now since when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.audit import AuditEntry, AuditRun
from models.enums import AuditGrade, IntegrationStage
from models.integration import Integration
from review.reports.readiness import LiveLine, readiness

WEEKS: Final = 26

GOOD: Final = AuditGrade.HOLDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Looks of the audits that began in the week from this Monday (UTC), by grade."""

    monday: date
    grades: Mapping[AuditGrade, int]

    @property
    def looks(self) -> int:
        return sum(self.grades.values())

    @property
    def holding_percent(self) -> float | None:
        return 100 * self.grades.get(GOOD, 0) / self.looks if self.looks else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """What does not hold by its last audit. `held_until` is when one last saw it hold; None: none did."""

    slug: str
    name: str
    partner: str
    stage: IntegrationStage
    grade: AuditGrade
    held_until: datetime | None
    failed: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    at: datetime
    rulebook: str
    live: int
    lines: tuple[Drifted, ...]
    """Worst grade first, then longest not seen to hold."""
    weeks: tuple[Week, ...]
    """The last half year, oldest first; a week without an audit is left out."""


def drift(session: Session, *, rulebook: Rulebook, at: datetime, past: bool = False) -> DriftReport:
    """Everything live whose last audit did not see it hold, and how many held in each week; few queries."""
    report = readiness(session, rulebook=rulebook, at=at, past=past)
    held = _held_until(session, at)
    lines = [_drifted(line, held.get(line.slug)) for line in report.lines if line.grade not in {None, GOOD}]
    places = {line.slug: place for place, line in enumerate(report.lines)}
    never = datetime.min.replace(tzinfo=at.tzinfo)
    order = list(dict.fromkeys(line.grade for line in report.lines))
    lines.sort(key=lambda line: (order.index(line.grade), line.held_until or never, places[line.slug]))
    return DriftReport(
        at=at, rulebook=rulebook.version, live=len(report.lines), lines=tuple(lines), weeks=tuple(weeks(session, at=at))
    )


def weeks(session: Session, *, at: datetime, number: int = WEEKS) -> Iterable[Week]:
    """Looks by week and grade, of audits that had begun by `at`. One query, whatever there is to count."""
    this_monday = at.date() - timedelta(days=at.weekday())
    first = this_monday - timedelta(weeks=number - 1)
    since = datetime.combine(first, datetime.min.time(), tzinfo=at.tzinfo)
    rows = session.execute(
        select(AuditRun.started_at, AuditEntry.grade, func.count())
        .join(AuditEntry, AuditEntry.audit_run_id == AuditRun.id)
        .where(AuditRun.started_at >= since, AuditRun.started_at <= at, AuditEntry.done_at <= at)
        .group_by(AuditRun.id, AuditRun.started_at, AuditEntry.grade)
    )
    counts: dict[date, dict[AuditGrade, int]] = defaultdict(lambda: dict.fromkeys(AuditGrade, 0))
    for started_at, grade, looks in rows:
        if grade is not None:
            counts[started_at.date() - timedelta(days=started_at.weekday())][grade] += looks
    return (Week(monday=monday, grades=counts[monday]) for monday in sorted(counts))


def _held_until(session: Session, at: datetime) -> dict[str, datetime]:
    rows = session.execute(
        select(Integration.slug, func.max(AuditEntry.done_at))
        .join(AuditEntry, AuditEntry.integration_id == Integration.id)
        .where(AuditEntry.grade == GOOD, AuditEntry.done_at <= at)
        .group_by(Integration.slug)
    )
    return {slug: done_at for slug, done_at in rows if done_at is not None}


def _drifted(line: LiveLine, held_until: datetime | None) -> Drifted:
    assert line.grade is not None, "what no audit looked at has not drifted"
    return Drifted(
        slug=line.slug,
        name=line.name,
        partner=line.partner,
        stage=line.stage,
        grade=line.grade,
        held_until=held_until,
        failed=line.failed,
        unknown=line.unknown,
    )
