"""Audit runs as pages show them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.audit import AuditEntry, AuditRun
from models.enums import AuditGrade, IntegrationStage, Outcome
from models.integration import Integration

MOST: Final = 100
WORST_FIRST: Final = (
    AuditGrade.REGRESSED,
    AuditGrade.SUSPECTED,
    AuditGrade.UNDECIDED,
    AuditGrade.DRIFTED,
    AuditGrade.HOLDS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One run, with how many integrations got which grade; None: still to be looked at."""

    run: AuditRun
    counts: Mapping[AuditGrade | None, int]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One integration in a run; items by their titles."""

    slug: str
    name: str
    stage: IntegrationStage
    grade: AuditGrade | None
    ready_for_public: bool | None
    failed: Sequence[str]
    unknown: Sequence[str]
    drifted: Sequence[str]
    """Items by their titles, each with what differs from what was approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRunView:
    line: AuditLine
    entries: Sequence[Graded]


def audit_lines(session: Session) -> Sequence[AuditLine]:
    """The newest MOST runs, newest first."""
    runs = session.scalars(select(AuditRun).order_by(AuditRun.id.desc()).limit(MOST)).all()
    counts = grades_of(session, [run.id for run in runs])
    return [_line(run, counts[run.id]) for run in runs]


def grades_of(session: Session, runs: Collection[int]) -> Mapping[int, Counter[AuditGrade | None]]:
    """How many integrations have which grade in each of these runs; None: still to be looked at."""
    grouped = (
        select(AuditEntry.audit_run_id, AuditEntry.grade, func.count())
        .where(AuditEntry.audit_run_id.in_(runs))
        .group_by(AuditEntry.audit_run_id, AuditEntry.grade)
    )
    counts: dict[int, Counter[AuditGrade | None]] = {run: Counter() for run in runs}
    for run_id, grade, number in session.execute(grouped).tuples():
        counts[run_id][grade] += number
    return counts


def audit_run(session: Session, number: int, rulebook: Rulebook) -> AuditRunView | None:
    """What a run found, worst first; None when there is no such run. `rulebook` gives items their titles."""
    run = session.get(AuditRun, number)
    if run is None:
        return None
    found = session.execute(
        select(Integration.slug, Integration.name, Integration.stage, AuditEntry)
        .join(AuditEntry.integration)
        .where(AuditEntry.audit_run_id == number)
    ).tuples()
    titles = {item.id: item.title for item in rulebook.items}
    entries = [_graded(slug, name, stage, entry, titles) for slug, name, stage, entry in found]
    entries.sort(key=lambda one: (WORST_FIRST.index(one.grade) if one.grade else len(WORST_FIRST), one.slug))
    return AuditRunView(line=_line(run, Counter(one.grade for one in entries)), entries=entries)


def _line(run: AuditRun, counts: Mapping[AuditGrade | None, int]) -> AuditLine:
    in_order = {grade: counts[grade] for grade in (*WORST_FIRST, None) if counts.get(grade)}
    return AuditLine(run=run, counts=in_order, number=sum(in_order.values()))


def _graded(slug: str, name: str, stage: IntegrationStage, entry: AuditEntry, titles: Mapping[str, str]) -> Graded:
    def named(outcome: Outcome) -> Sequence[str]:
        return [titles.get(item, item) for item in entry.outcomes.get(outcome.value, ())]

    return Graded(
        slug=slug,
        name=name,
        stage=stage,
        grade=entry.grade,
        ready_for_public=entry.ready_for_public,
        failed=named(Outcome.FAILED),
        unknown=named(Outcome.UNKNOWN),
        drifted=[f"{titles.get(item, item)}: {'; '.join(told)}" for item, told in sorted((entry.drift or {}).items())],
    )
