"""What will probably become of what is open, from how it went until now, and how far such words could be trusted.

Each open clock by itself: the chance of a breach, and between when and when its answer will come. The queue as a
whole: how many will be late by then, and with one more reviewer. The models are in `review.forecast`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from models.enums import TargetName
from review.forecast.backtest import backtest
from review.forecast.calibration import Calibration, calibration
from review.forecast.chance import History
from review.forecast.simulation import QueueForecast, simulate
from review.outlook import Outlook, outlook
from review.reports import recollection
from review.reports.course import courses
from review.reports.promises import Promise, promises

BUSINESS_DAYS_AHEAD: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockForecast:
    """One open clock, with what of its target is used."""

    submission_id: int
    slug: str
    target: TargetName
    paused: bool
    used_percent: float
    outlook: Outlook


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastReport:
    at: datetime
    until: datetime | None
    """How far the queue is foreseen; None without any promise to take the hours from."""
    business_days: float
    clocks: tuple[ClockForecast, ...]
    """Our own promises, the likeliest breach first; those of which nothing can be told come last."""
    queue: QueueForecast | None
    """None while too few answers were given to know how fast they come."""
    answers: int
    """What people answered lately, from which the pace is taken."""
    reviewers: int
    """Those who answer; the queue is foreseen with them."""
    calibration: Calibration | None
    """How the chances told of past clocks compare with what came; None with too few of them."""


def forecast(
    session: Session,
    *,
    at: datetime,
    business_days: float = BUSINESS_DAYS_AHEAD,
    reviewers: int | None = None,
    seed: int = 0,
    past: bool = False,
) -> ForecastReport:
    """What is open at `at`, foreseen so many business days of the team's calendar ahead; the same for the same seed.

    `past`: `at` is an instant of the past, and nothing that came later is known. `reviewers` is how many answer; None
    takes who did lately. Raises BeyondCalendar and QueueInvalid.
    """
    ever = promises(session, at=at, past=past)
    ours = [promise for promise in ever if promise.is_ours]
    history = History((promise.target, promise.kind, promise.wait) for promise in ever)
    scored = (
        prediction for clocks, now in recollection.past_clocks(ours, at) for prediction in backtest(clocks, now=now)
    )
    ahead = _Ahead() if not ours else _ahead(session, ours, ever, at, business_days, reviewers, seed)
    return ForecastReport(
        at=at,
        until=ahead.until,
        business_days=business_days,
        clocks=tuple(
            sorted((_clock(promise, history, at) for promise in ours if promise.running), key=_likeliest_first)
        ),
        queue=ahead.queue,
        answers=ahead.answers,
        reviewers=ahead.reviewers,
        calibration=calibration(scored),
    )


@dataclass(frozen=True, slots=True)
class _Ahead:
    until: datetime | None = None
    queue: QueueForecast | None = None
    answers: int = 0
    reviewers: int = 0


def _ahead(
    session: Session,
    ours: list[Promise],
    ever: list[Promise],
    at: datetime,
    business_days: float,
    reviewers: int | None,
    seed: int,
) -> _Ahead:
    calendar = ours[-1].hours.calendar
    horizon = calendar.business_days(business_days)
    line = recollection.Line.of_late(calendar, at)
    given = recollection.answers(session, line)
    answering = recollection.answering(session, given) if reviewers is None else reviewers
    queue = simulate(
        recollection.items(ours, line),
        recollection.lately(ours, courses(session, ever, at=at), given, line),
        reviewers=answering,
        horizon_seconds=horizon,
        seed=seed,
    )
    return _Ahead(calendar.add(at, horizon).latest, queue, len(given), answering)


def _clock(promise: Promise, history: History, at: datetime) -> ClockForecast:
    return ClockForecast(
        submission_id=promise.submission_id,
        slug=promise.slug,
        target=promise.target,
        paused=promise.paused,
        used_percent=100 * promise.used / promise.state.target_seconds,
        outlook=outlook(history, promise.hours.calendar, promise.state, promise.target, promise.kind, at=at),
    )


def _likeliest_first(one: ClockForecast) -> tuple[bool, float, int]:
    chance = one.outlook.chance.probability
    return chance is None, -(chance or 0.0), one.submission_id
