"""What somebody typed into a form and has not sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, choice
from models.enums import SubmissionKind


class Draft(Base):
    """One person's next revision of one submission, as far as they came; without secrets."""

    __tablename__ = "drafts"
    __table_args__ = ({"comment": "next revisions that partners have begun to write"},)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, comment="whose it is")
    submission_id: Mapped[int] = mapped_column(
        ForeignKey("submissions.id"), primary_key=True, comment="what it will be the next revision of"
    )
    typed: Mapped[dict[str, Any]] = mapped_column(comment="text by field of the form, without secrets")
    saved_at: Mapped[datetime] = mapped_column(comment="when it was last saved")


class FirstDraft(Base):
    """One person's submission that does not exist yet: one of each kind for each integration, and for a new one."""

    __tablename__ = "first_drafts"
    __table_args__ = ({"comment": "first submissions that partners have begun to write"},)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, comment="whose it is")
    kind: Mapped[SubmissionKind] = mapped_column(
        choice(SubmissionKind, "kind_is_known"), primary_key=True, comment="what is asked for"
    )
    slug: Mapped[str] = mapped_column(String(100), primary_key=True, comment="the integration; empty: a new one")
    typed: Mapped[dict[str, Any]] = mapped_column(comment="text by field of the form, without secrets")
    saved_at: Mapped[datetime] = mapped_column(comment="when it was last saved")
