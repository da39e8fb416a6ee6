"""What may be said of one open clock: the chance of a breach, and between which instants its answer will come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.clock import Clock
from models.enums import SubmissionKind, TargetName
from review import clock as rules
from review.actions.clocks import state_of
from review.calendar import BeyondCalendar, Calendar
from review.calendars import compiled
from review.clock import ClockState
from review.forecast.chance import Chance, History
from review.reports.promises import promises

NEWEST: Final = 5_000
"""So many of the newest clocks are remembered: enough for every kind, and read in well under a second."""

FRESH_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Four answers in five come from `earliest_at` to `latest_at`.

    `latest_at` is None when nobody knows yet how long it may take; both are None with too few to compare with, and
    while the partner is waited for: then the time counts from their answer.
    """

    chance: Chance
    earliest_at: datetime | None
    latest_at: datetime | None


def outlook(
    history: History,
    calendar: Calendar,
    state: ClockState,
    target: TargetName,
    kind: SubmissionKind,
    *,
    at: datetime,
) -> Outlook:
    """Of a running clock."""
    used = rules.elapsed(calendar, state, at)
    chance = history.chance(target, kind, target_seconds=state.target_seconds, used_seconds=used)
    remaining = history.remaining(target, kind, used_seconds=used)
    if state.paused_since is not None:
        return Outlook(chance=chance, earliest_at=None, latest_at=None)
    return Outlook(
        chance=chance,
        earliest_at=_instant(calendar, at, remaining.low_seconds),
        latest_at=_instant(calendar, at, remaining.high_seconds),
    )


def of_clock(session: Session, clock: Clock, kind: SubmissionKind, *, at: datetime) -> Outlook:
    """Of a running clock, by what this process remembers of the newest ones."""
    return outlook(remembered(session, at=at), compiled(clock.calendar), state_of(clock), clock.target, kind, at=at)


def remembered(session: Session, *, at: datetime) -> History:
    """How the newest clocks went; read anew when what this process remembers is older than ten minutes."""
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    with _READING:
        read = _MEMORY.get(engine)
        if read is not None and timedelta() <= at - read[0] < FRESH_FOR:
            return read[1]
        newest = promises(session, at=at, newest=NEWEST)
        history = History((promise.target, promise.kind, promise.wait) for promise in newest)
        _MEMORY[engine] = at, history
        return history


_MEMORY: WeakKeyDictionary[Engine, tuple[datetime, History]] = WeakKeyDictionary()
_READING = Lock()


def _instant(calendar: Calendar, at: datetime, seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return calendar.add(at, seconds).latest
    except BeyondCalendar:
        return None
