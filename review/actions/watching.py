"""The watch over clocks: what is due fires once, in order, and a missed weekend is one message, not a flood."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Clock
from models.enums import EventName, Rung
from models.result import Waiver
from models.submission import Submission
from review import clock as rules
from review.actions.attesting import end_expired_waivers, has_expired
from review.actions.clocks import ladder_of, mark_breached, set_next_fire, state_of, told
from review.actions.record import record
from review.actions.reminding import remind
from review.calendars import compiled
from review.facts import is_waiting

EVENT_OF_RUNG = {
    Rung.HALF: EventName.CLOCK_WARNED,
    Rung.THREE_QUARTERS: EventName.CLOCK_WARNED,
    Rung.NINE_TENTHS: EventName.CLOCK_WARNED,
    Rung.BREACH: EventName.CLOCK_BREACHED,
    Rung.BREACH_PLUS_ONE_DAY: EventName.CLOCK_ESCALATED,
}


@dataclass(frozen=True, slots=True)
class Watched:
    """What one sweep did."""

    fired: int
    reminded: int
    waivers_ended: int

    @property
    def total(self) -> int:
        return self.fired + self.reminded + self.waivers_ended


def anything_due(session: Session, *, at: datetime) -> bool:
    """Whether a sweep would find something: three look-ups in partial indexes."""
    due = (
        select(Clock.id).where(Clock.next_fire_at < at),
        select(Submission.id).where(Submission.remind_at <= at),
        select(Waiver.id).where(has_expired(at)),
    )
    return any(session.scalar(one.limit(1)) is not None for one in due)


def sweep(session: Session, *, at: datetime, limit: int) -> Watched:
    """Fire what is due, soonest first, at most `limit` clocks and reminders; safe to run twice at once."""
    clocks = list(
        session.scalars(
            select(Clock)
            .where(Clock.next_fire_at < at)
            .order_by(Clock.next_fire_at)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        )
    )
    fired = sum(fire(session, clock, at=at) for clock in clocks)
    submissions = list(
        session.scalars(
            select(Submission)
            .where(Submission.remind_at <= at)
            .order_by(Submission.remind_at)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        )
    )
    reminded = sum(remind(session, submission, at=at) for submission in submissions)
    return Watched(fired, reminded, end_expired_waivers(session, at=at))


def fire(session: Session, clock: Clock, *, at: datetime) -> bool:
    """Tell the highest rung that was passed, with those it stands for. False when there is none to tell, or when
    nobody is at work: what was missed by day is told at the next opening, never at night.
    """
    calendar, state = compiled(clock.calendar), state_of(clock)
    if not calendar.is_open(at):
        clock.next_fire_at = calendar.next_open(at)
        return False
    passed = rules.missed(calendar, state, ladder_of(clock), told(clock), at)
    if not passed:
        set_next_fire(clock)
        return False
    rung = Rung(passed[-1].rung.name)
    submission = session.get_one(Submission, clock.submission_id)
    clock.last_rung = rung
    if rules.is_breached(calendar, state, at):
        mark_breached(session, submission, clock)
    set_next_fire(clock)
    record(
        session,
        EVENT_OF_RUNG[rung],
        at=at,
        submission=submission,
        target=clock.target.value,
        rung=rung.value,
        due_at=clock.due_at.isoformat(),
        breach_at=clock.breach_at.isoformat(),
        missed=[earlier.rung.name for earlier in passed[:-1]],
        cause=clock.breach_cause,
        waiting_on="partner" if is_waiting(session, submission) else "reviewer",
    )
    return True
