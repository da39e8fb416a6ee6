"""Who waited on whom: how much of the open time a submission lay with the reviewers, the partner and the engine."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Final, NamedTuple

from models.enums import SubmissionKind
from review.reports.course import Course, Stay, Turn, turns
from review.reports.period import EVER, Period

LONGEST: Final = 5
"""So many of the longest waits of each side are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Open seconds of many submissions together, by whose turn it was."""

    seconds: Mapping[Turn, float]

    def percent(self, turn: Turn) -> float | None:
        """None when no open time passed."""
        whole = sum(self.seconds.values())
        return 100 * self.seconds[turn] / whole if whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """One stretch without a change of turn. `open_seconds` are those within the period; `until` is None while it
    lasts.
    """

    submission_id: int
    slug: str
    kind: SubmissionKind
    since: datetime
    until: datetime | None
    open_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReport:
    shares: Shares
    kinds: tuple[tuple[SubmissionKind, Shares], ...]
    """Of each kind of submission that was under way in the period."""
    longest: Mapping[Turn, tuple[Waited, ...]]
    """The longest first; those without any open time are left out."""


class _Wait(NamedTuple):
    open_seconds: float
    course: Course
    stay: Stay[Turn]


def who_waited(courses: Iterable[Course], *, at: datetime, period: Period = EVER) -> TurnReport:
    """The open time within the period, of every submission that was under way then."""
    by_kind: dict[SubmissionKind, dict[Turn, float]] = {}
    waits: dict[Turn, list[_Wait]] = {turn: [] for turn in Turn}
    for course in courses:
        for stay in turns(course.told):
            low, high = period.part_of(stay.since, stay.end(at), course.hours.zone)
            opened = course.hours.calendar.elapsed(low, high)
            if opened:
                of_kind = by_kind.setdefault(course.kind, dict.fromkeys(Turn, 0.0))
                of_kind[stay.what] += opened
                waits[stay.what].append(_Wait(opened, course, stay))
    return TurnReport(
        shares=_shares(by_kind.values()),
        kinds=tuple((kind, _shares([by_kind[kind]])) for kind in SubmissionKind if kind in by_kind),
        longest={turn: _longest(of_turn) for turn, of_turn in waits.items()},
    )


def _shares(counted: Collection[Mapping[Turn, float]]) -> Shares:
    return Shares(seconds={turn: sum(seconds[turn] for seconds in counted) for turn in Turn})


def _longest(waits: Iterable[_Wait]) -> tuple[Waited, ...]:
    return tuple(
        Waited(
            submission_id=wait.course.submission_id,
            slug=wait.course.slug,
            kind=wait.course.kind,
            since=wait.stay.since,
            until=wait.stay.until,
            open_seconds=wait.open_seconds,
        )
        for wait in nlargest(LONGEST, waits, key=lambda wait: wait.open_seconds)
    )
