"""One SLA clock: when it is due, when it is breached, and when somebody must hear of it.

A clock is breached once *more* open time than its target has passed, so `breach_at` is the last instant that is
still in time: the target used up exactly at a close is due at that close and breached after the next opening.
Warnings follow the same rule with their share of the target. That is why nothing ever fires at night: the last
instant with so much open time elapsed always lies where the calendar opens or is open.

Everything here is a pure function of a calendar, a clock's state and, where it matters, the instant "now".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from review.calendar import BeyondCalendar, Calendar

Pause = tuple[datetime, datetime | None]
"""From when the clock waits for the partner until when; None while it still waits."""


class ClockInvalid(ValueError):
    """A clock that can't be: a negative target, or stopped before it started."""


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is remembered of a clock. `target_seconds` is open time; pauses may overlap."""

    started_at: datetime
    target_seconds: int
    pauses: tuple[Pause, ...] = ()
    stopped_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.target_seconds < 0:
            raise ClockInvalid(f"target of {self.target_seconds} seconds: expected 0 or more")
        if self.stopped_at is not None and self.stopped_at < self.started_at:
            raise ClockInvalid(f"stopped at {self.stopped_at}: expected it after the start, {self.started_at}")

    @property
    def paused_since(self) -> datetime | None:
        """Since when a running clock has been waiting for the partner; None when it runs, or has stopped."""
        if self.stopped_at is not None:
            return None
        return min((since for since, until in self.pauses if until is None), default=None)

    def pauses_until(self, end: datetime) -> list[tuple[datetime, datetime]]:
        """The pauses with an open one closed at `end`."""
        return [(since, max(since, end) if until is None else until) for since, until in self.pauses]

    def known_at(self, at: datetime) -> "ClockState":
        """What was known at an instant from the start on: nothing that came later."""
        pauses = tuple((since, _by(at, until)) for since, until in self.pauses if since <= at)
        return replace(self, pauses=pauses, stopped_at=_by(at, self.stopped_at))


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the escalation ladder: told once the clock has used more than this share of its target plus
    so many open seconds. The level orders the steps; the level of the last one told is what is remembered.
    """

    name: str
    level: float
    share: float
    plus_seconds: int = 0


class Fire(NamedTuple):
    """A rung and the last instant that does not exceed it; it is passed at any later instant."""

    rung: Rung
    at: datetime


class Ends(NamedTuple):
    """The first instant at which the target is used up, and the last one that is still in time."""

    due_at: datetime
    breach_at: datetime


def due_at(calendar: Calendar, state: ClockState) -> datetime | None:
    """The first instant at which the target is used up; None while a pause keeps it from being known.

    Raises BeyondCalendar when the calendar has too few hours.
    """
    due = calendar.add(state.started_at, state.target_seconds, _known_pauses(state)).earliest
    paused_since = state.paused_since
    return None if paused_since is not None and due > paused_since else due


def breach_at(calendar: Calendar, state: ClockState) -> datetime | None:
    """The last instant that is still in time; None while a pause keeps it from being known."""
    return _exceeded_after(calendar, state, state.target_seconds)


def last_known(calendar: Calendar, state: ClockState, before: Ends) -> Ends:
    """Due and breach; of a clock that waits for the partner and can't know one of them, the one from `before`.

    Unless that lies before the waiting began: what is not used up by then is due later, so it was due under shorter
    terms. Then it is the one that holds if the partner answers at once.
    """
    due, breach = due_at(calendar, state), breach_at(calendar, state)
    if due is not None and breach is not None:
        return Ends(due, breach)
    since = state.paused_since
    assert since is not None, "only an open pause hides a due date"
    answered = calendar.add(state.started_at, state.target_seconds, _known_pauses(state))
    if due is None:
        due = before.due_at if before.due_at > since else answered.earliest
    if breach is None:
        breach = before.breach_at if before.breach_at >= since else answered.latest
    return Ends(due, breach)


def elapsed(calendar: Calendar, state: ClockState, now: datetime) -> int | float:
    """Open seconds used up to now, or to the stop when that is earlier, without the pauses."""
    end = now if state.stopped_at is None else min(now, state.stopped_at)
    return calendar.elapsed(state.started_at, end, state.pauses_until(end))


def remaining_seconds(calendar: Calendar, state: ClockState, now: datetime) -> int | float:
    """Open seconds left of the target; negative once it is breached."""
    return state.target_seconds - elapsed(calendar, state, now)


def is_breached(calendar: Calendar, state: ClockState, now: datetime) -> bool:
    """Whether more open time than the target has passed between the start and now (or the stop)."""
    return elapsed(calendar, state, now) > state.target_seconds


def fires(calendar: Calendar, state: ClockState, rungs: Sequence[Rung]) -> tuple[Fire, ...]:
    """When each of the rungs (lowest first) is passed; those kept away by a stop, an open pause or the end of the
    calendar are left out.
    """
    return tuple(_fires(calendar, state, rungs))


def next_fire(calendar: Calendar, state: ClockState, rungs: Sequence[Rung], told: float) -> Fire | None:
    """The lowest rung above the level told; it lies in the past when it was missed. None when nothing is left to
    tell, or an open pause keeps its instant from being known.
    """
    return next(_fires(calendar, state, _above(rungs, told)), None)


def next_look(
    calendar: Calendar, state: ClockState, rungs: Sequence[Rung], told: float, *, breached: bool
) -> datetime | None:
    """When the watch has to look: at the next rung, or at the breach where no rung tells of it, so that its cause is
    what stood open then. None while an open pause hides it, or when nothing is left.
    """
    fire = next_fire(calendar, state, rungs, told)
    ahead = [fire.at] if fire is not None else []
    if not breached and (at := breach_at(calendar, state)) is not None:
        ahead.append(at)
    return min(ahead, default=None)


def missed(
    calendar: Calendar, state: ClockState, rungs: Sequence[Rung], told: float, now: datetime
) -> tuple[Fire, ...]:
    """The rungs above the level told that are passed by now, lowest first: tell the last, and that it stands for
    the others.
    """
    return tuple(fire for fire in fires(calendar, state, _above(rungs, told)) if fire.at < now)


def _by(at: datetime, instant: datetime | None) -> datetime | None:
    """The instant, if it has come by then."""
    return instant if instant is not None and instant <= at else None


def _fires(calendar: Calendar, state: ClockState, rungs: Sequence[Rung]) -> Iterator[Fire]:
    for rung in rungs:
        try:
            at = _exceeded_after(calendar, state, state.target_seconds * rung.share + rung.plus_seconds)
        except BeyondCalendar:
            return
        if at is not None and (state.stopped_at is None or at < state.stopped_at):
            yield Fire(rung, at)


def _above(rungs: Sequence[Rung], told: float) -> Sequence[Rung]:
    return [rung for rung in rungs if rung.level > told]


def _known_pauses(state: ClockState) -> list[tuple[datetime, datetime]]:
    """All pauses whose end is known; the stop of a clock ends an open one."""
    if state.stopped_at is not None:
        return state.pauses_until(state.stopped_at)
    return [(since, until) for since, until in state.pauses if until is not None]


def _exceeded_after(calendar: Calendar, state: ClockState, seconds: float) -> datetime | None:
    """The last instant with at most so many seconds elapsed; None when it lies beyond the open pause."""
    at = calendar.add(state.started_at, seconds, _known_pauses(state)).latest
    paused_since = state.paused_since
    return None if paused_since is not None and at >= paused_since else at
