"""How many stood in Public Beta and in Public, month by month, and when they moved: the catalog's course over time.

Counted from the events alone. Months and days are those of UTC: a catalog's history tells days, and its events stand at
noon of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate
from statistics import median
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from models.enums import LIVE, IntegrationStage
from review.past.integrations import courses
from review.past.stages import Stood

BUSIEST: Final = 5
"""Days with the most moves to Public that are named."""

EVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
BETA, PUBLIC = IntegrationStage.PUBLIC_BETA, IntegrationStage.PUBLIC


class MoveToPublic(NamedTuple):
    """One move from Public Beta to Public. `is_dated`: when it had come to Public Beta is known."""

    day: date
    days: int
    is_dated: bool


class Sweep(NamedTuple):
    """A day, the moves to Public on it, and how many of all were on it or on one named before it."""

    day: date
    number: int
    so_far: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """How it stood at the month's end, or at the instant asked for, and what had happened in it until then."""

    year: int
    month: int
    public_beta: int
    public: int
    perhaps_gone: int
    """Of both: by a later day it was gone, and nobody knows since when."""
    entered: int
    """Came into the catalog. What stood in a history's first state did not come then."""
    graduated: int
    delisted: int
    """Left; of what a history calls gone, only that it was so by its end is known."""

    @property
    def name(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReport:
    at: datetime
    months: tuple[Month, ...]
    """From the first in which anything stood in the catalog to that of `at`, without a gap."""
    moves: tuple[MoveToPublic, ...]
    """Oldest first."""

    @property
    def median_days(self) -> float | None:
        """From Public Beta to Public; of a stay without a true beginning since it was first seen. None without any."""
        return _median(self.moves)

    @property
    def dated(self) -> Sequence[MoveToPublic]:
        """Those whose whole stay in Public Beta is known."""
        return [move for move in self.moves if move.is_dated]

    @property
    def dated_median_days(self) -> float | None:
        return _median(self.dated)

    @property
    def sweeps(self) -> Sequence[Sweep]:
        """The days with the most moves to Public, busiest first."""
        busiest = sorted(Counter(move.day for move in self.moves).items(), key=lambda pair: (-pair[1], pair[0]))
        sums = accumulate(number for _, number in busiest)
        return [Sweep(day, number, so_far) for (day, number), so_far in zip(busiest, sums, strict=True)][:BUSIEST]


class _Step(NamedTuple):
    """From one stage into the next; `before` is None for the first that is known."""

    before: Stood | None
    after: Stood

    @property
    def left_from(self) -> IntegrationStage | None:
        return None if self.before is None else self.before.stage


def history(session: Session, *, at: datetime) -> HistoryReport:
    """The months until `at`. One query over the events that tell of stages, each of which is looked at once.

    Those after `at` tell of what stood then only whether its end is known.
    """
    ways = courses(session, at=EVER).values()
    steps = [_Step(before, after) for way in ways for before, after in zip([None, *way], way, strict=False)]
    done = [step for step in steps if step.after.since <= at]
    moves = [
        MoveToPublic(
            day=step.after.since.date(),
            days=(step.after.since - step.before.since).days,
            is_dated=step.before.is_exact and step.after.is_exact,
        )
        for step in done
        if step.before is not None and (step.before.stage, step.after.stage) == (BETA, PUBLIC)
    ]
    return HistoryReport(at=at, months=tuple(_months(steps, done, at)), moves=tuple(sorted(moves)))


def _months(steps: Iterable[_Step], done: Sequence[_Step], at: datetime) -> Iterator[Month]:
    """Each step is counted in its month; what stands at a month's end is the sum of those before."""
    live = [step.after for step in done if step.after.stage in LIVE]
    if not live:
        return
    months = range(_number(min(stood.since for stood in live)), _number(at) + 1)
    standing = {stage: _standing([one for one in live if one.stage is stage], months, at) for stage in (BETA, PUBLIC)}
    unseen = [step.before for step in steps if step.before is not None and _left_unseen(step)]
    perhaps_gone = _standing([stood for stood in unseen if stood.since <= at], months, at)
    entered = _per_month(one for one in done if _comes_in(one))
    graduated = _per_month(one for one in done if (one.left_from, one.after.stage) == (BETA, PUBLIC))
    delisted = _per_month(one for one in done if one.left_from in LIVE and one.after.stage not in LIVE)
    for index, number in enumerate(months):
        yield Month(
            year=number // 12,
            month=number % 12 + 1,
            public_beta=standing[BETA][index],
            public=standing[PUBLIC][index],
            perhaps_gone=perhaps_gone[index],
            entered=entered[number],
            graduated=graduated[number],
            delisted=delisted[number],
        )


def _standing(stays: Iterable[Stood], months: range, at: datetime) -> list[int]:
    """How many of the stays lasted at each month's end."""
    changes: Counter[int] = Counter()
    for stood in stays:
        changes[_number(stood.since)] += 1
        if stood.until is not None and stood.until <= at:
            changes[_number(stood.until)] -= 1
    return list(accumulate(changes[number] for number in months))


def _per_month(steps: Iterable[_Step]) -> Counter[int]:
    return Counter(_number(step.after.since) for step in steps)


def _comes_in(step: _Step) -> bool:
    return step.after.stage in LIVE and step.left_from not in LIVE and step.after.is_exact


def _left_unseen(step: _Step) -> bool:
    return step.left_from in LIVE and step.after.stage not in LIVE and not step.after.is_exact


def _number(instant: datetime) -> int:
    """Months since the year 0."""
    return instant.year * 12 + instant.month - 1


def _median(moves: Sequence[MoveToPublic]) -> float | None:
    return median(move.days for move in moves) if moves else None
