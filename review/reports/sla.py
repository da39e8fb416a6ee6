"""How promises were kept: by target and start month, how long answers take, why some broke, who carries what."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models.clock import Clock
from models.decision import Assignment, Decision
from models.enums import OPEN_SUBMISSION, EventName, Role, SubmissionStage, TargetName
from models.people import Person, PersonRole
from models.submission import Submission
from review import clock as rules
from review.actions.clocks import state_of
from review.calendars import compiled
from review.reports.waiting import Wait, quantile

MEDIAN: Final = Fraction(1, 2)
NINE_IN_TEN: Final = Fraction(9, 10)

LATELY: Final = timedelta(days=30)
"""Decisions of so long count as a reviewer's recent work."""

CAUSE_NOT_NOTED: Final = "not noted yet"
"""Open past its target, and the watch has not come by since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Promises of one kind, each counted once: met + breached + (open - open_past) + not_owed = number.

    `breached` are those that used more than their target, answered or not; `open_past` are the unanswered among
    them. `paused` are the open ones that wait for the partner. `not_owed` were withdrawn in time.
    """

    number: int
    met: int
    breached: int
    open: int
    open_past: int
    paused: int
    not_owed: int

    @property
    def attainment(self) -> float | None:
        """Percent of the promises that are settled either way which were met; None when none is settled."""
        settled = self.met + self.breached
        return 100 * self.met / settled if settled else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReport:
    """One target. Median and p90 are open seconds until the answer; None when too few are answered to know."""

    target: TargetName
    tally: Tally
    median_seconds: float | None
    p90_seconds: float | None
    cohorts: tuple[tuple[str, Tally], ...]
    """By the month in which the clock started, as in 2026-11, in the zone of its calendar; oldest first."""
    causes: tuple[tuple[str, int], ...]
    """What stood open when promises broke, most frequent first."""


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
    targets: tuple[TargetReport, ...]
    reviewers: tuple[Load, ...]
    unassigned: int
    """Submissions in review that nobody has taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Promise:
    """A clock as it is counted."""

    submission_id: int
    month: str
    used: float
    running: bool
    paused: bool
    exceeded: bool
    withdrawn: bool
    cause: str

    @property
    def wait(self) -> Wait:
        return Wait(self.used, ended=not self.running and not self.withdrawn)


def sla(session: Session, *, at: datetime) -> SlaReport:
    """Every promise ever made, as it stands at `at`."""
    promises: dict[TargetName, list[_Promise]] = defaultdict(list)
    clocks = select(Clock).options(joinedload(Clock.calendar)).order_by(Clock.id)
    for clock in session.scalars(clocks):
        promises[clock.target].append(_promise(clock, at))
    past = {
        promise.submission_id
        for of_target in promises.values()
        for promise in of_target
        if promise.running and promise.exceeded
    }
    return SlaReport(
        at=at,
        targets=tuple(_target(name, promises[name]) for name in TargetName),
        reviewers=_loads(session, past, at),
        unassigned=_unassigned(session),
    )


def _promise(clock: Clock, at: datetime) -> _Promise:
    calendar, state = compiled(clock.calendar), state_of(clock)
    used = rules.elapsed(calendar, state, at)
    running = state.stopped_at is None
    return _Promise(
        submission_id=clock.submission_id,
        month=f"{clock.started_at.astimezone(ZoneInfo(calendar.spec.tz)):%Y-%m}",
        used=used,
        running=running,
        paused=state.paused_since is not None,
        # A stopped clock's word is final; a running one may be ahead of the watch that marks it.
        exceeded=clock.breached or (running and used > clock.target_seconds),
        withdrawn=clock.stopped_because == EventName.WITHDRAWN.value,
        cause=clock.breach_cause,
    )


def _target(name: TargetName, promises: Sequence[_Promise]) -> TargetReport:
    cohorts: dict[str, list[_Promise]] = defaultdict(list)
    for promise in promises:
        cohorts[promise.month].append(promise)
    waits = [promise.wait for promise in promises]
    causes = Counter(promise.cause or CAUSE_NOT_NOTED for promise in promises if promise.exceeded)
    return TargetReport(
        target=name,
        tally=_tally(promises),
        median_seconds=quantile(waits, MEDIAN),
        p90_seconds=quantile(waits, NINE_IN_TEN),
        cohorts=tuple((month, _tally(cohorts[month])) for month in sorted(cohorts)),
        causes=tuple(sorted(causes.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def _tally(promises: Iterable[_Promise]) -> Tally:
    counted = list(promises)
    settled = [promise for promise in counted if not promise.running and not promise.exceeded]
    running = [promise for promise in counted if promise.running]
    return Tally(
        number=len(counted),
        met=sum(not promise.withdrawn for promise in settled),
        breached=sum(promise.exceeded for promise in counted),
        open=len(running),
        open_past=sum(promise.exceeded for promise in running),
        paused=sum(promise.paused for promise in running),
        not_owed=sum(promise.withdrawn for promise in settled),
    )


def _loads(session: Session, past: set[int], at: datetime) -> tuple[Load, ...]:
    """Everybody who reviews, and whoever else holds something; the most loaded first."""
    held: dict[int, list[int]] = defaultdict(list)
    holdings = (
        select(Assignment.person_id, Assignment.submission_id)
        .join(Submission, Submission.id == Assignment.submission_id)
        .where(Assignment.ended_at.is_(None), Submission.stage.in_(OPEN_SUBMISSION))
    )
    for person_id, submission_id in session.execute(holdings):
        held[person_id].append(submission_id)
    lately = (
        select(Decision.decided_by_id, func.count())
        .where(Decision.decided_at > at - LATELY, Decision.decided_at <= at)
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


def _unassigned(session: Session) -> int:
    taken = select(Assignment.submission_id).where(Assignment.ended_at.is_(None))
    waiting = select(func.count()).where(Submission.stage == SubmissionStage.IN_REVIEW, Submission.id.not_in(taken))
    return session.scalar(waiting) or 0
