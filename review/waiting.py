"""How long something takes when some of it is still under way: Kaplan and Meier's estimate. Pure.

Leaving out what is open makes a slow team look fast, because the slowest are open longest. Here each open one
counts as "at least so long": it stays among those waited for until then, and leaves without having ended.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

ROUNDING: Final = 1e-9
"""Shares that differ by less than this part of themselves are the same share: they are products of fractions."""


class Wait(NamedTuple):
    """So much time was used; `ended` is False while it goes on, and for what will never end."""

    seconds: float
    ended: bool


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The share that is still open after each moment at which one ended (Kaplan and Meier, 1958). In seconds.

    `ended` and `left` are the times of those that ended and of those that left without ending, rising. For each
    that ended, in the same order: `waited_for` is how many were open just before it (of several that end at one
    moment, the ones not counted yet), `still_open` the share open after it. What ends and what leaves at the same
    moment: the leaving one was still waited for.
    """

    ended: Numbers
    left: Numbers
    waited_for: Numbers
    still_open: Numbers

    @classmethod
    def of(cls, waits: Iterable[Wait], *, outlasting: int = 0) -> "Curve":
        """`outlasting` are imagined ones that never end, beside those given."""
        ended: list[float] = []
        left: list[float] = []
        for wait in waits:
            (ended if wait.ended else left).append(wait.seconds)
        return cls.of_sorted(np.array(sorted(ended), float), np.array(sorted(left), float), outlasting=outlasting)

    @classmethod
    def of_sorted(cls, ended: Numbers, left: Numbers, *, outlasting: int = 0) -> "Curve":
        """The same from rising times, for those who build many."""
        not_ended = len(left) - np.searchsorted(left, ended) + outlasting
        waited_for = np.arange(len(ended), 0, -1) + not_ended.astype(float)
        return cls(ended, left, waited_for, np.cumprod(1 - 1 / waited_for))

    def ended_by(self, seconds: float) -> int:
        """How many had ended after so long."""
        return int(np.searchsorted(self.ended, seconds, side="right"))

    def longer_than(self, seconds: float) -> int:
        """How many are known to have taken longer."""
        left_by = int(np.searchsorted(self.left, seconds, side="right"))
        return len(self.ended) - self.ended_by(seconds) + len(self.left) - left_by

    def share_open(self, seconds: float) -> float:
        """The share that takes longer than that."""
        ended = self.ended_by(seconds)
        return float(self.still_open[ended - 1]) if ended else 1.0

    def ends_by(self, shares: Numbers, *, after: float = -np.inf) -> Numbers:
        """By when at least such shares (above 0) have ended of what is still open after `after` seconds.

        Infinite where too few have ended for anybody to know.
        """
        wanted = (1 - shares) * self.share_open(after) * (1 + ROUNDING)
        first = np.searchsorted(-self.still_open, -wanted)
        moments: Numbers = np.append(self.ended, np.inf)[np.maximum(first, self.ended_by(after))]
        return moments

    def ends_before(self, share: float, *, after: float) -> float:
        """The last moment by which at most that share has ended of what is still open after `after`."""
        kept = (1 - share) * self.share_open(after) * (1 - ROUNDING)
        too_many = int(np.searchsorted(-self.still_open, -kept, side="right"))
        if too_many < len(self.ended):
            # Those that end at one moment are too many together.
            too_many = int(np.searchsorted(self.ended, self.ended[too_many]))
        return float(self.ended[too_many - 1]) if too_many > self.ended_by(after) else after


def quantile(waits: Iterable[Wait], share: Fraction) -> float | None:
    """The shortest time by which at least that share has ended, in seconds.

    None when too few have ended for anybody to know (or when there are none at all).
    """
    seconds = float(Curve.of(waits).ends_by(np.array([float(share)]))[0])
    return seconds if np.isfinite(seconds) else None
