"""Clocks: what was promised, when it is due, when it was paused, and what we believed before."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, choice, only_rows
from models.enums import TargetName

RUNNING = "stopped_at IS NULL"
FIRES = "next_fire_at IS NOT NULL"


class CalendarVersion(Base):
    """A business calendar as data; a change is a new version, and the newest of a name is in force."""

    __tablename__ = "calendar_versions"
    __table_args__ = (UniqueConstraint("name", "version"), {"comment": "business calendars, every version kept"})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(comment="counts from 1 for each name")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the canonical specification")
    spec: Mapped[dict[str, Any]] = mapped_column(comment="zone, weekly hours, holidays, overrides, breaks")
    region: Mapped[str] = mapped_column(
        String(16), default="", comment="whose public holidays it keeps, such as US or US-CA; empty: nobody's"
    )
    created_at: Mapped[datetime] = mapped_column()
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="who changed it; empty: it was read from a rulebook"
    )
    because: Mapped[str] = mapped_column(Text, default="", comment="why it was changed")


class PolicyVersion(Base):
    """An SLA policy as data: targets and ladders. A change is a new version; the newest of a name is in force."""

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("name", "version"), {"comment": "SLA policies, every version kept"})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), comment="version of the rulebook whose submissions it is for")
    version: Mapped[int] = mapped_column(comment="counts from 1 for each name")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the canonical document")
    document: Mapped[dict[str, Any]] = mapped_column(comment="targets, ladders, how long a claim may rest")
    created_at: Mapped[datetime] = mapped_column()
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.id"), comment="who changed it; empty: it was read from a rulebook"
    )
    because: Mapped[str] = mapped_column(Text, default="", comment="why it was changed")


class Clock(Base):
    """One promise to one submission, in open seconds of one calendar version."""

    __tablename__ = "clocks"
    __table_args__ = (
        CheckConstraint("target_seconds > 0", name="target_is_positive"),
        CheckConstraint("stopped_at IS NULL OR next_fire_at IS NULL", name="a_stopped_clock_never_fires"),
        CheckConstraint("stopped_at IS NULL OR stopped_at >= started_at", name="stops_after_it_starts"),
        Index(
            "uq_clocks_one_running_per_target",
            "submission_id",
            "target",
            unique=True,
            **only_rows(RUNNING),
        ),
        # The watch costs what is due, not what is open.
        Index("ix_clocks_next_fire_at", "next_fire_at", **only_rows(FIRES)),
        Index("ix_clocks_due_at", "due_at", **only_rows(RUNNING)),
        {"comment": "promises, each with its target and due date"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    target: Mapped[TargetName] = mapped_column(choice(TargetName, "target_is_known"), comment="which promise it keeps")
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar_versions.id"), comment="pinned version")
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"), comment="pinned version")
    target_seconds: Mapped[int] = mapped_column(comment="open seconds promised")
    business_day_seconds: Mapped[int] = mapped_column(comment="open seconds that its policy calls a business day")
    ladder: Mapped[str] = mapped_column(String(64), comment="which ladder of its policy tells of it")
    started_at: Mapped[datetime] = mapped_column()
    stopped_at: Mapped[datetime | None] = mapped_column(comment="when it was met; empty while it runs")
    stopped_because: Mapped[str] = mapped_column(String(64), default="", comment="name of the event that met it")
    due_at: Mapped[datetime] = mapped_column(comment="first instant at which the target is used up")
    breach_at: Mapped[datetime] = mapped_column(comment="last instant at which it is not exceeded")
    next_fire_at: Mapped[datetime | None] = mapped_column(comment="next rung of the ladder; empty while paused")
    last_rung: Mapped[str | None] = mapped_column(String(32), comment="last rung told")
    last_level: Mapped[float] = mapped_column(
        default=0.0, comment="how far up that was: share of the target, past the breach 1 plus business days"
    )
    breached: Mapped[bool] = mapped_column(default=False, comment="the target was exceeded")
    breach_cause: Mapped[str] = mapped_column(Text, default="", comment="whose turn it was, and what stood open")
    revision: Mapped[int] = mapped_column(default=1, comment="counts recomputations under another calendar or policy")

    calendar: Mapped[CalendarVersion] = relationship()
    policy: Mapped[PolicyVersion] = relationship()
    pauses: Mapped[list["Pause"]] = relationship(
        back_populates="clock", cascade="all, delete-orphan", order_by="Pause.from_at", lazy="selectin"
    )
    revisions: Mapped[list["ClockRevision"]] = relationship(order_by="ClockRevision.revision", viewonly=True)


class Pause(Base):
    """Time that doesn't count, because the partner is waited for. Half-open; open until it has an end."""

    __tablename__ = "pauses"
    __table_args__ = (
        CheckConstraint("to_at IS NULL OR to_at >= from_at", name="ends_after_it_starts"),
        Index(
            "uq_pauses_one_open",
            "clock_id",
            unique=True,
            **only_rows("to_at IS NULL"),
        ),
        {"comment": "time that does not count"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"), index=True)
    from_at: Mapped[datetime] = mapped_column(comment="first instant that does not count")
    to_at: Mapped[datetime | None] = mapped_column(comment="half-open end; empty while it lasts")
    reason: Mapped[str] = mapped_column(String(64), comment="name of the event that began it")

    clock: Mapped[Clock] = relationship(back_populates="pauses")


class ClockRevision(Base):
    """What we believed before: a clock's terms as they stood until they were recomputed."""

    __tablename__ = "clock_revisions"
    __table_args__ = ({"comment": "earlier terms of each clock"},)

    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="the clock's revision that had these terms"
    )
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar_versions.id"), comment="calendar version pinned then")
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"), comment="policy version pinned then")
    target_seconds: Mapped[int] = mapped_column(comment="open seconds promised")
    due_at: Mapped[datetime] = mapped_column(comment="first instant at which the target was used up")
    breach_at: Mapped[datetime] = mapped_column(comment="last instant at which it was not exceeded")
    recorded_at: Mapped[datetime] = mapped_column(comment="when these terms began to hold")
    because: Mapped[str] = mapped_column(Text, comment="why they were set")
