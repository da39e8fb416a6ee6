"""The rows behind the page of one submission, each kind by one query however long its story is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, case, exists, func, literal, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased, defer, joinedload
from sqlalchemy.orm.util import AliasedClass

from models.clock import Clock, Pause
from models.decision import Assignment, Decision
from models.enums import OUR_PROMISES
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.result import ItemResult
from models.submission import Revision, Secret, Submission
from models.undo import Undo
from review.facts import BESIDE, in_words, told, under_way
from review.guards import Undoable


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Ids of what stands before and after it in the queue; None at its ends."""

    before: int | None
    after: int | None


class Found(NamedTuple):
    """The submission, who had it over time, the key paths of the secrets that are kept for its integration (never a
    secret), and what stands beside it in the queue.
    """

    submission: Submission
    assignments: Sequence[Assignment]
    kept: frozenset[str]
    neighbours: Neighbours


def submission_row(session: Session, submission_id: int) -> Found | None:
    """None when there is no such submission."""
    kept = (
        select(func.aggregate_strings(Secret.path, " "))
        .where(Secret.integration_id == Submission.integration_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Submission, Assignment, kept, _beside(submission_id, before=True), _beside(submission_id, before=False))
        .outerjoin(Assignment, Assignment.submission_id == Submission.id)
        .where(Submission.id == submission_id)
        .options(
            joinedload(Submission.integration).joinedload(Integration.partner),
            joinedload(Submission.submitted_by).lazyload(Person.role_rows),
            joinedload(Assignment.person).lazyload(Person.role_rows),
        )
        .order_by(Assignment.id)
    ).all()
    if not rows:
        return None
    submission, _, paths, before, after = rows[0]
    assignments = [row[1] for row in rows if row[1] is not None]
    return Found(submission, assignments, frozenset((paths or "").split()), Neighbours(before, after))


def _beside(submission_id: int, *, before: bool) -> ScalarSelect[int]:
    """The nearest one that waits for us before or after this one, by its soonest due date, as the queue has them.

    What waits for us no more has no place of its own there: after it comes the first.
    """
    sooner = aliased(Clock)
    is_first = ~exists().where(
        sooner.submission_id == Clock.submission_id, sooner.due_at < Clock.due_at, *_runs_for_us(sooner)
    )
    mine = aliased(Clock)
    own = select(func.min(mine.due_at)).where(mine.submission_id == submission_id, *_runs_for_us(mine))
    here = func.coalesce(own.scalar_subquery(), literal(EVER, Clock.due_at.type), type_=Clock.due_at.type)
    at, number = Clock.due_at, Clock.submission_id
    # The first condition alone finds the place by the index, the second one tells apart what is due at one instant.
    beyond = (
        [at <= here, or_(at < here, number < submission_id)]
        if before
        else [at >= here, or_(at > here, number > submission_id)]
    )
    return (
        select(number)
        .where(*_runs_for_us(Clock), number != submission_id, *beyond, is_first)
        .order_by(*((at.desc(), number.desc()) if before else (at, number)))
        .limit(1)
        .scalar_subquery()
    )


EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any due date: what has no place in the queue stands before all of it."""


def _runs_for_us(clock: type[Clock] | AliasedClass[Clock]) -> tuple[ColumnElement[bool], ...]:
    waits = exists().where(Pause.clock_id == clock.id, Pause.to_at.is_(None))
    return clock.stopped_at.is_(None), clock.target.in_(OUR_PROMISES), ~waits


def result_rows(session: Session, submission: Submission) -> tuple[Sequence[ItemResult], Sequence[ItemResult]]:
    """What is current of each item, a check's word before a person's; and what stepped aside since this revision."""
    wanted: list[ColumnElement[bool]] = [ItemResult.superseded_at.is_(None)]
    if submission.revision > 1 and submission.submitted_at is not None:
        wanted.append(ItemResult.superseded_at >= submission.submitted_at)
    rows = session.scalars(
        select(ItemResult)
        .where(ItemResult.submission_id == submission.id, or_(*wanted))
        .options(joinedload(ItemResult.judged_by).lazyload(Person.role_rows))
        .order_by(ItemResult.source, ItemResult.id)
    ).all()
    current = [row for row in rows if row.superseded_at is None]
    return current, [row for row in rows if row.superseded_at is not None]


def clock_rows(session: Session, submission: Submission) -> Sequence[Clock]:
    return (
        session.scalars(
            select(Clock)
            .where(Clock.submission_id == submission.id)
            .options(joinedload(Clock.calendar), joinedload(Clock.policy), joinedload(Clock.pauses))
            .order_by(Clock.id)
        )
        .unique()
        .all()
    )


class DecisionRow(NamedTuple):
    """A decision, how it can be or was undone, and whether anything of it may have gone outside."""

    made: Decision
    undo: Undo | None
    told: bool


def decision_rows(session: Session, submission: Submission) -> Sequence[DecisionRow]:
    """Newest first."""
    rows = session.execute(
        select(Decision, Undo, told(Undo.event_id))
        .outerjoin(Undo, Undo.decision_id == Decision.id)
        .where(Decision.submission_id == submission.id)
        .options(joinedload(Decision.decided_by).lazyload(Person.role_rows), defer(Undo.before))
        .order_by(Decision.id.desc())
    )
    return [DecisionRow(*row) for row in rows]


def undoable_of(
    session: Session,
    submission: Submission,
    decisions: Sequence[DecisionRow],
    events: Iterable[Event],
    at: datetime,
) -> tuple[Undoable | None, int | None]:
    """The last decision as the guards look at it, and while there is time to undo it, who took its gate."""
    last = decisions[0] if decisions else None
    if last is None or last.undo is None or last.undo.undone_at is not None or submission.stands_at is None:
        return None, None
    number = last.undo.event_id
    later = [event for event in events if event.id > number and event.name not in BESIDE]
    known = Undoable(
        decided_by=last.made.decided_by_id,
        decided_by_name=last.made.decided_by_name,
        until=submission.stands_at,
        told=last.told,
        since=in_words(later[-1]) if later else "",
    )
    if at >= submission.stands_at:
        return known, None
    return known, under_way(session, submission.integration_id, submission.gate, besides=submission.id)


class SentRevision(NamedTuple):
    """A revision as it was sent; only the one before the current has its document here: they may be large."""

    number: int
    by_id: int | None
    by: str | None
    at: datetime
    document: dict[str, Any] | None


def revision_rows(session: Session, submission: Submission) -> Sequence[SentRevision]:
    """Newest first."""
    last = case((Revision.revision == submission.revision - 1, Revision.document), else_=None)
    rows = session.execute(
        select(
            Revision.revision,
            Revision.submitted_by_id,
            Person.name,
            Revision.submitted_at,
            type_coerce(last, Revision.document.type),
        )
        .outerjoin(Person, Person.id == Revision.submitted_by_id)
        .where(Revision.submission_id == submission.id)
        .order_by(Revision.revision.desc())
    )
    return [SentRevision(*row) for row in rows]
