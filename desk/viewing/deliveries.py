"""What was told to whom, as the page shows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.words import happened
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage
from models.event import Event
from models.integration import Integration
from notifications.outbox.register import listed

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """`about` is an address on this desk; empty for what concerns the programme as a whole."""

    id: int
    event: str
    title: str
    about: str
    subject: str
    channel: ChannelName
    recipient: str
    stage: DeliveryStage
    attempts: int
    next_try_at: datetime | None
    repeat_possible: bool
    error: str
    planned_at: datetime
    settled_at: datetime | None


def delivery_counts(session: Session) -> Mapping[DeliveryStage, int]:
    """How many there are in each stage, also where there are none."""
    tallied = session.execute(select(Delivery.stage, func.count()).group_by(Delivery.stage))
    found = dict(tallied.tuples().all())
    return {stage: found.get(stage, 0) for stage in DeliveryStage}


def delivery_lines(session: Session, stage: DeliveryStage | None) -> tuple[DeliveryLine, ...]:
    """The newest MOST, newest first."""
    stages = frozenset(DeliveryStage) if stage is None else frozenset({stage})
    rows = listed(session, stages=stages, limit=MOST)
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
            channel=row.channel,
            recipient=row.recipient,
            stage=row.stage,
            attempts=row.attempts,
            next_try_at=row.next_try_at,
            repeat_possible=row.repeat_possible,
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
