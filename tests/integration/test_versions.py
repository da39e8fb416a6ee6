"""Which version of a document is in force: people's last word, until a rulebook says what it never said before."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from checklist import rulebook as rulebooks
from checklist.rulebook import Rulebook
from models.clock import CalendarVersion, PolicyVersion
from models.enums import Role, TargetName
from review import calendars, policies, versions
from review.actions import revising
from review.calendars import CalendarUnknown
from tests.building import NOW, V1, after, clock_of, person, rulebook_file, sent


def zones(session):
    """The zone of each version of the team's calendar, oldest first."""
    rows = session.scalars(select(CalendarVersion).order_by(CalendarVersion.version))
    return [version.spec["tz"] for version in rows]


def change(session, tz):
    by = person(session, "Lena", Role.LEAD)
    document = V1.calendars["team"].as_spec() | {"tz": tz}
    return revising.change_calendar(session, "team", document, by=by, at=NOW, because="We have moved.")[0]


def test_a_rulebook_writes_once_what_people_change_from_there(session):
    for _ in range(2):
        calendars.in_force(session, "team", V1, at=NOW)
    moved = change(session, "Europe/Dublin")
    assert calendars.in_force(session, "team", V1, at=after(days=1)) == moved
    assert zones(session) == ["America/Los_Angeles", "Europe/Dublin"]


def test_a_release_that_says_something_new_has_the_last_word_once_it_is_needed(session, tmp_path):
    change(session, "Europe/Dublin")
    rulebook_file(tmp_path, "v9", valid_from="2026-11-24", tz='"Asia/Tokyo"')
    with rulebooks.also_from(tmp_path):
        tomorrow = after(days=1)
        assert calendars.as_it_stands(session, "team", NOW.date()).spec["tz"] == "Europe/Dublin"
        assert calendars.as_it_stands(session, "team", tomorrow.date()).spec["tz"] == "Asia/Tokyo"
        assert calendars.in_force(session, "team", V1, at=tomorrow).spec["tz"] == "Europe/Dublin"
        for rulebook in (Rulebook.load("v9"), V1):
            assert calendars.as_it_stands(session, "team", NOW.date(), Rulebook.load("v9")).spec["tz"] == "Asia/Tokyo"
            assert calendars.in_force(session, "team", rulebook, at=tomorrow).spec["tz"] == "Asia/Tokyo"
    assert zones(session) == ["America/Los_Angeles", "Europe/Dublin", "Asia/Tokyo"]


def test_people_have_the_last_word_over_every_release_whose_day_has_come(session, tmp_path):
    rulebook_file(tmp_path, "v9", valid_from="2026-01-01", tz='"Asia/Tokyo"')
    with rulebooks.also_from(tmp_path):
        change(session, "Europe/Dublin")
        assert calendars.in_force(session, "team", Rulebook.load("v9"), at=NOW).spec["tz"] == "Europe/Dublin"
    assert zones(session) == ["America/Los_Angeles", "Asia/Tokyo", "Europe/Dublin"]


def test_an_older_rulebook_that_is_needed_later_does_not_bring_its_calendar_back(session, tmp_path):
    rulebook_file(tmp_path, "v9", valid_from="2026-01-01", tz='"Asia/Tokyo"')
    with rulebooks.also_from(tmp_path):
        assert calendars.as_believed(session, "team", NOW).spec["tz"] == "Asia/Tokyo"
        for rulebook in (Rulebook.load("v9"), V1, Rulebook.load("v9")):
            assert calendars.in_force(session, "team", rulebook, at=NOW).spec["tz"] == "Asia/Tokyo"
        submission = sent(session, rulebook=V1)
        assert clock_of(session, submission, TargetName.DECISION).calendar.spec["tz"] == "Asia/Tokyo"
    assert zones(session) == ["America/Los_Angeles", "Asia/Tokyo"]


def test_a_rulebook_asked_for_before_its_day_speaks_for_itself(session, tmp_path):
    rulebook_file(tmp_path, "v9", tz='"Asia/Tokyo"')
    with rulebooks.also_from(tmp_path):
        early = Rulebook.load("v9")
        assert calendars.in_force(session, "team", early, at=NOW).spec["tz"] == "Asia/Tokyo"


def test_what_stands_without_being_written_is_what_would_be_written(session):
    standing = calendars.as_it_stands(session, "team", NOW.date())
    assert (standing.id, standing.version, standing.region) == (None, 1, "US")
    assert policies.as_it_stands(session, V1).id is None
    assert session.scalars(select(CalendarVersion)).all() == []
    written = calendars.in_force(session, "team", V1, at=NOW)
    assert (written.spec, written.digest, written.version) == (standing.spec, standing.digest, 1)
    assert policies.in_force(session, V1, at=NOW).digest == policies.as_it_stands(session, V1).digest
    assert policies.as_it_stands(session, V1).id is not None


def test_a_calendar_that_is_nowhere_is_said_to_be(session):
    assert calendars.as_it_stands(session, "moon", NOW.date()) is None
    with pytest.raises(CalendarUnknown, match="there is no calendar 'moon': `launch-review calendar list` names those"):
        calendars.in_force(session, "moon", V1, at=NOW)


def test_the_names_are_those_written_and_those_that_a_rulebook_would_write(session):
    assert calendars.names(session, NOW.date()) == ["team"]
    by = person(session, "Lena", Role.LEAD)
    document = {"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}
    revising.change_calendar(session, "emea", document, by=by, at=NOW, because="A second office.")
    assert calendars.names(session, NOW.date()) == ["emea", "team"]


def test_a_version_is_found_by_its_number_and_by_the_time_it_held(session):
    first = calendars.in_force(session, "team", V1, at=NOW - timedelta(days=9))
    second = change(session, "Europe/Dublin")
    assert versions.numbered(session, CalendarVersion, "team", 1) == first
    assert versions.numbered(session, CalendarVersion, "team", 3) is None
    assert versions.believed_at(session, CalendarVersion, "team", NOW - timedelta(seconds=1)) == first
    assert versions.believed_at(session, CalendarVersion, "team", NOW) == second
    assert versions.believed_at(session, CalendarVersion, "team", NOW - timedelta(days=10)) is None
    assert [version.version for version in versions.all_of(session, CalendarVersion, "team")] == [2, 1]
    assert versions.all_of(session, PolicyVersion) == []
