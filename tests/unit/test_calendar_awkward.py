"""Business time where it is known to go wrong: from every edge to every other, against a walk step by step."""

from collections.abc import Iterable
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from review.calendar import Calendar, CalendarSpec
from tests.unit.calendar_walk import WEEKDAYS, Walk, check_added, check_elapsed, elapsed_in


def week(*rows: list[str], days: Iterable[str] = WEEKDAYS) -> dict[str, list[list[str]]]:
    return {day: [list(row) for row in rows] for day in days}


OFFICE = week(["09:00", "17:00"], days=WEEKDAYS[:5])
ALWAYS = week(["00:00", "24:00"])


def case(tz: str, begin: str, hours: int, *pauses: tuple[str, str], step: int = 60, **document: Any) -> Walk:
    begin_at = datetime.fromisoformat(f"{begin}+00:00")
    paused = [tuple(datetime.fromisoformat(f"{edge}+00:00") for edge in pause) for pause in pauses]
    whole = {"tz": tz, "week": OFFICE, "holidays": [], "holidays_yearly": [], "overrides": {}, "breaks": {}, **document}
    return Walk(whole, begin_at, hours * 3600 // step, step, paused)


AWKWARD = {
    "closes and openings met exactly": case("UTC", "2026-01-08T00:00", 150),
    "a break, a half day and a holiday": case(
        "UTC",
        "2026-12-23T06:00",
        130,
        breaks={"2026-12-23": [["12:00", "13:00"]]},
        overrides={"2026-12-24": [["09:00", "13:00"]]},
        holidays={"2026-12-25": "Christmas Day"},
    ),
    "pauses that overlap, touch, repeat and are empty": case(
        "UTC",
        "2026-01-05T06:00",
        60,
        ("2026-01-05T10:00", "2026-01-05T12:00"),
        ("2026-01-05T11:00", "2026-01-05T13:00"),
        ("2026-01-05T13:00", "2026-01-05T14:00"),
        ("2026-01-05T13:00", "2026-01-05T14:00"),
        ("2026-01-06T10:00", "2026-01-06T10:00"),
    ),
    "pauses from open to close and over the night": case(
        "UTC",
        "2026-01-05T06:00",
        84,
        ("2026-01-05T09:00", "2026-01-05T17:00"),
        ("2026-01-06T17:00", "2026-01-07T09:00"),
        ("2026-01-07T16:00", "2026-01-08T10:00"),
    ),
    "a pause over everything": case("UTC", "2026-01-05T06:00", 60, ("2026-01-05T06:00", "2026-01-07T18:00")),
    "a stretch that never opens": case("UTC", "2026-01-05T00:00", 96, week=week(["00:00", "00:01"], days=["sun"])),
    "dates closed by an override": case(
        "UTC", "2026-01-05T00:00", 96, overrides={"2026-01-06": [], "2026-01-07": [["00:00", "24:00"]]}
    ),
    "midnight between two open dates": case("UTC", "2026-01-05T18:00", 48, week=ALWAYS),
    "hours that touch, and hours that overlap": case(
        "UTC", "2026-01-05T06:00", 36, week=week(["09:00", "12:00"], ["12:00", "14:00"], ["13:00", "17:00"])
    ),
    "a night shift": case("Europe/London", "2026-03-28T18:00", 48, week=week(["00:00", "06:00"], ["22:00", "24:00"])),
    "hours inside a gap": case("America/New_York", "2024-03-09T12:00", 48, week=week(["02:15", "02:45"])),
    "hours around a gap": case("America/New_York", "2024-03-09T12:00", 48, week=week(["01:30", "03:30"])),
    "hours inside a fold": case("America/New_York", "2024-11-02T12:00", 48, week=week(["01:15", "01:45"])),
    "a pause inside a fold": case(
        "America/New_York", "2024-11-03T00:00", 12, ("2024-11-03T05:30", "2024-11-03T06:10"), week=ALWAYS
    ),
    "a gap of half an hour": case("Australia/Lord_Howe", "2024-10-05T06:00", 30, week=week(["01:00", "02:20"])),
    "a gap of two hours": case("Antarctica/Troll", "2024-03-30T12:00", 30, week=week(["00:30", "02:30"])),
    "a gap at midnight": case("Africa/Cairo", "2023-04-27T12:00", 30, week=week(["00:00", "02:00"])),
    "a fold at midnight": case("America/Sao_Paulo", "2015-02-21T18:00", 36, week=week(["23:00", "24:00"])),
    "a date that was skipped": case(
        "Pacific/Apia", "2011-12-29T00:00", 72, week=ALWAYS, overrides={"2011-12-30": [["09:00", "17:00"]]}
    ),
    "a date that came twice": case(
        "America/Juneau", "1867-10-18T08:00", 30, week={}, overrides={"1867-10-18": [["09:00", "17:00"]]}, step=1
    ),
    "an offset with odd seconds": case("Africa/Monrovia", "1971-12-31T00:00", 24, step=30),
    "years before 1970": case("Europe/London", "1941-05-03T12:00", 48, week=week(["01:30", "03:30"])),
    "years after 2037": case("America/New_York", "2050-03-12T12:00", 48, week=week(["01:30", "03:30"])),
    "a leap day that is a holiday every year": case("UTC", "2028-02-28T00:00", 72, holidays_yearly=["02-29"]),
    "no leap day, and the holiday of one": case("UTC", "2100-02-26T00:00", 96, holidays_yearly={"02-29": "Leap day"}),
}


@pytest.mark.parametrize("walk", AWKWARD.values(), ids=AWKWARD.keys())
def test_every_edge_of_an_awkward_case_agrees_with_the_walk(walk):
    """From each edge and just beside it to each other: measured, and added, forward and back."""
    calendar = Calendar(CalendarSpec.parse(walk.document))
    edges = walk.edges()
    beside = sorted({offset for edge in edges for offset in (edge - 1, edge, edge + 1) if 0 <= offset <= walk.length})
    for start, target in product(beside, edges):
        check_elapsed(calendar, walk, start, target)
        for runs in (walk.open_runs(), walk.paused_runs()):
            check_added(calendar, walk, start, elapsed_in(runs, start, target))
