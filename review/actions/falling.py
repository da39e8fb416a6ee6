"""Falls of what is live: opened when the partner is told, reminded of, brought before the team, closed when mended."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.enums import EventName, TargetName
from models.fall import Fall, FallEnd
from models.integration import Integration
from models.people import Person
from models.result import ItemResult
from review import calendars, policies
from review.actions.record import record
from review.actions.refusing import lock
from review.calendar import Calendar
from review.falling import NextStep, Open, next_step
from review.lifecycle import PROGRAMME
from review.reasons_due import fix_by

LONGEST_EXTENSION: Final = 366
"""Days: further ahead nobody remembers what was agreed; it can be moved again then."""


class FallRefused(Exception):
    """What has fallen can't be treated so; the message says why and what was expected."""


class ExtensionRefused(FallRefused):
    """The last day can't be moved so."""


class DismissalRefused(FallRefused):
    """A proposal to delist can't be dismissed so."""


def team_calendar(session: Session, rulebook: Rulebook, at: datetime) -> Calendar:
    """The one by which decisions are promised."""
    policy = policies.policy_of(policies.as_it_stands(session, rulebook))
    name = policy.target(TargetName.DECISION).calendar
    version = calendars.as_it_stands(session, name, at.date(), rulebook)
    if version is None:
        raise calendars.CalendarUnknown(name)
    return calendars.compiled(version)


def open_falls(
    session: Session, integration: Integration, items: Iterable[str], *, rulebook: Rulebook, at: datetime
) -> list[Fall]:
    """A fall for each of these items that has none open: with its last day by the team's calendar."""
    have = {fall.item for fall in falls_of(session, integration)}
    new = [item for item in items if item not in have]
    if not new:
        return []
    calendar, rule = team_calendar(session, rulebook, at), rulebook.audit
    last = fix_by(calendar, at, rule.fix_within_business_days)
    before = rule.fix_within_business_days - rule.remind_business_days_before
    falls = [
        Fall(
            integration_id=integration.id,
            item=item,
            fell_at=at,
            fix_by=last,
            remind_on=fix_by(calendar, at, before) if before > 0 else None,
        )
        for item in new
    ]
    session.add_all(falls)
    session.flush()
    return falls


def close_mended(
    session: Session,
    integration: Integration,
    *,
    failed: Collection[str],
    unknown: Collection[str],
    waived: Collection[str],
    asked: Collection[str],
    rulebook: Rulebook,
    at: datetime,
) -> list[Fall]:
    """Close what no longer falls. What nobody could tell tonight is neither mended nor fallen anew.

    While something is still to be mended the partner hears what holds again; that all does is told elsewhere.
    """
    closed = []
    for fall in falls_of(session, integration):
        if fall.item in failed or fall.item in unknown:
            continue
        end = FallEnd.WAIVED if fall.item in waived else FallEnd.HEALED if fall.item in asked else FallEnd.DROPPED
        _close(fall, end, at)
        closed.append(fall)
    _tell_part(session, integration, [fall for fall in closed if fall.closed_because is FallEnd.HEALED], rulebook, at)
    return closed


def _tell_part(
    session: Session, integration: Integration, healed: Sequence[Fall], rulebook: Rulebook, at: datetime
) -> None:
    session.flush()
    still = falls_of(session, integration) if healed else ()
    if not still:
        return
    titles = {item.id: item.title for item in rulebook.items}
    record(
        session,
        EventName.PARTLY_RECOVERED,
        at=at,
        integration=integration,
        mended=[{"item": fall.item, "title": titles.get(fall.item, fall.item)} for fall in healed],
        items=items_told(session, integration, still, rulebook),
        fix_by=still[0].fix_by.isoformat(),
    )


def close_all(session: Session, integration: Integration, end: FallEnd, *, at: datetime) -> None:
    """When it leaves the catalog."""
    for fall in falls_of(session, integration):
        _close(fall, end, at)


def close_waived(session: Session, integration_id: int, item: str, *, at: datetime) -> None:
    """When a person has waived the item; a proposal to delist for its sake is off the table."""
    mine = select(Fall).where(Fall.integration_id == integration_id, Fall.item == item, Fall.closed_at.is_(None))
    for fall in session.scalars(mine):
        _close(fall, FallEnd.WAIVED, at)


def falls_of(session: Session, integration: Integration) -> Sequence[Fall]:
    """The open ones, first to be mended first."""
    mine = select(Fall).where(Fall.integration_id == integration.id, Fall.closed_at.is_(None))
    return session.scalars(mine.order_by(Fall.fix_by, Fall.id)).all()


def due(session: Session, *, today: date, after: int, limit: int) -> Sequence[int]:
    """Ids of integrations of which a fall wants a step on that day, beginning after an id."""
    is_time = or_(
        (Fall.remind_on <= today) & Fall.reminded_at.is_(None) & Fall.proposed_at.is_(None),
        (Fall.fix_by < today) & (Fall.proposed_at.is_(None) | (Fall.dismissed_until < today)),
    )
    wanted = select(Fall.integration_id).where(Fall.closed_at.is_(None), is_time, Fall.integration_id > after)
    return session.scalars(wanted.distinct().order_by(Fall.integration_id).limit(limit)).all()


def take_steps(
    session: Session, integration_id: int, *, rulebook: Rulebook, today: date, at: datetime
) -> Counter[NextStep]:
    """Remind of what is nearly due, and bring before the team what is overdue: one message for all items of a kind."""
    integration = session.get_one(Integration, integration_id)
    lock(session, integration)
    steps: dict[NextStep, list[Fall]] = defaultdict(list)
    for fall in falls_of(session, integration):
        session.refresh(fall)
        was_told = fall.reminded_at is not None, fall.proposed_at is not None
        known = Open(fall.fix_by, fall.remind_on, *was_told, fall.dismissed_until)
        step = next_step(known, today)
        if step is not None and fall.closed_at is None:
            steps[step].append(fall)
    for step, falls in steps.items():
        for fall in falls:
            if step is NextStep.REMIND:
                fall.reminded_at = at
            else:
                fall.proposed_at, fall.dismissed_until = at, None
        record(
            session,
            EVENT_OF[step],
            at=at,
            integration=integration,
            items=items_told(session, integration, falls, rulebook),
            fix_by=min(fall.fix_by for fall in falls).isoformat(),
        )
    return Counter({step: len(falls) for step, falls in steps.items()})


EVENT_OF: Final = {NextStep.REMIND: EventName.FIX_REMINDED, NextStep.PROPOSE: EventName.DELISTING_PROPOSED}


def extend(
    session: Session,
    integration: Integration,
    *,
    until: date,
    by: Person,
    reason: str,
    rulebook: Rulebook,
    today: date,
    at: datetime,
) -> list[Fall]:
    """Give the partner until another day; they are told, and a proposal to delist is off the table.

    ExtensionRefused when nothing has fallen, the day is not ahead, or the person may not.
    """
    lock(session, integration)
    if said := _refused(by, reason, until, today, "the partner and your colleagues"):
        raise ExtensionRefused(said)
    falls = list(falls_of(session, integration))
    if not falls:
        raise ExtensionRefused(f"nothing of {integration.slug} has fallen, so there is no day to move")
    for fall in falls:
        fall.fix_by, fall.extended_because = until, reason.strip()
        fall.remind_on, fall.reminded_at, fall.proposed_at, fall.dismissed_until = until, None, None, None
    record(
        session,
        EventName.FIX_EXTENDED,
        at=at,
        by=by,
        integration=integration,
        items=items_told(session, integration, falls, rulebook),
        fix_by=until.isoformat(),
        reason=reason.strip(),
    )
    return falls


def dismiss(
    session: Session,
    integration: Integration,
    *,
    until: date,
    by: Person,
    reason: str,
    rulebook: Rulebook,
    today: date,
    at: datetime,
) -> list[Fall]:
    """Leave listed what was proposed for delisting: the team is asked about it again after a day, not before.

    The partner is told nothing: their last day has passed, and what fell is still to be mended. DismissalRefused when
    nothing is proposed, the day is not ahead, or the person may not.
    """
    lock(session, integration)
    if said := _refused(by, reason, until, today, "your colleagues"):
        raise DismissalRefused(said)
    falls = [fall for fall in falls_of(session, integration) if fall.proposed_at is not None]
    if not falls:
        raise DismissalRefused(f"nobody proposed to delist {integration.slug}, so there is nothing to dismiss")
    for fall in falls:
        fall.dismissed_until = until
    record(
        session,
        EventName.DELISTING_DISMISSED,
        at=at,
        by=by,
        integration=integration,
        items=items_told(session, integration, falls, rulebook),
        until=until.isoformat(),
        reason=reason.strip(),
    )
    return falls


def _refused(by: Person, reason: str, until: date, today: date, readers: str) -> str:
    """Why a person may not move a day so; empty when they may."""
    if not by.active or not by.roles & PROGRAMME:
        return f"{by.name} may not: that is for a {' or '.join(sorted(PROGRAMME))}"
    if not reason.strip():
        return f"say why: {readers} read it"
    if not 0 < (until - today).days <= LONGEST_EXTENSION:
        return f"{until} is no day of the coming year; expected one after {today}"
    return ""


def items_told(
    session: Session, integration: Integration, falls: Iterable[Fall], rulebook: Rulebook
) -> list[dict[str, Any]]:
    """Each item with what the last audit saw, how to mend it and until when."""
    return say_of_items(session, integration, [(fall.item, fall.fix_by) for fall in falls], rulebook)


def say_of_items(
    session: Session, integration: Integration, due: Iterable[tuple[str, date]], rulebook: Rulebook
) -> list[dict[str, Any]]:
    """The same for items by their ids, each with its last day."""
    rows = _current(session, integration)
    return [_told(item, last, rows.get(item), rulebook) for item, last in due]


def _told(item_id: str, last: date, row: ItemResult | None, rulebook: Rulebook) -> dict[str, Any]:
    item = next((item for item in rulebook.items if item.id == item_id), None)
    return {
        "item": item_id,
        "title": item.title if item is not None else item_id,
        "what": row.summary if row is not None else "",
        "fix": (row.fix if row is not None else "") or (item.help if item is not None else ""),
        "fix_by": last.isoformat(),
    }


def _current(session: Session, integration: Integration) -> Mapping[str, ItemResult]:
    rows = session.scalars(
        select(ItemResult).where(
            ItemResult.integration_id == integration.id,
            ItemResult.audit_run_id.is_not(None),
            ItemResult.superseded_at.is_(None),
        )
    )
    return {row.item: row for row in rows}


def _close(fall: Fall, end: FallEnd, at: datetime) -> None:
    fall.closed_at, fall.closed_because = at, end
