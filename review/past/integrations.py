"""Where every integration stood at an instant, what its audits had found by then, and what was waived."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from checklist.outcome import CheckResult
from models.audit import AuditEntry
from models.enums import EventName, IntegrationStage, SubmissionKind
from models.event import Event
from models.result import ItemResult, Waiver
from review.past.stages import SAYS_ITS_STAGE, STAGE_AFTER, Stood, Told, stays
from review.results import as_value

_NAMES: Final = tuple(name.value for name in (*STAGE_AFTER, *SAYS_ITS_STAGE))


def courses(session: Session, *, at: datetime) -> dict[int, list[Stood]]:
    """Each integration's stages until `at`, oldest first, by its id. One query."""
    declined = select(Event.integration_id).where(Event.name == EventName.ACCESS_DECLINED.value)
    asks_again = and_(Event.name == EventName.SUBMISSION_RECEIVED.value, Event.integration_id.in_(declined))
    rows = session.execute(
        select(Event.integration_id, Event.at, Event.name, Event.data)
        .where(Event.integration_id.is_not(None), Event.at <= at, or_(Event.name.in_(_NAMES), asks_again))
        .order_by(Event.integration_id, Event.at, Event.id)
    )
    return {number: list(stays(_told(row) for row in of_one)) for number, of_one in groupby(rows, _INTEGRATION)}


def stood_at(session: Session, *, at: datetime) -> dict[int, Stood]:
    """The stage in which each integration stood at an instant, by its id; what was not there yet is left out."""
    return {number: stages[-1] for number, stages in courses(session, at=at).items() if stages}


def perhaps_gone_at(session: Session, *, at: datetime) -> set[int]:
    """Those of which nobody knows whether they still stood then: next is told that they were gone by a day."""
    later = session.execute(
        select(Event.integration_id, Event.name, Event.data)
        .where(Event.integration_id.is_not(None), Event.at > at, Event.name.in_(_NAMES))
        .order_by(Event.integration_id, Event.at, Event.id)
    )
    next_told = {number: next(iter(of_one)) for number, of_one in groupby(later, _INTEGRATION)}
    return {
        number
        for number, event in next_told.items()
        if event.data.get("stage") == IntegrationStage.DELISTED.value and not event.data.get("is_exact", True)
    }


def audit_results_at(session: Session, ids: Iterable[int] | None, *, at: datetime) -> Mapping[int, list[CheckResult]]:
    """What audits had found of each integration by then, the latest of each item; of all when `ids` is None."""
    wanted = select(ItemResult).where(ItemResult.audit_run_id.is_not(None), stood(ItemResult, at))
    if ids is not None:
        wanted = wanted.where(ItemResult.integration_id.in_(list(ids)))
    found: dict[int, list[CheckResult]] = defaultdict(list)
    for row in session.scalars(wanted):
        found[row.integration_id].append(as_value(row))
    return found


def waivers_at(session: Session, *, at: datetime) -> Mapping[int, list[Waiver]]:
    """The waivers that counted then, or would have but for their last day, by integration."""
    let: dict[int, list[Waiver]] = defaultdict(list)
    not_ended = or_(Waiver.ended_at.is_(None), Waiver.ended_at > at)
    granted = select(Waiver).where(Waiver.granted_at <= at, not_ended).options(joinedload(Waiver.granted_by))
    for waiver in session.scalars(granted.order_by(Waiver.id)):
        let[waiver.integration_id].append(waiver)
    return let


def last_entries_at(session: Session, *, at: datetime) -> dict[int, AuditEntry]:
    """The last look that an audit had taken at each integration by then."""
    newest = (
        select(AuditEntry.integration_id, func.max(AuditEntry.done_at).label("done_at"))
        .where(AuditEntry.done_at <= at)
        .group_by(AuditEntry.integration_id)
        .subquery()
    )
    same = and_(newest.c.integration_id == AuditEntry.integration_id, newest.c.done_at == AuditEntry.done_at)
    rows = session.scalars(select(AuditEntry).join(newest, same).order_by(AuditEntry.audit_run_id))
    return {entry.integration_id: entry for entry in rows}


def stood(rows: type[ItemResult], at: datetime) -> ColumnElement[bool]:
    """Results that were the latest of their kind at an instant."""
    return and_(rows.judged_at <= at, or_(rows.superseded_at.is_(None), rows.superseded_at > at))


_INTEGRATION: Final = attrgetter("integration_id")


def _told(row: Row[Any]) -> Told:
    data = row.data
    stage, kind = data.get("stage"), data.get("kind")
    return Told(
        at=row.at,
        name=EventName(row.name),
        stage=IntegrationStage(stage) if stage in set(IntegrationStage) else None,
        kind=SubmissionKind(kind) if kind in set(SubmissionKind) else None,
        is_exact=data.get("is_exact", True),
    )
