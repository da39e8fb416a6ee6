"""Noticing that time zones or holidays would move running due dates: told once, by everybody who looks."""

import json
import os
import re
import shlex
import subprocess
import sys
import zoneinfo
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.cli import main
from flows.beats import AtTheStart, beats
from flows.watch_drift import look_and_tell, watch_drift
from flows.wiring import using, wire
from models.clock import CalendarVersion, Clock
from models.delivery import Delivery
from models.enums import ChannelName, EventName, Role, TargetName
from notifications.outbox import plan
from notifications.programme import ProgrammeSettings
from notifications.samples import DATA
from review import versions
from review.actions import asking, drifting
from review.drift import Drift, Gap
from review.holiday_years import LIBRARY
from review.zone_release import ZoneRelease, zone_release
from settings import Settings
from tests.building import NOW, after, clock_of, contact, decided, events, in_review, person

HOUR = timedelta(hours=1)
LOS_ANGELES = "America/Los_Angeles"


@pytest.fixture
def other_rules(tmp_path: Path) -> Path:
    """A time zone database in which Los Angeles gave up its winter time."""
    folder = tmp_path / "other rules"
    (folder / "America").mkdir(parents=True)
    (folder / LOS_ANGELES).write_bytes((files("tzdata") / "zoneinfo" / "America" / "Phoenix").read_bytes())
    (folder / "tzdata.zi").write_text("# version 2099z\n# and so on\n")
    return folder


def told_under_older_rules(session: Session, slug: str = "acme") -> list[Clock]:
    """The clocks of a new submission, with their terms an hour from what they are today."""
    submission = in_review(session, slug)
    clocks = [clock_of(session, submission, target) for target in (TargetName.FIRST_RESPONSE, TargetName.DECISION)]
    for clock in clocks:
        clock.due_at -= HOUR
        clock.breach_at -= HOUR
    session.flush()
    return clocks


def drifts(session: Session, at: datetime = NOW) -> tuple[Drift, ...]:
    return drifting.look(session, at=at).drifts


def calendar_without(session: Session, *days: str) -> CalendarVersion:
    """A next version of the team's calendar, in force from now on."""
    last = versions.newest(session, CalendarVersion, "team")
    assert last is not None
    named = {day: name for day, name in last.spec["holidays"].items() if day not in days}
    spec = {**last.spec, "holidays": named}
    version = CalendarVersion(
        name="team",
        version=last.version + 1,
        digest=versions.digest_of(spec),
        spec=spec,
        region="US",
        created_at=NOW,
        because="",
    )
    session.add(version)
    session.flush()
    return version


# --- looking


def test_what_was_just_promised_does_not_drift(session):
    in_review(session)
    looked = drifting.look(session, at=NOW)
    assert (looked.clocks, looked.drifts) == (2, ())
    assert looked.releases == (zone_release(LOS_ANGELES),)


def test_where_no_clock_runs_there_is_nothing_to_compare(session):
    assert drifting.look(session, at=NOW) == (0, (), ())


def test_a_due_date_of_other_rules_is_found_with_whose_it_is_soonest_first(session):
    clocks = told_under_older_rules(session)
    in_review(session, "other")
    (drift,) = drifts(session)
    assert (drift.source, drift.calendar) == (zone_release(LOS_ANGELES).name, "team")
    assert [(move.integration, move.submission, move.target) for move in drift.moves] == [
        ("Acme", clock.submission_id, clock.target) for clock in clocks
    ]
    assert [(move.was, move.now) for move in drift.moves] == [(clock.due_at, clock.due_at + HOUR) for clock in clocks]


def test_a_paused_clock_and_a_stopped_one_are_left_out(session):
    first, decision = told_under_older_rules(session)
    submission = in_review(session, "other")
    asking.ask_partner(session, submission, by=person(session), at=NOW, text="Which region?")
    paused = clock_of(session, submission, TargetName.DECISION)
    paused.due_at -= HOUR
    first.stopped_at = NOW
    first.next_fire_at = None
    session.flush()
    assert [(move.submission, move.target) for move in drifts(session)[0].moves] == [
        (decision.submission_id, TargetName.DECISION)
    ]


def test_a_clock_that_was_paused_counts_with_its_pause(session):
    submission = in_review(session)
    asking.ask_partner(session, submission, by=person(session), at=after(hours=1), text="Which region?")
    asking.answer(session, submission, by=contact(session, submission), at=after(hours=3), text="Europe.")
    assert drifts(session) == ()
    clock = clock_of(session, submission, TargetName.DECISION)
    clock.breach_at -= HOUR
    session.flush()
    assert [(move.was, move.now) for move in drifts(session)[0].moves] == [(clock.breach_at, clock.breach_at + HOUR)]


def test_a_holiday_that_the_calendar_in_force_lacks_is_found_for_what_pins_it(session):
    in_review(session, "before")
    calendar_without(session, "2026-11-26")
    in_review(session)
    (drift,) = drifts(session)
    assert (drift.source, drift.calendar) == (f"{LIBRARY} for US", "team")
    assert {move.integration for move in drift.moves} == {"Acme"}
    assert "calendar holidays team 2026 --as" in drift.todo


def test_a_calendar_that_keeps_nobodys_holidays_is_not_compared_with_them(session):
    in_review(session, "before")
    calendar_without(session, "2026-11-26").region = ""
    in_review(session)
    assert drifts(session) == ()


# --- telling


def test_a_finding_is_told_once_and_again_when_it_grows_but_not_when_it_shrinks(session):
    first, _ = told_under_older_rules(session)

    def tell(at: datetime) -> list[bool]:
        return [drifting.tell(session, drift, at=at) for drift in drifts(session)]

    assert tell(NOW) == [True]
    assert tell(after(days=1)) == [False]
    told_under_older_rules(session, "other")
    assert tell(after(days=2)) == [True]
    first.stopped_at = NOW
    first.next_fire_at = None
    session.flush()
    assert tell(after(days=3)) == [False]
    assert [event.at for event in events(session, EventName.CLOCKS_DRIFTED)] == [NOW, after(days=2)]


def test_another_source_is_another_finding(session):
    told_under_older_rules(session)
    (drift,) = drifts(session)
    assert drifting.tell(session, drift, at=NOW)
    assert drifting.tell(session, replace(drift, source="tzdata 2099z"), at=NOW)


def test_what_is_told_has_what_its_message_needs_and_names_a_few(session):
    for number in range(8):
        told_under_older_rules(session, f"acme{number}")
    (drift,) = drifts(session)
    drifting.tell(session, drift, at=NOW)
    (event,) = events(session, EventName.CLOCKS_DRIFTED)
    assert DATA[EventName.CLOCKS_DRIFTED].keys() <= event.data.keys()
    assert DATA[EventName.CLOCKS_DRIFTED]["moves"][0].keys() == event.data["moves"][0].keys()
    assert (len(event.data["moves"]), event.data["more_moves"]) == (10, 6)
    assert (event.submission_id, event.integration_id, event.person_id) == (None, None, None)


def test_the_managers_hear_of_it_also_when_only_a_year_is_missing(session):
    person(session, "Mara", Role.MANAGER)
    in_review(session)
    gap = Drift(f"{LIBRARY} for US", "team", (), "import it", (Gap(2029, 1),))
    drifting.tell(session, gap, at=NOW)
    by_mail = ProgrammeSettings(base_url="https://desk.example", channels=frozenset({ChannelName.MAIL}))
    plan(session, at=NOW, programme=by_mail)
    (mail,) = session.scalars(select(Delivery).where(Delivery.recipient == "mara@example.test"))
    assert "Calendar team has no holidays of 2029, and 1 running clock is due in it." in mail.message["text"]
    assert "Your turn: import it" in mail.message["text"]


def test_of_many_who_look_at_the_same_moment_one_tells(database):
    with database.write.begin() as session:
        told_under_older_rules(session)
    with database.read() as session:
        (drift,) = drifts(session)
    together = Barrier(8)

    def tell(_: int) -> bool:
        together.wait()
        with database.write.begin() as session:
            return drifting.tell(session, drift, at=NOW)

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(tell, range(8))) == [False] * 7 + [True]
    with database.read() as session:
        assert len(events(session, EventName.CLOCKS_DRIFTED)) == 1


# --- when


@pytest.fixture
def here(database, tmp_path):
    real = wire(Settings(data=tmp_path, _env_file=None))
    real.database.close()
    return replace(real, database=database, now=lambda: NOW)


async def test_the_flow_says_what_it_came_to_and_can_be_run_again(here, database):
    with using(here):
        assert (await watch_drift.fn()).name == "Holds"
        with database.write.begin() as session:
            told_under_older_rules(session)
        first, second = [await watch_drift.fn() for _ in range(2)]
    assert [(one.name, one.message) for one in (first, second)] == [
        ("Drifted", "1 found, 1 of them new"),
        ("Drifted", "1 found, 0 of them new"),
    ]
    assert look_and_tell(here) == (1, 0)


class FailsOnce:
    def __init__(self):
        self.runs = 0

    async def fn(self):
        self.runs += 1
        if self.runs == 1:
            raise ConnectionError("the database is away")
        return "held"

    __call__ = fn


@pytest.mark.parametrize("recorded", [True, False])
async def test_what_is_due_at_the_start_stays_due_until_it_has_come_to_its_end(recorded):
    first = AtTheStart(FailsOnce())
    run = first if recorded else first.fn
    with pytest.raises(ConnectionError):
        await run()
    assert first.due() == ({},)
    assert await run() == "held"
    assert first.due() == ()


def test_every_process_looks_for_drift_when_it_starts(here):
    (beat,) = [beat for beat in beats(here) if beat.name == "watch_drift"]
    assert beat.due() == ({},)


# --- by hand


@pytest.fixture
def installation(sqlite_database, monkeypatch, tmp_path):
    """The commands work on this test's database, whatever the folder one stands in has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATA", str(tmp_path))
    return sqlite_database


def test_the_command_says_that_nothing_would_move_and_what_was_compared(installation, capsys):
    with installation.write.begin() as session:
        in_review(session)
    assert main.run(["calendar", "drift"]) == 0
    said = capsys.readouterr()
    release = zone_release(LOS_ANGELES)
    assert said.out == "no running due date would move\n"
    assert said.err == f"running clocks compared: 2, under {release.name} ({release.place}), {LIBRARY}\n"


def test_the_command_lists_what_would_move_tells_nobody_and_fails(installation, capsys):
    with installation.write.begin() as session:
        told_under_older_rules(session)
    assert main.run(["calendar", "drift"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("2 running due dates of calendar team would move")
    assert lines[1:4] == [
        "",
        "integration  submission  promise         is due                would be due",
        "Acme         1           first_response  2026-11-25T17:00:00Z  2026-11-25T18:00:00Z",
    ]
    assert lines[-1].startswith("to do: take it over with `launch-review calendar recompute")
    with installation.read() as session:
        assert events(session, EventName.CLOCKS_DRIFTED) == []


def test_what_new_rules_move_is_taken_over_by_the_command_that_the_alarm_names(installation):
    with installation.write.begin() as session:
        person(session, "Mara", Role.MANAGER)
        first, decision = told_under_older_rules(session)
        (drift,) = drifts(session)
    named = re.search(r"`launch-review (.*?)`", drift.todo)
    assert named is not None
    assert main.run(shlex.split(named[1].replace("YOU", "mara@example.test"))) == 0
    with installation.read() as session:
        assert drifts(session) == ()
        assert [session.get_one(Clock, clock.id).due_at for clock in (first, decision)] == [
            move.now for move in drift.moves
        ]


# --- on a machine with other rules


def test_the_release_of_a_zone_is_that_of_the_folder_it_is_read_from(other_rules, tmp_path):
    system = zoneinfo.TZPATH
    try:
        zoneinfo.reset_tzpath([tmp_path, other_rules])
        assert zone_release(LOS_ANGELES) == ZoneRelease("tzdata 2099z", str(other_rules))
        package = zone_release("Europe/Berlin")
        (other_rules / "tzdata.zi").unlink()
        assert zone_release(LOS_ANGELES).name == "tzdata of unknown version"
        (other_rules / "tzdata.zi").write_text("a file of something else\n")
        assert zone_release(LOS_ANGELES).name == "tzdata of unknown version"
    finally:
        zoneinfo.reset_tzpath(system)
    assert package.place == "the tzdata package"
    assert package.name.startswith("tzdata 20")


@pytest.mark.slow
def test_a_machine_with_newer_rules_shows_what_would_move_and_tells_it_at_its_start(
    sqlite_database, other_rules, tmp_path
):
    with sqlite_database.write.begin() as session:
        before_work = NOW - 2 * HOUR
        due = clock_of(session, in_review(session, at=before_work), TargetName.DECISION).due_at
        decided(session, in_review(session, "met"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "LAUNCH_"))}
        own |= {"LAUNCH_REVIEW_DATA": str(tmp_path), "PYTHONTZPATH": str(other_rules)}
        command = [sys.executable, "-c", "from desk.cli.main import main; main()", *arguments]
        return subprocess.run(command, env=own, cwd=tmp_path, capture_output=True, text=True, check=False)

    moved = run("calendar", "drift", "--json")
    assert moved.returncode == 1, moved.stderr
    answer = json.loads(moved.stdout)
    assert answer["zones"] == [{"release": "tzdata 2099z", "from": str(other_rules)}]
    (drift,) = answer["drifts"]
    assert (drift["source"], drift["calendar"]) == ("tzdata 2099z", "team")
    assert drift["moves"][-1] == {
        "submission": 1,
        "integration": "Acme",
        "target": "decision",
        "was": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "now": f"{due - HOUR:%Y-%m-%dT%H:%M:%SZ}",
    }

    worked = run("work", "--once")
    assert worked.returncode == 0, worked.stderr
    with sqlite_database.read() as session:
        (event,) = events(session, EventName.CLOCKS_DRIFTED)
    assert event.data["summary"] == "with tzdata 2099z 2 running due dates of calendar team would move"
