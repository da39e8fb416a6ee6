"""Submissions: one request to pass one gate, its revisions, and what only some of them carry."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, choice, only_rows
from models.enums import OPEN_SUBMISSION, QUEUED_SUBMISSION, GateName, SubmissionKind, SubmissionStage
from models.integration import Integration
from models.people import Person

STILL_OPEN = "stage IN ({})".format(", ".join(f"'{stage}'" for stage in sorted(OPEN_SUBMISSION)))
IS_QUEUED = "stage IN ({})".format(", ".join(f"'{stage}'" for stage in sorted(QUEUED_SUBMISSION)))


class Submission(Base):
    """One request to pass one gate. Keeps the rulebook version it was submitted under."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("external_id"),
        # Two open requests for the same gate would be two truths about one integration.
        Index(
            "uq_submissions_one_open_per_gate",
            "integration_id",
            "gate",
            unique=True,
            **only_rows(STILL_OPEN),
        ),
        Index("ix_submissions_stage", "stage"),
        # The queue lists by number what has no due date; among all that were ever sent those are few.
        Index("ix_submissions_queued", "id", **only_rows(IS_QUEUED)),
        CheckConstraint("revision >= 1", name="revision_counts_from_one"),
        CheckConstraint("stage = 'draft' OR submitted_at IS NOT NULL", name="submitted_has_its_instant"),
        {"comment": "one row per request to pass a gate"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str | None] = mapped_column(
        String(200), comment="the sender's own id; submitting it twice is one submission"
    )
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id"), index=True)
    kind: Mapped[SubmissionKind] = mapped_column(choice(SubmissionKind, "kind_is_known"), comment="what is asked for")
    gate: Mapped[GateName] = mapped_column(choice(GateName, "gate_is_known"), comment="the gate it asks to pass")
    stage: Mapped[SubmissionStage] = mapped_column(
        choice(SubmissionStage, "stage_is_known"), comment="where it is on its path"
    )
    rulebook: Mapped[str] = mapped_column(String(32), comment="version of the rulebook it was submitted under")
    revision: Mapped[int] = mapped_column(default=1, comment="counts resubmissions, from 1")
    document: Mapped[dict[str, Any]] = mapped_column(comment="the current revision, without secrets")
    submitted_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="who submitted; empty when the audit opened it"
    )
    submitted_at: Mapped[datetime | None] = mapped_column(comment="when the current revision came in")
    acknowledged_at: Mapped[datetime | None] = mapped_column(comment="when its receipt was acknowledged")
    checked_revision: Mapped[int] = mapped_column(default=0, comment="the last revision whose checks all ran")
    decided_at: Mapped[datetime | None] = mapped_column(comment="when the last decision was made")
    closed_at: Mapped[datetime | None] = mapped_column(comment="when it was approved, rejected or withdrawn")
    applied_at: Mapped[datetime | None] = mapped_column(
        comment="when the decision took effect: access granted, or seen live in the catalog"
    )
    stands_at: Mapped[datetime | None] = mapped_column(
        comment="until then the last decision can be undone, is told to nobody outside, and takes no effect"
    )
    version: Mapped[int] = mapped_column(default=1, comment="counts changes; a stale decision is refused")

    integration: Mapped[Integration] = relationship()
    submitted_by: Mapped[Person | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it off the class


class Revision(Base):
    """A submission as it stood at one point: what was sent, by whom, when."""

    __tablename__ = "revisions"
    __table_args__ = ({"comment": "every revision of every submission, as sent", "info": {"append_only": True}},)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="counts resubmissions, from 1")
    document: Mapped[dict[str, Any]] = mapped_column(comment="as sent, without secrets")
    submitted_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="who sent it; empty when the audit opened it"
    )
    submitted_at: Mapped[datetime] = mapped_column()


class AccessRequest(Base):
    """What a partner answered when asking for access to the programme."""

    __tablename__ = "access_requests"
    __table_args__ = ({"comment": "the questions and agreements of a submission of kind access"},)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    website: Mapped[str] = mapped_column(String(2048), default="", comment="the company's website")
    email: Mapped[str] = mapped_column(String(320), default="", comment="the contact's company e-mail")
    answers: Mapped[dict[str, Any]] = mapped_column(comment="the survey, answer by question")
    partner_agreement_at: Mapped[datetime | None] = mapped_column(comment="when the partner agreement was accepted")
    privacy_policy_at: Mapped[datetime | None] = mapped_column(comment="when the privacy policy was accepted")


class Secret(Base):
    """One secret of a submission's document, encrypted: the test account's password, a test key."""

    __tablename__ = "secrets"
    __table_args__ = ({"comment": "secrets that partners hand over for tests, encrypted"},)

    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id"), primary_key=True)
    path: Mapped[str] = mapped_column(
        String(100), primary_key=True, comment="key path in the document, such as test_account.secret"
    )
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary, comment="encrypted with the application's key")
    updated_at: Mapped[datetime] = mapped_column()
