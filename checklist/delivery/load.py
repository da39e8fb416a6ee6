"""A bounded load: when each call is due, and when it has to stop. Pure: instants are seconds since it began.

Open loop: calls are due by the clock, whether or not the ones before were answered, as customers' calls are.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

ENOUGH_ANSWERS: Final = 20
"""Shares and percentiles of fewer calls say nothing."""
SLOW_SHARE: Final = 0.05
"""More slow calls than this, and the 95th percentile is slow."""
LATE_SECONDS: Final = 1.0
"""A call that we ourselves send so much later than it was due: we can't keep up, which says nothing of the endpoint."""


@dataclass(frozen=True, slots=True)
class LoadRule:
    """How much is sent, and what has to hold meanwhile."""

    ramp: tuple[int, ...]
    """Calls a second, one plateau after the other; the last one is the rate to hold."""
    plateau_seconds: float
    most_calls: int
    most_seconds: float
    failures_in_a_row: int
    error_share: float
    """Of a plateau's calls, the most that may fail."""
    p95_seconds: float
    """In which 95 of 100 calls of a plateau are answered."""

    def __post_init__(self) -> None:
        if not self.ramp or min(self.ramp) <= 0 or self.plateau_seconds <= 0:
            raise ValueError(
                f"saw the ramp {self.ramp} of {self.plateau_seconds:g} s, expected rates above zero for a time"
            )


@dataclass(frozen=True, slots=True)
class Due:
    """One call. `plateau` counts from 0."""

    at: float
    plateau: int


def schedule(rule: LoadRule) -> Iterator[Due]:
    """Every call of the load in order, within both of its bounds."""
    number = 0
    for plateau, rate in enumerate(rule.ramp):
        begins = plateau * rule.plateau_seconds
        for index in range(_calls_of(rate, rule)):
            at = begins + index / rate
            if number >= rule.most_calls or at >= rule.most_seconds:
                return
            yield Due(at, plateau)
            number += 1


def _calls_of(rate: int, rule: LoadRule) -> int:
    return math.ceil(rate * rule.plateau_seconds)


class Stop(StrEnum):
    """Why a load ended before its schedule did."""

    LIMITED = "it answered 429"
    FAILURES = "too many calls in a row failed"
    ERRORS = "too many calls failed"
    SLOW = "answers took too long"
    TIME = "its time was up"
    OURS = "we could not send calls fast enough"


@dataclass(slots=True)
class Plateau:
    """What one rate met."""

    rate: int
    due: int
    """Calls of a whole plateau, also where a bound of the load cuts it short: then it was not held."""
    sent: int = 0
    seconds: list[float] = field(default_factory=list)
    """How long each call took that has ended, with or without an answer."""
    refused: int = 0
    """Answered, but not with 2xx."""
    silent: int = 0
    """Ended without an answer."""
    slow: int = 0
    """Answered with 2xx, later than the rule has it."""

    @property
    def ended(self) -> int:
        return len(self.seconds)

    def held(self, rule: LoadRule) -> bool:
        """Whether every call due was sent and ended, within the rule."""
        late = self.slow + self.silent
        allowed = rule.error_share * self.ended
        return self.ended == self.due and self.refused + self.silent <= allowed and late <= SLOW_SHARE * self.ended

    def p95(self) -> float:
        """Seconds; 0 before the first call has ended."""
        ordered = sorted(self.seconds)
        return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else 0.0


class Gauge:
    """Watches a load: told what was sent and what came back, says when to stop."""

    def __init__(self, rule: LoadRule) -> None:
        self._rule = rule
        self.plateaus = [Plateau(rate, _calls_of(rate, rule)) for rate in rule.ramp]
        self._open: dict[int, tuple[int, float]] = {}
        self._in_a_row: list[bool] = []
        self._limited = False
        self._late = False

    def sent(self, number: int, due: Due, at: float) -> None:
        self.plateaus[due.plateau].sent += 1
        self._open[number] = (due.plateau, at)
        self._late = self._late or at - due.at > LATE_SECONDS

    def ended(self, number: int, at: float, status: int | None) -> None:
        """A call ended at an instant; without an answer `status` is None."""
        index, sent_at = self._open.pop(number)
        plateau = self.plateaus[index]
        plateau.seconds.append(at - sent_at)
        self._limited = self._limited or status == 429
        if status is not None and 200 <= status < 300:
            self._in_a_row.clear()
            plateau.slow += at - sent_at > self._rule.p95_seconds
            return
        self._in_a_row.append(status is not None)
        plateau.refused += status is not None
        plateau.silent += status is None

    def stop(self, at: float) -> Stop | None:
        """Why it has to stop now; None while it may go on."""
        if self._limited:
            return Stop.LIMITED
        if self._late:
            return Stop.OURS
        if len(self._in_a_row) >= self._rule.failures_in_a_row:
            return Stop.FAILURES
        for index, plateau in enumerate(self.plateaus):
            if (
                plateau.ended >= ENOUGH_ANSWERS
                and plateau.refused + plateau.silent > self._rule.error_share * plateau.ended
            ):
                return Stop.ERRORS
            # A call that has waited longer than the rule will count as slow, whenever it ends.
            waiting = sum(of == index and at - since > self._rule.p95_seconds for of, since in self._open.values())
            known = plateau.ended + waiting
            if known >= ENOUGH_ANSWERS and plateau.slow + plateau.silent + waiting > SLOW_SHARE * known:
                return Stop.SLOW
        return Stop.TIME if at >= self._rule.most_seconds else None

    def held_rate(self) -> int:
        """The highest rate that it held, all lower ones included; 0 for none."""
        held = 0
        for plateau in self.plateaus:
            if not plateau.held(self._rule):
                break
            held = plateau.rate
        return held

    def is_evidence(self) -> bool:
        """Whether answers alone show that the endpoint did not hold: silence could be the line between us."""
        if len(self._in_a_row) >= self._rule.failures_in_a_row and all(self._in_a_row):
            return True
        return any(
            plateau.ended >= ENOUGH_ANSWERS
            and (plateau.refused > self._rule.error_share * plateau.ended or plateau.slow > SLOW_SHARE * plateau.ended)
            for plateau in self.plateaus
        )
