"""The whole curve of how many were answered by when, of which `waiting.quantile` tells single points. Pure."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from review.waiting import Wait

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
    ended, left = Counter[float](), Counter[float]()
    for wait in waits:
        (ended if wait.ended else left)[wait.seconds] += 1
    points: list[Point] = []
    # What is still open is `share` * waited_for / started: exact as long as nobody leaves.
    waited_for = started = ended.total() + left.total()
    share, percent = 1.0, 0.0
    for seconds in sorted({*ended, *left}):
        waited_for -= ended[seconds]
        if ended[seconds]:
            percent = round(100 * (1 - share * waited_for / started), 6)
            if not points or int(percent) > int(points[-1].percent):
                points.append(Point(seconds, percent))
        if left[seconds] and waited_for > left[seconds]:
            share *= waited_for / started
            waited_for = started = waited_for - left[seconds]
    if ended or left:
        longest = max({*ended, *left})
        if not points or points[-1] != (longest, percent):
            points.append(Point(longest, percent))
    return tuple(points)
