"""Waivers of what is live: granted and ended by a person, and told before they run out."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.enums import LIVE, EventName
from models.integration import Integration
from models.people import Person
from models.result import Waiver
from review.actions.attesting import active_for_update, end_waiver, grant, last_day_refused
from review.actions.falling import say_of_items, team_calendar
from review.actions.record import record
from review.actions.refusing import lock, refuse_programme
from review.lifecycle import MoveName, MoveRefused
from review.reasons_due import fix_by
from review.waiving import Let, is_to_be_told

END = "end_waiver"


def waive_live(
    session: Session,
    integration: Integration,
    item_id: str,
    *,
    by: Person,
    at: datetime,
    reason: str,
    until: date,
    rulebook: Rulebook,
) -> Waiver:
    """Let an item of what is live not hold up to and including a day; one that counts already is renewed.

    What fell of it is off the list. MoveRefused with every reason against it.
    """
    lock(session, integration)
    refuse_programme(integration.slug, MoveName.WAIVE, by=by, at=at, reason=reason)
    watched = sorted(item.id for item in rulebook.items if item.live)
    if integration.stage not in LIVE:
        raise _refused(MoveName.WAIVE, integration, f"it is {integration.stage.value}; waive items of its submission")
    if item_id not in watched:
        raise _refused(MoveName.WAIVE, integration, f"audits don't look at {item_id!r}, only at {', '.join(watched)}")
    if said := last_day_refused(until, at.date()):
        raise _refused(MoveName.WAIVE, integration, said)
    waiver = grant(session, integration.id, None, item_id, by=by, at=at, reason=reason, until=until)
    record(
        session,
        EventName.WAIVER_GRANTED,
        at=at,
        by=by,
        integration=integration,
        item=item_id,
        reason=reason,
        until=until.isoformat(),
        renewals=waiver.renewals,
    )
    return waiver


def end_early(
    session: Session, integration: Integration, item_id: str, *, by: Person, at: datetime, reason: str
) -> Waiver:
    """End the waiver of an item before its last day: from now on the item counts. MoveRefused with what stands
    against it.
    """
    lock(session, integration)
    refuse_programme(integration.slug, END, by=by, at=at, reason=reason)
    found = active_for_update(session, integration.id, item_id)
    if not found or not end_waiver(session, found[0], at=at, because=reason.strip(), by=by):
        raise _refused(END, integration, f"nothing is waived under {item_id!r}")
    return found[0]


def running_out(session: Session, *, rulebook: Rulebook, at: datetime, after: int, limit: int) -> Sequence[int]:
    """Ids of live integrations a waiver of which may be near its end, beginning after an id."""
    _, horizon, _ = _days(session, rulebook, at)
    near = select(Waiver.integration_id).where(
        Waiver.ended_at.is_(None), Waiver.told_at.is_(None), Waiver.until <= horizon, Waiver.integration_id > after
    )
    mine = near.join(Integration, Integration.id == Waiver.integration_id).where(Integration.stage.in_(LIVE))
    return session.scalars(mine.distinct().order_by(Waiver.integration_id).limit(limit)).all()


def tell_running_out(session: Session, integration_id: int, *, rulebook: Rulebook, at: datetime) -> int:
    """Tell once, in one message, which waivers of an integration are near their end; how many."""
    integration = session.get_one(Integration, integration_id)
    lock(session, integration)
    if integration.stage not in LIVE:
        return 0
    today, horizon, zone = _days(session, rulebook, at)
    waivers = session.scalars(
        select(Waiver)
        .where(Waiver.integration_id == integration.id, Waiver.ended_at.is_(None))
        .order_by(Waiver.until, Waiver.id)
        .execution_options(populate_existing=True)
    ).all()
    due = [one for one in waivers if is_to_be_told(_let(one, zone), today=today, horizon=horizon)]
    if not due:
        return 0
    for waiver in due:
        waiver.told_at = at
    record(
        session,
        EventName.WAIVER_RUNS_OUT,
        at=at,
        integration=integration,
        items=say_of_items(session, integration, [(one.item, one.until) for one in due], rulebook),
        until=due[0].until.isoformat(),
        renewals=max(one.renewals for one in due),
        waivers=[one.id for one in due],
    )
    return len(due)


def _days(session: Session, rulebook: Rulebook, at: datetime) -> tuple[date, date, ZoneInfo]:
    """Today, the last day whose waivers are near their end, and the zone both are told in."""
    calendar = team_calendar(session, rulebook, at)
    zone = ZoneInfo(calendar.spec.tz)
    horizon = fix_by(calendar, at, rulebook.audit.tell_waiver_ends_business_days_before)
    return at.astimezone(zone).date(), horizon, zone


def _let(waiver: Waiver, zone: ZoneInfo) -> Let:
    return Let(waiver.granted_at.astimezone(zone).date(), waiver.until, waiver.told_at is not None)


def _refused(move: str, integration: Integration, reason: str) -> MoveRefused:
    return MoveRefused(move, integration.slug, [reason])
