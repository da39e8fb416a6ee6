"""The queue as it stood at an instant: what was open then, whose turn it was, and what was believed of its clock."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row as SqlRow
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models.clock import Clock
from models.enums import OUR_PROMISES, Outcome, SubmissionStage
from models.integration import Integration
from models.people import Partner
from models.result import ItemResult
from models.submission import Submission
from review import clock as rules
from review.believing import Belief, beliefs
from review.calendars import compiled
from review.past.integrations import stood
from review.past.submissions import Holder, Open, held_at, open_at
from review.pressing import NEARLY_LATE
from review.reports.course import Turn
from review.worklist_rows import Row

AT_ONCE: Final = 500
"""Submissions that are asked about together."""


def queue_at(
    session: Session, *, at: datetime, mine: int | None = None, breaching: bool = False, limit: int = 200
) -> list[Row]:
    """The lines of then, soonest due first, as `review.worklist.queue` has those of now. Names are those of now.

    Costs what was open at `at`: the order is that of due dates as they were believed, and no index has those.
    """
    held = held_at(session, at=at)
    opened = [one for one in open_at(session, at=at) if mine is None or _has(held, one, mine)]
    rows: list[Row] = []
    for start in range(0, len(opened), AT_ONCE):
        lines = _lines(session, opened[start : start + AT_ONCE], held, at)
        rows += [row for row, used in lines if not breaching or used >= NEARLY_LATE]
    return sorted(rows, key=_soonest_first)[:limit]


def _has(held: Mapping[int, Holder], one: Open, person_id: int) -> bool:
    return one.submission_id in held and held[one.submission_id].person_id == person_id


def _soonest_first(row: Row) -> tuple[bool, float, int]:
    return row.due_at is None, row.due_at.timestamp() if row.due_at is not None else 0.0, row.submission_id


def _lines(
    session: Session, opened: Sequence[Open], held: Mapping[int, Holder], at: datetime
) -> Iterator[tuple[Row, float]]:
    """Each line, and the largest share of a target that any of its running clocks had used."""
    ids = [one.submission_id for one in opened]
    about = {row.id: row for row in session.execute(_ABOUT.where(Submission.id.in_(ids)))}
    clocks = session.scalars(
        select(Clock)
        .where(Clock.submission_id.in_(ids), Clock.target.in_(sorted(OUR_PROMISES)), Clock.started_at <= at)
        .options(joinedload(Clock.calendar), joinedload(Clock.policy), selectinload(Clock.pauses))
    ).all()
    believed = beliefs(session, clocks, at)
    running: dict[int, list[tuple[Clock, Belief]]] = defaultdict(list)
    for clock in clocks:
        if believed[clock.id].state.stopped_at is None:
            running[clock.submission_id].append((clock, believed[clock.id]))
    counts: dict[int, Counter[Outcome]] = defaultdict(Counter)
    troubles = (
        select(ItemResult.submission_id, ItemResult.outcome, func.count())
        .where(ItemResult.submission_id.in_(ids), stood(ItemResult, at))
        .group_by(ItemResult.submission_id, ItemResult.outcome)
    )
    for submission_id, outcome, number in session.execute(troubles):
        counts[submission_id or 0][outcome] += number
    for one in opened:
        clocks_of = running[one.submission_id]
        shown = min(clocks_of, key=_nearest, default=None)
        used = max((_used(belief, at) for _, belief in clocks_of), default=0.0)
        holder = held.get(one.submission_id)
        yield _row(one, about[one.submission_id], shown, holder, counts[one.submission_id], at), used


_ABOUT: Final = (
    select(
        Submission.id,
        Submission.kind,
        Submission.gate,
        Integration.slug,
        Integration.name.label("integration"),
        Partner.name.label("partner"),
    )
    .join(Submission.integration)
    .join(Integration.partner)
)


def _nearest(shown: tuple[Clock, Belief]) -> tuple[bool, float, int]:
    clock, belief = shown
    return belief.due_at is None, belief.due_at.timestamp() if belief.due_at is not None else 0.0, clock.id


def _used(belief: Belief, at: datetime) -> float:
    left = rules.remaining_seconds(compiled(belief.calendar), belief.state, at)
    return 1 - left / belief.state.target_seconds


def _row(
    one: Open,
    about: SqlRow[Any],
    shown: tuple[Clock, Belief] | None,
    holder: Holder | None,
    counts: Mapping[Outcome, int],
    at: datetime,
) -> Row:
    remaining = due = breach = target = None
    paused = False
    if shown is not None:
        clock, belief = shown
        target, due, breach = clock.target, belief.due_at, belief.breach_at
        paused = belief.state.paused_since is not None
        remaining = rules.remaining_seconds(compiled(belief.calendar), belief.state, at)
    turn = _turn(one)
    return Row(
        submission_id=one.submission_id,
        version=0,
        slug=about.slug,
        integration=about.integration,
        partner=about.partner,
        kind=about.kind,
        gate=about.gate,
        stage=one.stage,
        revision=one.revision,
        checked_revision=one.checked_revision,
        turn=turn.value,
        reason=_reason(one, turn, holder, at),
        target=target,
        due_at=None if paused else due,
        breach_at=None if paused else breach,
        remaining_seconds=remaining,
        paused=paused,
        breached=remaining is not None and remaining < 0,
        assignee=holder.name if holder is not None else None,
        assignee_id=holder.person_id if holder is not None else None,
        leased_until=holder.leased_until if holder is not None else None,
        failed=counts[Outcome.FAILED],
        unknown=counts[Outcome.UNKNOWN],
        submitted_at=one.sent_at,
    )


def _turn(one: Open) -> Turn:
    """As the queue has it: while checks run it is the engine's, also when the partner was asked something meanwhile."""
    is_checked = one.stage is not SubmissionStage.SUBMITTED and one.checked_revision >= one.revision
    if one.stage is SubmissionStage.CHANGES_REQUESTED or is_checked:
        return one.turn
    return Turn.ENGINE


def _reason(one: Open, turn: Turn, holder: Holder | None, at: datetime) -> str:
    if turn is Turn.ENGINE:
        return "being checked"
    if turn is Turn.PARTNER:
        return "waiting on the partner"
    if holder is None or holder.leased_until <= at:
        return "nobody has taken it"
    return "answered the changes" if one.revision > 1 else f"with {holder.name}"
