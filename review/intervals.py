"""Sets of half-open intervals `[from, to)` on whole numbers, kept sorted and disjoint."""

from collections.abc import Iterable, Iterator, Sequence

Interval = tuple[int, int]


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The union: sorted, with what overlaps or touches made one, and without empty intervals."""
    union: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return tuple(union)


def common(left: Sequence[Interval], right: Sequence[Interval]) -> Iterator[Interval]:
    """What lies in both; each side merged."""
    for start, end in left:
        for other_start, other_end in right:
            low, high = max(start, other_start), min(end, other_end)
            if low < high:
                yield low, high


def without(left: Sequence[Interval], right: Sequence[Interval]) -> Iterator[Interval]:
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
