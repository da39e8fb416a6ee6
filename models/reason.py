"""The reasons library: what the programme says again and again, once, in words that partners read."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.people import Person

KEY_CHARACTERS = 64
TITLE_CHARACTERS = 150
MOST_FIX_BY_DAYS = 250
"""About a year of business days."""


class Reason(Base):
    """One entry of the library. Its words lie in versions; `version` is the one that is offered."""

    __tablename__ = "reasons"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
        {"comment": "what reviewers choose from when they ask for changes"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_CHARACTERS), comment="stable name, such as docs-page-missing")
    version: Mapped[int] = mapped_column(default=1, comment="the version of its words that is offered")
    created_at: Mapped[datetime] = mapped_column()
    retired_at: Mapped[datetime | None] = mapped_column(comment="no longer offered since; empty while it is")


class ReasonVersion(Base):
    """The words of a reason from one change to the next; never rewritten, because decisions were made with them."""

    __tablename__ = "reason_versions"
    __table_args__ = (
        CheckConstraint("length(trim(title)) > 0 AND length(trim(text)) > 0", name="says_something"),
        CheckConstraint(f"fix_by_days BETWEEN 1 AND {MOST_FIX_BY_DAYS}", name="fix_by_is_within_a_year"),
        {"comment": "the words of each reason, version by version", "info": {"append_only": True}},
    )

    reason_id: Mapped[int] = mapped_column(ForeignKey("reasons.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="counts changes, from 1")
    title: Mapped[str] = mapped_column(String(TITLE_CHARACTERS), comment="one line, as reviewers choose it")
    text: Mapped[str] = mapped_column(Text, comment="what the partner reads")
    items: Mapped[list[str]] = mapped_column(comment="ids of the items it speaks of; none: of anything")
    links: Mapped[list[str]] = mapped_column(comment="where the partner reads more")
    fix_by_days: Mapped[int | None] = mapped_column(
        comment="business days of the team's calendar from the decision; empty: no day is named"
    )
    written_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"), comment="who wrote this version")
    written_at: Mapped[datetime] = mapped_column(comment="when they wrote it")

    written_by: Mapped[Person] = relationship()


class DecisionReason(Base):
    """A decision made with a reason, in the words it had then."""

    __tablename__ = "decision_reasons"
    __table_args__ = (
        ForeignKeyConstraint(["reason_id", "version"], ["reason_versions.reason_id", "reason_versions.version"]),
        {"comment": "with which words of the library each decision was made", "info": {"append_only": True}},
    )

    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    reason_id: Mapped[int] = mapped_column(primary_key=True, comment="the reason that was chosen")
    version: Mapped[int] = mapped_column(comment="the version of its words at that moment")
    fix_by: Mapped[date | None] = mapped_column(Date, comment="the last day the partner was given; empty: none")

    words: Mapped[ReasonVersion] = relationship()
