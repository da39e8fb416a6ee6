"""Audit runs: a scheduled look over what has launched, and what came of each integration."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Document, choice, only_rows
from models.enums import AuditGrade
from models.integration import Integration


class AuditRun(Base):
    """One run over a set of integrations; resumable, because each entry is done or not."""

    __tablename__ = "audit_runs"
    __table_args__ = ({"comment": "runs over what has launched"},)

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column()
    finished_at: Mapped[datetime | None] = mapped_column(comment="empty while it runs, also after a crash")
    rulebook: Mapped[str] = mapped_column(String(32), comment="version of the rulebook it judged by")
    asked_by: Mapped[str] = mapped_column(String(64), comment="schedule, or the person who asked")

    entries: Mapped[list["AuditEntry"]] = relationship(back_populates="run")


class AuditEntry(Base):
    """One integration in one audit run."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_integration_id", "integration_id"),
        # A fall seen once is looked for every minute; there are few of them.
        Index("ix_audit_entries_suspected", "done_at", **only_rows("grade = 'suspected'")),
        {"comment": "what an audit run found of each integration"},
    )

    audit_run_id: Mapped[int] = mapped_column(ForeignKey("audit_runs.id"), primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id"), primary_key=True)
    grade: Mapped[AuditGrade | None] = mapped_column(
        choice(AuditGrade, "grade_is_known"), comment="how it stands; empty until it is done"
    )
    outcomes: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="item ids by outcome")
    ready_for_public: Mapped[bool | None] = mapped_column(comment="the public gate holds; empty: undecided")
    done_at: Mapped[datetime | None] = mapped_column(comment="empty: still to do, also after a crash")
    due_at: Mapped[datetime | None] = mapped_column(comment="when its turn comes; empty: at once")
    drift: Mapped[dict[str, list[str]] | None] = mapped_column(
        Document, comment="by item, what differs from what was approved"
    )
    taken_by: Mapped[str | None] = mapped_column(String(128), comment="the worker that has it in a batch")
    taken_until: Mapped[datetime | None] = mapped_column(comment="a worker that died lets go then")

    run: Mapped[AuditRun] = relationship(back_populates="entries")
    integration: Mapped[Integration] = relationship()
