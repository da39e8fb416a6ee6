"""The public holidays of a region, year by year, as the `holidays` library has them. Pure: its data is code.

A region is a country or one of its parts in ISO 3166, such as `US`, `US-CA` or `GB-ENG`. Observed days are included,
names are English where the library has them, and only days on which the public is off count: a bank's or a
government's own are left out.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from holidays import HolidayBase, country_holidays, list_supported_countries
from holidays.constants import HALF_DAY, PUBLIC
from holidays.version import __version__

from review.calendar_spec import Hours
from review.intervals import common

LIBRARY = f"holidays {__version__}"
"""The release that is installed, as it is told."""

ENGLISH = "en_US"
"""Every entity of the library with English names has these; one without them answers in its only language."""

SECONDS_PER_HOUR = 3_600
FEW = 20
"""So many parts of a country are all named; of more, those that come near."""

PART_CHARACTERS = 3
"""A part of a country in ISO 3166 is no longer; the library also has zones and towns of its own."""

_OFF_FROM = re.compile(r"\(from (\d{1,2})(?::(\d\d))?([ap])m\)")
_SHORTENED = re.compile(r"shortened by (\d+) hours?\b")


class RegionUnknown(LookupError):
    """A country, or a part of one, that the library does not have; the message names what comes near."""


class YearUnknown(LookupError):
    """A year for which the library has no holidays of a region; the message names the years it has."""


@dataclass(frozen=True, slots=True)
class HalfDay:
    """A day on which work ends early. Its name may say when: "(from 1pm)", or by how many hours it is shorter."""

    name: str

    def hours(self, usual: Hours, until: int | None = None) -> Hours:
        """What is left of a day's usual hours: up to `until` (seconds after midnight), else what the name says, else
        the first half of the open seconds.
        """
        until = self._ends_at() if until is None else until
        if until is not None:
            return tuple(common(usual, ((0, until),)))
        open_seconds = sum(end - start for start, end in usual)
        shortened = _SHORTENED.search(self.name)
        if shortened:
            return _first(usual, open_seconds - int(shortened[1]) * SECONDS_PER_HOUR)
        return _first(usual, open_seconds // 2)

    def _ends_at(self) -> int | None:
        said = _OFF_FROM.search(self.name)
        if said is None:
            return None
        hour = int(said[1]) % 12 + (12 if said[3] == "p" else 0)
        return hour * SECONDS_PER_HOUR + int(said[2] or 0) * 60


@dataclass(frozen=True, slots=True)
class HolidayYears:
    """What the library has of a region for some years. `remarks` are its own warnings about them."""

    region: str
    years: tuple[int, ...]
    holidays: Mapping[date, str]
    half_days: Mapping[date, HalfDay]
    remarks: tuple[str, ...] = ()


def holiday_years(region: str, years: Iterable[int]) -> HolidayYears:
    """The holidays and half days of a region. Raises RegionUnknown, YearUnknown."""
    asked = tuple(sorted(set(years)))
    known = years_known(region)
    if beyond := [year for year in asked if year not in known]:
        raise YearUnknown(
            f"{LIBRARY} has the holidays of {region} from {known.start} to {known.stop - 1}, not of "
            f"{', '.join(map(str, beyond))}"
        )
    with warnings.catch_warnings(record=True, action="always", category=UserWarning) as said:
        closed = _asked(region, asked, PUBLIC)
        has_half_days = HALF_DAY in _entity(region).supported_categories
        half = _asked(region, asked, HALF_DAY) if has_half_days else {}
    return HolidayYears(
        region,
        asked,
        closed,
        {day: HalfDay(name) for day, name in half.items() if day not in closed},
        tuple(dict.fromkeys(str(warning.message) for warning in said)),
    )


def years_known(region: str) -> range:
    """The years for which the library has holidays of a region. Raises RegionUnknown."""
    entity = _entity(region)
    return range(entity.start_year, entity.end_year + 1)


def _asked(region: str, years: tuple[int, ...], category: str) -> dict[date, str]:
    country, _, part = region.partition("-")
    found = country_holidays(
        country, subdiv=part or None, years=years, observed=True, language=ENGLISH, categories=category
    )
    # A holiday may be observed in the year before its own.
    return {day: name for day, name in sorted(found.items()) if day.year in years}


def _entity(region: str) -> HolidayBase:
    country, _, part = region.partition("-")
    countries = list_supported_countries(include_aliases=False)
    if country not in countries:
        near = ", ".join(_countries_near(country)) or "two letters as in US or DE"
        raise RegionUnknown(f"{LIBRARY} has no country {country!r}; near it: {near}")
    entity = country_holidays(country)
    if part and part not in countries[country]:
        raise RegionUnknown(f"{LIBRARY} has no part {part!r} of {country}; {_parts(entity, part)}")
    return entity


def _countries_near(country: str) -> Iterator[str]:
    """The code of a country that also goes by this one, such as UK, else codes that look like it."""
    if country in list_supported_countries():
        yield country_holidays(country).country
        return
    yield from get_close_matches(country, list_supported_countries(include_aliases=False), n=8, cutoff=0.5)


def _parts(entity: HolidayBase, part: str) -> str:
    known = [code for code in entity.subdivisions if len(code) <= PART_CHARACTERS]
    if not known:
        return f"it has none: give {entity.country} alone"
    if len(known) <= FEW:
        return f"it has {', '.join(known)}"
    names = {name.upper(): code for name, code in entity.subdivisions_aliases.items() if code in known}
    codes = {code: code for code in known} | names
    near = sorted({codes[name] for name in get_close_matches(part, codes, n=6, cutoff=0.5)})
    return f"near it: {', '.join(near)}" if near else f"it has {len(known)}, such as {', '.join(known[:3])}"


def _first(hours: Hours, seconds: int) -> Hours:
    """The first so many open seconds of a day."""
    kept = []
    for start, end in hours:
        end_kept = min(end, start + seconds)
        if end_kept > start:
            kept.append((start, end_kept))
        seconds -= end - start
    return tuple(kept)
