"""Which days a report is about: whole days, as the zone of each calendar has them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `since` to `until`, both days included; None leaves that side open."""

    since: date | None = None
    until: date | None = None

    def has(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def part_of(self, start: datetime, end: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """What of `[start, end)` lies in the period; empty, with both ends alike, when nothing does."""
        # Never beyond `[start, end)`: a day that somebody mistyped may lie where no calendar reaches.
        low = start if self.since is None else min(max(start, _midnight(self.since, zone)), max(start, end))
        high = end if self.until in {None, date.max} else min(end, _midnight(self.until + timedelta(days=1), zone))
        return low, max(low, high)


EVER: Final = Period()


@lru_cache(maxsize=1024)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
