"""The whole curve of how many were answered by when, of which `waiting.quantile` tells single points. Pure."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np

from review.waiting import Curve, Wait

MEDIAN: Final = Fraction(1, 2)
NINE_IN_TEN: Final = Fraction(9, 10)


class Point(NamedTuple):
    """By so many seconds this percent was answered, and no more until the next point."""

    seconds: float
    percent: float


def curve(waits: Iterable[Wait]) -> tuple[Point, ...]:
    """Kaplan and Meier's estimate as a stair, with a point where it reaches another whole percent: about a hundred.

    The last point is the longest wait so far, answered or not. Nothing is left out that `quantile` would tell of a
    whole percent.
    """
    estimate = Curve.of(waits)
    # Of several that end at one moment the last has counted them all.
    last_at = np.append(np.diff(estimate.ended) > 0, True)[: len(estimate.ended)]
    seconds = estimate.ended[last_at]
    percent = np.round(100 * (1 - estimate.still_open[last_at]), 6)
    rises = np.diff(np.floor(percent), prepend=-1) > 0
    points = [Point(*point) for point in zip(seconds[rises].tolist(), percent[rises].tolist(), strict=True)]
    longest = max([*estimate.ended[-1:].tolist(), *estimate.left[-1:].tolist()], default=None)
    if longest is not None:
        reached = float(percent[-1]) if len(percent) else 0.0
        if not points or points[-1] != (longest, reached):
            points.append(Point(longest, reached))
    return tuple(points)
