"""What was told to whom, as the page shows it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.words import happened
from models.delivery import ChannelBreaker, Delivery
from models.enums import ChannelName, DeliveryStage, HeldFor
from models.event import Event
from models.integration import Integration
from notifications.outbox.register import listed, narrowed

MOST = 200
ACTS_FOR_READER = re.compile(r"(/unsubscribe/)\S+")
"""One click there ends a person's messages, whoever clicks."""

HELD = {
    HeldFor.QUIET: "for the end of its reader's quiet hours",
    HeldFor.DIGEST: "for its reader's digest",
    HeldFor.CAP: "for its reader's digest: they got enough mails that day",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """`about` is an address on this desk; empty for what concerns the programme as a whole."""

    id: int
    event: str
    title: str
    about: str
    subject: str
    kept_by: str
    """The page of all that is about the same."""
    channel: ChannelName
    recipient: str
    stage: DeliveryStage
    attempts: int
    next_try_at: datetime | None
    repeat_possible: bool
    held: str
    """What its reader's wishes make it wait for."""
    reference: str
    error: str
    planned_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sieve:
    """What the page keeps to; nothing chosen, nothing left out."""

    stage: DeliveryStage | None = None
    channel: ChannelName | None = None
    subject: str = ""

    def href(self, **other: StrEnum | str | None) -> str:
        """The page's address with these chosen instead."""
        chosen = {"stage": self.stage, "channel": self.channel, "subject": self.subject} | other
        query = urlencode({name: str(value) for name, value in chosen.items() if value})
        return f"/deliveries?{query}" if query else "/deliveries"


def delivery_counts(session: Session, sieve: Sieve) -> Mapping[DeliveryStage, int]:
    """How many there are in each stage of what the sieve keeps, also where there are none."""
    kept = select(Delivery.stage, func.count()).where(*narrowed(sieve.channel, sieve.subject))
    found = dict(session.execute(kept.group_by(Delivery.stage)).tuples().all())
    return {stage: found.get(stage, 0) for stage in DeliveryStage}


def delivery_lines(session: Session, sieve: Sieve) -> tuple[DeliveryLine, ...]:
    """The newest MOST, newest first."""
    stages = frozenset(DeliveryStage) if sieve.stage is None else frozenset({sieve.stage})
    return _lines(session, listed(session, stages=stages, channel=sieve.channel, subject=sieve.subject, limit=MOST))


def delivery_line(session: Session, delivery: Delivery) -> DeliveryLine:
    """One of them."""
    (line,) = _lines(session, [delivery])
    return line


def text_of(delivery: Delivery) -> str:
    """The message as text, without the address that would act for its reader."""
    return ACTS_FOR_READER.sub(r"\1…", str(delivery.message.get("text", "")))


def why_it_waits(delivery: Delivery, trouble: Iterable[ChannelBreaker]) -> str:
    """Why a planned delivery is not on its way, in words; empty for any other."""
    if delivery.stage is not DeliveryStage.PLANNED:
        return ""
    if delivery.held is not None:
        return HELD[delivery.held]
    if any(breaker.channel is delivery.channel and breaker.rests_until is not None for breaker in trouble):
        return f"its channel rests: {delivery.channel.value} is out of order"
    return "it is tried again" if delivery.attempts else "its turn comes"


def _lines(session: Session, rows: Sequence[Delivery]) -> tuple[DeliveryLine, ...]:
    named = select(Event.id, Event.name).where(Event.id.in_({row.event_id for row in rows}))
    names = dict(session.execute(named).tuples().all())
    slugs = _slugs(session, rows)
    return tuple(
        DeliveryLine(
            id=row.id,
            event=happened(names[row.event_id]),
            title=str(row.message.get("title", "")),
            about=_about(row.subject, slugs),
            subject=row.subject.replace(":", " "),
            kept_by=Sieve(subject=row.subject).href(),
            channel=row.channel,
            recipient=row.recipient,
            stage=row.stage,
            attempts=row.attempts,
            next_try_at=row.next_try_at,
            repeat_possible=row.repeat_possible,
            held=HELD[row.held] if row.held is not None else "",
            reference=row.reference,
            error=row.error,
            planned_at=row.planned_at,
            settled_at=row.settled_at,
        )
        for row in rows
    )


def _slugs(session: Session, rows: Iterable[Delivery]) -> Mapping[str, str]:
    """Subjects that are integrations, with the slug of each."""
    ids = {int(number) for kind, _, number in (row.subject.partition(":") for row in rows) if kind == "integration"}
    found = session.execute(select(Integration.id, Integration.slug).where(Integration.id.in_(ids)))
    return {f"integration:{integration_id}": slug for integration_id, slug in found}


def _about(subject: str, slugs: Mapping[str, str]) -> str:
    kind, _, number = subject.partition(":")
    if kind == "submission":
        return f"/submissions/{number}"
    return f"/integrations/{slugs[subject]}" if subject in slugs else ""
