"""Who is answered when: soonest due first, whenever a reviewer comes to the queue; many runs at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.waiting import Numbers

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Rhythm:
    """Moments that come again and again in rounds of `length`: `moments` are those of a round, rising, from 0 to
    before its length; all others follow, each with its number, counted from 0.
    """

    moments: Numbers
    length: float

    @classmethod
    def of_gaps(cls, gaps: Numbers) -> "Rhythm":
        """From the times between one moment and the next, which must not all be 0."""
        ends = np.cumsum(gaps)
        return cls(np.sort(ends % ends[-1]), float(ends[-1]))

    def first_from(self, times: Numbers) -> Indices:
        """The number of the first moment at or after each time."""
        rounds, rest = np.divmod(times, self.length)
        return rounds.astype(np.intp) * len(self.moments) + np.searchsorted(self.moments, rest)

    def at(self, numbers: Indices) -> Numbers:
        rounds, number = np.divmod(numbers, len(self.moments))
        times: Numbers = self.moments[number] + rounds * self.length
        return times


def answered(comes: Numbers, due: Numbers, rhythm: Rhythm, entered: Numbers, *, until: float) -> Numbers:
    """When each item is answered, in seconds from now; infinite when not by `until`.

    A row is a run. `comes` is when each item begins to wait for a reviewer (infinite: never), `due` by when it
    should be answered. A column of `entered` is a reviewer: where in the rhythm they are now.

    At each of their moments a reviewer answers what is due first of all that waits then (of several, the first
    column), or nothing when nothing waits. So another reviewer never makes any answer come later.
    """
    answered_at = np.full(comes.shape, np.inf)
    if not comes.size or not entered.size:
        return answered_at
    order = np.argsort(due, axis=1, kind="stable")
    comes = np.take_along_axis(comes, order, axis=1)
    rows = np.arange(len(comes))
    following = rhythm.first_from(entered)
    while True:
        moments = rhythm.at(following) - entered
        reviewer = moments.argmin(axis=1)
        now = moments[rows, reviewer]
        if (now > until).all():
            break
        following[rows, reviewer] += 1
        waits = comes <= now[:, None]
        first = waits.argmax(axis=1)
        found = waits[rows, first] & (now <= until)
        answered_at[rows[found], first[found]] = now[found]
        comes[rows[found], first[found]] = np.inf
        if (idle := ~found).any():
            # Nothing waits there: what passes until something does need not be looked at moment by moment.
            ready = np.minimum(comes[idle].min(axis=1, keepdims=True), np.nextafter(until, np.inf))
            following[idle] = np.maximum(following[idle], rhythm.first_from(entered[idle] + ready))
    back = np.empty_like(answered_at)
    np.put_along_axis(back, order, answered_at, axis=1)
    return back
