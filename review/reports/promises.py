"""Every promise as it is counted: what its clock has used, and whether that was too much. Tallies of many."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import CalendarVersion, Clock, Pause
from models.enums import OUR_PROMISES, EventName, SubmissionKind, TargetName
from models.integration import Integration
from models.submission import Submission
from review import clock as rules
from review.calendar import Calendar
from review.calendars import compiled
from review.waiting import Wait


class Hours(NamedTuple):
    """A calendar version as reports use it."""

    name: str
    calendar: Calendar
    zone: ZoneInfo


class Taken(NamedTuple):
    """A pause of a clock; `until` is None while it lasts, `reason` the name of the event that began it."""

    id: int
    since: datetime
    until: datetime | None
    reason: str

    def known_at(self, at: datetime) -> "Taken":
        """As it was known: it lasts as long as no end was seen."""
        return self if self.until is None or self.until <= at else self._replace(until=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A clock as it is counted; `used` are open seconds of its calendar until its stop, or until now."""

    clock_id: int
    submission_id: int
    kind: SubmissionKind
    slug: str
    target: TargetName
    hours: Hours
    business_day_seconds: int
    state: rules.ClockState
    pauses: tuple[Taken, ...]
    day: date
    """When it started, where its calendar is."""
    used: float
    exceeded: bool
    withdrawn: bool
    cause: str

    @property
    def month(self) -> str:
        return f"{self.day.year:04}-{self.day.month:02}"

    @property
    def running(self) -> bool:
        return self.state.stopped_at is None

    @property
    def paused(self) -> bool:
        return self.state.paused_since is not None

    @property
    def is_ours(self) -> bool:
        return self.target in OUR_PROMISES

    @property
    def wait(self) -> Wait:
        return Wait(self.used, ended=not self.running and not self.withdrawn)


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
    def settled(self) -> int:
        """Those that can't become the other any more: met or breached."""
        return self.met + self.breached

    @property
    def attainment(self) -> float | None:
        """Percent of the promises that are settled either way which were met; None when none is settled."""
        return 100 * self.met / self.settled if self.settled else None


def promises(session: Session, *, at: datetime, newest: int | None = None, past: bool = False) -> list[Promise]:
    """Every promise ever made, or the newest so many, as it stands at `at`, oldest first.

    `past`: as it was known at `at`, by the terms of now; nothing that came later. Three queries; each calendar compiled
    once.
    """
    used_calendars = select(CalendarVersion).where(CalendarVersion.id.in_(select(Clock.calendar_id)))
    hours = {version.id: _hours(version) for version in session.scalars(used_calendars)}
    pauses = _pauses(session, newest)
    clocks = (
        select(
            Clock.id,
            Clock.submission_id,
            Submission.kind,
            Integration.slug,
            Clock.target,
            Clock.calendar_id,
            Clock.target_seconds,
            Clock.business_day_seconds,
            Clock.started_at,
            Clock.stopped_at,
            Clock.stopped_because,
            Clock.breached,
            Clock.breach_cause,
        )
        .join(Submission, Submission.id == Clock.submission_id)
        .join(Submission.integration)
        .order_by(Clock.id.desc())
        .limit(newest)
    )
    if past:
        clocks = clocks.where(Clock.started_at <= at)
    found = []
    for clock in reversed(session.execute(clocks).all()):
        taken = pauses.get(clock.id, ())
        if past:
            taken = tuple(one.known_at(at) for one in taken if one.since <= at)
        stopped_at = clock.stopped_at if not past or (clock.stopped_at is not None and clock.stopped_at <= at) else None
        state = rules.ClockState(
            started_at=clock.started_at,
            target_seconds=clock.target_seconds,
            pauses=tuple((pause.since, pause.until) for pause in taken),
            stopped_at=stopped_at,
        )
        within = hours[clock.calendar_id]
        used = rules.elapsed(within.calendar, state, at)
        found.append(
            Promise(
                clock_id=clock.id,
                submission_id=clock.submission_id,
                kind=clock.kind,
                slug=clock.slug,
                target=clock.target,
                hours=within,
                business_day_seconds=clock.business_day_seconds,
                state=state,
                pauses=taken,
                day=clock.started_at.astimezone(within.zone).date(),
                used=used,
                # A stopped clock's word is final; a running one may be ahead of the watch that marks it.
                exceeded=(clock.breached and (not past or stopped_at is not None))
                or (stopped_at is None and used > clock.target_seconds),
                withdrawn=stopped_at is not None and clock.stopped_because == EventName.WITHDRAWN.value,
                cause=clock.breach_cause,
            )
        )
    return found


def tally(counted: Sequence[Promise]) -> Tally:
    return tally_as(counted, [promise.exceeded for promise in counted])


def tally_as(counted: Sequence[Promise], exceeded: Sequence[bool]) -> Tally:
    """The tally as it is when each promise was exceeded as the flag beside it says."""
    judged = list(zip(counted, exceeded, strict=True))
    in_time = [promise for promise, late in judged if not late and not promise.running]
    running = [(promise, late) for promise, late in judged if promise.running]
    return Tally(
        number=len(judged),
        met=sum(not promise.withdrawn for promise in in_time),
        breached=sum(exceeded),
        open=len(running),
        open_past=sum(late for _, late in running),
        paused=sum(promise.paused for promise, _ in running),
        not_owed=sum(promise.withdrawn for promise in in_time),
    )


def by_month(counted: Iterable[Promise]) -> Mapping[str, list[Promise]]:
    """By the month in which they started, as in 2026-11; oldest first."""
    months: dict[str, list[Promise]] = defaultdict(list)
    for promise in counted:
        months[promise.month].append(promise)
    return {month: months[month] for month in sorted(months)}


def _hours(version: CalendarVersion) -> Hours:
    calendar = compiled(version)
    return Hours(version.name, calendar, ZoneInfo(calendar.spec.tz))


def _pauses(session: Session, newest: int | None) -> Mapping[int, tuple[Taken, ...]]:
    """The pauses of each clock that has any, oldest first."""
    wanted = select(Pause.clock_id, Pause.id, Pause.from_at, Pause.to_at, Pause.reason)
    if newest is not None:
        clocks = select(Clock.id).order_by(Clock.id.desc()).limit(newest).subquery()
        wanted = wanted.where(Pause.clock_id.in_(select(clocks.c.id)))
    rows = session.execute(wanted.order_by(Pause.clock_id, Pause.from_at, Pause.id))
    pauses: dict[int, list[Taken]] = defaultdict(list)
    for clock_id, *taken in rows:
        pauses[clock_id].append(Taken(*taken))
    return {clock_id: tuple(taken) for clock_id, taken in pauses.items()}
