"""The watch over clocks: what is due fires once, in order, and a missed weekend is one message, not a flood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.promises import LadderRung
from models.clock import Clock
from models.enums import OUR_PROMISES, EventName
from models.result import Waiver
from models.submission import Submission
from review import clock as rules
from review.actions.attesting import end_expired_waivers, has_expired
from review.actions.clocks import ladder_of, mark_breached, set_next_fire, state_of, steps_of
from review.actions.offering import offers
from review.actions.record import record
from review.actions.reminding import reminder
from review.calendars import compiled
from review.facts import is_waiting

BREACH_LEVEL = 1.0


@dataclass(frozen=True, slots=True)
class Watched:
    """What one sweep did. `looked_at` counts the submissions whose turn had come, told or not."""

    looked_at: int
    fired: int
    waivers_ended: int

    @property
    def total(self) -> int:
        return self.fired + self.waivers_ended


class Passed(NamedTuple):
    """A clock, the highest step of its ladder that was passed, and the names of those it stands for."""

    clock: Clock
    step: LadderRung
    missed: tuple[str, ...]


def anything_due(session: Session, *, at: datetime) -> bool:
    """Whether a sweep would find something: two look-ups in partial indexes."""
    due = (select(Clock.id).where(Clock.next_fire_at < at), select(Waiver.id).where(has_expired(at)))
    return any(session.scalar(one.limit(1)) is not None for one in due)


def sweep(session: Session, *, at: datetime, limit: int) -> Watched:
    """Fire what is due, soonest first, for at most `limit` clocks' submissions; safe to run twice at once.

    A submission that somebody is working on at this moment is left for the next sweep.
    """
    due = select(Clock.submission_id).where(Clock.next_fire_at < at).order_by(Clock.next_fire_at).limit(limit)
    soonest_first = list(dict.fromkeys(session.scalars(due)))
    submissions = session.scalars(
        select(Submission)
        .where(Submission.id.in_(soonest_first))
        .with_for_update(skip_locked=True, key_share=True, of=Submission)
    )
    mine = {submission.id: submission for submission in submissions}
    fired = sum(fire(session, mine[number], at=at) for number in soonest_first if number in mine)
    return Watched(len(mine), fired, end_expired_waivers(session, at=at))


def fire(session: Session, submission: Submission, *, at: datetime) -> int:
    """Tell what the submission's clocks have passed: one event for the team's, one for the partner's; how many.

    What was missed by day is told at the next opening of the clock's calendar, never at night.
    """
    due = select(Clock).where(Clock.submission_id == submission.id, Clock.next_fire_at < at).order_by(Clock.id)
    passed = [one for clock in session.scalars(due) if (one := _passed(clock, at)) is not None]
    for clock, step, _ in passed:
        clock.last_rung, clock.last_level = step.rung, step.level
        if rules.is_breached(compiled(clock.calendar), state_of(clock), at):
            mark_breached(session, submission, clock)
        set_next_fire(clock)
    ours = [one for one in passed if one.clock.target in OUR_PROMISES]
    theirs = [one for one in passed if one.clock.target not in OUR_PROMISES]
    if ours:
        _tell_of_ours(session, submission, ours, at)
    if theirs:
        _remind(session, submission, theirs[0], at)
    return bool(ours) + bool(theirs)


def _passed(clock: Clock, at: datetime) -> Passed | None:
    """What a clock has to tell now; when that is nothing, its next instant is set."""
    calendar = compiled(clock.calendar)
    if not calendar.is_open(at):
        clock.next_fire_at = calendar.next_open(at)
        return None
    missed = rules.missed(calendar, state_of(clock), ladder_of(clock), clock.last_level, at)
    if not missed:
        set_next_fire(clock)
        return None
    step = next(step for step in steps_of(clock) if step.rung == missed[-1].rung.name)
    return Passed(clock, step, tuple(fire.rung.name for fire in missed[:-1]))


def _tell_of_ours(session: Session, submission: Submission, passed: Sequence[Passed], at: datetime) -> None:
    """The worst first: what else was passed at the same time is said in the same message."""
    worst, *others = sorted(passed, key=lambda one: (-one.step.level, one.clock.due_at))
    late = worst.step.level >= BREACH_LEVEL
    record(
        session,
        _event_of(worst.step.level),
        at=at,
        submission=submission,
        **_told(worst),
        tells=sorted({hearer.value for one in passed for hearer in one.step.tells}),
        also=[_told(one) for one in others],
        waiting_on="partner" if is_waiting(session, submission) else "reviewer",
        offers=offers(session, submission) if late else [],
    )


def _remind(session: Session, submission: Submission, passed: Passed, at: datetime) -> None:
    record(
        session,
        EventName.PARTNER_REMINDED,
        at=at,
        submission=submission,
        **_told(passed),
        tells=[hearer.value for hearer in passed.step.tells],
        **reminder(session, submission, since=passed.clock.started_at),
        count=[step.rung for step in steps_of(passed.clock)].index(passed.step.rung) + 1,
    )


def _told(passed: Passed) -> dict[str, Any]:
    clock = passed.clock
    return {
        "target": clock.target.value,
        "rung": passed.step.rung,
        "level": passed.step.level,
        "due_at": clock.due_at.isoformat(),
        "breach_at": clock.breach_at.isoformat(),
        "missed": list(passed.missed),
        "cause": clock.breach_cause,
    }


def _event_of(level: float) -> EventName:
    if level < BREACH_LEVEL:
        return EventName.CLOCK_WARNED
    return EventName.CLOCK_BREACHED if level == BREACH_LEVEL else EventName.CLOCK_ESCALATED
