"""How fast reviewers answer while something waits for them, from the answers they gave.

All positions are whole open seconds of one calendar since one origin: nights and holidays take no time, so two
answers with a weekend between them lie close together.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from review.intervals import Interval, merged


class Answer(NamedTuple):
    """A reviewer's act that ends a wait of a submission for its reviewers: a first response, a decision."""

    reviewer_id: int
    at: int


def gaps(answers: Iterable[Answer], waiting: Iterable[Interval]) -> tuple[int, ...]:
    """The open seconds from each answer of a reviewer to their next one; reviewer by reviewer, oldest first.

    Only time in which something waited for a reviewer counts (`waiting`: `[from, to)`, in any order, overlapping):
    who has nothing to answer is not slow. Everything else a reviewer does then, and when they are away, counts:
    it is the pace that a queue feels. What has passed since somebody's last answer is not a gap yet.
    """
    worked = _Total(merged(waiting))
    positions = [(answer.reviewer_id, worked.until(answer.at)) for answer in sorted(answers)]
    return tuple(until - since for (one, since), (other, until) in pairwise(positions) if one == other)


class _Total:
    """How much of the intervals (merged) lies before a position."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self._intervals = intervals
        self._starts = [start for start, _ in intervals]
        self._before = [0, *accumulate(end - start for start, end in intervals)]

    def until(self, position: int) -> int:
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return 0
        start, end = self._intervals[index]
        return self._before[index] + min(position, end) - start
