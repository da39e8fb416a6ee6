"""What we would have said of past clocks while they were open, from what was known then, beside what came of them.

Positions are whole open seconds of one calendar since one origin (`Calendar.elapsed(origin, instant)`). Clocks of
another calendar, or of another target, are looked at by themselves.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import Final, NamedTuple

import numpy as np

from models.enums import SubmissionKind
from review.forecast.chance import Basis, Past, breach_chance
from review.intervals import Interval, merged

CHECKPOINTS: Final = (0.25, 0.5, 0.75)
"""Shares of its target; a clock that is still open when it has used so much is predicted then."""

PREDICTIONS_AT_MOST: Final = 5_000
"""Of more checkpoints so many are taken, evenly over time: enough for a score that luck moves by about 0.01."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastClock:
    """A clock that was started. `stopped` is None while it runs; `answered` is False then, and when it was withdrawn.

    Pauses are `[from, to)`, in any order, overlapping; the end is None while one lasts.
    """

    id: int
    kind: SubmissionKind
    target_seconds: int
    started: int
    stopped: int | None
    answered: bool
    pauses: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The chance of a breach as it would have been told at a position; None where it could not be told.

    `base_rate` is the share of breached ones among all whose time was up by then, with the same imagined clock as
    the chance itself: half of it breached. `share` is the checkpoint, `breached` what came.
    """

    clock_id: int
    share: float
    at: float
    probability: float | None
    base_rate: float
    breached: bool


def backtest(clocks: Sequence[PastClock], *, now: int) -> tuple[Prediction, ...]:
    """Predictions for the clocks whose target is used up by now, or would be had they not been answered; oldest first.

    Those that have time left are not asked about: of them only the quick ones are known. Nor are those withdrawn
    in time, neither met nor breached. Both count in what was known, for as long as they were watched.
    """
    courses = [_Course.of(clock, now) for clock in clocks]
    settled = [course for course in courses if course.is_settled]
    ends = sorted((course.breach_at, course.is_breached) for course in settled)
    times_up = [breach_at for breach_at, _ in ends]
    breached = list(accumulate((is_breached for _, is_breached in ends), initial=0))
    everybody = _Record(courses)
    of_kind = {
        kind: _Record([course for course in courses if course.clock.kind is kind])
        for kind in {course.clock.kind for course in courses}
    }
    predictions = []
    for at, _, share, course in _evenly(sorted(_checkpoints(settled), key=lambda checkpoint: checkpoint[:3])):
        pasts = _nearest_first(of_kind[course.clock.kind], everybody, at)
        target = course.clock.target_seconds
        up = bisect_left(times_up, at)
        predictions.append(
            Prediction(
                clock_id=course.clock.id,
                share=share,
                at=at,
                probability=breach_chance(pasts, target_seconds=target, used_seconds=share * target).probability,
                base_rate=(breached[up] + 0.5) / (up + 1),
                breached=course.is_breached,
            )
        )
    return tuple(predictions)


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """A clock with what it had used when it stopped, or by now."""

    clock: PastClock
    pauses: tuple[Interval, ...]
    used: int
    breach_at: float
    """The last position at which its target is not exceeded, or would not be; not before now while it has time left."""
    is_settled: bool
    """Its time is up, and it was met or breached."""

    @classmethod
    def of(cls, clock: PastClock, now: int) -> "_Course":
        end = now if clock.stopped is None else clock.stopped
        pauses = merged((since, end if until is None else min(until, end)) for since, until in clock.pauses)
        used = end - clock.started - sum(until - since for since, until in pauses)
        breach_at = _position(clock.started, pauses, clock.target_seconds, last=True)
        settled = breach_at <= now and (clock.answered or used > clock.target_seconds)
        return cls(clock, pauses, used, breach_at, settled)

    @property
    def is_breached(self) -> bool:
        return self.used > self.clock.target_seconds


class _Checkpoint(NamedTuple):
    at: float
    clock_id: int
    share: float
    course: _Course


def _position(started: int, pauses: Sequence[Interval], used: float, *, last: bool = False) -> float:
    """The first position at which so much is used, or the last: they differ where a pause begins just then."""
    at = started + used
    for since, until in pauses:
        if since > at or (since == at and not last):
            break
        at += until - since
    return at


def _checkpoints(courses: Sequence[_Course]) -> Iterator[_Checkpoint]:
    for course in courses:
        clock = course.clock
        for share in CHECKPOINTS:
            used = share * clock.target_seconds
            if course.used > used:
                yield _Checkpoint(_position(clock.started, course.pauses, used), clock.id, share, course)


def _evenly(checkpoints: Sequence[_Checkpoint]) -> Sequence[_Checkpoint]:
    number = len(checkpoints)
    if number <= PREDICTIONS_AT_MOST:
        return checkpoints
    return [checkpoints[index * number // PREDICTIONS_AT_MOST] for index in range(PREDICTIONS_AT_MOST)]


def _nearest_first(same_kind: "_Record", everybody: "_Record", at: float) -> Iterator[Past]:
    yield same_kind.known_at(Basis.SAME_KIND, at)
    yield everybody.known_at(Basis.ALL_KINDS, at)


class _Record:
    """Clocks by how much they used in the end, to be read as they were known at a position."""

    def __init__(self, courses: Sequence[_Course]) -> None:
        ordered = sorted(courses, key=lambda course: course.used)
        clocks = [course.clock for course in ordered]
        self._used = np.array([course.used for course in ordered], float)
        self._answered = np.array([clock.answered for clock in clocks], bool)
        self._started = np.array([clock.started for clock in clocks], float)
        self._stopped = np.array([inf if clock.stopped is None else clock.stopped for clock in clocks], float)
        pauses = [(index, *pause) for index, course in enumerate(ordered) for pause in course.pauses]
        owners, since, until = zip(*pauses, strict=True) if pauses else ((), (), ())
        self._owners = np.array(owners, np.intp)
        self._since, self._until = np.array(since, float), np.array(until, float)

    def known_at(self, basis: Basis, at: float) -> Past:
        """What ended before has its time; what was open then has been open for as long as it was then."""
        over = self._stopped < at
        still_open = (self._started < at) & ~over
        paused = np.bincount(
            self._owners,
            weights=np.clip(np.minimum(self._until, at) - self._since, 0, None),
            minlength=len(self._used),
        )
        waiting = at - self._started[still_open] - paused[still_open]
        left = np.sort(np.concatenate([self._used[over & ~self._answered], waiting]))
        return Past.of_sorted(basis, self._used[over & self._answered], left)
