"""Events: what happened, append-only. The database itself refuses to change or delete one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.people import Person


class Event(Base):
    """One thing that happened, written in the transaction that made it happen."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_submission_id_id", "submission_id", "id"),
        Index("ix_events_integration_id_id", "integration_id", "id"),
        {"comment": "what happened; append-only", "info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(comment="when it happened")
    name: Mapped[str] = mapped_column(String(64), comment="what happened, such as submission.approved")
    integration_id: Mapped[int | None] = mapped_column(
        ForeignKey("integrations.id"), comment="whose event; empty when it concerns none"
    )
    submission_id: Mapped[int | None] = mapped_column(
        ForeignKey("submissions.id"), comment="whose event; empty when it concerns none"
    )
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), comment="who did it; empty: the engine")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="what a message or report needs later")

    person: Mapped[Person | None] = relationship()


class UnplannedEvent(Base):
    """The outbox's door: a row for each event whose deliveries are not planned yet.

    A table of its own because events can't be updated, and because a cursor over ids would skip
    events of transactions that commit out of order.
    """

    __tablename__ = "unplanned_events"
    __table_args__ = ({"comment": "events whose deliveries are not planned yet"},)

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True, autoincrement=False)
    subject: Mapped[str] = mapped_column(
        String(64), comment="submission:7 or integration:3; what is told about one subject stays in order"
    )
