"""Notes of the team about a submission. Nothing that a partner can see may read this table.

A table of its own, and no event: messages, feeds and webhooks are made of events and of what they refer to, so a note
has no way into any of them (docs/decisions/0026). `make check` keeps `notifications` and the API from importing it.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.people import Person


class Note(Base):
    """One thing that one person of the team wrote for the others."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint("length(trim(text)) > 0", name="says_something"),
        Index("ix_notes_submission_id", "submission_id"),
        {"comment": "what the team writes for itself; never shown to a partner", "info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    text: Mapped[str] = mapped_column(Text, comment="for the team alone")
    written_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"), comment="who of the team wrote it")
    written_at: Mapped[datetime] = mapped_column(comment="when they wrote it")

    written_by: Mapped[Person] = relationship()
