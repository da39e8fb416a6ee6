"""Decisions that were made with time to undo them: how things stood before, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from models.base import Base, only_rows

UNDONE = "undone_at IS NOT NULL"


class Undo(Base):
    """How a submission, its clocks, findings and assignment stood before one decision."""

    __tablename__ = "undos"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_by_somebody"),
        Index("uq_undos_event_id", "event_id", unique=True),
        # Reports leave out what was undone; of that there is little.
        Index("ix_undos_undone", "event_id", "decision_id", **only_rows(UNDONE)),
        {"comment": "decisions that could be undone before the partner was told, and those that were"},
    )

    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), comment="what the decision recorded")
    before: Mapped[dict[str, Any]] = mapped_column(comment="the values that the decision changed")
    undone_at: Mapped[datetime | None] = mapped_column(comment="when it was undone; empty: it stands")
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), comment="who undid it")


def stands(decision: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Decisions, by id, that were not undone."""
    return decision.not_in(select(Undo.decision_id).where(literal_column(UNDONE)))


def counts(event: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Events, by id, of which none tells a decision that was undone."""
    return event.not_in(select(Undo.event_id).where(literal_column(UNDONE)))
