"""How long integrations stay in Public Beta, also those that are still there; read off the events."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from models.enums import IntegrationStage
from review.past.integrations import courses
from review.past.stages import Stood
from review.reports.curve import MEDIAN, Point, curve
from review.waiting import Wait, quantile

DAY: Final = timedelta(days=1)
DAYS_UNTIL: Final = (90, 180, 365, 730)
"""Ends of the buckets of age, in days; the last bucket has none."""

SWEEPS_TOLD: Final = 5


class BetaStay(NamedTuple):
    """A stay in Public Beta. `left_for` is None while it lasts; `is_exact`: that it began then is known."""

    since: datetime
    until: datetime | None
    left_for: IntegrationStage | None
    is_exact: bool

    @property
    def graduated(self) -> bool:
        return self.left_for is IntegrationStage.PUBLIC

    def days(self, at: datetime) -> float:
        return ((self.until or at) - self.since) / DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """Stays that began in one quarter, or all of them. Days.

    `median_days` is Kaplan and Meier's: who still waits, and who was taken out, counts as waiting so long at least;
    None when fewer than half have graduated as far as anybody knows. `moved_median_days` is of those that moved alone.
    """

    number: int
    graduated: int
    still: int
    left_otherwise: int
    median_days: float | None
    moved_median_days: float | None
    waiting_median_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Stays of at least `from_days` and less than `to_days` (None: no end): those that go on, and those that moved."""

    from_days: int
    to_days: int | None
    still: int
    graduated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DwellReport:
    at: datetime
    whole: Dwell
    inexact: int
    """Stays of which only is known that they had begun by their first day."""
    quarters: tuple[tuple[str, Dwell], ...]
    """By the quarter in which they began, oldest first."""
    buckets: tuple[Bucket, ...]
    curve: tuple[Point, ...]
    """By so many seconds so many percent had graduated."""
    sweeps: tuple[tuple[date, int], ...]
    """Days (UTC) on which most graduated, and how many."""


def dwell(session: Session, *, at: datetime) -> DwellReport:
    """Every stay in Public Beta that had begun by `at`, as known then: events alone are asked, in one query."""
    return report_of(beta_stays(courses(session, at=at)), at=at)


def beta_stays(stages: Mapping[int, Sequence[Stood]]) -> list[BetaStay]:
    """Of everything that ever was in Public Beta; one that came back has several."""
    return [stay for course in stages.values() for stay in _of_one(course)]


def report_of(stays: Collection[BetaStay], *, at: datetime) -> DwellReport:
    quarters = sorted({_quarter(stay.since) for stay in stays})
    moved = Counter(stay.until.date() for stay in stays if stay.graduated and stay.until is not None)
    return DwellReport(
        at=at,
        whole=_dwell(stays, at),
        inexact=sum(not stay.is_exact for stay in stays),
        quarters=tuple(
            (quarter, _dwell([stay for stay in stays if _quarter(stay.since) == quarter], at)) for quarter in quarters
        ),
        buckets=tuple(_buckets(stays, at)),
        curve=curve(_waits(stays, at)),
        sweeps=tuple(sorted(moved.items(), key=lambda one: (-one[1], one[0]))[:SWEEPS_TOLD]),
    )


def _of_one(course: Sequence[Stood]) -> Iterator[BetaStay]:
    for stood, after in pairwise([*course, None]):
        if stood is not None and stood.stage is IntegrationStage.PUBLIC_BETA:
            left_for = after.stage if after is not None else None
            yield BetaStay(stood.since, stood.until, left_for, stood.is_exact)


def _dwell(stays: Collection[BetaStay], at: datetime) -> Dwell:
    graduated = [stay.days(at) for stay in stays if stay.graduated]
    still = [stay.days(at) for stay in stays if stay.until is None]
    seconds = quantile(_waits(stays, at), MEDIAN)
    return Dwell(
        number=len(stays),
        graduated=len(graduated),
        still=len(still),
        left_otherwise=len(stays) - len(graduated) - len(still),
        median_days=None if seconds is None else seconds / DAY.total_seconds(),
        moved_median_days=median(graduated) if graduated else None,
        waiting_median_days=median(still) if still else None,
    )


def _waits(stays: Iterable[BetaStay], at: datetime) -> list[Wait]:
    return [Wait(stay.days(at) * DAY.total_seconds(), stay.graduated) for stay in stays]


def _buckets(stays: Collection[BetaStay], at: datetime) -> Iterator[Bucket]:
    for low, high in pairwise([0, *DAYS_UNTIL, None]):
        assert low is not None
        within = [stay for stay in stays if low <= stay.days(at) and (high is None or stay.days(at) < high)]
        yield Bucket(
            from_days=low,
            to_days=high,
            still=sum(stay.until is None for stay in within),
            graduated=sum(stay.graduated for stay in within),
        )


def _quarter(at: datetime) -> str:
    return f"{at.year}-Q{(at.month + 2) // 3}"
