"""Before a message goes out: does it still hold, and is it still the newest word?"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from models.clock import Clock, Pause
from models.delivery import Delivery
from models.enums import ChannelName, EventName, TargetName
from models.event import Event
from models.fall import Fall
from models.result import Waiver
from models.sign_in import SignInLink
from models.undo import Undo
from notifications.message import Placement
from notifications.outbox.leasing import waiting

E = EventName
CLOSED = frozenset({E.APPROVED, E.REJECTED, E.WITHDRAWN})
PARTNER_HAS_ACTED = frozenset({E.ANSWERED, E.RESUBMITTED, E.LAUNCHED, E.GRADUATED, E.DELISTED}) | CLOSED
NO_LONGER_IN_BETA = frozenset({E.GRADUATION_PROPOSED, E.GRADUATED, E.DELISTED})

MENDED = frozenset({E.RECOVERED, E.DELISTED})

OVERTAKEN_BY: dict[EventName, frozenset[EventName]] = {
    E.ASSIGNED: frozenset({E.ASSIGNED, E.CLAIMED, E.RELEASED}) | CLOSED,
    E.QUESTION_ASKED: frozenset({E.ANSWERED, E.RESUBMITTED}) | CLOSED,
    E.CHANGES_REQUESTED: frozenset({E.RESUBMITTED}) | CLOSED,
    E.ANSWERED: CLOSED,
    E.RESUBMITTED: CLOSED,
    E.APPROVAL_RECORDED: frozenset({E.CHANGES_REQUESTED}) | CLOSED,
    E.PARTNER_REMINDED: PARTNER_HAS_ACTED,
    E.PARTNER_SILENT: PARTNER_HAS_ACTED,
    E.REPLAY_REQUESTED: frozenset({E.RESUBMITTED, E.REJECTED, E.WITHDRAWN}),
    E.OAUTH_REQUESTED: NO_LONGER_IN_BETA,
    E.GRADUATION_MISSING: NO_LONGER_IN_BETA,
    E.GRADUATION_PROPOSED: frozenset({E.GRADUATED, E.DELISTED, E.WITHDRAWN}),
    E.REGRESSED: MENDED,
    E.RECOVERED: frozenset({E.REGRESSED, E.DELISTED}),
    E.FIX_REMINDED: MENDED | {E.FIX_EXTENDED},
    E.FIX_EXTENDED: MENDED,
    E.DELISTING_PROPOSED: MENDED | {E.FIX_EXTENDED, E.DELISTING_DISMISSED},
    E.PARTLY_RECOVERED: MENDED,
    E.DELISTED: frozenset({E.RELISTED}),
    E.RELISTED: frozenset({E.DELISTED}),
    E.PATH_STUCK: frozenset({E.SUBMISSION_CHECKED, E.LAUNCHED, E.GRADUATED, E.WITHDRAWN, E.DELISTED}),
}
"""A message asks for something or says how things stand; a later event on the same subject made that untrue."""

ABOUT_FALLS = frozenset({E.PARTLY_RECOVERED, E.FIX_REMINDED, E.FIX_EXTENDED, E.DELISTING_PROPOSED})

PROMISED = frozenset({E.CLOCK_WARNED, E.CLOCK_BREACHED, E.CLOCK_ESCALATED})
LATE_LEVEL = 1.0

UNDOABLE = frozenset({E.CHANGES_REQUESTED, E.APPROVED, E.REJECTED})


def no_longer_true(session: Session, delivery: Delivery, *, at: datetime) -> str:
    """Why the delivery should not go out any more at that instant; empty when it should."""
    if delivery.event.name in UNDOABLE and not stands(session, delivery.event_id):
        return "the decision was undone before this went out"
    if delivery.channel is ChannelName.WEBHOOK:
        # It tells what happened, in its place among other things that happened: that stays true.
        return ""
    name = EventName(delivery.message["event"])
    return _card_replaced(session, delivery) or _made_untrue(session, delivery.event, name, at)


def undone_among(session: Session, deliveries: Iterable[Delivery]) -> set[int]:
    """Ids of the deliveries whose event tells a decision that was undone, by one query."""
    about = {delivery.id: delivery.event_id for delivery in deliveries if delivery.message.get("event") in UNDOABLE}
    if not about:
        return set()
    chosen = select(Undo.event_id).where(Undo.event_id.in_(set(about.values())), Undo.undone_at.is_not(None))
    undone = set(session.scalars(chosen))
    return {number for number, event_id in about.items() if event_id in undone}


def stands(session: Session, event_id: int) -> bool:
    """Whether what an event tells has not been undone."""
    undone = select(Undo.decision_id).where(Undo.event_id == event_id, Undo.undone_at.is_not(None))
    return session.scalar(undone) is None


def newer_card_waits(session: Session, delivery: Delivery) -> bool:
    """Whether a later delivery will show the same card, so that showing this one is in vain."""
    later = aliased(Delivery)
    return bool(
        session.scalar(
            select(
                exists().where(
                    waiting(later.stage),
                    later.subject == delivery.subject,
                    later.channel == delivery.channel,
                    later.recipient == delivery.recipient,
                    later.id > delivery.id,
                )
            )
        )
    )


def _card_replaced(session: Session, delivery: Delivery) -> str:
    if delivery.channel is not ChannelName.SLACK or delivery.message["placement"] != Placement.CARD.value:
        return ""
    return "a newer state of the card goes out instead" if newer_card_waits(session, delivery) else ""


def _made_untrue(session: Session, event: Event, name: EventName, at: datetime) -> str:
    if name in OVERTAKEN_BY and (said := _overtaken(session, event, OVERTAKEN_BY[name])):
        return said
    if name in ABOUT_FALLS:
        return _nothing_to_mend(session, event)
    if name is E.WAIVER_RUNS_OUT:
        return _waivers_ended(session, event)
    if name in PROMISED:
        return _clock_stopped(session, event)
    return _link_ended(session, event, at) if name is E.SIGN_IN_ASKED else ""


def _overtaken(session: Session, event: Event, by: frozenset[EventName]) -> str:
    about_same = (
        Event.submission_id == event.submission_id
        if event.submission_id is not None
        else Event.integration_id == event.integration_id
    )
    later = select(Event.name).where(about_same, Event.id > event.id, Event.name.in_(sorted(by)))
    name = session.scalar(later.order_by(Event.id).limit(1))
    return "" if name is None else f"overtaken: {name} came after {event.name}"


def _nothing_to_mend(session: Session, event: Event) -> str:
    """One item that is still to be mended keeps the message true."""
    items = [told["item"] for told in event.data["items"]]
    still = select(Fall.id).where(
        Fall.integration_id == event.integration_id, Fall.item.in_(items), Fall.closed_at.is_(None)
    )
    return "" if session.scalar(still.limit(1)) is not None else "what it tells of was mended or waived"


def _waivers_ended(session: Session, event: Event) -> str:
    still = select(Waiver.id).where(Waiver.id.in_(event.data["waivers"]), Waiver.ended_at.is_(None))
    return "" if session.scalar(still.limit(1)) is not None else "the waiver ended or was renewed meanwhile"


def _link_ended(session: Session, event: Event, at: datetime) -> str:
    """Why the link would only lead to a page that says so."""
    link = session.get(SignInLink, event.data["link"])
    if link is None or link.expires_at <= at:
        return "the link has run out before this went out"
    return "" if link.used_at is None else "the link was revoked before this went out"


def _clock_stopped(session: Session, event: Event) -> str:
    """Why nothing that the message tells still holds; it tells of one clock or of several."""
    reasons = [_untrue(session, event, told) for told in (event.data, *event.data.get("also", ()))]
    return "" if "" in reasons else "; ".join(reasons)


def _untrue(session: Session, event: Event, told: Mapping[str, Any]) -> str:
    target = TargetName(told["target"])
    running = session.execute(
        select(Clock.id, Clock.breached).where(
            Clock.submission_id == event.submission_id,
            Clock.target == target,
            Clock.stopped_at.is_(None),
            # A later one of the same name is another promise.
            Clock.started_at <= event.at,
        )
    ).one_or_none()
    if running is None:
        return f"the clock for {target.value} has stopped"
    if told["level"] >= LATE_LEVEL:
        # A breach stays one, also while the partner is waited for, unless the promise itself was changed.
        return "" if running.breached else f"the clock for {target.value} is in time again under other terms"
    paused = session.scalar(select(Pause.id).where(Pause.clock_id == running.id, Pause.to_at.is_(None)))
    return "" if paused is None else f"the clock for {target.value} is paused: the partner's turn"
