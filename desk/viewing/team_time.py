"""Instants and amounts as the team reads them: in its zone, in its business days, seen from now."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from checklist.rulebook import Rulebook
from desk.words import business_time, span
from models.enums import TargetName

IN_UTC: Final = re.compile(r"\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC\b")
"""How the rules write an instant, who know no reader: API and command line say it so (CONTRACT.md)."""


@dataclass(frozen=True, slots=True)
class TeamTime:
    """`at` is now. A business day is so many open seconds."""

    at: datetime
    zone: ZoneInfo
    business_day_seconds: int

    @classmethod
    def of(cls, rulebook: Rulebook, at: datetime) -> "TeamTime":
        """By the calendar in which the rulebook promises a decision."""
        target = rulebook.sla.target(TargetName.DECISION)
        return cls(at, ZoneInfo(rulebook.calendars[target.calendar].tz), target.business_day_seconds)

    def read_in(self, zone: str) -> "TeamTime":
        """The same for somebody who reads instants in another zone; a zone that is none changes nothing."""
        try:
            return replace(self, zone=ZoneInfo(zone))
        except (ZoneInfoNotFoundError, ValueError):
            return self

    @property
    def zone_name(self) -> str:
        return self.zone.key

    def shown(self, instant: datetime) -> str:
        """As in "Mon 23 Nov, 09:00 PST"; with the year when it is another than now's."""
        local = instant.astimezone(self.zone)
        year = "" if local.year == self.at.astimezone(self.zone).year else f" {local.year}"
        return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M %Z}"

    def hours(self, from_at: datetime, to_at: datetime) -> str:
        """A stretch, as in "Mon 23 Nov, 09:00–17:00"; with both days when it spans several."""
        start, end = from_at.astimezone(self.zone), to_at.astimezone(self.zone)
        last = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a} {end.day} {end:%b}, {end:%H:%M}"
        return f"{start:%a} {start.day} {start:%b}, {start:%H:%M}–{last}"

    def day(self, day: date) -> str:
        return f"{day:%a} {day.day} {day:%b %Y}"

    def since(self, instant: datetime) -> str:
        """How long ago on the wall, as in "3 days"."""
        return span((self.at - instant).total_seconds())

    def business(self, seconds: float) -> str:
        return business_time(seconds, self.business_day_seconds)

    def left(self, remaining_seconds: float) -> str:
        """Open time left of a promise, or by how much it is exceeded."""
        if remaining_seconds < 0:
            return f"{self.business(-remaining_seconds)} late"
        return f"{self.business(remaining_seconds)} left"

    def read(self, written: object) -> str:
        """An instant that was kept as text, shown; empty when there is none."""
        try:
            return self.shown(datetime.fromisoformat(written)) if isinstance(written, str) else ""
        except (ValueError, OverflowError):
            return ""

    def retold(self, sentence: str) -> str:
        """A sentence in which instants stand in UTC, as refusals and reports say them, with each of them shown."""
        return IN_UTC.sub(lambda found: self.read(f"{found[1]}T{found[2]}+00:00") or found[0], sentence)


def machine(instant: datetime) -> str:
    """For the `datetime` attribute."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
