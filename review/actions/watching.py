"""The watch over clocks: what is due fires once, in order, and a missed weekend is one message, not a flood."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from checklist.promises import LadderRung
from models.clock import Clock
from models.enums import OUR_PROMISES, EventName, Hearer
from models.result import Waiver
from models.submission import Submission
from review import clock as rules
from review.actions.attesting import end_expired_waivers, has_expired
from review.actions.clocks import (
    is_late_by_change,
    ladder_of,
    mark_breached,
    set_next_fire,
    state_of,
    steps_of,
)
from review.actions.offering import Takers
from review.actions.record import record
from review.actions.reminding import reminder, reminders
from review.calendars import compiled
from review.facts import is_waiting

LOG = logging.getLogger(__name__)

BREACH_LEVEL = 1.0

AGAIN_AFTER = timedelta(hours=1)
"""When clocks that could not be computed are looked at again."""


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
    """A clock and the steps of its ladder that it has passed, lowest first: the last stands for those before it."""

    clock: Clock
    steps: tuple[LadderRung, ...]
    by_change: bool
    """Late only because the promise was changed."""

    @property
    def level(self) -> float:
        return self.steps[-1].level


def anything_due(session: Session, *, at: datetime) -> bool:
    """Whether a sweep would find something: two look-ups in partial indexes."""
    due = (select(Clock.id).where(Clock.next_fire_at < at), select(Waiver.id).where(has_expired(at)))
    return any(session.scalar(one.limit(1)) is not None for one in due)


def sweep(session: Session, *, at: datetime, limit: int) -> Watched:
    """Fire what is due, soonest first, for at most `limit` clocks' submissions; safe to run twice at once.

    A submission that somebody is working on at this moment is left for the next sweep. One whose clocks can't be
    computed keeps no other from being told.
    """
    due = select(Clock.submission_id).where(Clock.next_fire_at < at).order_by(Clock.next_fire_at).limit(limit)
    soonest_first = list(dict.fromkeys(session.scalars(due)))
    submissions = session.scalars(
        select(Submission)
        .where(Submission.id.in_(soonest_first))
        .with_for_update(skip_locked=True, key_share=True, of=Submission)
    )
    mine = {submission.id: submission for submission in submissions}
    takers = Takers(session)
    fired = 0
    for submission in [mine[number] for number in soonest_first if number in mine]:
        try:
            with session.begin_nested():
                fired += _fire(session, submission, takers, at)
        except DBAPIError:
            raise
        except Exception:  # one bad clock must not stop the others
            LOG.exception("the clocks of submission %s can't be computed; tried again later", submission.id)
            _put_off(session, submission, at)
    return Watched(len(mine), fired, end_expired_waivers(session, at=at))


def _fire(session: Session, submission: Submission, takers: Takers, at: datetime) -> int:
    """Tell what the submission's clocks have passed: one event for the team's, one for the partner's; how many.

    What was missed by day is told at the next opening of the clock's calendar, never at night.
    """
    due = select(Clock).where(Clock.submission_id == submission.id, Clock.next_fire_at < at).order_by(Clock.id)
    passed = []
    for clock in session.scalars(due).all():
        calendar = compiled(clock.calendar)
        if not calendar.is_open(at):
            clock.next_fire_at = calendar.next_open(at)
            continue
        if steps := _passed(clock, at):
            clock.last_rung, clock.last_level = steps[-1].rung, steps[-1].level
            by_change = steps[-1].level >= BREACH_LEVEL and is_late_by_change(session, clock, at=at)
            passed.append(Passed(clock, steps, by_change))
        if rules.is_breached(calendar, state_of(clock), at):
            mark_breached(session, submission, clock, at=at)
        set_next_fire(clock)
    ours = [one for one in passed if one.clock.target in OUR_PROMISES]
    theirs = [one for one in passed if one.clock.target not in OUR_PROMISES]
    if ours:
        _tell_of_ours(session, submission, ours, takers, at)
    if theirs:
        _tell_of_theirs(session, submission, theirs[0], at)
    return bool(ours) + bool(theirs)


def _passed(clock: Clock, at: datetime) -> tuple[LadderRung, ...]:
    """The steps of the clock's ladder that are passed and not told yet."""
    missed = rules.missed(compiled(clock.calendar), state_of(clock), ladder_of(clock), clock.last_level, at)
    names = {fire.rung.name for fire in missed}
    return tuple(step for step in steps_of(clock) if step.rung in names)


def _put_off(session: Session, submission: Submission, at: datetime) -> None:
    due = update(Clock).where(Clock.submission_id == submission.id, Clock.next_fire_at < at)
    session.execute(due.values(next_fire_at=at + AGAIN_AFTER))


def _tell_of_ours(
    session: Session, submission: Submission, passed: Sequence[Passed], takers: Takers, at: datetime
) -> None:
    """The worst first: what else was passed at the same time is said in the same message.

    A lateness that only a change has made is not for the partner: nobody promised it to them.
    """
    worst, *others = sorted(passed, key=lambda one: (-one.level, one.clock.due_at))
    tells = set(_hearers(passed))
    if worst.by_change:
        tells.discard(Hearer.PARTNER.value)
    record(
        session,
        _event_of(worst.level),
        at=at,
        submission=submission,
        **_told(worst),
        tells=sorted(tells),
        also=[_told(one) for one in others],
        waiting_on="partner" if is_waiting(session, submission) else "reviewer",
        offers=takers.offers(submission) if worst.level >= BREACH_LEVEL else [],
    )


def _tell_of_theirs(session: Session, submission: Submission, passed: Passed, at: datetime) -> None:
    """A reminder when the partner hears it; else it is for the team alone that they are silent."""
    tells = _hearers([passed])
    since = passed.clock.started_at
    reminded = Hearer.PARTNER in tells
    record(
        session,
        EventName.PARTNER_REMINDED if reminded else EventName.PARTNER_SILENT,
        at=at,
        submission=submission,
        **_told(passed),
        tells=tells,
        **reminder(session, submission, since=since),
        count=reminders(session, submission, since=since) + reminded,
    )


def _hearers(passed: Iterable[Passed]) -> list[str]:
    """Everybody whom one of the steps tells: who was left out by a downtime hears now, in the same message."""
    return sorted({hearer.value for one in passed for step in one.steps for hearer in step.tells})


def _told(passed: Passed) -> dict[str, Any]:
    clock, (*missed, highest) = passed.clock, passed.steps
    return {
        "target": clock.target.value,
        "rung": highest.rung,
        "level": highest.level,
        "due_at": clock.due_at.isoformat(),
        "breach_at": clock.breach_at.isoformat(),
        "missed": [step.level for step in missed],
        "cause": clock.breach_cause,
    }


def _event_of(level: float) -> EventName:
    if level < BREACH_LEVEL:
        return EventName.CLOCK_WARNED
    return EventName.CLOCK_BREACHED if level == BREACH_LEVEL else EventName.CLOCK_ESCALATED
