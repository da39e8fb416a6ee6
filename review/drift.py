"""Due dates that a new release of the time zones, or of the public holidays, would move. Pure.

A due date that was told stays until somebody recomputes it; so what a release changes is found by computing it again
and comparing. Clocks are those that run; one that waits for the partner keeps its last known due date and is left out.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from models.enums import TargetName
from review.calendar import Added, BeyondCalendar, Calendar, CalendarSpec
from review.calendar_batch import add_many
from review.holiday_difference import merged
from review.holiday_years import LIBRARY, RegionUnknown, holiday_years, years_known
from review.revision import Move

DIGEST_CHARACTERS = 8
"""Of a SHA-256: among 100,000 moves told before, a new one is taken for one of them once in 40,000 times."""


class Running(NamedTuple):
    """A running clock with the terms that were last told. `pauses` have all ended."""

    submission: int
    integration: str
    target: TargetName
    started_at: datetime
    target_seconds: int
    due_at: datetime
    breach_at: datetime
    pauses: tuple[tuple[datetime, datetime], ...] = ()


class Gap(NamedTuple):
    """A year of which a calendar with a region has no holidays, and how many running clocks are due in it."""

    year: int
    due: int


@dataclass(frozen=True, slots=True)
class Drift:
    """What one source would move in one calendar, and what a person does about it."""

    source: str
    """Such as "tzdata 2026c" or "holidays 0.109 for US"."""
    calendar: str
    moves: tuple[Move, ...]
    """Where only a breach would move, its instants stand in place of the due date's."""
    todo: str
    gaps: tuple[Gap, ...] = ()
    trouble: str = ""
    """Why the source can't be asked."""

    @property
    def summary(self) -> str:
        said = []
        if self.moves:
            dates = _counted(len(self.moves), "running due date", "running due dates")
            said.append(f"with {self.source} {dates} of calendar {self.calendar} would move")
        for gap in self.gaps:
            clocks = _counted(gap.due, "running clock is", "running clocks are")
            said.append(f"calendar {self.calendar} has no holidays of {gap.year}, and {clocks} due in it")
        if self.trouble:
            said.append(f"the holidays of calendar {self.calendar} can't be compared: {self.trouble}")
        return "; ".join(said)

    @property
    def digests(self) -> frozenset[str]:
        """One for each thing that it tells: it is news while any of them was not told before."""
        told = [f"{move.submission} {move.target} {move.was.isoformat()} {move.now.isoformat()}" for move in self.moves]
        told += [f"no holidays of {gap.year}" for gap in self.gaps]
        told += [self.trouble] if self.trouble else []
        return frozenset(hashlib.sha256(one.encode()).hexdigest()[:DIGEST_CHARACTERS] for one in told)


def of_zone(source: str, calendar: str, clocks: Iterable[tuple[Calendar, Sequence[Running]]]) -> Drift | None:
    """What this machine's time zones move, against the terms that were told; clocks by the calendar they pin."""
    moves = tuple(
        move
        for pinned, theirs in clocks
        for clock, now in zip(theirs, terms(pinned, theirs), strict=True)
        if now is not None and (move := _move(clock, now)) is not None
    )
    todo = "launch-review calendar recompute --as YOU --because 'the time zone has new rules'"
    return Drift(source, calendar, moves, f"take it over with `{todo}`") if moves else None


def of_holidays(
    calendar: str, document: Mapping[str, Any], region: str, clocks: Sequence[Running], *, at: datetime
) -> Drift | None:
    """What the installed holidays of a region would move, were they imported into the calendar's document now.

    Asked are the years from now to the last one that the calendar has holidays of, and those in which a clock is
    due: a year that is missing is told too.
    """
    spec = CalendarSpec.parse(document)
    zone = ZoneInfo(spec.tz)
    source, this_year = f"{LIBRARY} for {region}", at.astimezone(zone).year
    have = {day.year for day, _ in spec.holidays}
    due = Counter(clock.due_at.astimezone(zone).year for clock in clocks)
    missing = {year for year in due if year >= this_year and year not in have}
    try:
        known = years_known(region)
    except RegionUnknown as error:
        todo = f"choose another one with `launch-review calendar holidays {calendar} {this_year} --region REGION`"
        return Drift(source, calendar, (), todo, (), str(error))
    asked = {*range(this_year, max(have, default=this_year - 1) + 1), *missing}
    after, difference = merged(document, holiday_years(region, asked & set(known)))
    changed = {row.day.year for row in difference.added} | {row.day.year for row in difference.half_days}
    moves = _moves_between(spec, CalendarSpec.parse(after), clocks) if changed else ()
    # A year is not missing when there is nothing to import: a region may be off only where the week is closed.
    gaps = tuple(Gap(year, due[year]) for year in sorted(missing) if year in changed or year not in known)
    if not (moves or gaps):
        return None
    return Drift(source, calendar, moves, _todo(calendar, changed, known, gaps), gaps)


def terms(calendar: Calendar, clocks: Sequence[Running]) -> list[Added | None]:
    """The due and breach of each clock under a calendar, as `review.clock` has them; None where it has no hours left.

    All without pauses at once, the others one by one.
    """
    plain = [clock for clock in clocks if not clock.pauses]
    try:
        answers: Iterator[Added | None] = iter(_many(calendar, plain))
    except BeyondCalendar:
        answers = (_single(calendar, clock) for clock in plain)
    return [_single(calendar, clock) if clock.pauses else next(answers) for clock in clocks]


def _many(calendar: Calendar, clocks: Sequence[Running]) -> list[Added | None]:
    starts = [clock.started_at.astimezone(UTC).replace(tzinfo=None) for clock in clocks]
    seconds = np.array([clock.target_seconds for clock in clocks], dtype=np.int64)
    earliest, latest = add_many(calendar, np.array(starts, dtype="datetime64[us]"), seconds)
    return [
        Added(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))
        for first, last in zip(earliest.tolist(), latest.tolist(), strict=True)
    ]


def _single(calendar: Calendar, clock: Running) -> Added | None:
    try:
        return calendar.add(clock.started_at, clock.target_seconds, clock.pauses)
    except BeyondCalendar:
        return None


def _moves_between(before: CalendarSpec, after: CalendarSpec, clocks: Sequence[Running]) -> tuple[Move, ...]:
    """What the holidays alone move: neither the zone's rules nor an older version that a clock pins."""
    old, new = terms(Calendar.compile(before), clocks), terms(Calendar.compile(after), clocks)
    return tuple(
        move
        for clock, was, now in zip(clocks, old, new, strict=True)
        if now is not None and now != was and (move := _move(clock, now)) is not None
    )


def _move(clock: Running, now: Added) -> Move | None:
    moves = ((clock.due_at, now.earliest), (clock.breach_at, now.latest))
    return next(
        (Move(clock.submission, clock.integration, clock.target, was, now) for was, now in moves if was != now), None
    )


def _todo(calendar: str, changed: Collection[int], known: range, gaps: Sequence[Gap]) -> str:
    unknown = ", ".join(str(gap.year) for gap in gaps if gap.year not in known)
    said = []
    if changed:
        asked = " ".join(map(str, sorted(changed)))
        command = f"launch-review calendar holidays {calendar} {asked} --as YOU --because 'the holidays have changed'"
        said.append(f"look at the difference with `{command} --dry-run`, then do it without --dry-run")
    if unknown:
        said.append(f"for {unknown} install a release of the `holidays` package that has it ({LIBRARY} has not)")
    return "; ".join(said)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
