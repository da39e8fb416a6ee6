"""The queue: what waits for a person, soonest due first, and why each item is here.

A slice is read along the index of due dates and ends when it is full, so it costs what it shows: first those with a
promise that counts, soonest due first; after them, by number, those whose promises all wait for the partner: their due
dates move. Nothing of that order is kept in a column: a pause, a resumption, a change of calendar or policy moves it,
and the clocks are where those are written.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, cast, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from models.base import Id, Instant
from models.clock import Clock, Pause
from models.enums import OUR_PROMISES, QUEUED_SUBMISSION
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.submission import Submission
from review.worklist_asked import Asked, View, conditions, each, is_queued, ticks
from review.worklist_rows import COLUMNS, HELD_BY, Holding, Row, plainly, rows_of, whose_turn

__all__ = [
    "Asked",
    "Cursor",
    "CursorInvalid",
    "Row",
    "Slice",
    "View",
    "counted",
    "open_count",
    "queue",
    "row_of",
    "sliced",
    "version_of",
    "whose_turn",
]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

LATE_COMMITS: Final = 200
"""So many events may be numbered by others while one transaction has not committed its own."""


class CursorInvalid(ValueError):
    """What should say where a slice begins says nothing."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no place in the queue; begin at its first page")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last submission of a slice; the next one begins behind it. Without `due_at`, none of its clocks counts."""

    due_at: datetime | None
    submission_id: int

    def __str__(self) -> str:
        due = "" if self.due_at is None else str((self.due_at - EPOCH) // MICROSECOND)
        return f"{due}.{self.submission_id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """CursorInvalid unless it was written by `str`."""
        due, point, number = text.partition(".")
        try:
            due_at = EPOCH + int(due) * MICROSECOND if due else None
            if not point or not 0 < int(number) < 2**63:
                raise CursorInvalid(text)
        except (ValueError, OverflowError):
            raise CursorInvalid(text) from None
        return cls(due_at, int(number))


@dataclass(frozen=True, slots=True)
class Slice:
    """Some lines of the queue, and where the next ones begin; None when these are the last."""

    rows: list[Row]
    after: Cursor | None


def queue(
    session: Session, *, at: datetime, mine: int | None = None, breaching: bool = False, limit: int = 200
) -> list[Row]:
    """The first lines. `mine` keeps what that person has; `breaching` what is past three quarters of a target."""
    asked = Asked(view=View.BREACHING if breaching else View.ALL, assignee=mine)
    return sliced(session, asked, at=at, limit=limit).rows


def sliced(session: Session, asked: Asked, *, at: datetime, limit: int, after: Cursor | None = None) -> Slice:
    """The next `limit` lines behind `after`. A fixed number of queries, however long the queue and however deep."""
    asks = plainly(session)
    values = asked.values(at)
    found: list[Any] = []
    among_waiting = after is not None and after.due_at is None
    if asked.has_ticking and not among_waiting:
        place = {} if after is None else {"due_at": after.due_at, "behind": after.submission_id}
        statement = _ticking(asked.view, asked.filters, limit + 1, after is not None)
        found += asks.execute(statement, values | place).all()
    ticking = len(found)
    if ticking <= limit:
        behind = after.submission_id if after is not None and among_waiting else 0
        statement = _waiting(asked.view, asked.filters, limit + 1)
        found += asks.execute(statement, values | {"behind": behind}).all()
    shown = found[:limit]
    if len(found) == len(shown):
        return Slice(rows_of(session, shown, at), None)
    last = Cursor(shown[-1].due_at if limit <= ticking else None, shown[-1].id)
    return Slice(rows_of(session, shown, at), last)


def counted(session: Session, asked: Asked, *, at: datetime, most: int) -> tuple[int, str]:
    """How many there are, counting no further than `most`, and the version of everything that a line shows."""
    number, seen = plainly(session).execute(_counted(asked.view, asked.filters, most), asked.values(at)).one()
    return number, seen


def version_of(session: Session) -> str:
    """What changes whenever something in the queue may have."""
    return session.scalars(_VERSION).one()


def open_count(session: Session) -> int:
    """How many submissions are in the queue, whoever has them and however late."""
    return session.scalars(select(func.count()).select_from(Submission).where(is_queued())).one()


def row_of(session: Session, submission: Submission, *, at: datetime) -> Row:
    """The same line for one submission, open or closed."""
    found = plainly(session).execute(_plain().where(Submission.id == submission.id)).all()
    return rows_of(session, found, at)[0]


@lru_cache(maxsize=256)
def _ticking(view: View, filters: frozenset[str], limit: int, is_behind: bool) -> Select[Any]:  # noqa: FBT001 - the cache's key
    """Submissions with a promise that counts, at the promise of theirs that is due first."""
    other = aliased(Clock)
    is_sooner = (other.due_at < Clock.due_at) | ((other.due_at == Clock.due_at) & (other.id < Clock.id))
    statement = (
        _joined(select(*COLUMNS).select_from(Clock).join(Submission, Submission.id == Clock.submission_id))
        .where(
            ticks(Clock),
            each(Submission.stage.in_(sorted(QUEUED_SUBMISSION))),
            each(~exists().where(other.submission_id == Clock.submission_id, ticks(other), is_sooner)),
            *conditions(view, filters),
        )
        .order_by(Clock.due_at, Clock.submission_id)
        .limit(literal_column(str(limit)))
    )
    if is_behind:
        due_at, behind = bindparam("due_at", type_=Instant), bindparam("behind", type_=Id)
        # The first half alone says where on the index to begin.
        statement = statement.where(Clock.due_at >= due_at, or_(Clock.due_at > due_at, Clock.submission_id > behind))
    return statement


@lru_cache(maxsize=256)
def _waiting(view: View, filters: frozenset[str], limit: int) -> Select[Any]:
    """Submissions without a promise that counts."""
    return (
        _plain()
        .where(is_queued(), each(~_has_ticking()), Submission.id > bindparam("behind"), *conditions(view, filters))
        .order_by(Submission.id)
        .limit(literal_column(str(limit)))
    )


@lru_cache(maxsize=256)
def _counted(view: View, filters: frozenset[str], limit: int) -> Select[Any]:
    one = select(Submission.id).where(is_queued(), *conditions(view, filters)).limit(literal_column(str(limit)))
    if view in {View.MINE, View.UNASSIGNED} or "assignee" in filters:
        one = one.outerjoin(Holding, HELD_BY)
    if "search" in filters:
        one = one.join(Submission.integration).join(Integration.partner)
    return select(select(func.count()).select_from(one.subquery()).scalar_subquery(), version())


def version() -> ColumnElement[str]:
    """What changes whenever something happens: whatever moves a line of the queue writes an event with it.

    Transactions may commit in another order than their events have numbers: the last few together tell of one that came
    late, the last one alone does not.
    """
    last = select(Event.id).order_by(Event.id.desc()).limit(literal_column(str(LATE_COMMITS))).subquery()
    first, newest, number = (
        func.coalesce(cast(part, String), "") for part in (func.min(last.c.id), func.max(last.c.id), func.count())
    )
    return select(newest + "-" + first + "-" + number).scalar_subquery()


_VERSION: Final = select(version())


def _plain() -> Select[Any]:
    """Submissions with the clock that a line shows: of the running ones one that counts, if there is one; due first."""
    clock = aliased(Clock)
    waiting = exists().where(Pause.clock_id == clock.id, Pause.to_at.is_(None))
    first = (
        select(clock.id)
        .where(clock.submission_id == Submission.id, clock.stopped_at.is_(None), clock.target.in_(sorted(OUR_PROMISES)))
        .order_by(waiting, clock.due_at, clock.id)
        .limit(1)
        .scalar_subquery()
    )
    return _joined(select(*COLUMNS).select_from(Submission)).outerjoin(Clock, Clock.id == first)


def _joined(statement: Select[Any]) -> Select[Any]:
    return (
        statement.join(Submission.integration)
        .join(Integration.partner)
        .outerjoin(Holding, HELD_BY)
        .outerjoin(Person, Person.id == Holding.person_id)
    )


def _has_ticking() -> ColumnElement[bool]:
    clock = aliased(Clock)
    return exists().where(and_(clock.submission_id == Submission.id, ticks(clock)))
