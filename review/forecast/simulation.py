"""How many open items will be breached by then, and what one more reviewer would change: a seeded simulation.

Each reviewer lives through our own past again, from a moment drawn at random: their answers come after the same
gaps, and each goes to what is due soonest just then. What waits for the partner comes back after one of the times
that partners took, and what comes in is replayed from the past as well.

So neither a rate nor a distribution is assumed: busy mornings, absences and several answers in a row come as they
came, though each reviewer's at a time of their own. An item is one submission with that of its targets which is due
soonest: one answer keeps it. A reviewer's moment is lost when nothing waits. What is sent back for changes and comes
again until then is not foreseen. Times are open seconds of one calendar.

One more reviewer lives through the same past from a moment of their own while everything else happens as before,
run by run. In no run does an answer then come later: the comparison is not noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from review.forecast.chance import HIGH, LOW
from review.forecast.serving import Rhythm, answered
from review.waiting import Curve, Numbers

Runs = NDArray[np.bool_]
"""A row is a run, a column an item: whether it is breached."""

GAPS_AT_LEAST: Final = 20
"""With fewer gaps between answers every run lives through the same few, and the range says nothing."""

RUNS: Final = 1_000
"""With so many the luck of the draw moves an item's chance by less than two points (one standard deviation)."""


class QueueInvalid(ValueError):
    """A queue that can't be: fewer reviewers than none, or time that runs backwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """A submission with an open clock: the one of its clocks with the least time left."""

    id: int
    remaining_seconds: float
    """Of its target; negative once it is breached."""
    partner_since: float | None = None
    """For so many seconds it has waited for the partner, and its clock stood still; None when it is our turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A submission that came in, so many seconds after the beginning, and the shortest target it came with."""

    at_seconds: float
    target_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """How things went until now.

    `gaps` are as `review.forecast.pace` counts them; `partner` says how long partners take to answer, in the same
    open seconds; `arrivals` are all new submissions of the last `seconds`. What partners send again is not among
    them: what is open comes back by itself.
    """

    gaps: Sequence[float]
    partner: Curve
    arrivals: Sequence[Arrival]
    seconds: float

    def __post_init__(self) -> None:
        if min(self.gaps, default=0) < 0:
            raise QueueInvalid(f"a gap of {min(self.gaps)} seconds between answers: expected 0 or more")
        for arrival in self.arrivals:
            if not 0 <= arrival.at_seconds < self.seconds:
                raise QueueInvalid(
                    f"came in at second {arrival.at_seconds}: expected it from 0 to before {self.seconds}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A number over the runs: half of them have at most the median, four in five lie from low to high."""

    median: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """With so many reviewers: how many become breached until the horizon.

    `open_now` counts the items given, without those breached already; `coming_in` what comes in until then.
    """

    reviewers: int
    open_now: Spread
    coming_in: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutlook:
    """In what share of the runs an item is breached at the horizon; 1 when it is already."""

    id: int
    probability: float
    with_one_more: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueForecast:
    horizon_seconds: float
    runs: int
    already: int
    """Items breached now. Being due soonest they take the next answers."""
    as_it_is: Outlook
    with_one_more: Outlook
    spared: Spread
    """How many fewer of the items given become breached with one more reviewer, run by run."""
    items: tuple[ItemOutlook, ...]
    """In the order given."""


class _Stream(IntEnum):
    """Each reviewer, each item and what comes in have a stream of random numbers of their own, so that none changes
    because another is there.
    """

    REVIEWER = 1
    PARTNER = 2
    ARRIVALS = 3


def simulate(
    items: Sequence[OpenItem], lately: Lately, *, reviewers: int, horizon_seconds: float, seed: int, runs: int = RUNS
) -> QueueForecast | None:
    """What becomes of the items in the next `horizon_seconds`; the same for the same seed and input.

    None with fewer than `GAPS_AT_LEAST` gaps, or when they took no time at all. What is due just at the horizon is
    not breached there. Raises QueueInvalid.
    """
    if min(reviewers, horizon_seconds, seed) < 0 or runs < 1:
        raise QueueInvalid(
            f"{reviewers} reviewers, {horizon_seconds} seconds ahead, seed {seed}, {runs} runs: "
            "expected none of them below 0, and a run"
        )
    if len(lately.gaps) < GAPS_AT_LEAST or not any(lately.gaps):
        return None
    rhythm = Rhythm.of_gaps(np.array(lately.gaps, float))
    entered = np.column_stack(
        [_drawn(seed, _Stream.REVIEWER, number, runs) * rhythm.length for number in range(reviewers + 1)]
    )
    own, new = _given(items, lately.partner, seed, runs), _coming_in(lately, horizon_seconds, seed, runs)
    work = _Work(np.hstack([own.comes, new.comes]), np.hstack([own.due, new.due]))
    as_it_is = _breached(work, rhythm, entered[:, :-1], horizon_seconds)
    with_one_more = _breached(work, rhythm, entered, horizon_seconds)
    already = np.array([item.remaining_seconds < 0 for item in items], bool)
    given, becoming = slice(len(items)), np.flatnonzero(~already)
    return QueueForecast(
        horizon_seconds=horizon_seconds,
        runs=runs,
        already=int(already.sum()),
        as_it_is=_outlook(reviewers, as_it_is, becoming, len(items)),
        with_one_more=_outlook(reviewers + 1, with_one_more, becoming, len(items)),
        spared=_spread(as_it_is[:, becoming].sum(axis=1) - with_one_more[:, becoming].sum(axis=1)),
        items=tuple(
            ItemOutlook(id=item.id, probability=probability, with_one_more=fewer)
            for item, probability, fewer in zip(
                items,
                np.where(already, 1.0, as_it_is[:, given].mean(axis=0)).tolist(),
                np.where(already, 1.0, with_one_more[:, given].mean(axis=0)).tolist(),
                strict=True,
            )
        ),
    )


class _Work(NamedTuple):
    """A row is a run, a column an item: when it begins to wait for a reviewer, and when its target is used up."""

    comes: Numbers
    due: Numbers


def _given(items: Sequence[OpenItem], partner: Curve, seed: int, runs: int) -> _Work:
    comes = np.zeros((runs, len(items)))
    for column, item in enumerate(items):
        if item.partner_since is not None:
            luck = _drawn(seed, _Stream.PARTNER, item.id, runs)
            comes[:, column] = partner.ends_by(luck, after=item.partner_since) - item.partner_since
    return _Work(comes, comes + np.array([item.remaining_seconds for item in items]))


def _coming_in(lately: Lately, horizon_seconds: float, seed: int, runs: int) -> _Work:
    """What came in after a moment drawn from the past; after its end comes its beginning, so that each moment of it
    counts alike (a circular block bootstrap: Politis and Romano, 1992).
    """
    if not lately.arrivals:
        return _Work(np.empty((runs, 0)), np.empty((runs, 0)))
    arrivals = sorted(lately.arrivals, key=lambda arrival: arrival.at_seconds)
    rhythm = Rhythm(np.array([arrival.at_seconds for arrival in arrivals], float), lately.seconds)
    entered = _drawn(seed, _Stream.ARRIVALS, 0, runs)[:, None] * lately.seconds
    first = rhythm.first_from(entered)
    which = first + np.arange((rhythm.first_from(entered + horizon_seconds) - first).max())
    comes = rhythm.at(which) - entered
    targets = np.array([arrival.target_seconds for arrival in arrivals], float)
    return _Work(comes, comes + targets[which % len(arrivals)])


def _breached(work: _Work, rhythm: Rhythm, entered: Numbers, horizon_seconds: float) -> Runs:
    """What is due later than the horizon is left out: it takes no turn from what is due by then."""
    breached = work.due < horizon_seconds
    some = breached.any(axis=0)
    comes, due = work.comes[:, some], work.due[:, some]
    breached[:, some] &= answered(comes, due, rhythm, entered, until=horizon_seconds) > due
    return breached


def _outlook(reviewers: int, breached: Runs, becoming: NDArray[np.intp], given: int) -> Outlook:
    return Outlook(
        reviewers=reviewers,
        open_now=_spread(breached[:, becoming].sum(axis=1)),
        coming_in=_spread(breached[:, given:].sum(axis=1)),
    )


def _spread(numbers: NDArray[np.int64]) -> Spread:
    low, median, high = np.quantile(numbers, [LOW, 0.5, HIGH], method="inverted_cdf").tolist()
    return Spread(median=median, low=low, high=high)


def _drawn(seed: int, stream: _Stream, number: int, runs: int) -> Numbers:
    """From 0 to below 1, one for each run."""
    return np.random.default_rng([seed, stream, number]).random(runs)
