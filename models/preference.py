"""Preferences: how each person wants to hear, and when they want quiet. Without a row the usual holds."""

from datetime import time

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, choice
from models.enums import ChosenCategory, ChosenChannel, How


class Preference(Base):
    """How one person wants to hear of one kind of messages."""

    __tablename__ = "preferences"
    __table_args__ = ({"comment": "how people want to hear; without a row as the table of rhythms says"},)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    category: Mapped[ChosenCategory] = mapped_column(
        choice(ChosenCategory, "category_is_known"), primary_key=True, comment="which kind of messages"
    )
    how: Mapped[How] = mapped_column(choice(How, "how_is_known"), comment="at once, in a digest, or not at all")
    channel: Mapped[ChosenChannel | None] = mapped_column(
        choice(ChosenChannel, "channel_is_known"),
        comment="by which channel where both reach them; empty: the usual one",
    )


class QuietHours(Base):
    """When one person wants no messages but urgent ones, by the clock of their own zone; weekends too."""

    __tablename__ = "quiet_hours"
    __table_args__ = (
        CheckConstraint("(begins IS NULL) = (ends IS NULL)", name="begins_and_ends"),
        {"comment": "when people want quiet; without a row the usual nights and weekends"},
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    begins: Mapped[time | None] = mapped_column(comment="local time; empty: never quiet")
    ends: Mapped[time | None] = mapped_column(comment="local time, often of the next morning")
