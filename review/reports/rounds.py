"""How many rounds of changes submissions take, and how many pass at the first look."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from models.enums import EventName, SubmissionKind
from review.reports.course import CLOSES, Course
from review.reports.period import EVER, Period

DECIDES: Final = frozenset({EventName.APPROVED, EventName.CHANGES_REQUESTED, EventName.REJECTED})
"""What a first look can come to. The first of two approvals is none of them: it waits for the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsTaken:
    """Submissions for which changes were requested so many times, by what became of them."""

    rounds: int
    approved: int
    rejected: int
    withdrawn: int
    open: int

    @property
    def number(self) -> int:
        return self.approved + self.rejected + self.withdrawn + self.open


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """`looked_at` were decided on at least once, `approved_at_once` are those whose first decision let them through."""

    number: int
    looked_at: int
    approved_at_once: int
    distribution: tuple[RoundsTaken, ...]
    """From no round upwards, without gaps."""

    @property
    def first_pass(self) -> float | None:
        """Percent of those looked at that were approved at once, so that what is still out counts; None for none."""
        return 100 * self.approved_at_once / self.looked_at if self.looked_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsReport:
    overall: Rounds
    kinds: tuple[tuple[SubmissionKind, Rounds], ...]
    """Of each kind of submission that there was."""


class _Taken(NamedTuple):
    kind: SubmissionKind
    rounds: int
    first: EventName | None
    end: EventName | None


def rounds(courses: Iterable[Course], *, period: Period = EVER) -> RoundsReport:
    """Of the submissions that came in within the period."""
    taken = [
        _taken(course)
        for course in courses
        if course.told and period.has(course.told[0].at.astimezone(course.hours.zone).date())
    ]
    of_kind: dict[SubmissionKind, list[_Taken]] = defaultdict(list)
    for one in taken:
        of_kind[one.kind].append(one)
    return RoundsReport(
        overall=_rounds(taken),
        kinds=tuple((kind, _rounds(of_kind[kind])) for kind in SubmissionKind if kind in of_kind),
    )


def _taken(course: Course) -> _Taken:
    names = [event.name for event in course.told]
    return _Taken(
        kind=course.kind,
        rounds=names.count(EventName.CHANGES_REQUESTED),
        first=next((name for name in names if name in DECIDES), None),
        end=next((name for name in names if name in CLOSES), None),
    )


def _rounds(taken: Sequence[_Taken]) -> Rounds:
    ends: Mapping[tuple[int, EventName | None], int] = Counter((one.rounds, one.end) for one in taken)
    most = max((one.rounds for one in taken), default=-1)
    return Rounds(
        number=len(taken),
        looked_at=sum(one.first is not None for one in taken),
        approved_at_once=sum(one.first is EventName.APPROVED for one in taken),
        distribution=tuple(
            RoundsTaken(
                rounds=number,
                approved=ends.get((number, EventName.APPROVED), 0),
                rejected=ends.get((number, EventName.REJECTED), 0),
                withdrawn=ends.get((number, EventName.WITHDRAWN), 0),
                open=ends.get((number, None), 0),
            )
            for number in range(most + 1)
        ),
    )
