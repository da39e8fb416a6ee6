"""One line of the queue, put together from a fixed number of queries however many lines there are."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, text
from sqlalchemy import Row as SqlRow
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.base import Id
from models.clock import CalendarVersion, Clock, Pause
from models.decision import Assignment
from models.enums import OPEN_SUBMISSION, GateName, Outcome, SubmissionKind, SubmissionStage, TargetName
from models.integration import Integration
from models.people import Partner, Person
from models.result import TROUBLE, ItemResult
from models.submission import Submission
from review import clock as rules
from review.calendar import Calendar
from review.calendars import compiled

Holding = aliased(Assignment, name="holding")
"""The assignment that has not ended; a submission has one at most."""

COLUMNS: Final[Sequence[InstrumentedAttribute[Any] | ColumnElement[Any]]] = (
    Submission.id,
    Submission.version,
    Submission.kind,
    Submission.gate,
    Submission.stage,
    Submission.revision,
    Submission.checked_revision,
    Submission.submitted_at,
    Integration.slug,
    Integration.name.label("integration"),
    Partner.name.label("partner"),
    Clock.id.label("clock_id"),
    Clock.target,
    Clock.calendar_id,
    Clock.target_seconds,
    Clock.started_at,
    Clock.due_at,
    Clock.breach_at,
    Clock.breached,
    Holding.person_id.label("assignee_id"),
    Holding.leased_until,
    Person.name.label("assignee"),
    Holding.assigned_by_id,
)
"""What a line needs of each table. The documents are the bulk of a row, and no line of the queue shows them."""


class Found(NamedTuple):
    """What COLUMNS hold, in their order. Read by name far more cheaply than SQLAlchemy's rows."""

    id: int
    version: int
    kind: SubmissionKind
    gate: GateName
    stage: SubmissionStage
    revision: int
    checked_revision: int
    submitted_at: datetime | None
    slug: str
    integration: str
    partner: str
    clock_id: int | None
    target: TargetName | None
    calendar_id: int | None
    target_seconds: int | None
    started_at: datetime | None
    due_at: datetime | None
    breach_at: datetime | None
    breached: bool | None
    assignee_id: int | None
    leased_until: datetime | None
    assignee: str | None
    assigned_by_id: int | None


HELD_BY: Final = and_(Holding.submission_id == Submission.id, Holding.ended_at.is_(None))

IS_TROUBLE: Final = text(f"item_results.{TROUBLE.replace(' AND ', ' AND item_results.')}")
"""Written out as in the index that has these alone, so that counting reads no evidence."""

# Statements are built once: building one costs as much as asking it.
_IDS: Final = bindparam("ids", expanding=True, type_=Id)
PAUSES: Final = (
    select(Pause.clock_id, Pause.from_at, Pause.to_at).where(Pause.clock_id.in_(_IDS)).order_by(Pause.from_at)
)
CALENDARS: Final = select(CalendarVersion).where(CalendarVersion.id.in_(_IDS))
TROUBLES: Final = (
    select(ItemResult.submission_id, ItemResult.outcome, func.count())
    .where(ItemResult.submission_id.in_(_IDS), IS_TROUBLE)
    .group_by(ItemResult.submission_id, ItemResult.outcome)
)


class Row(NamedTuple):
    """One line of the queue. Seconds are open seconds of the clock's calendar; negative once breached."""

    submission_id: int
    version: int
    slug: str
    integration: str
    partner: str
    kind: SubmissionKind
    gate: GateName
    stage: SubmissionStage
    revision: int
    checked_revision: int
    turn: str
    """reviewer, partner or engine."""
    reason: str
    target: TargetName | None
    due_at: datetime | None
    """None without a running clock, and while it waits for the partner."""
    breach_at: datetime | None
    remaining_seconds: float | None
    paused: bool
    breached: bool
    assignee: str | None
    assignee_id: int | None
    leased_until: datetime | None
    failed: int
    unknown: int
    submitted_at: datetime | None
    by_engine: bool = False
    """The engine gave it to who has it, and anybody who may decide may take it."""

    def holder(self, at: datetime) -> str | None:
        """Who has it now; None once they let it lie."""
        return self.assignee if self.leased_until is not None and self.leased_until > at else None


class Standing(Protocol):
    """What says whose turn it is: a submission, or the columns of one."""

    @property
    def stage(self) -> SubmissionStage: ...
    @property
    def revision(self) -> int: ...
    @property
    def checked_revision(self) -> int: ...


def whose_turn(submission: Standing, *, paused: bool) -> str:
    """reviewer, partner or engine; empty once it is closed."""
    if submission.stage in {SubmissionStage.DRAFT, SubmissionStage.CHANGES_REQUESTED}:
        return "partner"
    if submission.stage not in OPEN_SUBMISSION:
        return ""
    if submission.stage is SubmissionStage.SUBMITTED or submission.checked_revision < submission.revision:
        return "engine"
    return "partner" if paused else "reviewer"


def plainly(session: Session) -> Connection:
    """The session's transaction for columns alone: half as dear, because nothing of it could be an object."""
    session.flush()
    return session.connection()


def rows_of(session: Session, asked: Iterable[SqlRow[Any]], at: datetime) -> list[Row]:
    """The lines of rows with COLUMNS, in their order."""
    found = [Found._make(row) for row in asked]
    clocks = [row.clock_id for row in found if row.clock_id is not None]
    pauses = _pauses(session, clocks)
    calendars = _calendars(session, {row.calendar_id for row in found if row.calendar_id is not None})
    counts = _counts(session, [row.id for row in found])
    return [
        _row(row, pauses.get(row.clock_id or 0, []), calendars.get(row.calendar_id or 0), counts[row.id], at)
        for row in found
    ]


def _row(
    row: Found,
    pauses: Sequence[rules.Pause],
    calendar: Calendar | None,
    counts: Mapping[Outcome, int],
    at: datetime,
) -> Row:
    paused = any(until is None for _, until in pauses)
    remaining = None
    if calendar is not None and row.started_at is not None and row.target_seconds is not None:
        state = rules.ClockState(row.started_at, row.target_seconds, tuple(pauses))
        remaining = rules.remaining_seconds(calendar, state, at)
    turn = whose_turn(row, paused=paused)
    return Row(
        submission_id=row.id,
        version=row.version,
        slug=row.slug,
        integration=row.integration,
        partner=row.partner,
        kind=row.kind,
        gate=row.gate,
        stage=row.stage,
        revision=row.revision,
        checked_revision=row.checked_revision,
        turn=turn,
        reason=_reason(row, turn, at),
        target=row.target,
        due_at=None if paused else row.due_at,
        breach_at=None if paused else row.breach_at,
        remaining_seconds=remaining,
        paused=paused,
        breached=bool(row.breached) or (remaining is not None and remaining < 0),
        assignee=row.assignee,
        assignee_id=row.assignee_id,
        leased_until=row.leased_until,
        failed=counts[Outcome.FAILED],
        unknown=counts[Outcome.UNKNOWN],
        submitted_at=row.submitted_at,
        by_engine=row.assignee_id is not None and row.assigned_by_id is None,
    )


def _reason(row: Found, turn: str, at: datetime) -> str:
    """Why it is in the queue, in a few words."""
    if turn == "engine":
        return "being checked"
    if turn == "partner":
        return "waiting on the partner"
    if row.leased_until is None or row.leased_until <= at:
        return "nobody has taken it"
    return "answered the changes" if row.revision > 1 else f"with {row.assignee}"


def _pauses(session: Session, clocks: Collection[int]) -> dict[int, list[rules.Pause]]:
    found: dict[int, list[rules.Pause]] = defaultdict(list)
    if clocks:
        for clock_id, since, until in plainly(session).execute(PAUSES, {"ids": list(clocks)}).all():
            found[clock_id].append((since, until))
    return found


def _calendars(session: Session, ids: Collection[int]) -> dict[int, Calendar]:
    if not ids:
        return {}
    return {version.id: compiled(version) for version in session.scalars(CALENDARS, {"ids": list(ids)})}


def _counts(session: Session, ids: Collection[int]) -> Mapping[int, Counter[Outcome]]:
    counts: dict[int, Counter[Outcome]] = defaultdict(Counter)
    if ids:
        for submission_id, outcome, number in plainly(session).execute(TROUBLES, {"ids": list(ids)}).all():
            counts[submission_id][outcome] += number
    return counts
