"""The queue: what waits for a person, soonest due first, and why each item is here."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, defer

from models.clock import Clock
from models.decision import Assignment
from models.enums import OPEN_SUBMISSION, GateName, Outcome, SubmissionKind, SubmissionStage, TargetName
from models.integration import Integration
from models.result import ItemResult
from models.submission import Submission
from review import clock as rules
from review.actions.clocks import state_of
from review.calendars import compiled
from review.pressing import is_ours, is_pressing, waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
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


def queue(
    session: Session,
    *,
    at: datetime,
    mine: int | None = None,
    breaching: bool = False,
    stages: Collection[SubmissionStage] = OPEN_SUBMISSION - {SubmissionStage.DRAFT},
    limit: int = 200,
    offset: int = 0,
) -> list[Row]:
    """Open submissions, soonest due first; last those whose clocks all wait for the partner: their due date moves.

    `mine` keeps those assigned to that person; `breaching` keeps those past three quarters of a target or worse.
    A fixed number of queries, however long the queue.
    """
    soonest = (
        select(Clock.submission_id, func.min(Clock.due_at).label("due_at"))
        .where(Clock.stopped_at.is_(None), is_ours(), ~waits())
        .group_by(Clock.submission_id)
        .subquery()
    )
    wanted = (
        select(Submission)
        .join(Submission.integration)
        .join(Integration.partner)
        .outerjoin(soonest, soonest.c.submission_id == Submission.id)
        .where(Submission.stage.in_(stages))
        # The documents are the bulk of a row, and no line of the queue shows them.
        .options(
            defer(Submission.document),
            contains_eager(Submission.integration).defer(Integration.listing),
            contains_eager(Submission.integration).contains_eager(Integration.partner),
        )
        .order_by(soonest.c.due_at.is_(None), soonest.c.due_at, Submission.id)
        .limit(limit)
        .offset(offset)
    )
    if mine is not None:
        wanted = wanted.join(
            Assignment, (Assignment.submission_id == Submission.id) & Assignment.ended_at.is_(None)
        ).where(Assignment.person_id == mine)
    if breaching:
        late = select(Clock.submission_id).where(Clock.stopped_at.is_(None), is_pressing(at))
        wanted = wanted.where(Submission.id.in_(late))
    return _rows(session, list(session.scalars(wanted)), at)


def open_count(session: Session) -> int:
    """How many submissions are in the queue, whoever has them and however late."""
    waiting = Submission.stage.in_(OPEN_SUBMISSION - {SubmissionStage.DRAFT})
    return session.scalars(select(func.count()).select_from(Submission).where(waiting)).one()


def row_of(session: Session, submission: Submission, *, at: datetime) -> Row:
    """The same line for one submission, open or closed."""
    return _rows(session, [submission], at)[0]


def whose_turn(submission: Submission, *, paused: bool) -> str:
    """reviewer, partner or engine; empty once it is closed."""
    if submission.stage in {SubmissionStage.DRAFT, SubmissionStage.CHANGES_REQUESTED}:
        return "partner"
    if submission.stage not in OPEN_SUBMISSION:
        return ""
    if submission.stage is SubmissionStage.SUBMITTED or submission.checked_revision < submission.revision:
        return "engine"
    return "partner" if paused else "reviewer"


def _rows(session: Session, submissions: Sequence[Submission], at: datetime) -> list[Row]:
    ids = [submission.id for submission in submissions]
    clocks = _clocks(session, ids)
    holders = _holders(session, ids)
    counts = _counts(session, ids)
    return [
        _row(
            submission,
            clocks.get(submission.id),
            holders.get(submission.id),
            counts[submission.id],
            at,
        )
        for submission in submissions
    ]


def _row(
    submission: Submission, clock: Clock | None, holder: Assignment | None, counts: Counter[Outcome], at: datetime
) -> Row:
    paused = clock is not None and any(pause.to_at is None for pause in clock.pauses)
    remaining = rules.remaining_seconds(compiled(clock.calendar), state_of(clock), at) if clock is not None else None
    turn = whose_turn(submission, paused=paused)
    return Row(
        submission_id=submission.id,
        version=submission.version,
        slug=submission.integration.slug,
        integration=submission.integration.name,
        partner=submission.integration.partner.name,
        kind=submission.kind,
        gate=submission.gate,
        stage=submission.stage,
        revision=submission.revision,
        turn=turn,
        reason=_reason(submission, turn, holder, at),
        target=clock.target if clock is not None else None,
        due_at=clock.due_at if clock is not None and not paused else None,
        breach_at=clock.breach_at if clock is not None and not paused else None,
        remaining_seconds=remaining,
        paused=paused,
        breached=clock is not None and (clock.breached or (remaining is not None and remaining < 0)),
        assignee=holder.person.name if holder is not None else None,
        assignee_id=holder.person_id if holder is not None else None,
        leased_until=holder.leased_until if holder is not None else None,
        failed=counts[Outcome.FAILED],
        unknown=counts[Outcome.UNKNOWN],
        submitted_at=submission.submitted_at,
    )


def _reason(submission: Submission, turn: str, holder: Assignment | None, at: datetime) -> str:
    """Why it is in the queue, in a few words."""
    if turn == "engine":
        return "being checked"
    if turn == "partner":
        return "waiting on the partner"
    if holder is None or holder.leased_until <= at:
        return "nobody has taken it"
    return "answered the changes" if submission.revision > 1 else f"with {holder.person.name}"


def _clocks(session: Session, ids: Sequence[int]) -> dict[int, Clock]:
    """The running clock of ours that is due first, of each submission."""
    rows = session.scalars(
        select(Clock)
        .where(Clock.submission_id.in_(ids), Clock.stopped_at.is_(None), is_ours())
        .order_by(Clock.due_at.desc(), Clock.id.desc())
    )
    return {clock.submission_id: clock for clock in rows}


def _holders(session: Session, ids: Sequence[int]) -> dict[int, Assignment]:
    rows = session.scalars(
        select(Assignment)
        .join(Assignment.person)
        .where(Assignment.submission_id.in_(ids), Assignment.ended_at.is_(None))
        .options(contains_eager(Assignment.person))
    )
    return {assignment.submission_id: assignment for assignment in rows}


def _counts(session: Session, ids: Sequence[int]) -> dict[int, Counter[Outcome]]:
    counts: dict[int, Counter[Outcome]] = defaultdict(Counter)
    rows = session.execute(
        select(ItemResult.submission_id, ItemResult.outcome, func.count())
        .where(ItemResult.submission_id.in_(ids), ItemResult.superseded_at.is_(None))
        .group_by(ItemResult.submission_id, ItemResult.outcome)
    )
    for submission_id, outcome, number in rows:
        counts[submission_id or 0][outcome] += number
    return counts
