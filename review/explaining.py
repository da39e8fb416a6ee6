"""Why a clock is due when it is: its account from the start to the due date, day by day. Pure.

The account is the calendar's own ledger, so that what is said of a due date is what it was computed from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from review import clock as rules
from review.calendar import Calendar, LedgerRow, Reason
from review.clock import ClockState


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A local date of the account. `counted` are open seconds; `closed` what kept planned time from counting: the
    reason and the holiday's name (empty when it has none), each once, in the order of the day.
    """

    day: date
    counted: int | float
    closed: tuple[tuple[Reason, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How a clock stands at an instant, and what that rests on. Seconds are open seconds.

    `due_at` and `breach_at` are None while the partner is waited for: they move with every minute of it.
    `rows` reach from the start to the due date; for a paused clock to `at`, for a stopped one to its stop.
    """

    at: datetime
    due_at: datetime | None
    breach_at: datetime | None
    used: int | float
    remaining: int | float
    breached: bool
    paused_since: datetime | None
    until: datetime
    rows: tuple[LedgerRow, ...]
    days: tuple[Day, ...]
    paused: int | float
    """Open seconds up to `until` that pauses kept from counting."""
    clock_changes: tuple[tuple[date, timedelta], ...]
    """Local dates on which the zone's offset changes on the way, and by how much."""


def account(calendar: Calendar, state: ClockState, *, at: datetime) -> Account:
    """The account of a clock as of `at`. BeyondCalendar when the calendar has too few hours."""
    due = rules.due_at(calendar, state)
    until = state.stopped_at or due or at
    rows = calendar.ledger(state.started_at, until, state.pauses_until(until))
    zone = ZoneInfo(calendar.spec.tz)
    return Account(
        at=at,
        due_at=due,
        breach_at=rules.breach_at(calendar, state),
        used=rules.elapsed(calendar, state, at),
        remaining=rules.remaining_seconds(calendar, state, at),
        breached=rules.is_breached(calendar, state, at),
        paused_since=state.paused_since,
        until=until,
        rows=rows,
        days=_days(rows, zone),
        paused=sum(row.seconds for row in rows if row.reason is Reason.PAUSE),
        clock_changes=_clock_changes(state.started_at, until, zone),
    )


def _days(rows: Iterable[LedgerRow], zone: ZoneInfo) -> tuple[Day, ...]:
    counted: dict[date, int | float] = {}
    closed: dict[date, dict[tuple[Reason, str], None]] = {}
    for row in rows:
        day = row.from_at.astimezone(zone).date()
        counted[day] = counted.get(day, 0) + (row.seconds if row.counted else 0)
        reasons = closed.setdefault(day, {})
        if not row.counted:
            reasons[(row.reason, row.name)] = None
    return tuple(Day(day=day, counted=counted[day], closed=tuple(closed[day])) for day in counted)


def _clock_changes(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[tuple[date, timedelta], ...]:
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    noons = [
        datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        for day in (first + timedelta(days=number) for number in range((last - first).days + 1))
    ]
    changes = []
    for before, after in pairwise(noons):
        moved = (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
        if moved:
            changes.append((after.date(), moved))
    return tuple(changes)
