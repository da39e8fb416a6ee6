"""When a person is told: at once, after their quiet time, or in a digest (pure).

Urgent messages know no rhythm. The others wait, and none is lost: what can't come now has an instant at which it can.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.enums import ChosenCategory, ChosenChannel, EventName, HeldFor, How
from notifications.instants import UTC_NAMES
from notifications.message import Category

DIGEST_FROM = time(9)
"""Local time of a digest, on weekdays; later only when it could not go out then."""
WORK_ENDS = time(17)
LEAST_WORK = timedelta(hours=1)
"""What quiet hours must leave of the working hours, so that there is room for the digest."""
MAILS_A_DAY = 6
"""The usual cap on what is not urgent, for each person of a partner and day of theirs."""

SATURDAY = 5
DAYS_AHEAD = 14
"""Past any weekend, and past a calendar day that a zone left out."""


class Side(StrEnum):
    """Where somebody stands: what they hear of, and whether the cap holds for them."""

    PARTNER = "partner"
    TEAM = "team"


RHYTHM: Mapping[tuple[Side, ChosenCategory], How] = {
    (Side.PARTNER, ChosenCategory.STATUS): How.AT_ONCE,
    (Side.PARTNER, ChosenCategory.REMINDER): How.AT_ONCE,
    (Side.TEAM, ChosenCategory.WORK): How.AT_ONCE,
}
"""What each side hears of and may choose, and how it hears without a choice. Escalations are nobody's choice."""

DECIDED = frozenset(
    {
        EventName.CHANGES_REQUESTED,
        EventName.APPROVED,
        EventName.REJECTED,
        EventName.ACCESS_GRANTED,
        EventName.ACCESS_DECLINED,
        EventName.DELISTED,
    }
)
URGENT_EVENTS = DECIDED | {EventName.CLOCK_BREACHED, EventName.CLOCK_ESCALATED, EventName.REGRESSED}


def is_urgent(category: Category, event: EventName, *, receipt: bool) -> bool:
    """Whether it comes at once to anybody, also at night. A receipt answers what its reader has just done."""
    return receipt or category is Category.ESCALATION or event in URGENT_EVENTS


class QuietInvalid(ValueError):
    """These hours can't be somebody's quiet time."""

    def __init__(self, begins: time, ends: time, because: str) -> None:
        super().__init__(f"quiet hours {begins:%H:%M}-{ends:%H:%M}: {because}; expected such as 20:00-07:00, or none")


@dataclass(frozen=True, slots=True)
class Quiet:
    """Local hours without messages, each day, and the weekends whole. Raises QuietInvalid."""

    begins: time
    ends: time

    def __post_init__(self) -> None:
        if self.begins == self.ends:
            raise QuietInvalid(self.begins, self.ends, "they begin when they end")
        if self._work_left() < LEAST_WORK:
            work = f"the working hours, {DIGEST_FROM:%H:%M}-{WORK_ENDS:%H:%M}"
            raise QuietInvalid(self.begins, self.ends, f"they leave less than an hour of {work}, for a digest")

    def holds(self, clock: time) -> bool:
        """Whether it is quiet at this local time of a weekday."""
        if self.begins < self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def _work_left(self) -> timedelta:
        minutes = range(DIGEST_FROM.hour * 60, WORK_ENDS.hour * 60)
        return timedelta(minutes=sum(not self.holds(time(*divmod(minute, 60))) for minute in minutes))


USUAL_QUIET = Quiet(time(20), time(7))


@dataclass(frozen=True, slots=True)
class Habit:
    """How one person hears: where they live, when they want quiet (None: never), and what they chose."""

    side: Side
    time_zone: str
    quiet: Quiet | None
    chosen: Mapping[ChosenCategory, How] = field(default_factory=dict)
    channels: Mapping[ChosenCategory, ChosenChannel] = field(default_factory=dict)

    def how(self, category: Category) -> How:
        known = choosable(self.side, category)
        return How.AT_ONCE if known is None else self.chosen.get(known, RHYTHM[self.side, known])

    def channel(self, category: Category) -> ChosenChannel | None:
        known = choosable(self.side, category)
        return None if known is None else self.channels.get(known)


def choosable(side: Side, category: Category) -> ChosenCategory | None:
    """The category as something to choose; None where nobody of that side has a choice."""
    return next((mine for mine in side_hears(side) if mine.value == category.value), None)


def side_hears(side: Side) -> tuple[ChosenCategory, ...]:
    """What somebody of that side has a choice about."""
    return tuple(category for of, category in RHYTHM if of is side)


def usual_quiet(time_zone: str) -> Quiet | None:
    """Nights and weekends, where it is known when they are: UTC stands for a zone that nobody has told."""
    return None if time_zone in UTC_NAMES else USUAL_QUIET


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now. Held for quiet it is tried `until` then; for a digest or the cap it is joined then."""

    until: datetime
    held: HeldFor


@dataclass(frozen=True, slots=True)
class Today:
    """What a person got today that was not urgent, and whether a digest is still to come. Of mails to partners only."""

    mails: int = 0
    digest_to_come: bool = False


def wait_of_one(habit: Habit, category: Category, at: datetime, today: Today, cap: int) -> Wait | None:
    """Why a message that is not urgent does not go out now; None when it does. `how` says OFF elsewhere."""
    zone = zone_of(habit.time_zone)
    if habit.how(category) is How.DIGEST:
        return Wait(next_digest_at(at, zone, habit.quiet), HeldFor.DIGEST)
    if habit.quiet is not None and is_quiet(at, zone, habit.quiet):
        return Wait(quiet_until(at, zone, habit.quiet), HeldFor.QUIET)
    if habit.side is Side.PARTNER and today.mails + today.digest_to_come >= cap:
        return Wait(next_digest_at(end_of_day(at, zone), zone, habit.quiet), HeldFor.CAP)
    return None


def wait_of_digest(habit: Habit, at: datetime, today: Today, cap: int) -> datetime | None:
    """Until when a digest waits: for working hours, or for a day that has room for it. None: it goes out now."""
    zone = zone_of(habit.time_zone)
    if not is_work(at, zone, habit.quiet):
        return next_digest_at(at, zone, habit.quiet)
    if habit.side is Side.PARTNER and today.mails >= cap:
        return next_digest_at(end_of_day(at, zone), zone, habit.quiet)
    return None


def next_digest_at(at: datetime, zone: tzinfo, quiet: Quiet | None = None) -> datetime:
    """The first instant after `at` for a digest: nine in the morning of a weekday, or later as quiet hours end."""
    for day in _days(at, zone):
        start = _instant(day, DIGEST_FROM, zone)
        if quiet is not None and day.weekday() < SATURDAY and quiet.holds(DIGEST_FROM):
            start = _instant(day, quiet.ends, zone)
        if start > at and is_work(start, zone, quiet):
            return start
    raise NoSuchInstant(at)


def is_work(at: datetime, zone: tzinfo, quiet: Quiet | None = None) -> bool:
    """Whether a digest may go out: a weekday between nine and five, and not quiet."""
    local = at.astimezone(zone)
    in_hours = local.weekday() < SATURDAY and DIGEST_FROM <= local.time() < WORK_ENDS
    return in_hours and not (quiet is not None and is_quiet(at, zone, quiet))


def is_quiet(at: datetime, zone: tzinfo, quiet: Quiet) -> bool:
    local = at.astimezone(zone)
    return local.weekday() >= SATURDAY or quiet.holds(local.time())


def quiet_until(at: datetime, zone: tzinfo, quiet: Quiet) -> datetime:
    """The first end of quiet time after `at`."""
    # A weekend can end at midnight; an hour that the clock shows twice can end quiet time twice.
    ends = (
        _instant(day, clock, zone, fold)
        for day in _days(at, zone)
        for clock in sorted({time(0), quiet.ends})
        for fold in (0, 1)
    )
    for end in ends:
        if end > at and not is_quiet(end, zone, quiet):
            return end
    raise NoSuchInstant(at)


def start_of_day(at: datetime, zone: tzinfo) -> datetime:
    return _instant(at.astimezone(zone).date(), time(0), zone)


def end_of_day(at: datetime, zone: tzinfo) -> datetime:
    """Just before the person's next day begins."""
    return _instant(at.astimezone(zone).date() + timedelta(days=1), time(0), zone) - timedelta(microseconds=1)


def zone_of(name: str) -> tzinfo:
    """The zone of that name; one that nobody knows reads as UTC."""
    try:
        return UTC if name in UTC_NAMES else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


class NoSuchInstant(ArithmeticError):
    """No instant was found within DAYS_AHEAD: a zone that leaves out weeks."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"no instant within {DAYS_AHEAD} days of {at.isoformat()} will do")


def _days(at: datetime, zone: tzinfo) -> Iterator[date]:
    today = at.astimezone(zone).date()
    return (today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD))


def _instant(day: date, clock: time, zone: tzinfo, fold: int = 0) -> datetime:
    return datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)
