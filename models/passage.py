"""Who came through a bounded door lately, and who looks at what just now: counted for all desks over one database."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Document


class Passage(Base):
    """One who came through one door; without a row they have not come lately."""

    __tablename__ = "passages"
    __table_args__ = (
        CheckConstraint("length(door) >= 1 AND length(who) >= 1", name="names_door_and_who"),
        {"comment": "who came through a bounded door lately"},
    )

    door: Mapped[str] = mapped_column(String(32), primary_key=True, comment="what is bounded, such as sign-ins")
    who: Mapped[str] = mapped_column(String(128), primary_key=True, comment="a company, a person, or an address")
    came: Mapped[list[float]] = mapped_column(Document, comment="when, in seconds since 1970, oldest first")
    until: Mapped[datetime] = mapped_column(comment="when the last of them counts no more")


class Visit(Base):
    """Somebody of the team has a submission's page open, or had it lately."""

    __tablename__ = "visits"
    __table_args__ = ({"comment": "who has a submission open"},)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, autoincrement=False)
    seen_at: Mapped[datetime] = mapped_column(comment="when they were last seen at it")
