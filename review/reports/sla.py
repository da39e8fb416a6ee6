"""How promises were kept: by target and start month, how long answers take, why some broke, who carries what."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.decision import Assignment, Decision
from models.enums import OPEN_SUBMISSION, OUR_PROMISES, Role, SubmissionStage, TargetName
from models.people import Person, PersonRole
from models.submission import Submission
from models.undo import stands
from review.past.submissions import held_at, open_at
from review.reports.course import courses
from review.reports.curve import MEDIAN, NINE_IN_TEN, Point, curve
from review.reports.pauses import PauseReport, pauses
from review.reports.period import EVER, Period
from review.reports.promises import Promise, Tally, by_month, promises, tally
from review.reports.rounds import RoundsReport, rounds
from review.reports.stages import StageReport, stage_times
from review.reports.turns import TurnReport, who_waited
from review.reports.what_if import Supposed, WhatIf, what_if
from review.waiting import quantile

LATELY: Final = timedelta(days=30)
"""Decisions of so long count as a reviewer's recent work."""

CAUSE_NOT_NOTED: Final = "not noted yet"
"""Open past its target, and the watch has not come by since."""

Causes = tuple[tuple[str, int], ...]
"""What stood open when promises broke, and how many did so; most frequent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReport:
    """One target. Median and p90 are open seconds until the answer; None when too few are answered to know."""

    target: TargetName
    is_ours: bool
    """Whether we keep it; else it is promised to us."""
    tally: Tally
    promised: tuple[tuple[int, int], ...]
    """In how many open seconds, and how many of the promises were of that length; most frequent first."""
    median_seconds: float | None
    p90_seconds: float | None
    answered: tuple[Point, ...]
    """By when how many percent were answered."""
    cohorts: tuple[tuple[str, Tally], ...]
    """By the month in which the clock started, as in 2026-11, in the zone of its calendar; oldest first."""
    causes: Causes


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one reviewer carries: open submissions, those of them past a target, recent decisions."""

    name: str
    email: str
    open: int
    past: int
    decided_lately: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaReport:
    at: datetime
    period: Period
    targets: tuple[TargetReport, ...]
    causes: Causes
    """Of all promises that are ours to keep."""
    stages: tuple[StageReport, ...]
    turns: TurnReport
    rounds: RoundsReport
    pauses: PauseReport
    reviewers: tuple[Load, ...]
    unassigned: int
    """Submissions in review that nobody has taken."""
    what_if: WhatIf | None
    """None when nothing is supposed."""


def sla(
    session: Session,
    *,
    at: datetime,
    period: Period = EVER,
    supposed: Supposed | None = None,
    as_of_then: bool = False,
) -> SlaReport:
    """What began in the period, as it stands at `at`; of turns the time within it; of loads what is carried then.

    `as_of_then`: `at` is an instant of the past, and nothing that came later counts.
    """
    ever = promises(session, at=at, past=as_of_then)
    asked = [promise for promise in ever if period.has(promise.day)]
    by_target: dict[TargetName, list[Promise]] = defaultdict(list)
    for promise in asked:
        by_target[promise.target].append(promise)
    past = {promise.submission_id for promise in ever if promise.is_ours and promise.running and promise.exceeded}
    ways = courses(session, ever, at=at)
    return SlaReport(
        at=at,
        period=period,
        targets=tuple(_target(name, by_target[name]) for name in TargetName),
        causes=_causes(promise for promise in asked if promise.is_ours),
        stages=stage_times(ways, at=at, period=period),
        turns=who_waited(ways, at=at, period=period),
        rounds=rounds(ways, period=period),
        pauses=pauses(session, ever, at=at, period=period),
        reviewers=_loads(session, _holdings(session, at) if as_of_then else _holdings_now(session), past, at),
        unassigned=_unassigned_at(session, at) if as_of_then else _unassigned(session),
        what_if=None if supposed is None else what_if(asked, supposed, at=at),
    )


def _target(name: TargetName, counted: Sequence[Promise]) -> TargetReport:
    waits = [promise.wait for promise in counted]
    return TargetReport(
        target=name,
        is_ours=name in OUR_PROMISES,
        tally=tally(counted),
        promised=tuple(Counter(promise.state.target_seconds for promise in counted).most_common()),
        median_seconds=quantile(waits, MEDIAN),
        p90_seconds=quantile(waits, NINE_IN_TEN),
        answered=curve(waits),
        cohorts=tuple((month, tally(cohort)) for month, cohort in by_month(counted).items()),
        causes=_causes(counted),
    )


def _causes(counted: Iterable[Promise]) -> Causes:
    causes = Counter(promise.cause or CAUSE_NOT_NOTED for promise in counted if promise.exceeded)
    return tuple(sorted(causes.items(), key=lambda pair: (-pair[1], pair[0])))


Holdings = Iterable[tuple[int, int]]
"""Who has what: person and submission."""


def _holdings_now(session: Session) -> Holdings:
    return (
        session.execute(
            select(Assignment.person_id, Assignment.submission_id)
            .join(Submission, Submission.id == Assignment.submission_id)
            .where(Assignment.ended_at.is_(None), Submission.stage.in_(OPEN_SUBMISSION))
        )
        .tuples()
        .all()
    )


def _holdings(session: Session, at: datetime) -> Holdings:
    opened = {one.submission_id for one in open_at(session, at=at)}
    return [(holder.person_id, number) for number, holder in held_at(session, at=at).items() if number in opened]


def _loads(session: Session, holdings: Holdings, past: set[int], at: datetime) -> tuple[Load, ...]:
    """Everybody who reviews, and whoever else holds something; the most loaded first."""
    held: dict[int, list[int]] = defaultdict(list)
    for person_id, submission_id in holdings:
        held[person_id].append(submission_id)
    lately = (
        select(Decision.decided_by_id, func.count())
        .where(
            Decision.decided_by_id.is_not(None),
            Decision.decided_at > at - LATELY,
            Decision.decided_at <= at,
            stands(Decision.id),
        )
        .group_by(Decision.decided_by_id)
    )
    decided = dict(session.execute(lately).tuples().all())
    reviews = select(PersonRole.person_id).where(PersonRole.role.in_([Role.REVIEWER, Role.LEAD]))
    people = session.execute(
        select(Person.id, Person.name, Person.email).where(
            (Person.active & Person.id.in_(reviews)) | Person.id.in_({*held, *decided})
        )
    )
    loads = [
        Load(
            name=name,
            email=email,
            open=len(held[person_id]),
            past=len(past.intersection(held[person_id])),
            decided_lately=decided.get(person_id, 0),
        )
        for person_id, name, email in people
    ]
    return tuple(sorted(loads, key=lambda load: (-load.open, -load.decided_lately, load.email)))


def _unassigned_at(session: Session, at: datetime) -> int:
    held = held_at(session, at=at)
    in_review = [one for one in open_at(session, at=at) if one.stage is SubmissionStage.IN_REVIEW]
    return sum(one.submission_id not in held for one in in_review)


def _unassigned(session: Session) -> int:
    taken = select(Assignment.submission_id).where(Assignment.ended_at.is_(None))
    waiting = select(func.count()).where(Submission.stage == SubmissionStage.IN_REVIEW, Submission.id.not_in(taken))
    return session.scalar(waiting) or 0
