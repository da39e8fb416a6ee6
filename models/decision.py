"""What people decided, and who has which submission."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, choice, only_rows
from models.enums import DecisionKind
from models.people import Person

THE_ENGINE = "the engine"
"""Who decided where no person did."""


class Decision(Base):
    """One decision on one revision, with the verdict it was made by: a person's, or the engine's approval."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("length(trim(reason)) > 0", name="says_why"),
        # Saying no, or asking for more, is for people.
        CheckConstraint("decided_by_id IS NOT NULL OR decision = 'approve'", name="engine_only_approves"),
        Index("ix_decisions_submission_id", "submission_id"),
        {"comment": "what people decided, with what they saw", "info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    revision: Mapped[int] = mapped_column(comment="the revision decided on")
    decision: Mapped[DecisionKind] = mapped_column(choice(DecisionKind, "decision_is_known"))
    reason: Mapped[str] = mapped_column(Text, comment="as the partner reads it")
    verdict: Mapped[dict[str, Any]] = mapped_column(comment="what the gate said at that moment")
    decided_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="empty when the engine approved by the rulebook"
    )
    decided_at: Mapped[datetime] = mapped_column()

    decided_by: Mapped[Person | None] = relationship()

    @property
    def decided_by_name(self) -> str:
        return self.decided_by.name if self.decided_by is not None else THE_ENGINE


class Assignment(Base):
    """Who works on a submission. A claim is a lease: it runs out when nothing happens."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "uq_assignments_one_active",
            "submission_id",
            unique=True,
            **only_rows("ended_at IS NULL"),
        ),
        Index("ix_assignments_submission_id", "submission_id"),
        Index("ix_assignments_person_id", "person_id"),
        {"comment": "who works on which submission"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    assigned_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="the same person for a claim; empty when the engine gave it to them"
    )
    assigned_at: Mapped[datetime] = mapped_column()
    leased_until: Mapped[datetime] = mapped_column(comment="from then on anybody may take it over")
    ended_at: Mapped[datetime | None] = mapped_column(comment="empty while the submission is theirs")

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
