"""What was believed of a clock at an instant: its terms, its pauses and its due date as they were known then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import CalendarVersion, Clock, ClockRevision, PolicyVersion
from review import clock as rules
from review.actions.clocks import STARTED, revision_of, state_of
from review.calendars import compiled
from review.clock import ClockState

AT_ONCE: Final = 500
"""Clocks that are asked about together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """One clock as it was known at `at`; later pauses, answers and changes play no part in it."""

    at: datetime
    revision: int
    """Which of the clock's revisions held."""
    since: datetime
    """From when on these terms held."""
    because: str
    """Why they were set; "started" for the first ones."""
    calendar: CalendarVersion
    policy: PolicyVersion
    state: ClockState
    """Start, target in open seconds, the pauses that had begun (one that had not ended is open), the stop."""
    due_at: datetime | None
    """First instant at which the target is used up; None while the partner was waited for and it was not known."""
    breach_at: datetime | None
    """Last instant that is still in time; None likewise."""


def believed(session: Session, clock: Clock, at: datetime) -> Belief | None:
    """What was believed of the clock at an instant; None when it had not started.

    The terms are those of its last revision up to then. Due and breach are the figures that were kept with it as long
    as no pause and no stop has come in since; else they are computed under its calendar, with the time zone data of
    today.
    """
    return beliefs(session, [clock], at).get(clock.id)


def beliefs(session: Session, clocks: Sequence[Clock], at: datetime) -> dict[int, Belief]:
    """The same of many clocks, by their ids: one query for each few hundred; what had not started is left out."""
    started = [clock for clock in clocks if clock.started_at <= at]
    known: dict[int, Belief] = {}
    for start in range(0, len(started), AT_ONCE):
        few = started[start : start + AT_ONCE]
        rows = session.execute(
            select(ClockRevision, CalendarVersion, PolicyVersion)
            .join(CalendarVersion, CalendarVersion.id == ClockRevision.calendar_id)
            .join(PolicyVersion, PolicyVersion.id == ClockRevision.policy_id)
            .where(ClockRevision.clock_id.in_([clock.id for clock in few]), ClockRevision.recorded_at <= at)
            .order_by(ClockRevision.clock_id, ClockRevision.recorded_at, ClockRevision.revision)
        )
        terms = {row[0].clock_id: row for row in rows}  # the last one of each stays
        for clock in few:
            if clock.id in terms:
                revision, calendar, policy = terms[clock.id]
                known[clock.id] = _belief(clock, revision, calendar, policy, at)
            else:
                # A clock that an upgrade of the database started, and nothing has revised.
                first = revision_of(clock, at=clock.started_at, because=STARTED)
                known[clock.id] = _belief(clock, first, clock.calendar, clock.policy, at)
    return known


def _belief(
    clock: Clock, terms: ClockRevision, calendar: CalendarVersion, policy: PolicyVersion, at: datetime
) -> Belief:
    state = replace(state_of(clock), target_seconds=terms.target_seconds).known_at(at)
    hours = compiled(calendar)
    due, breach = rules.due_at(hours, state), rules.breach_at(hours, state)
    kept = not _changed_since(state, terms.recorded_at)
    return Belief(
        at=at,
        revision=terms.revision,
        since=terms.recorded_at,
        because=terms.because,
        calendar=calendar,
        policy=policy,
        state=state,
        due_at=terms.due_at if due is not None and kept else due,
        breach_at=terms.breach_at if breach is not None and kept else breach,
    )


def _changed_since(state: ClockState, instant: datetime) -> bool:
    """Whether a pause began or ended, or the clock stopped, at that instant or after it."""
    instants = [*(end for pause in state.pauses for end in pause), state.stopped_at]
    return any(one >= instant for one in instants if one is not None)
