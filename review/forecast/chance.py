"""The chance that an open clock is breached, and when its answer will probably come, from how past clocks went. Pure.

Of the past clocks that were still open when they had used as much as this one has, what share used more than the
target? Those still open or withdrawn count for as long as they were watched (`review.waiting`). Times are open
seconds of a clock, without its pauses: what waits for the partner is told of as from the partner's answer on.

Little history must not sound sure. So one imagined clock is counted with those that were seen: half of it is
answered in the last moment of the target, the other half never. When nothing is open this is Jeffreys' prior (half
a clock on each side; Laplace's would be a whole one): 0 breached of 10 is 4.5 %, not 0, and 0 of 100 is 0.5 %.
With fewer than `COMPARABLE_AT_LEAST` to compare with, nothing is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import floor, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np

from models.enums import SubmissionKind, TargetName
from review.waiting import ROUNDING, Curve, Numbers, Wait

COMPARABLE_AT_LEAST: Final = 10
"""From so many on the range of a chance is narrower than 40 points; with fewer it says more of luck than of us."""

LOW: Final = 0.1
HIGH: Final = 0.9
"""A range leaves out the lowest and the highest tenth."""

_DEVIATIONS: Final = NormalDist().inv_cdf(HIGH)


class Basis(StrEnum):
    """What a statement rests on: past clocks of the same target and kind, or of the target and every kind."""

    SAME_KIND = "same_kind"
    ALL_KINDS = "all_kinds"
    BREACHED = "breached"
    """No forecast: it has used more than its target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """That a clock will use more than its target, from 0 to 1; all three None with too few to compare with.

    `low` and `high` say how far luck with so few may have moved it: four such ranges in five hold the true chance,
    on average. `comparable` is the number of past clocks it rests on, still open after as much time: as many as
    would say as much had all been watched to the end.
    """

    probability: float | None
    low: float | None
    high: float | None
    comparable: int
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """In how many open seconds from now the answer comes: four times in five from low to high.

    `high_seconds` is None when nobody knows yet how long it may take ("not before"). Both are None while fewer than
    `COMPARABLE_AT_LEAST` were answered after having been open for as long; `comparable` is their number.
    """

    low_seconds: float | None
    high_seconds: float | None
    comparable: int
    basis: Basis


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The clocks to compare with, with the imagined one among them."""

    basis: Basis
    curve: Curve

    @classmethod
    def of(cls, basis: Basis, waits: Iterable[Wait]) -> "Past":
        return cls(basis, Curve.of(waits, outlasting=1))

    @classmethod
    def of_sorted(cls, basis: Basis, ended: Numbers, left: Numbers) -> "Past":
        """The same from rising times, for those who build many."""
        return cls(basis, Curve.of_sorted(ended, left, outlasting=1))

    def chance(self, *, target_seconds: float, used_seconds: float) -> Chance:
        """For a clock that is open and has used at most its target.

        The longer it has been open, the higher; the longer its target, the lower.
        """
        curve = self.curve
        outlast = curve.longer_than(target_seconds)
        # The curve has the imagined one whole; half of it is answered at the target.
        half_left = (outlast + 0.5) / (outlast + 1)
        probability = curve.share_open(target_seconds) / curve.share_open(used_seconds) * half_left
        between = curve.waited_for[curve.ended_by(used_seconds) : curve.ended_by(target_seconds)]
        # Greenwood's sum (1926); then as many fully watched clocks as would leave as much to luck, the imagined one
        # taken out again.
        variance = float(np.sum(1 / (between * (between - 1)))) + 0.5 / ((outlast + 1) * (outlast + 0.5))
        worth = (1 - probability) / (probability * variance) - 1
        comparable = floor(worth + ROUNDING * (worth + 1))
        if comparable < COMPARABLE_AT_LEAST:
            return Chance(probability=None, low=None, high=None, comparable=comparable, basis=self.basis)
        seen = min(max((probability * (worth + 1) - 0.5) / worth, 0.0), 1.0)
        low, high = _wilson(seen, worth)
        return Chance(probability=probability, low=low, high=high, comparable=comparable, basis=self.basis)

    def remaining(self, *, used_seconds: float) -> Remaining:
        """For a clock that is open.

        The ends are times of past answers. With this clock in the place of the imagined one, its answer comes
        before the low end in at most one case of ten, and after the high end in at most one, however few there were.
        """
        curve = self.curve
        comparable = len(curve.ended) - curve.ended_by(used_seconds)
        if comparable < COMPARABLE_AT_LEAST:
            return Remaining(low_seconds=None, high_seconds=None, comparable=comparable, basis=self.basis)
        high = float(curve.ends_by(np.array([HIGH]), after=used_seconds)[0])
        return Remaining(
            low_seconds=curve.ends_before(LOW, after=used_seconds) - used_seconds,
            high_seconds=high - used_seconds if np.isfinite(high) else None,
            comparable=comparable,
            basis=self.basis,
        )


def breach_chance(pasts: Iterable[Past], *, target_seconds: float, used_seconds: float) -> Chance:
    """By the first of the pasts that has enough to compare with, nearest first; else what the last one has."""
    if used_seconds > target_seconds:
        return Chance(probability=1.0, low=1.0, high=1.0, comparable=0, basis=Basis.BREACHED)
    said = Chance(probability=None, low=None, high=None, comparable=0, basis=Basis.ALL_KINDS)
    for past in pasts:
        said = past.chance(target_seconds=target_seconds, used_seconds=used_seconds)
        if said.probability is not None:
            break
    return said


class History:
    """How long past clocks took, by target and kind. Built once, then asked for each open clock."""

    def __init__(self, waits: Iterable[tuple[TargetName, SubmissionKind, Wait]]) -> None:
        by_kind: dict[tuple[TargetName, SubmissionKind], list[Wait]] = defaultdict(list)
        by_target: dict[TargetName, list[Wait]] = defaultdict(list)
        for target, kind, wait in waits:
            by_kind[target, kind].append(wait)
            by_target[target].append(wait)
        self._by_kind: Mapping[tuple[TargetName, SubmissionKind], Past] = {
            key: Past.of(Basis.SAME_KIND, found) for key, found in by_kind.items()
        }
        self._by_target: Mapping[TargetName, Past] = {
            key: Past.of(Basis.ALL_KINDS, found) for key, found in by_target.items()
        }

    def chance(self, target: TargetName, kind: SubmissionKind, *, target_seconds: float, used_seconds: float) -> Chance:
        """That an open clock will use more than its target."""
        pasts = self._nearest_first(target, kind)
        return breach_chance(pasts, target_seconds=target_seconds, used_seconds=used_seconds)

    def remaining(self, target: TargetName, kind: SubmissionKind, *, used_seconds: float) -> Remaining:
        """When the answer to an open clock will probably come, in open seconds from now."""
        said = Remaining(low_seconds=None, high_seconds=None, comparable=0, basis=Basis.ALL_KINDS)
        for past in self._nearest_first(target, kind):
            said = past.remaining(used_seconds=used_seconds)
            if said.low_seconds is not None:
                break
        return said

    def _nearest_first(self, target: TargetName, kind: SubmissionKind) -> list[Past]:
        found = self._by_kind.get((target, kind)), self._by_target.get(target)
        return [past for past in found if past is not None]


def _wilson(share: float, number: float) -> tuple[float, float]:
    """Wilson's range (1927) of a share seen among so many: within 0 and 1 also where few or none were seen."""
    weight = _DEVIATIONS**2 / number
    middle = (share + weight / 2) / (1 + weight)
    half = _DEVIATIONS / (1 + weight) * sqrt((share * (1 - share) + weight / 4) / number)
    return max(middle - half, 0.0), min(middle + half, 1.0)
