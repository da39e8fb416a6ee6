"""`launch-review calendar holidays`: a year of public holidays, shown first, then imported."""

import json
import re
import shlex
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.cli.main import run
from models.clock import CalendarVersion
from models.database import Database
from models.enums import EventName, Role, TargetName
from models.submission import Submission
from review import versions
from review.actions import drifting
from review.actions.revising import change_calendar
from review.holiday_years import LIBRARY
from tests.building import NOW, clock_of, events, in_review, person

DAY = timedelta(days=1)
MARA = "mara@example.test"
BY_MARA = ("--as", MARA, "--because", "Holidays of the year")


@pytest.fixture(autouse=True)
def installation(database: Database, monkeypatch, tmp_path) -> None:
    """The commands work on this test's database, with a manager and a submission whose clocks run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests that is long enough")
    with database.write.begin() as session:
        person(session, "Mara", Role.MANAGER)
        in_review(session)


@pytest.fixture
def asked(capsys) -> Callable[..., dict]:
    """The command's JSON."""

    def ask(*arguments: object) -> dict:
        assert run(["calendar", "holidays", "team", *map(str, arguments), *BY_MARA, "--json"]) == 0
        answer: dict = json.loads(capsys.readouterr().out)
        return answer

    return ask


def newest(database: Database) -> CalendarVersion:
    with database.read() as session:
        found = versions.newest(session, CalendarVersion, "team")
    assert found is not None
    return found


def as_left(session: Session, *without: str, region: str | None = None, **parts: object) -> CalendarVersion:
    """The team's calendar as Mara left it: without some of its holidays, and with other parts."""
    last = versions.newest(session, CalendarVersion, "team")
    assert last is not None
    holidays = {day: name for day, name in last.spec["holidays"].items() if day not in without}
    document = {**last.spec, "holidays": holidays, **parts}
    mara = person(session, "Mara", Role.MANAGER)
    return change_calendar(session, "team", document, region=region, by=mara, at=NOW, because="As we work.")[0]


def test_a_dry_run_shows_the_difference_and_what_moves_and_changes_nothing(database, capsys):
    before = newest(database)
    assert run(["calendar", "holidays", "team", "2029", *BY_MARA, "--dry-run"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0] == "calendar team, region US: 11 added"
    assert lines[1] == "added     2029-01-01 Mon  New Year's Day"
    assert lines[-1].startswith("0 due dates move")
    assert said.err == "nothing is written\n"
    assert newest(database).id == before.id
    with database.read() as session:
        assert events(session, EventName.CALENDAR_CHANGED) == []


def test_an_import_is_the_next_version_and_doing_it_again_changes_nothing(database, asked, capsys):
    before = newest(database)
    first = asked(2029)
    assert (first["version"], first["region"], first["holidays"], first["changes"]) == (2, "US", LIBRARY, True)
    after = newest(database)
    assert (after.version, after.region, after.because) == (2, "US", "Holidays of the year")
    assert after.spec["holidays"].keys() - before.spec["holidays"].keys() == {
        one["date"] for one in first["difference"]["added"]
    }
    assert run(["calendar", "holidays", "team", "2029", *BY_MARA]) == 0
    assert capsys.readouterr().out == "calendar team, region US: nothing to change\n"
    again = asked(2029)
    assert (again["version"], again["changes"], again["moves"]) == (2, False, [])
    with database.read() as session:
        assert len(events(session, EventName.CALENDAR_CHANGED)) == 1


def test_running_due_dates_move_with_it_and_are_listed(database, asked, capsys):
    with database.write.begin() as session:
        as_left(session, "2026-11-26")
        submission = session.scalars(select(Submission)).one()
        was = clock_of(session, submission, TargetName.DECISION).due_at
    shown, done = asked(2026, "--dry-run"), asked(2026)
    assert (shown["version"], done["version"]) == (2, 3)
    assert (shown["summary"], shown["moves"]) == (done["summary"], done["moves"])
    (move,) = [move for move in done["moves"] if move["target"] == "decision"]
    assert (move["submission"], move["integration"]) == (submission.id, "Acme")
    assert move["was"] == f"{was:%Y-%m-%dT%H:%M:%SZ}"
    assert move["now"] == f"{was + DAY:%Y-%m-%dT%H:%M:%SZ}"
    with database.read() as session:
        assert clock_of(session, submission, TargetName.DECISION).due_at == was + DAY


def test_moved_due_dates_are_told_in_words(database, capsys):
    with database.write.begin() as session:
        as_left(session, "2026-11-26")
    assert run(["calendar", "holidays", "team", "2026", *BY_MARA]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[:2] == [
        "calendar team, region US: 1 added, 1 renamed",
        "added     2026-11-26 Thu  Thanksgiving Day",
    ]
    assert lines[-4:-2] == ["1 due date moves, 0 met would have been missed (2 running clocks looked at)", ""]
    assert [line.split()[:3] for line in lines[-2:]] == [
        ["integration", "submission", "promise"],
        ["Acme", "1", "decision"],
    ]
    assert said.err == "calendar team is at version 3\n"


def test_what_drifts_is_taken_over_by_the_command_that_the_alarm_names(database, capsys):
    with database.write.begin() as session:
        as_left(session, "2026-11-26")
        in_review(session, "late")
    with database.read() as session:
        (drift,) = drifting.look(session, at=NOW).drifts
    named = re.search(r"`launch-review (.*?) --dry-run`", drift.todo)
    assert named is not None
    command = shlex.split(named[1].replace("YOU", MARA))
    assert run([*command, "--dry-run"]) == 0
    assert run(command) == 0
    with database.read() as session:
        assert drifting.look(session, at=NOW).drifts == ()


def test_a_region_that_is_given_is_the_calendars_from_then_on(database, asked):
    answer = asked(2027, "--region", "us-ca")
    assert {"date": "2027-03-31", "name": "Cesar Chavez Day"} in answer["difference"]["added"]
    assert {"date": "2027-10-11", "what": "Columbus Day"} in answer["difference"]["kept"]
    assert newest(database).region == "US-CA"
    assert asked(2027)["changes"] is False
    assert asked(2027, "--region", "US-CA", "--exact")["difference"]["removed"][0]["what"] == "Columbus Day"
    assert "2027-10-11" not in newest(database).spec["holidays"]


def test_a_region_alone_is_a_change_too(database, capsys):
    with database.write.begin() as session:
        as_left(session, region="")
    assert run(["calendar", "holidays", "team", "2026", *BY_MARA, "--region", "US"]) == 0
    assert run(["calendar", "holidays", "team", "2026", *BY_MARA, "--region", "US-NY"]) == 0
    out = capsys.readouterr().out
    assert "calendar team, region US, until now nobody: 1 renamed\n" in out
    assert "calendar team, region US-NY, until now US: " in out
    assert newest(database).region == "US-NY"


def test_half_days_become_overrides_that_end_when_it_is_asked_for(database, asked):
    answer = asked(2029, "--region", "IS", "--half-days-until", "12:30")
    assert answer["difference"]["half_days"][0] == {
        "date": "2029-12-24",
        "name": "Christmas Eve (from 1pm)",
        "hours": [["09:00", "12:30"]],
        "was": None,
    }
    assert newest(database).spec["overrides"] == {
        "2029-12-24": [["09:00", "12:30"]],
        "2029-12-31": [["09:00", "12:30"]],
    }


def test_what_the_library_warns_of_is_told_beside_the_difference(capsys):
    assert run(["calendar", "holidays", "team", "2040", *BY_MARA, "--region", "IN", "--dry-run"]) == 0
    assert f"{LIBRARY} warns: Requested Holidays are available only from 2001 to 2035." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["team"], "which years? Give at least one, such as 2029"),
        (["nobodys", "2029"], "there is no calendar 'nobodys'"),
        (["team", "2029", "--region", "UK"], "has no country 'UK'; near it: GB"),
        (["team", "2029", "--region", "GB-XX"], "has no part 'XX' of GB; it has ENG, NIR, SCT, WLS"),
        (["team", "2029", "9999"], "has the holidays of US from 1777 to 2100, not of 9999"),
        (["team", "2029", "--half-days-until", "25:00"], "saw '25:00', expected a time of day such as 13:00"),
        (["team", "next"], "next"),
    ],
)
def test_wrong_input_is_one_clear_line(arguments, message, capsys):
    assert run(["calendar", "holidays", *arguments, *BY_MARA]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_calendar_that_keeps_nobodys_holidays_has_to_be_told_whose(database, capsys):
    with database.write.begin() as session:
        as_left(session, region="")
    assert run(["calendar", "holidays", "team", "2029", *BY_MARA]) == 2
    assert "calendar team keeps nobody's holidays yet; say whose with --region" in capsys.readouterr().err


@pytest.mark.parametrize("how", [[], ["--dry-run"]])
def test_who_may_not_change_calendars_is_refused_before_anything_moves(database, capsys, how):
    with database.write.begin() as session:
        person(session, "Rosa", Role.REVIEWER)
    asked = ["calendar", "holidays", "team", "2029", "--as", "rosa@example.test", "--because", "Because."]
    assert run([*asked, *how]) == 1
    assert "calendar team: change is refused: Rosa has the role reviewer" in capsys.readouterr().err
    assert newest(database).version == 1


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_of_two_who_change_it_at_the_same_moment_the_second_looks_again(database, capsys):
    # On SQLite it would wait for the first one to end, and see what came of it.
    codes: list[int] = []
    second = threading.Thread(target=lambda: codes.append(run(["calendar", "holidays", "team", "2029", *BY_MARA])))
    with database.write.begin() as session:
        as_left(session, "2026-11-26")
        second.start()
        second.join(2)
        assert second.is_alive()
    second.join()
    assert codes == [1]
    assert "somebody else changed calendar team at the same moment" in capsys.readouterr().err
    assert newest(database).version == 2
