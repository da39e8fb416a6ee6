"""The clocks that a change of calendar or policy concerns, read in a fixed number of queries however many there are."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from models.clock import CalendarVersion, Clock, Pause, PolicyVersion
from models.enums import EventName
from models.integration import Integration
from models.people import Partner
from models.submission import Submission
from review import clock as rules
from review import policies
from review.calendars import compiled
from review.revision import Promised, Terms

Version = TypeVar("Version", CalendarVersion, PolicyVersion)

RUNS = Clock.stopped_at.is_(None)


@dataclass(frozen=True, slots=True)
class Affected:
    """Clocks in the order of their numbers, and the versions they are pinned to, by id."""

    clocks: tuple[Promised, ...]
    calendars: Mapping[int, CalendarVersion]
    policies: Mapping[int, PolicyVersion]


def pinned_to(kind: type[Version], name: str) -> ColumnElement[bool]:
    """Holds for clocks on any version of a calendar's, or a policy's, name."""
    column = Clock.calendar_id if kind is CalendarVersion else Clock.policy_id
    return column.in_(select(kind.id).where(kind.name == name))


def affected(session: Session, concerned: ColumnElement[bool]) -> Affected:
    """The clocks for which `concerned` holds, as they stand."""
    rows = session.execute(
        select(
            Clock.id,
            Clock.submission_id,
            Clock.target,
            Clock.calendar_id,
            Clock.policy_id,
            Clock.target_seconds,
            Clock.business_day_seconds,
            Clock.ladder,
            Clock.started_at,
            Clock.stopped_at,
            Clock.stopped_because,
            Clock.due_at,
            Clock.breach_at,
            Clock.last_rung,
            Clock.last_level,
            Clock.breached,
            Clock.breach_cause,
            Clock.revision,
            Submission.gate,
            Submission.kind,
            Submission.integration_id,
            Integration.name,
            Partner.tier,
        )
        .join(Submission, Submission.id == Clock.submission_id)
        .join(Integration, Integration.id == Submission.integration_id)
        .join(Partner, Partner.id == Integration.partner_id)
        .where(concerned)
        .order_by(Clock.id)
    ).all()
    pauses = _pauses(session, concerned)
    calendars = _versions(session, CalendarVersion, {row.calendar_id for row in rows})
    policy_versions = _versions(session, PolicyVersion, {row.policy_id for row in rows})

    @cache
    def terms(calendar_id: int, policy_id: int, target_seconds: int, business_day_seconds: int, ladder: str) -> Terms:
        policy = policies.policy_of(policy_versions[policy_id])
        return Terms(
            calendar=compiled(calendars[calendar_id]),
            target_seconds=target_seconds,
            business_day_seconds=business_day_seconds,
            ladder=ladder,
            rungs=policies.rungs(policy, ladder, business_day_seconds),
        )

    clocks = tuple(
        _promised(
            row,
            terms(row.calendar_id, row.policy_id, row.target_seconds, row.business_day_seconds, row.ladder),
            tuple(pauses.get(row.id, ())),
        )
        for row in rows
    )
    return Affected(clocks, calendars, policy_versions)


def _promised(row: Row[Any], terms: Terms, pauses: tuple[rules.Pause, ...]) -> Promised:
    return Promised(
        clock_id=row.id,
        submission_id=row.submission_id,
        integration_id=row.integration_id,
        integration=row.name,
        target=row.target,
        gate=row.gate,
        kind=row.kind,
        tier=row.tier,
        calendar_id=row.calendar_id,
        policy_id=row.policy_id,
        terms=terms,
        state=rules.ClockState(row.started_at, row.target_seconds, pauses, row.stopped_at),
        due_at=row.due_at,
        breach_at=row.breach_at,
        told=row.last_rung,
        told_level=row.last_level,
        breached=row.breached,
        breach_cause=row.breach_cause,
        revision=row.revision,
        owed=row.stopped_because != EventName.WITHDRAWN.value,
    )


def _pauses(session: Session, concerned: ColumnElement[bool]) -> Mapping[int, list[rules.Pause]]:
    pauses: dict[int, list[rules.Pause]] = defaultdict(list)
    rows = session.execute(
        select(Pause.clock_id, Pause.from_at, Pause.to_at)
        .join(Clock, Clock.id == Pause.clock_id)
        .where(concerned)
        .order_by(Pause.from_at)
    )
    for clock_id, since, until in rows:
        pauses[clock_id].append((since, until))
    return pauses


def _versions(session: Session, kind: type[Version], ids: set[int]) -> Mapping[int, Version]:
    return {version.id: version for version in session.scalars(select(kind).where(kind.id.in_(ids)))}
