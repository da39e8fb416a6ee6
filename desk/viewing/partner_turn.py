"""Whose turn a submission is and until when, as its partner is told it.

A decision that can still be undone has not happened for the partner: until it stands, the submission is in review.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from desk.api.found import is_told
from models.clock import Clock
from models.enums import OUR_PROMISES, SubmissionStage, TargetName
from models.submission import Submission
from review.worklist import whose_turn


@dataclass(frozen=True, slots=True)
class Turn:
    """`whose` is yours, ours, checks (the engine looks), or empty once it is closed."""

    stage: SubmissionStage
    whose: str
    until: datetime | None
    is_late: bool


WHOSE = {"partner": "yours", "reviewer": "ours", "engine": "checks", "": ""}


def turn_of(submission: Submission, clocks: Iterable[Clock], at: datetime) -> Turn:
    """`clocks` are those of the submission, running and stopped."""
    if not is_told(submission, at):
        running = [clock for clock in clocks if _ran_until(clock, submission.decided_at)]
        return _turn(SubmissionStage.IN_REVIEW, "ours", running, OUR_PROMISES, at)
    running = [clock for clock in clocks if clock.stopped_at is None]
    waiting = {clock.id for clock in running if any(pause.to_at is None for pause in clock.pauses)}
    whose = WHOSE[whose_turn(submission, paused=bool(waiting))]
    kept_by = {TargetName.PARTNER_ANSWER} if whose == "yours" else OUR_PROMISES if whose else frozenset[TargetName]()
    return _turn(submission.stage, whose, [clock for clock in running if clock.id not in waiting], kept_by, at)


def clocks_of(session: Session, submissions: Sequence[Submission]) -> dict[int, list[Clock]]:
    """The clocks of each submission, by its number, in two queries."""
    rows = session.scalars(
        select(Clock)
        .where(Clock.submission_id.in_([submission.id for submission in submissions]))
        .options(selectinload(Clock.pauses))
        .order_by(Clock.id)
    )
    found: dict[int, list[Clock]] = {submission.id: [] for submission in submissions}
    for row in rows:
        found[row.submission_id].append(row)
    return found


def _ran_until(clock: Clock, decided_at: datetime | None) -> bool:
    return clock.stopped_at is None or (decided_at is not None and clock.stopped_at >= decided_at)


def _turn(
    stage: SubmissionStage, whose: str, running: Iterable[Clock], kept_by: Collection[TargetName], at: datetime
) -> Turn:
    due = sorted(
        ((clock.due_at, clock.breach_at) for clock in running if clock.target in kept_by), key=lambda pair: pair[0]
    )
    until, breach_at = due[0] if due else (None, None)
    return Turn(stage, whose, until, breach_at is not None and breach_at < at)
