"""What new time zones or holidays would move, against the due dates that were told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import TargetName
from review import clock as rules
from review.calendar import Calendar, CalendarSpec
from review.calendar_spec import CalendarInvalid
from review.drift import Drift, Gap, Running, of_holidays, of_zone, terms
from review.holiday_difference import merged
from review.holiday_years import LIBRARY, holiday_years

SOME = settings(max_examples=settings().max_examples // 3)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
BARE = {"tz": "America/Los_Angeles", "week": WEEK}
DOCUMENT = merged(BARE, holiday_years("US", [2026, 2027])).document
DAY = 28_800
MONDAY = datetime(2026, 12, 21, 18, tzinfo=UTC)
BEFORE_WORK = datetime(2026, 12, 21, 16, tzinfo=UTC)
FROM_US = f"{LIBRARY} for US"


def calendar(document: dict[str, Any] = DOCUMENT, **parts: Any) -> Calendar:
    return Calendar(CalendarSpec.parse({**document, **parts}))


HOURS = calendar()


def promised(
    submission: int = 1,
    *,
    at: datetime = MONDAY,
    days: float = 2,
    under: Calendar | None = None,
    pauses: tuple[tuple[datetime, datetime], ...] = (),
) -> Running:
    """A clock with the terms that its calendar gave it."""
    seconds = round(days * DAY)
    due_at, breach_at = (under or HOURS).add(at, seconds, pauses)
    return Running(submission, "Acme", TargetName.DECISION, at, seconds, due_at, breach_at, pauses)


def without(*days: str) -> dict[str, Any]:
    """The calendar's document without some of its holidays."""
    return {**DOCUMENT, "holidays": {day: name for day, name in DOCUMENT["holidays"].items() if day not in days}}


def holidays_of(document: dict[str, Any], *clocks: Running, region: str = "US", at: datetime = MONDAY) -> Drift | None:
    return of_holidays("team", document, region, clocks, at=at)


# --- time zones


def test_the_same_rules_move_nothing():
    assert of_zone("tzdata 2099z", "team", [(calendar(), [promised(), promised(2, days=5)])]) is None


def test_new_rules_of_a_zone_move_what_was_promised_under_the_old_ones():
    hour_later = calendar(tz="America/Anchorage")
    clock = promised(at=BEFORE_WORK)
    drift = of_zone("tzdata 2099z", "team", [(hour_later, [clock]), (calendar(), [promised(2)])])
    assert drift is not None
    assert [(move.submission, move.was, move.now) for move in drift.moves] == [
        (1, clock.due_at, clock.due_at + timedelta(hours=1))
    ]
    assert drift.summary == "with tzdata 2099z 1 running due date of calendar team would move"
    assert "`launch-review calendar recompute --as YOU --because" in drift.todo


def test_a_breach_that_moves_alone_is_a_move():
    # Due exactly at Thursday's close; the last instant in time is the next opening.
    thursday_evening = datetime(2026, 12, 18, 1, tzinfo=UTC)
    clock = promised(at=thursday_evening - timedelta(hours=8), days=1)
    assert clock.due_at == thursday_evening
    closed_on_friday = calendar(holidays={**DOCUMENT["holidays"], "2026-12-18": "Team day"})
    drift = of_zone("tzdata 2099z", "team", [(closed_on_friday, [clock])])
    assert drift is not None
    assert [(move.was, move.now) for move in drift.moves] == [(clock.breach_at, clock.breach_at + timedelta(days=3))]


def test_what_was_promised_beyond_the_hours_of_a_calendar_is_left_as_it_was():
    one_day = calendar({"tz": "UTC", "week": {}, "overrides": {"2026-12-21": [["09:00", "22:00"]]}})
    clocks = [promised(1, days=0.1), promised(2, days=9)]
    assert [now is None for now in terms(one_day, clocks)] == [False, True]
    assert of_zone("tzdata 2099z", "team", [(one_day, clocks)]) is None


INSTANTS = st.timedeltas(timedelta(0), timedelta(days=1000)).map(lambda since: MONDAY + since)
PAUSES = st.lists(st.tuples(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=30))), max_size=2).map(
    lambda pairs: tuple((since, since + length) for since, length in pairs)
)
CLOCKS = st.lists(st.tuples(INSTANTS, st.integers(1, 40 * DAY), PAUSES), max_size=6)


@SOME
@given(CLOCKS)
def test_many_clocks_have_the_terms_that_each_has_alone(drawn):
    hours = calendar()
    clocks = [
        Running(number, "Acme", TargetName.DECISION, at, seconds, at, at, pauses)
        for number, (at, seconds, pauses) in enumerate(drawn)
    ]
    alone = [rules.ClockState(at, seconds, pauses) for at, seconds, pauses in drawn]
    assert terms(hours, clocks) == [(rules.due_at(hours, one), rules.breach_at(hours, one)) for one in alone]


# --- holidays


def test_holidays_that_the_calendar_has_move_nothing():
    assert holidays_of(DOCUMENT, promised(), promised(2, days=10)) is None


def test_a_holiday_that_the_library_has_and_the_calendar_has_not_moves_what_is_due_after_it():
    document = without("2026-12-25")
    before, after = (promised(number, days=days, under=calendar(document)) for number, days in ((1, 2), (2, 5)))
    drift = holidays_of(document, before, after)
    assert drift is not None
    assert [(move.submission, move.was, move.now) for move in drift.moves] == [
        (2, after.due_at, after.due_at + timedelta(days=1))
    ]
    assert (drift.source, drift.gaps) == (FROM_US, ())
    assert drift.summary == f"with {FROM_US} 1 running due date of calendar team would move"
    assert "`launch-review calendar holidays team 2026 --as YOU --because" in drift.todo


def test_another_name_and_a_day_that_people_opened_move_nothing():
    renamed = {**DOCUMENT, "holidays": {**DOCUMENT["holidays"], "2026-12-25": "Xmas"}}
    assert holidays_of(renamed, promised(days=5)) is None
    opened = {**without("2026-12-25"), "overrides": {"2026-12-25": [["09:00", "17:00"]]}}
    assert holidays_of(opened, promised(days=5, under=calendar(opened))) is None


def test_a_year_that_is_over_is_not_compared():
    document = without("2026-01-19")
    clock = promised(days=9, at=datetime(2026, 1, 15, 18, tzinfo=UTC), under=calendar(document))
    new_year = datetime(2027, 1, 1, 8, tzinfo=UTC)  # midnight where the calendar is
    assert holidays_of(document, clock, at=new_year - timedelta(seconds=1)) is not None
    assert holidays_of(document, clock, at=new_year) is None


def test_what_a_clock_pins_does_not_count_as_the_librarys_move():
    """An older version of the calendar, or the zone's rules, have moved it already."""
    earlier = promised(days=5, under=calendar(without("2026-12-25")))
    assert holidays_of(DOCUMENT, earlier) is None
    adopted = promised(days=5)
    assert holidays_of(without("2026-12-25"), adopted) is None


def test_a_year_without_holidays_in_which_a_clock_is_due_is_told_also_when_it_moves_nothing():
    document = merged(BARE, holiday_years("US", [2026])).document
    december = promised(days=2, under=calendar(document))
    january = promised(2, days=9, under=calendar(document))
    assert holidays_of(document, december) is None
    drift = holidays_of(document, december, january)
    assert drift is not None
    assert drift.gaps == (Gap(2027, 1),)
    assert [move.submission for move in drift.moves] == [2]
    assert drift.summary == (
        f"with {FROM_US} 1 running due date of calendar team would move; "
        "calendar team has no holidays of 2027, and 1 running clock is due in it"
    )
    assert "calendar holidays team 2027 --as" in drift.todo
    opened = {**document, "overrides": {"2027-01-01": [["09:00", "17:00"]]}}
    unmoved = holidays_of(opened, promised(days=8.5, at=MONDAY, under=calendar(opened)))
    assert unmoved is not None
    assert (unmoved.moves, unmoved.gaps) == ((), (Gap(2027, 1),))
    assert unmoved.summary == "calendar team has no holidays of 2027, and 1 running clock is due in it"


def test_a_year_in_which_there_is_nothing_to_import_is_not_missing():
    on_sundays = {"tz": "America/Los_Angeles", "week": {"sun": [["09:00", "17:00"]]}, "holidays_yearly": ["07-04"]}
    assert holidays_of(on_sundays, promised(under=calendar(on_sundays))) is None


def test_a_year_that_the_library_does_not_have_either_needs_a_newer_library():
    far = promised(at=datetime(2100, 12, 30, 18, tzinfo=UTC), days=5)
    drift = holidays_of(BARE, far, promised(2, at=far.started_at, days=6), at=far.started_at)
    assert drift is not None
    assert (drift.moves, drift.gaps) == ((), (Gap(2101, 2),))
    assert drift.summary.endswith("has no holidays of 2101, and 2 running clocks are due in it")
    assert drift.todo == f"for 2101 install a release of the `holidays` package that has it ({LIBRARY} has not)"


def test_a_region_that_the_library_lost_is_told():
    drift = holidays_of(DOCUMENT, promised(), region="XX")
    assert drift is not None
    assert (drift.moves, drift.gaps) == ((), ())
    assert drift.summary.startswith("the holidays of calendar team can't be compared: ")
    assert "no country 'XX'" in drift.summary
    assert "`launch-review calendar holidays team 2026 --region REGION`" in drift.todo


def test_a_document_that_is_no_calendar_is_refused():
    with pytest.raises(CalendarInvalid):
        holidays_of({"tz": "UTC"}, promised())


# --- what is news


def test_a_finding_is_news_while_it_has_something_that_was_not_told():
    clocks = [promised(number, at=BEFORE_WORK) for number in (1, 2, 3)]
    later = calendar(tz="America/Anchorage")

    def digests(*chosen: Running) -> frozenset[str]:
        drift = of_zone("tzdata 2099z", "team", [(later, chosen)])
        assert drift is not None
        return drift.digests

    assert digests(*clocks) == digests(*reversed(clocks))
    assert digests(*clocks[:2]) < digests(*clocks)
    moved_otherwise = clocks[0]._replace(due_at=clocks[0].due_at - timedelta(minutes=1))
    assert not digests(moved_otherwise) & digests(*clocks)


def test_a_missing_year_and_a_lost_region_are_news_once():
    gap = Drift(FROM_US, "team", (), "", (Gap(2029, 1),))
    assert gap.digests == replace(gap, gaps=(Gap(2029, 40),)).digests
    assert gap.digests < replace(gap, gaps=(Gap(2029, 1), Gap(2030, 1))).digests
    assert len(replace(gap, gaps=(), trouble="no country 'XX'").digests) == 1
    assert not gap.digests & replace(gap, gaps=(Gap(2028, 1),)).digests


def test_numbers_are_said_as_people_say_them():
    moves = of_zone("tzdata 2099z", "team", [(calendar(tz="UTC"), [promised(n) for n in range(1200)])])
    assert moves is not None
    assert moves.summary == "with tzdata 2099z 1,200 running due dates of calendar team would move"
