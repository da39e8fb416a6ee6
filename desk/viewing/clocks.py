"""A clock as people read it: how it stands, what was promised, and the account behind its due date."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from desk.viewing.explaining import Terms, foreseen, moves, next_told, sentences
from desk.viewing.team_time import TeamTime
from desk.words import deed, said
from models.clock import CalendarVersion, Clock, PolicyVersion
from models.enums import OUR_PROMISES, TargetName
from models.event import Event
from review.actions.clocks import state_of
from review.calendar import LedgerRow, Reason
from review.calendars import compiled
from review.clock import ClockState
from review.explaining import Account, account
from review.outlook import Outlook


class Standing(StrEnum):
    """How a promise stands. LATE: answered, but after the target was exceeded."""

    RUNNING = "running"
    PAUSED = "paused"
    BREACHED = "breached"
    MET = "met"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A stretch of the account: when, what it says, and the open time counted so far."""

    when: str
    why: str
    counted: bool
    spent: str
    total: str


@dataclass(frozen=True, slots=True)
class PauseLine:
    from_at: datetime
    to_at: datetime | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """`time` shows instants in the zone of the clock's own calendar."""

    time: TeamTime
    target: str
    standing: Standing
    headline: str
    promised: str
    used: str
    why: tuple[str, ...]
    moves: tuple[str, ...]
    foreseen: tuple[str, ...]
    """What will probably become of it, and who hears of it next; empty once it has stopped."""
    started_at: datetime
    due_at: datetime
    breach_at: datetime
    stopped_at: datetime | None
    stopped_because: str
    breach_cause: str
    pauses: tuple[PauseLine, ...]
    ledger: tuple[LedgerLine, ...]
    ledger_until: datetime


WHY = {
    Reason.WEEK: "open",
    Reason.OVERRIDE: "other hours on this day",
    Reason.HOLIDAY: "holiday",
    Reason.BREAK: "break",
    Reason.PAUSE: "waiting on the partner",
}


def clock_views(
    clocks: Iterable[Clock], time: TeamTime, foresee: Callable[[Clock], Outlook], revised: Sequence[Event]
) -> tuple[ClockView, ...]:
    """Running clocks first, ours before the partner's and soonest due first; then the stopped ones, latest first."""
    running = sorted(
        (clock for clock in clocks if clock.stopped_at is None),
        key=lambda clock: (clock.target not in OUR_PROMISES, clock.due_at),
    )
    stopped = [clock for clock in clocks if clock.stopped_at is not None]
    return tuple(
        [_view(clock, time, foresee(clock), revised) for clock in running]
        + [_view(clock, time, None, revised) for clock in reversed(stopped)]
    )


def terms_of(target: TargetName, calendar: CalendarVersion, policy: PolicyVersion) -> Terms:
    return Terms(
        target=target,
        calendar=f"version {calendar.version} of the calendar {calendar.name}",
        policy=f"version {policy.version} of the policy {policy.name}",
    )


def _view(clock: Clock, time: TeamTime, outlook: Outlook | None, revised: Sequence[Event]) -> ClockView:
    calendar, state = compiled(clock.calendar), state_of(clock)
    own = replace(time, zone=ZoneInfo(calendar.spec.tz), business_day_seconds=clock.business_day_seconds)
    counted = account(calendar, state, at=time.at)
    standing = _standing(clock, state, exceeded=counted.breached)
    return ClockView(
        time=own,
        target=said(clock.target),
        standing=standing,
        headline=_headline(standing, own, counted.remaining),
        promised=own.business(clock.target_seconds),
        used=own.business(counted.used),
        why=sentences(terms_of(clock.target, clock.calendar, clock.policy), state, counted, own),
        moves=moves(revised, clock, own),
        foreseen=() if outlook is None else (*foreseen(outlook, state, own), *next_told(clock, own)),
        started_at=clock.started_at,
        due_at=clock.due_at,
        breach_at=clock.breach_at,
        stopped_at=clock.stopped_at,
        stopped_because=deed(clock.stopped_because),
        breach_cause=clock.breach_cause,
        pauses=tuple(PauseLine(pause.from_at, pause.to_at, deed(pause.reason)) for pause in clock.pauses),
        ledger=tuple(ledger_lines(counted, own)),
        ledger_until=counted.until,
    )


def _standing(clock: Clock, state: ClockState, *, exceeded: bool) -> Standing:
    late = clock.breached or exceeded
    if state.stopped_at is not None:
        return Standing.LATE if late else Standing.MET
    if late:
        return Standing.BREACHED
    return Standing.PAUSED if state.paused_since else Standing.RUNNING


def _headline(standing: Standing, time: TeamTime, remaining: float) -> str:
    if standing is Standing.MET:
        return f"kept, with {time.left(remaining)}"
    if standing is Standing.LATE:
        return f"answered {time.left(remaining)}"
    return time.left(remaining)


def ledger_lines(counted: Account, time: TeamTime) -> Iterator[LedgerLine]:
    """A pause of many days is one line."""
    for row in _joined_pauses(counted.rows):
        why = WHY[row.reason] if row.counted or row.reason is not Reason.OVERRIDE else "closed on this day"
        yield LedgerLine(
            when=time.hours(row.from_at, row.to_at),
            why=f"{why}: {row.name}" if row.name else why,
            counted=row.counted,
            spent=time.business(row.seconds),
            total=time.business(row.total) if row.total else "nothing yet",
        )


def _joined_pauses(rows: Iterable[LedgerRow]) -> Iterator[LedgerRow]:
    held: LedgerRow | None = None
    for row in rows:
        if held is not None and held.reason is Reason.PAUSE and row.reason is Reason.PAUSE:
            held = held._replace(to_at=row.to_at, seconds=held.seconds + row.seconds)
            continue
        if held is not None:
            yield held
        held = row
    if held is not None:
        yield held
