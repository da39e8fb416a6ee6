"""Sets of half-open intervals `[from, to)`, kept sorted and disjoint: of whole numbers, or of instants."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

Interval = tuple[int, int]
Stretch = tuple[timedelta, timedelta]
"""An interval of instants, each as what has passed since a common origin."""

_Point = TypeVar("_Point", int, timedelta)


def merged(intervals: Iterable[tuple[_Point, _Point]]) -> tuple[tuple[_Point, _Point], ...]:
    """The union: sorted, with what overlaps or touches made one, and without empty intervals."""
    union: list[tuple[_Point, _Point]] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return tuple(union)


def common(
    left: Sequence[tuple[_Point, _Point]], right: Sequence[tuple[_Point, _Point]]
) -> Iterator[tuple[_Point, _Point]]:
    """What lies in both; each side merged."""
    for start, end in left:
        for other_start, other_end in right:
            low, high = max(start, other_start), min(end, other_end)
            if low < high:
                yield low, high


def without(
    left: Sequence[tuple[_Point, _Point]], right: Sequence[tuple[_Point, _Point]]
) -> Iterator[tuple[_Point, _Point]]:
    """What lies in the left and not in the right; each side merged."""
    for start, end in left:
        rest = start
        for cut_start, cut_end in right:
            if cut_end <= rest or cut_start >= end:
                continue
            if cut_start > rest:
                yield rest, cut_start
            rest = cut_end
        if rest < end:
            yield rest, end
