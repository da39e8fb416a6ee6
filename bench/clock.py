"""Business-time arithmetic beside the Python libraries for it: businesstimedelta, workclock and pandas.

    .venv/bin/python bench/clock.py [--rounds 7] [--rows 1000000]     (`make bench` installs what it compares with)

The calendar is the reviewing team's in the rulebook: a zone with daylight saving, weekly hours, dated holidays. All can
say that much. What can't be said is not measured: to none of them hours or breaks of a single date, pauses, holidays by
month and day; to pandas the open time between two instants, and amounts other than whole hours (CustomBusinessHour
moves an instant by hours; numpy's busday functions count whole dates).

First each answers every input of a case. An answer is right when it is the first or the last instant with that much
open time elapsed: where that is a close, each library has its own habit. One that is ever wrong or raises is shown and
timed, but is not what our time is compared with. Then they take turns over the same inputs, round by round, with all
that can be constructed beforehand; times are medians, and a ratio is the median over the rounds of the other's time
over ours. One that would need more than a quarter of a second for its turn gets the first of the inputs.

The aims are asked of the team's calendar, against the best accurate library; the other calendars show how much that
depends on the calendar. The last line is JSON: `ratio` is the smallest ratio over its aim, so 1 or more is all met.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from operator import add, itemgetter
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checklist.rulebook import current
from review.calendar import Calendar, CalendarSpec
from review.calendar_batch import add_many, elapsed_many

try:
    import businesstimedelta
    import pandas as pd
    import pytz
    import workclock
except ImportError as missing:
    sys.exit(
        f"bench/clock.py compares with {missing.name}, which is not installed: run `make bench`, or "
        "`.venv/bin/python -m pip install --require-hashes --no-deps -r bench/requirements.txt`"
    )

OURS = "ours"
AIMS = {"due": 3, "elapsed": 3, "due a year on": 30, "elapsed over a year": 30}
AIM_ROWS = 10_000_000
"""A second, in arrays."""
YEAR = date(2026, 1, 1)
MONDAY_TO_FRIDAY = ("mon", "tue", "wed", "thu", "fri")
HOURS_A_DAY = 8
TURN_SECONDS = 0.02
"""The inputs are repeated until a turn has taken that long, so that the steps of the machine's clock don't show."""
LONGEST_TURN_SECONDS = 0.25
PORTION = 20_000
"""Of the rows, for those that would need minutes for all."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the libraries and we can all say: one row of hours, Monday to Friday, a lunch break, dated holidays."""

    name: str
    tz: str
    opens: time
    closes: time
    holidays: tuple[date, ...]
    lunch: tuple[time, time] | None = None

    def compiled(self) -> Calendar:
        rows = [(self.opens, self.closes)]
        if self.lunch:
            rows = [(self.opens, self.lunch[0]), (self.lunch[1], self.closes)]
        week = dict.fromkeys(MONDAY_TO_FRIDAY, rows)
        return Calendar.compile(CalendarSpec.parse({"tz": self.tz, "week": week, "holidays": self.holidays}))

    def businesstimedelta(self) -> Any:
        zone = {"tz": pytz.timezone(self.tz)}
        rules = [businesstimedelta.WorkDayRule(self.opens, self.closes, [0, 1, 2, 3, 4], **zone)]
        if self.lunch:
            rules.append(businesstimedelta.LunchTimeRule(*self.lunch, [0, 1, 2, 3, 4], **zone))
        if self.holidays:
            rules.append(businesstimedelta.HolidayRule(set(self.holidays), **zone))
        return businesstimedelta.Rules(rules)

    def workclock(self) -> workclock.Schedule:
        rules: list[workclock.Rule] = [workclock.WorkDay(self.opens, self.closes), workclock.Holidays(self.holidays)]
        if self.lunch:
            rules.append(workclock.Break(*self.lunch))
        return workclock.Schedule(rules, time_zone=self.tz)

    def pandas(self, hours: int) -> pd.offsets.CustomBusinessHour:
        starts, ends = [self.opens], [self.closes]
        if self.lunch:
            starts, ends = [self.opens, self.lunch[1]], [self.lunch[0], self.closes]
        return pd.offsets.CustomBusinessHour(n=hours, start=starts, end=ends, holidays=list(self.holidays))


def desks() -> list[Desk]:
    """The team's first."""
    calendar = current(YEAR).calendars["team"]
    if calendar.overrides or calendar.breaks or calendar.holidays_yearly or tuple(calendar.week) != MONDAY_TO_FRIDAY:
        sys.exit("the team's calendar says more than the libraries can: give bench/clock.py one of its own")
    (((opens, closes),),) = set(calendar.week.values())
    holidays = tuple(calendar.holidays)
    office = time.fromisoformat(opens), time.fromisoformat(closes)
    return [
        Desk("team", calendar.tz, *office, holidays),
        Desk("team, closed for lunch", calendar.tz, *office, holidays, (time(12), time(13))),
        Desk("team, no holidays", calendar.tz, *office, ()),
        Desk("UTC, no holidays", "UTC", *office, ()),
    ]


@dataclass(slots=True)
class Contestant:
    """What is timed is `ask` with each of the inputs; `read` makes seconds, or an instant, of its answer. `seconds` are
    those of a call, round by round.
    """

    name: str
    ask: Callable[[Any, Any], Any]
    inputs: list[tuple[Any, Any]]
    read: Callable[[Any], Any]
    asked: int = 0
    wrong: int = 0
    seconds: list[float] = field(default_factory=list)

    def examine(self, expected: Sequence[Collection[Any]]) -> None:
        """Count what it says wrongly; keep of the inputs those that it answers and that one turn allows."""
        self.asked = len(self.inputs)
        answered = []
        begun = perf_counter()
        for arguments, right in zip(self.inputs, expected, strict=True):
            try:
                answer = self.read(self.ask(*arguments))
            except Exception:  # noqa: BLE001 - a library's own failure is what is counted here
                self.wrong += 1
                continue
            answered.append(arguments)
            self.wrong += answer not in right
        if not answered:
            sys.exit(f"{self.name} answered none of {self.asked} inputs: it is not used as it wants to be")
        a_call = (perf_counter() - begun) / self.asked
        self.inputs = answered[: max(1, int(LONGEST_TURN_SECONDS / a_call))]

    def take_turn(self) -> None:
        ask, inputs = self.ask, self.inputs
        passes, spent, begun = 0, 0.0, perf_counter()
        while spent < TURN_SECONDS:
            for one, other in inputs:
                ask(one, other)
            passes += 1
            spent = perf_counter() - begun
        self.seconds.append(spent / (passes * len(inputs)))


@dataclass(slots=True)
class Batch:
    """What is timed is `ask()`, which answers so many rows at once; `read` makes an array of it."""

    name: str
    rows: int
    ask: Callable[[], Any]
    read: Callable[[Any], NDArray[Any]]
    wrong: int = 0
    seconds: list[float] = field(default_factory=list)

    def examine(self, *expected: NDArray[Any]) -> None:
        answer = self.read(self.ask())
        right = np.any([answer == each[: self.rows] for each in expected], axis=0)
        self.wrong = self.rows - int(right.sum())

    def take_turn(self) -> None:
        begun = perf_counter()
        self.ask()
        self.seconds.append(perf_counter() - begun)

    @property
    def rows_a_second(self) -> int:
        return round(self.rows / median(self.seconds))


def take_turns(contestants: Sequence[Contestant] | Sequence[Batch], rounds: int) -> None:
    """Round by round, each time another first, so that what else the machine does hits all alike."""
    for number in range(rounds):
        first = number % len(contestants)
        for contestant in (*contestants[first:], *contestants[:first]):
            contestant.take_turn()


def ratio(other: Contestant, ours: Contestant) -> float:
    return median(theirs / own for theirs, own in zip(other.seconds, ours.seconds, strict=True))


def due(desk: Desk, starts: list[datetime], days: int) -> list[Contestant]:
    hours = days * HOURS_A_DAY
    calendar = desk.compiled()
    local = [pd.Timestamp(start).tz_convert(desk.tz) for start in starts]
    amount, offset = timedelta(hours=hours), desk.pandas(hours)
    business = businesstimedelta.BusinessTimeDelta(desk.businesstimedelta(), hours=hours)
    contestants = [
        Contestant(OURS, calendar.add, [(start, hours * 3600) for start in starts], itemgetter(0)),
        Contestant("workclock", desk.workclock().add, [(start, amount) for start in starts], as_it_is),
        Contestant("pandas", add, [(start, offset) for start in local], pd.Timestamp.to_pydatetime),
        Contestant("businesstimedelta", add, [(start, business) for start in starts], as_it_is),
    ]
    return examined(contestants, [calendar.add(start, hours * 3600) for start in starts])


def elapsed(desk: Desk, pairs: list[tuple[datetime, datetime]]) -> list[Contestant]:
    calendar = desk.compiled()
    contestants = [
        Contestant(OURS, calendar.elapsed, pairs, as_it_is),
        Contestant("workclock", desk.workclock().between, pairs, timedelta.total_seconds),
        Contestant(
            "businesstimedelta",
            desk.businesstimedelta().difference,
            pairs,
            lambda difference: difference.timedelta.total_seconds(),
        ),
    ]
    return examined(contestants, [[calendar.elapsed(*pair)] for pair in pairs])


def examined(contestants: list[Contestant], expected: Sequence[Collection[Any]]) -> list[Contestant]:
    for contestant in contestants:
        contestant.examine(expected)
    return contestants


def as_it_is(answer: Any) -> Any:
    return answer


def cases(desk: Desk) -> dict[str, list[Contestant]]:
    chance = Random(7)
    begin = datetime(YEAR.year, YEAR.month, YEAR.day, tzinfo=UTC)

    def starts(count: int) -> list[datetime]:
        return [begin + timedelta(seconds=chance.randrange(360 * 86_400)) for _ in range(count)]

    days_on = [(start, start + timedelta(seconds=chance.randrange(5 * 86_400))) for start in starts(200)]
    years_on = [(start, start + timedelta(days=365)) for start in starts(100)]
    return {
        "due": due(desk, starts(200), 2),
        "elapsed": elapsed(desk, days_on),
        "due a year on": due(desk, starts(100), 250),
        "elapsed over a year": elapsed(desk, years_on),
    }


def measured(desk: Desk, rounds: int) -> dict[str, dict[str, Any]]:
    """By case: the best accurate library, its ratio, and how often each of the others was wrong."""
    print(f"== {desk.name} ({desk.tz}, {len(desk.holidays)} holidays)")
    found: dict[str, dict[str, Any]] = {}
    for case, contestants in cases(desk).items():
        take_turns(contestants, rounds)
        ours, *others = contestants
        best = min(
            (other for other in others if not other.wrong), key=lambda other: median(other.seconds), default=None
        )
        for one in contestants:
            beside = "" if one is ours else f"  {ratio(one, ours):8.1f} times ours"
            wrong = f"  inaccurate: {one.wrong} wrong of {one.asked}" if one.wrong else ""
            print(f"{case:20} {one.name:18} {median(one.seconds) * 1e6:10.2f} us{beside}{wrong}", flush=True)
        found[case] = {
            "best": best.name if best else None,
            "ratio": round(ratio(best, ours), 1) if best else None,
            "wrong": {other.name: other.wrong for other in others if other.wrong},
        }
    return found


def batches(desk: Desk, rows: int) -> dict[str, list[Batch]]:
    """The first two of a case are ours, in seconds and in microseconds."""
    chance = np.random.default_rng(7)
    calendar, schedule, amount = desk.compiled(), desk.workclock(), 2 * HOURS_A_DAY * 3600
    starts = np.datetime64(YEAR, "s") + chance.integers(0, 360 * 86_400, rows)
    ends = starts + chance.integers(0, 10 * 86_400, rows)
    fine_starts, fine_ends = starts.astype("datetime64[us]"), ends.astype("datetime64[us]")
    portion = min(PORTION, rows)
    amounts, durations = np.full(rows, amount), np.full(portion, np.timedelta64(amount, "s"))
    some_starts, some_ends = starts[:portion], ends[:portion]
    one_by_one = [
        tuple(at.replace(tzinfo=UTC) for at in pair)
        for pair in zip(some_starts.tolist(), some_ends.tolist(), strict=True)
    ]
    local = pd.DatetimeIndex(some_starts[: portion // 10]).tz_localize("UTC").tz_convert(desk.tz)
    offset = desk.pandas(2 * HOURS_A_DAY)

    spans = [
        Batch("ours, datetime64[s]", rows, lambda: elapsed_many(calendar, starts, ends), as_it_is),
        Batch("ours, datetime64[us]", rows, lambda: elapsed_many(calendar, fine_starts, fine_ends), as_it_is),
        Batch("ours, one by one", portion, lambda: [calendar.elapsed(*pair) for pair in one_by_one], np.array),
        Batch(
            "workclock",
            portion,
            lambda: schedule.between_many(some_starts, some_ends),
            lambda answer: answer / np.timedelta64(1, "s"),
        ),
    ]
    dues = [
        Batch("ours, datetime64[s]", rows, lambda: add_many(calendar, starts, amounts), itemgetter(0)),
        Batch("ours, datetime64[us]", rows, lambda: add_many(calendar, fine_starts, amounts), itemgetter(0)),
        Batch(
            "ours, one by one",
            portion,
            lambda: [calendar.add(start, amount) for start, _ in one_by_one],
            lambda answer: np.array([added.earliest.replace(tzinfo=None) for added in answer], "datetime64[us]"),
        ),
        Batch("workclock", portion, lambda: schedule.add_many(some_starts, durations), as_it_is),
        Batch("pandas", portion // 10, lambda: local + offset, lambda answer: answer.tz_convert(None).to_numpy()),
    ]
    for batch in spans:
        batch.examine(spans[0].ask())
    for batch in dues:
        batch.examine(*dues[0].ask())
    return {"elapsed": spans, "due": dues}


def measured_in_arrays(desk: Desk, rows: int, rounds: int) -> dict[str, dict[str, Any]]:
    print(f"== {rows} rows, {desk.name}")
    found: dict[str, dict[str, Any]] = {}
    for case, contestants in batches(desk, rows).items():
        take_turns(contestants, rounds)
        for one in contestants:
            wrong = f"  inaccurate: {one.wrong} wrong of {one.rows}" if one.wrong else ""
            print(f"{case:20} {one.name:22} {one.rows_a_second / 1e6:8.3f} million rows a second{wrong}", flush=True)
        found[case] = {one.name: one.rows_a_second for one in contestants}
        slowest = min(contestants[0].rows_a_second, contestants[1].rows_a_second)
        next_best = max(one.rows_a_second for one in contestants[2:] if not one.wrong)
        found[case] |= {
            "times_next_best": round(slowest / next_best, 1),
            "aim": AIM_ROWS,
            "ratio": round(slowest / AIM_ROWS, 2),
            "met": slowest >= AIM_ROWS,
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    # What pandas says of every offset that it adds to an index: it does so row by row.
    warnings.filterwarnings("ignore", category=pd.errors.PerformanceWarning)
    team, *elsewhere = desks()
    found = measured(team, options.rounds)
    for case, aim in AIMS.items():
        found[case] |= {"aim": aim, "met": (found[case]["ratio"] or 0) >= aim}
    in_arrays = measured_in_arrays(team, options.rows, options.rounds)
    others = {desk.name: measured(desk, options.rounds) for desk in elsewhere}
    shares = [(found[case]["ratio"] or 0) / aim for case, aim in AIMS.items()]
    shares += [case["ratio"] for case in in_arrays.values()]
    told = {
        "bench": "clock",
        "ratio": round(min(shares), 2),
        "within_aim": min(shares) >= 1,
        "cases": found,
        "rows_a_second": in_arrays,
        "other_calendars": {name: {case: one["ratio"] for case, one in by.items()} for name, by in others.items()},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
