"""Deliveries: one message to one recipient by one channel, and the Slack card of each submission."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, choice, only_rows
from models.enums import ChannelName, DeliveryStage, HeldFor
from models.event import Event

WAITING = "stage IN ('planned', 'sending')"


class Delivery(Base):
    """One message to one recipient by one channel, written before the first try."""

    __tablename__ = "deliveries"
    __table_args__ = (
        # Planning the same event again changes nothing.
        UniqueConstraint("event_id", "channel", "recipient"),
        CheckConstraint("(stage = 'sending') = (leased_until IS NOT NULL)", name="only_sending_is_leased"),
        CheckConstraint("held IS NULL OR stage = 'planned'", name="only_planned_is_held"),
        CheckConstraint("held IS NULL OR person_id IS NOT NULL", name="held_is_for_a_person"),
        Index("ix_deliveries_next_try_at", "next_try_at", **only_rows(WAITING)),
        Index("ix_deliveries_subject", "subject", "id", **only_rows(WAITING)),
        Index("ix_deliveries_person_id", "person_id", "settled_at", **only_rows("person_id IS NOT NULL")),
        {"comment": "messages, one row per event, channel and recipient"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    channel: Mapped[ChannelName] = mapped_column(choice(ChannelName, "channel_is_known"))
    recipient: Mapped[str] = mapped_column(String(320), comment="mail address, Slack channel or member, endpoint:3")
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="whom it is for; empty for a group or another system"
    )
    urgent: Mapped[bool] = mapped_column(default=False, comment="comes at once, whatever the person's rhythm")
    held: Mapped[HeldFor | None] = mapped_column(
        choice(HeldFor, "held_is_known"), comment="why it waits although it could be sent; empty when it doesn't"
    )
    subject: Mapped[str] = mapped_column(
        String(64), comment="submission:7 or integration:3; within one the order is kept"
    )
    message: Mapped[dict[str, Any]] = mapped_column(comment="as rendered: title, text, html, blocks, thread")
    stage: Mapped[DeliveryStage] = mapped_column(choice(DeliveryStage, "stage_is_known"), comment="how far it got")
    attempts: Mapped[int] = mapped_column(default=0, comment="tries so far")
    next_try_at: Mapped[datetime | None] = mapped_column(comment="not before; empty once settled")
    leased_by: Mapped[str] = mapped_column(String(64), default="", comment="the worker that sends it now")
    leased_until: Mapped[datetime | None] = mapped_column(comment="a worker that died lets go then")
    repeat_possible: Mapped[bool] = mapped_column(
        default=False, comment="an earlier try may have gone out: its worker died or its answer was lost"
    )
    reference: Mapped[str] = mapped_column(String(320), default="", comment="the channel's id of what was sent")
    error: Mapped[str] = mapped_column(Text, default="", comment="why the last try failed")
    planned_at: Mapped[datetime] = mapped_column()
    settled_at: Mapped[datetime | None] = mapped_column(comment="when it was sent, skipped or given up")

    event: Mapped[Event] = relationship()


class ChannelBreaker(Base):
    """A channel that is out of order: the faults since it last took a message, and how long nothing is tried."""

    __tablename__ = "channel_breakers"
    __table_args__ = ({"comment": "channels in trouble; one that works has no row"},)

    channel: Mapped[ChannelName] = mapped_column(choice(ChannelName, "channel_is_known"), primary_key=True)
    since: Mapped[datetime] = mapped_column(comment="its first fault since it last took a message")
    faults: Mapped[int] = mapped_column(comment="tries since then that failed by its own fault")
    reason: Mapped[str] = mapped_column(Text, comment="what it said at the last of them")
    rests: Mapped[int] = mapped_column(comment="how often in a row it was sent to rest")
    rests_until: Mapped[datetime | None] = mapped_column(
        comment="nothing is tried before, then one message; empty while it still works"
    )
    probe_id: Mapped[int | None] = mapped_column(comment="the delivery that shows now whether it works again")


class Card(Base):
    """The one live Slack message of a submission in one channel."""

    __tablename__ = "cards"
    __table_args__ = ({"comment": "the live Slack message of each submission"},)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(64), primary_key=True, comment="Slack channel id")
    reference: Mapped[str] = mapped_column(String(64), comment="Slack's channel and time stamp; empty: not posted yet")
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), comment="the newest event it shows")
    shown: Mapped[str] = mapped_column(String(64), default="", comment="digest of the blocks it shows; empty: unknown")
    looked_at: Mapped[datetime | None] = mapped_column(
        comment="when it was last compared with the rows; empty: somebody asked for a look"
    )
    updated_at: Mapped[datetime] = mapped_column()
