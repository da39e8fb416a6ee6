"""How long submissions stay in each stage: what the team could work on them, and what the partner lives through."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from models.enums import SubmissionKind, SubmissionStage
from review.reports.course import Course, stages
from review.reports.curve import MEDIAN, NINE_IN_TEN
from review.reports.period import EVER, Period
from review.waiting import Wait, quantile

TOLD_OF: Final = (SubmissionStage.SUBMITTED, SubmissionStage.IN_REVIEW, SubmissionStage.CHANGES_REQUESTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimes:
    """Stays in one stage, each counted, so a submission sent back twice was in review three times.

    Open seconds are those of the submission's calendar; seconds are on the wall. Kaplan and Meier's estimates: those
    that are `still` there count as staying so long already; None when too few have left for anybody to know.
    """

    number: int
    still: int
    median_open_seconds: float | None
    p90_open_seconds: float | None
    median_seconds: float | None
    p90_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    stage: SubmissionStage
    times: StageTimes
    kinds: tuple[tuple[SubmissionKind, StageTimes], ...]
    """Of each kind of submission that was ever in it."""


class _Stay(NamedTuple):
    kind: SubmissionKind
    open_seconds: float
    seconds: float
    ended: bool


def stage_times(courses: Iterable[Course], *, at: datetime, period: Period = EVER) -> tuple[StageReport, ...]:
    """Stays that began in the period, in the order of the path. However a stay ended, it ended: also withdrawn."""
    found: dict[SubmissionStage, list[_Stay]] = defaultdict(list)
    for course in courses:
        calendar, zone = course.hours.calendar, course.hours.zone
        for stay in stages(course.told):
            if not period.has(stay.since.astimezone(zone).date()):
                continue
            end = stay.end(at)
            found[stay.what].append(
                _Stay(
                    kind=course.kind,
                    open_seconds=calendar.elapsed(stay.since, end),
                    seconds=(end - stay.since).total_seconds(),
                    ended=stay.until is not None,
                )
            )
    return tuple(_report(stage, found[stage]) for stage in TOLD_OF)


def _report(stage: SubmissionStage, stays: Sequence[_Stay]) -> StageReport:
    kinds = [(kind, [stay for stay in stays if stay.kind is kind]) for kind in SubmissionKind]
    return StageReport(
        stage=stage, times=_times(stays), kinds=tuple((kind, _times(of_kind)) for kind, of_kind in kinds if of_kind)
    )


def _times(stays: Sequence[_Stay]) -> StageTimes:
    worked = [Wait(stay.open_seconds, stay.ended) for stay in stays]
    lived = [Wait(stay.seconds, stay.ended) for stay in stays]
    return StageTimes(
        number=len(stays),
        still=sum(not stay.ended for stay in stays),
        median_open_seconds=quantile(worked, MEDIAN),
        p90_open_seconds=quantile(worked, NINE_IN_TEN),
        median_seconds=quantile(lived, MEDIAN),
        p90_seconds=quantile(lived, NINE_IN_TEN),
    )
