"""What still holds of everything live: by the grade of its last audit, by item, and what is waived meanwhile."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, true
from sqlalchemy.orm import Session, joinedload, lazyload

from checklist.rulebook import Item, Rulebook
from models.enums import LIVE, AuditGrade, GateName, IntegrationStage, Outcome, Severity
from models.integration import Integration
from review.grandfathering import PASSED_GATES
from review.overdue import Overdue, overdue, team_day
from review.past.live import LiveState
from review.reports.debt import Debt, Whose, debts_of

WORST_FIRST: Final = (
    AuditGrade.REGRESSED,
    AuditGrade.SUSPECTED,
    AuditGrade.UNDECIDED,
    None,
    AuditGrade.DRIFTED,
    AuditGrade.HOLDS,
)
"""Grades in the order in which they want a look; None is what no audit has looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLine:
    """One live integration by its last audit. `grade` is None when there was none.

    `failed` and `unknown` hold ids of required items that nothing waives; `waived` those that a waiver covers.
    """

    slug: str
    name: str
    partner: str
    stage: IntegrationStage
    since: datetime
    """Since when it is in that stage."""
    grade: AuditGrade | None
    audited_at: datetime | None
    failed: tuple[str, ...]
    unknown: tuple[str, ...]
    waived: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """How many integrations an item fails at, is unknown at, and is waived at; each counts once."""

    item: str
    title: str
    gate: GateName
    failed: int
    unknown: int
    waived: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessReport:
    at: datetime
    rulebook: str
    lines: tuple[LiveLine, ...]
    """Worst grade first, then by slug."""
    items: tuple[ItemLine, ...]
    """Most failures first; items that hold everywhere are left out."""
    debts: tuple[Debt, ...]
    """Soonest to run out first."""
    overdue: tuple[Overdue, ...] = ()
    """What fell and was not mended by its last day, longest overdue first; of the past it is not told, because last
    days move.
    """

    @property
    def by_grade(self) -> Mapping[AuditGrade | None, int]:
        """How many have each grade, worst first; None: no audit has looked yet."""
        counts = Counter(line.grade for line in self.lines)
        return {grade: counts[grade] for grade in WORST_FIRST}


def readiness(
    session: Session, *, rulebook: Rulebook, at: datetime, past: bool = False, live: LiveState | None = None
) -> ReadinessReport:
    """Everything live as its last audit found it, with the waivers that count at `at`. `live` is it, where it was read.

    `past`: as it stood at `at`, from the events and from what rows keep of their from and to. Required items that are
    out of their shadow count; items which the rulebook no longer asks don't.
    """
    state = live or LiveState(session, at if past else None)
    there = [
        integration
        for integration in session.scalars(
            select(Integration)
            .where(true() if past else Integration.stage.in_(LIVE))
            .options(joinedload(Integration.partner), lazyload(Integration.components))
        )
        if integration.id in state.stages
    ]
    whose = {one.id: Whose(one.slug, one.name, one.partner.name) for one in there}
    debts = debts_of(session, state, whose, rulebook, at)
    waived: dict[str, set[str]] = {}
    for debt in debts:
        waived.setdefault(debt.slug, set()).add(debt.item)
    asked = [item for item in rulebook.items if item.severity is Severity.REQUIRED and not item.is_shadow(at.date())]
    lines = [_line(integration, state, asked, waived.get(integration.slug, frozenset())) for integration in there]
    return ReadinessReport(
        at=at,
        rulebook=rulebook.version,
        lines=tuple(sorted(lines, key=lambda line: (WORST_FIRST.index(line.grade), line.slug))),
        items=_items(lines, asked),
        debts=debts,
        overdue=() if past else tuple(overdue(session, today=team_day(rulebook, at))),
    )


def _line(integration: Integration, state: LiveState, asked: Collection[Item], waived: Collection[str]) -> LiveLine:
    stage, entry = state.stages[integration.id].stage, state.entries.get(integration.id)
    gates = PASSED_GATES[stage]
    mine = [item.id for item in asked if item.gate in gates]
    outcomes = entry.outcomes if entry is not None else {}
    failed = [item for item in mine if item in outcomes.get(Outcome.FAILED.value, ())]
    unknown = [item for item in mine if item in outcomes.get(Outcome.UNKNOWN.value, ())]
    return LiveLine(
        slug=integration.slug,
        name=integration.name,
        partner=integration.partner.name,
        stage=stage,
        since=state.stages[integration.id].since,
        grade=entry.grade if entry is not None else None,
        audited_at=entry.done_at if entry is not None else None,
        failed=tuple(item for item in failed if item not in waived),
        unknown=tuple(item for item in unknown if item not in waived),
        waived=tuple(item for item in (*failed, *unknown) if item in waived),
    )


def _items(lines: Collection[LiveLine], asked: Collection[Item]) -> tuple[ItemLine, ...]:
    failed = Counter(item for line in lines for item in line.failed)
    unknown = Counter(item for line in lines for item in line.unknown)
    waived = Counter(item for line in lines for item in line.waived)
    found = [
        ItemLine(
            item=item.id,
            title=item.title,
            gate=item.gate,
            failed=failed[item.id],
            unknown=unknown[item.id],
            waived=waived[item.id],
        )
        for item in asked
        if failed[item.id] or unknown[item.id] or waived[item.id]
    ]
    return tuple(sorted(found, key=lambda line: (-line.failed, -line.waived, -line.unknown)))
