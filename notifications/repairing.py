"""Puts cards right: those that show something else than the rows say, were deleted, or never came out.

The outbox keeps cards up to date. This is for what it can't see: a card that somebody deleted, a message that died,
a release that draws cards differently, a click on a card that was out of date.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.database import Database
from models.delivery import Card, Delivery
from models.enums import OPEN_SUBMISSION, ChannelName, SubmissionStage
from models.event import Event, UnplannedEvent
from models.submission import Submission
from notifications.addressing import Addressee
from notifications.card import digest_of
from notifications.channels.protocol import Channel
from notifications.message import Message, Sent
from notifications.outbox.leasing import waiting
from notifications.programme import ProgrammeSettings
from notifications.reading import Reader
from notifications.rendering import renderer_for
from notifications.routing import CARD

LOOKED_AT_EVERY = timedelta(hours=1)
LOOKED_AT_WITH_OTHERS = timedelta(minutes=30)
"""A run takes along what is due soon, so that there are few runs and not one for each card."""
AT_ONCE = 40
"""Cards in one run: with a message a second well under the time a run may take."""
CLOSED_LOOKED_AT_FOR = timedelta(days=7)
"""Longer than any message is tried, so that no closed submission keeps its buttons."""
OUTBOX_HAS = timedelta(minutes=10)
"""So long a new submission is the outbox's alone."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What one run did: cards looked at, and of those the ones that were not right."""

    looked_at: int = 0
    put_right: int = 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """A card as it was when its turn came, and how it should be."""

    submission_id: int
    reference: str
    updated_at: datetime
    shown: str
    event_id: int
    is_closed: bool
    message: Message

    @property
    def shows_it(self) -> bool:
        return self.shown == digest_of(self.message.card)

    @property
    def is_as_it_should_be(self) -> bool:
        """As far as can be known without asking Slack; whether a closed submission's is deleted matters to nobody."""
        return self.is_closed and self.shows_it


def ask_for_look(session: Session, submission_id: int) -> None:
    """Let the submission's cards be compared and sent again as soon as can be."""
    session.execute(update(Card).where(Card.submission_id == submission_id).values(looked_at=None))


def anything_to_repair(session: Session, *, at: datetime, programme: ProgrammeSettings) -> bool:
    """Whether a card's turn has come, or one is missing; cheap: there are as many cards as recent submissions."""
    if ChannelName.SLACK not in programme.channels or not programme.slack_channel:
        return False
    due = select(Card.submission_id).join(Submission).where(*_has_turn(programme, at, LOOKED_AT_EVERY)).limit(1)
    return session.scalar(due) is not None or session.scalar(_missing(programme, at).limit(1)) is not None


async def repair_cards(
    database: Database, channel: Channel, *, clock: Callable[[], datetime], programme: ProgrammeSettings
) -> Repaired:
    """Send each card whose turn has come as it should be now; a deleted one comes anew.

    Each is tried once and has its next turn an hour later, whatever came of it: nothing here can loop or pile up.
    """
    taken = await asyncio.to_thread(_take, database, clock(), programme)
    put_right = 0
    for submission_id, asked in taken:
        seen = await asyncio.to_thread(_look, database, submission_id, clock(), programme)
        if seen is None or (seen.is_as_it_should_be and not asked):
            continue
        # The same key for every try, so that a card whose answer was lost is found and not posted again.
        result = await channel.send(seen.message, f"card-{seen.submission_id}-of-{programme.slack_channel}")
        if not isinstance(result, Sent):
            break  # Slack is away or asks for a pause: no time for repairs
        put_right += not (seen.shows_it and seen.reference == result.card_reference)
        await asyncio.to_thread(_write, database, seen, result.card_reference, clock(), programme)
    return Repaired(len(taken), put_right)


def _take(database: Database, at: datetime, programme: ProgrammeSettings) -> Sequence[tuple[int, bool]]:
    """Submissions whose card's turn it is, and whether somebody asked; their next turn is an hour away."""
    with database.write.begin() as session:
        for submission_id, event_id in session.execute(_missing(programme, at).limit(AT_ONCE)).tuples():
            session.add(
                Card(
                    submission_id=submission_id,
                    channel=programme.slack_channel,
                    reference="",
                    event_id=event_id,
                    updated_at=at,
                )
            )
        session.flush()
        cards = session.scalars(
            select(Card)
            .join(Submission)
            .where(*_has_turn(programme, at, LOOKED_AT_WITH_OTHERS))
            .order_by(Card.looked_at.is_not(None), Card.looked_at, Card.submission_id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True, of=Card)
        ).all()
        taken = [(card.submission_id, card.looked_at is None) for card in cards]
        for card in cards:
            card.looked_at = at
        return taken


def _look(database: Database, submission_id: int, at: datetime, programme: ProgrammeSettings) -> _Seen | None:
    with database.read() as session:
        card = session.get_one(Card, (submission_id, programme.slack_channel))
        facts = Reader(session, at).newest(submission_id)
        if facts is None or facts.submission is None:
            return None
        addressee = Addressee(ChannelName.SLACK, programme.slack_channel, "", programme.time_zone)
        rendered = renderer_for(programme).message(facts, CARD, addressee).as_json()
        message = Message.from_json(rendered, repeat_possible=True, card_reference=card.reference)
        return _Seen(
            submission_id=submission_id,
            reference=card.reference,
            updated_at=card.updated_at,
            shown=card.shown,
            event_id=facts.submission.newest_event,
            is_closed=facts.submission.stage not in OPEN_SUBMISSION,
            message=message,
        )


def _write(database: Database, seen: _Seen, reference: str, at: datetime, programme: ProgrammeSettings) -> None:
    with database.write.begin() as session:
        card = session.get_one(Card, (seen.submission_id, programme.slack_channel), with_for_update=True)
        if (card.reference, card.updated_at) != (seen.reference, seen.updated_at):
            card.looked_at = None  # the outbox sent one meanwhile: whichever came last may be the older
            return
        card.reference = reference
        card.event_id = seen.event_id
        card.shown = digest_of(seen.message.card)
        card.updated_at = at


def _has_turn(programme: ProgrammeSettings, at: datetime, every: timedelta) -> tuple[ColumnElement[bool], ...]:
    recent = or_(Submission.stage.in_(OPEN_SUBMISSION), Submission.closed_at > at - CLOSED_LOOKED_AT_FOR)
    return (
        Card.channel == programme.slack_channel,
        or_(Card.looked_at.is_(None), and_(Card.looked_at <= at - every, recent)),
        ~_outbox_waits(Card.submission_id, programme),
    )


def _missing(programme: ProgrammeSettings, at: datetime) -> Select[tuple[int, int]]:
    """Open submissions without a card, and the last thing that happened to each."""
    has_card = exists().where(Card.submission_id == Submission.id, Card.channel == programme.slack_channel)
    return (
        select(Submission.id, func.max(Event.id))
        .join(Event, Event.submission_id == Submission.id)
        .where(
            Submission.stage.in_(OPEN_SUBMISSION - {SubmissionStage.DRAFT}),
            Submission.acknowledged_at <= at - OUTBOX_HAS,
            ~has_card,
            ~_outbox_waits(Submission.id, programme),
        )
        .group_by(Submission.id)
        .order_by(Submission.id)
    )


def _outbox_waits(submission_id: InstrumentedAttribute[int], programme: ProgrammeSettings) -> ColumnElement[bool]:
    """Whether the outbox will change this card by itself."""
    subject = literal("submission:") + cast(submission_id, String)
    return or_(
        exists().where(UnplannedEvent.subject == subject),
        exists().where(
            waiting(Delivery.stage),
            Delivery.subject == subject,
            Delivery.channel == ChannelName.SLACK,
            Delivery.recipient == programme.slack_channel,
        ),
    )
