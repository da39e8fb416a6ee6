"""What was found: results of items with their evidence, findings, waivers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Document, choice, only_rows
from models.enums import FindingStage, Outcome, ResultSource
from models.people import Person

CURRENT_OF_SUBMISSION = "superseded_at IS NULL AND submission_id IS NOT NULL"
CURRENT_OF_AUDIT = "superseded_at IS NULL AND audit_run_id IS NOT NULL"
TROUBLE = "superseded_at IS NULL AND outcome IN ('failed', 'unknown')"


class ItemResult(Base):
    """An item's outcome with its evidence, from a check or from a person; older ones are kept, superseded."""

    __tablename__ = "item_results"
    __table_args__ = (
        # A result belongs to a review or to an audit, never to both and never to neither.
        CheckConstraint(
            "(submission_id IS NULL) <> (audit_run_id IS NULL)", name="belongs_to_a_submission_or_an_audit"
        ),
        Index(
            "uq_item_results_current_of_submission",
            "submission_id",
            "item",
            "source",
            unique=True,
            **only_rows(CURRENT_OF_SUBMISSION),
        ),
        Index(
            "uq_item_results_current_of_audit",
            "integration_id",
            "item",
            unique=True,
            **only_rows(CURRENT_OF_AUDIT),
        ),
        # What a revision moved is read by the page of a submission; the rows of all revisions are many.
        Index(
            "ix_item_results_past_of_submission",
            "submission_id",
            "superseded_at",
            **only_rows("superseded_at IS NOT NULL AND submission_id IS NOT NULL"),
        ),
        CheckConstraint("(source = 'person') = (judged_by_id IS NOT NULL)", name="a_persons_word_names_the_person"),
        Index("ix_item_results_audit_run_id", "audit_run_id"),
        # The queue counts these for each of its lines; without an index of their own it reads all that was judged.
        Index("ix_item_results_trouble", "submission_id", "outcome", **only_rows(TROUBLE)),
        {"comment": "outcome and evidence of each item, each time it was judged"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id"))
    submission_id: Mapped[int | None] = mapped_column(
        ForeignKey("submissions.id"), comment="the review it belongs to; empty for an audit's"
    )
    audit_run_id: Mapped[int | None] = mapped_column(
        ForeignKey("audit_runs.id"), comment="the audit it belongs to; empty for a review's"
    )
    item: Mapped[str] = mapped_column(String(64), comment="stable id of the item in the rulebook")
    revision: Mapped[int] = mapped_column(default=1, comment="the submission's revision it was judged on")
    source: Mapped[ResultSource] = mapped_column(
        choice(ResultSource, "source_is_known"), comment="a check's word and a person's stand side by side"
    )
    outcome: Mapped[Outcome] = mapped_column(
        choice(Outcome, "outcome_is_known"), comment="what the check or the person said"
    )
    summary: Mapped[str] = mapped_column(Text, comment="what was seen, in one sentence")
    expected: Mapped[str] = mapped_column(Text, default="", comment="what would hold")
    fix: Mapped[str] = mapped_column(Text, default="", comment="what the partner can do")
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(
        Document, default=list, comment="what was looked at: kind, seen, url, status, at, digest"
    )
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="signals the outcome rests on")
    inputs: Mapped[str] = mapped_column(
        String(64), default="", comment="digest of what the check read; equal inputs need no second look"
    )
    judged_at: Mapped[datetime] = mapped_column()
    judged_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="the person who attested; empty when a check decided"
    )
    expires_at: Mapped[datetime | None] = mapped_column(comment="until when a person's attestation holds")
    superseded_at: Mapped[datetime | None] = mapped_column(comment="when a newer result took its place")

    judged_by: Mapped[Person | None] = relationship()


class Finding(Base):
    """An item that failed, as told to the partner, until it is fixed or waived."""

    __tablename__ = "findings"
    __table_args__ = (
        CheckConstraint("(stage = 'open') = (closed_at IS NULL)", name="closed_has_its_instant"),
        Index("ix_findings_submission_id_stage", "submission_id", "stage"),
        {"comment": "items that failed, from open to fixed or waived"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    item: Mapped[str] = mapped_column(String(64), comment="stable id of the item in the rulebook")
    stage: Mapped[FindingStage] = mapped_column(
        choice(FindingStage, "stage_is_known"), comment="open until it is fixed or waived"
    )
    what: Mapped[str] = mapped_column(Text, comment="what was seen")
    fix: Mapped[str] = mapped_column(Text, default="", comment="what the partner can do")
    fix_by: Mapped[date | None] = mapped_column(
        Date, comment="the last day the partner was given; empty: none was named"
    )
    revision: Mapped[int] = mapped_column(comment="the revision it was found in")
    opened_at: Mapped[datetime] = mapped_column()
    opened_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="a person's finding is closed by a person; empty when a check found it"
    )
    closed_at: Mapped[datetime | None] = mapped_column(comment="empty while it is open")
    closed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="the person who closed it; empty when a check saw it hold"
    )

    opened_by: Mapped[Person | None] = relationship(foreign_keys=[opened_by_id])


class Waiver(Base):
    """A person's word that an item need not hold for a while: by whom, why, until when."""

    __tablename__ = "waivers"
    __table_args__ = (
        CheckConstraint("length(trim(reason)) > 0", name="says_why"),
        CheckConstraint("(renews_id IS NULL) = (renewals = 0)", name="counts_its_renewals"),
        # Those near their end are looked for every day.
        Index("ix_waivers_untold_until", "until", **only_rows("ended_at IS NULL AND told_at IS NULL")),
        Index(
            "uq_waivers_one_active",
            "integration_id",
            "item",
            unique=True,
            **only_rows("ended_at IS NULL"),
        ),
        {"comment": "items that need not hold for a while"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"), comment="where it was granted")
    item: Mapped[str] = mapped_column(String(64), comment="stable id of the item in the rulebook")
    reason: Mapped[str] = mapped_column(Text, comment="why it need not hold")
    granted_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    granted_at: Mapped[datetime] = mapped_column()
    until: Mapped[date] = mapped_column(Date, comment="the last day it counts")
    ended_at: Mapped[datetime | None] = mapped_column(comment="when it stopped counting; empty while it counts")
    ended_because: Mapped[str] = mapped_column(Text, default="", comment="why it stopped counting")
    renews_id: Mapped[int | None] = mapped_column(
        ForeignKey("waivers.id"), comment="the waiver before it, of the same item"
    )
    renewals: Mapped[int] = mapped_column(Integer, default=0, comment="how many came before it in a row")
    told_at: Mapped[datetime | None] = mapped_column(comment="when partner and team were told that it runs out")

    granted_by: Mapped[Person] = relationship()
