"""Falls: items of what is live that no longer hold, from the day the partner was told until they are mended."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, choice, only_rows
from models.integration import Integration


class FallEnd(StrEnum):
    """Why a fall is over. HEALED: an audit saw the item hold; DROPPED: the rules no longer ask for it."""

    HEALED = "healed"
    WAIVED = "waived"
    DELISTED = "delisted"
    DROPPED = "dropped"


class Fall(Base):
    """One item that fell: until when it is to be mended, what was said meanwhile, and how it ended."""

    __tablename__ = "falls"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_because IS NULL)", name="closed_says_why"),
        CheckConstraint("proposed_at IS NULL OR proposed_at >= fell_at", name="is_proposed_after_it_fell"),
        # Only what was proposed can be dismissed.
        CheckConstraint("dismissed_until IS NULL OR proposed_at IS NOT NULL", name="is_dismissed_once_proposed"),
        Index("uq_falls_one_open", "integration_id", "item", unique=True, **only_rows("closed_at IS NULL")),
        Index("ix_falls_open_fix_by", "fix_by", **only_rows("closed_at IS NULL")),
        {"comment": "items of what is live that no longer hold, and until when they are to be mended"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id"), index=True)
    item: Mapped[str] = mapped_column(String(64), comment="stable id of the item in the rulebook")
    fell_at: Mapped[datetime] = mapped_column(comment="when it was believed, and the partner told")
    fix_by: Mapped[date] = mapped_column(Date, comment="the last day to mend it, where the team's calendar is")
    remind_on: Mapped[date | None] = mapped_column(Date, comment="from this day on the partner is reminded, once")
    reminded_at: Mapped[datetime | None] = mapped_column(comment="when the partner was reminded")
    proposed_at: Mapped[datetime | None] = mapped_column(
        comment="when the team was asked whether to take it out of the catalog"
    )
    dismissed_until: Mapped[date | None] = mapped_column(
        Date, comment="the team was asked and leaves it listed; after this day it is asked again"
    )
    extended_because: Mapped[str] = mapped_column(Text, default="", comment="why the last day was moved")
    closed_at: Mapped[datetime | None] = mapped_column(comment="empty while it is open")
    closed_because: Mapped[FallEnd | None] = mapped_column(
        choice(FallEnd, "closed_because_is_known"), comment="how it ended; empty while it is open"
    )

    integration: Mapped[Integration] = relationship()
