"""Running clocks under other terms: what moves, what would have been missed, what a clock's terms become. Pure.

A running clock is computed anew; a stopped one never changes, it is only asked what it would have been. What has been
told stays told, with one exception: a clock that was late and no longer is under its new terms is in time again. Its
mark and the cause are taken back, and when it is late once more that is told once more. A promise of the partner's
keeps what was told in this case too, because the steps of its ladder are reminders, and of those there is an end.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Self

from models.enums import OUR_PROMISES, GateName, SubmissionKind, TargetName
from review import clock as rules
from review.calendar import BeyondCalendar, Calendar
from review.clock import ClockState, Ends, Rung

BREACH_LEVEL = 1.0


class NeverDue(ValueError):
    """Terms under which a promise would never be due; the message names it and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a clock counts by."""

    calendar: Calendar
    target_seconds: int
    business_day_seconds: int
    ladder: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A clock as it stands, running or stopped, and what a policy chooses its terms by."""

    clock_id: int
    submission_id: int
    integration_id: int
    integration: str
    """The integration's name."""
    target: TargetName
    gate: GateName
    kind: SubmissionKind
    tier: str
    calendar_id: int
    policy_id: int
    terms: Terms
    state: ClockState
    due_at: datetime
    breach_at: datetime
    told: str | None
    """Last step of its ladder that was told, and how far up that was."""
    told_level: float
    breached: bool
    breach_cause: str
    revision: int
    owed: bool
    """Whether anybody still expected it when it stopped; what was withdrawn is neither met nor missed."""

    @property
    def runs(self) -> bool:
        return self.state.stopped_at is None


Chosen = Callable[[Promised], Terms]
"""What a clock counts by under a calendar or policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What a running clock becomes."""

    due_at: datetime
    breach_at: datetime
    next_fire_at: datetime | None
    told: str | None
    told_level: float
    breached: bool


class Outcome(NamedTuple):
    """A clock under other terms. Late: more open time than the target has passed, up to now or to its stop."""

    promised: Promised
    terms: Terms
    was_late: bool
    is_late: bool
    late_before: bool
    """For a stopped clock, whether it is late under the terms in force before the change: those it kept may be older,
    and what other changes did since is not this one's doing. For a running one, `was_late`."""
    revised: Revised | None
    """None for a stopped clock."""


class Move(NamedTuple):
    """A due date that moves."""

    submission: int
    integration: str
    target: TargetName
    was: datetime
    now: datetime


class Turned(NamedTuple):
    """A promise that is late under one of two terms, and not under the other."""

    submission: int
    integration: str
    target: TargetName


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What other terms do: to running clocks, whose due dates move and which turn late, or late no more, at once; and
    to stopped ones, which stay as they are, what would have been missed and what would have been met because of it.
    """

    looked_at: int = 0
    """Running clocks that the terms are for."""
    differing: int = 0
    """Those of them whose figures come out otherwise; a due date need not be among these."""
    moves: tuple[Move, ...] = ()
    """Soonest first, as it was."""
    late_now: tuple[Turned, ...] = ()
    late_no_more: tuple[Turned, ...] = ()
    met_now_missed: tuple[Turned, ...] = ()
    missed_now_met: tuple[Turned, ...] = ()

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Self:
        every = list(outcomes)
        running = [one for one in every if one.revised is not None]
        owed = [one for one in every if one.revised is None and one.promised.owed]
        return cls(
            looked_at=len(running),
            differing=sum(differs(one) for one in running),
            moves=tuple(sorted((move for one in running if (move := moved(one))), key=lambda move: (move.was, move))),
            late_now=_turned(one for one in running if one.is_late and not one.was_late),
            late_no_more=_turned(one for one in running if one.was_late and not one.is_late),
            met_now_missed=_turned(one for one in owed if one.is_late and not (one.was_late or one.late_before)),
            missed_now_met=_turned(one for one in owed if one.was_late and one.late_before and not one.is_late),
        )

    @property
    def summary(self) -> str:
        """Such as "37 due dates move, 4 met would have been missed, 2 late at once"."""
        moves, missed, met = len(self.moves), len(self.met_now_missed), len(self.missed_now_met)
        parts = [f"{moves} due date moves" if moves == 1 else f"{moves} due dates move"]
        parts.append(f"{missed} met would have been missed")
        if met:
            parts.append(f"{met} missed would have been met")
        if self.late_now:
            parts.append(f"{len(self.late_now)} late at once")
        if self.late_no_more:
            parts.append(f"{len(self.late_no_more)} no longer late")
        return ", ".join(parts)


def outcome(promised: Promised, terms: Terms, at: datetime, *, before: Terms | None = None) -> Outcome:
    """The clock under these terms; `before` are those in force until now, left out, the clock's own.

    Raises NeverDue when the calendar of its terms has too few hours.
    """
    state = replace(promised.state, target_seconds=terms.target_seconds)
    is_late = rules.is_breached(terms.calendar, state, at)
    if not promised.runs:
        base = before or promised.terms
        stood = replace(promised.state, target_seconds=base.target_seconds)
        late_before = rules.is_breached(base.calendar, stood, at)
        return Outcome(promised, terms, promised.breached, is_late, late_before, None)
    was_late = promised.breached or rules.is_breached(promised.terms.calendar, promised.state, at)
    try:
        revised = _revised(promised, terms, state, is_late=is_late)
    except BeyondCalendar as error:
        about = f"{promised.integration}, submission {promised.submission_id}, {promised.target.value}"
        raise NeverDue(f"{about}: {error}") from error
    return Outcome(promised, terms, was_late, is_late, was_late, revised)


def outcomes(clocks: Iterable[Promised], chosen: Chosen, at: datetime, *, before: Chosen) -> list[Outcome]:
    """Every clock under other terms; `before` gives those that are in force until then."""
    return [outcome(promised, chosen(promised), at, before=before(promised)) for promised in clocks]


def as_pinned(promised: Promised) -> Terms:
    """The terms that a clock has."""
    return promised.terms


def moved(one: Outcome) -> Move | None:
    """The move of a running clock's due date; None when it stays."""
    promised, revised = one.promised, one.revised
    if revised is None or revised.due_at == promised.due_at:
        return None
    return Move(promised.submission_id, promised.integration, promised.target, promised.due_at, revised.due_at)


def differs(one: Outcome) -> bool:
    """Whether a running clock's figures are others than they were."""
    promised, revised = one.promised, one.revised
    return revised is not None and (
        (revised.due_at, revised.breach_at, revised.breached)
        != (promised.due_at, promised.breach_at, promised.breached)
    )


def _revised(promised: Promised, terms: Terms, state: ClockState, *, is_late: bool) -> Revised:
    ends = rules.last_known(terms.calendar, state, Ends(promised.due_at, promised.breach_at))
    told, told_level = promised.told, promised.told_level
    if promised.breached and not is_late and promised.target in OUR_PROMISES:
        told, told_level = _told_before_the_breach(terms.rungs, told, told_level)
    breached = promised.breached and is_late
    return Revised(
        due_at=ends.due_at,
        breach_at=ends.breach_at,
        next_fire_at=rules.next_look(terms.calendar, state, terms.rungs, told_level, breached=breached),
        told=told,
        told_level=told_level,
        breached=breached,
    )


def _told_before_the_breach(rungs: tuple[Rung, ...], told: str | None, level: float) -> tuple[str | None, float]:
    """What counts as told once a breach is taken back: every warning, and not the breach."""
    if level < BREACH_LEVEL:
        return told, level
    below = [rung for rung in rungs if rung.level < BREACH_LEVEL]
    return (below[-1].name, below[-1].level) if below else (None, 0.0)


def _turned(outcomes: Iterator[Outcome]) -> tuple[Turned, ...]:
    return tuple(Turned(one.promised.submission_id, one.promised.integration, one.promised.target) for one in outcomes)
