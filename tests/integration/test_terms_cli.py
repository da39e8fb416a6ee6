"""`launch-review calendar list … recompute`, `policy`, `partners`: what they print, write, and refuse."""

import json
from datetime import timedelta

import jsonschema
import pytest
from sqlalchemy import select

from checklist.rulebook import Rulebook
from desk.cli.main import run
from flows.wiring import utc_now
from models.clock import CalendarVersion, Clock, PolicyVersion
from models.enums import DecisionKind, EventName, Role, TargetName
from models.event import Event
from models.people import Partner
from review.calendar_spec import CalendarSpec
from tests.building import decided, in_review, person

TEAM = Rulebook.load("v1").calendars["team"].as_spec()
POLICY = Rulebook.load("v1").sla.model_dump(mode="json")


@pytest.fixture
def now():
    return utc_now()


@pytest.fixture
def database(sqlite_database, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    return sqlite_database


@pytest.fixture
def programme(database, now):
    """Two submissions that run, one that is decided, a lead and a reviewer."""
    with database.write.begin() as session:
        person(session, "Lena", Role.LEAD), person(session, "Rosa")
        in_review(session, "acme", at=now), in_review(session, "bolt", at=now)
        decided(session, in_review(session, "done", at=now), DecisionKind.REJECT, at=now)
    return database


@pytest.fixture
def closed(tmp_path, now):
    """The team's calendar with the next three weeks free."""
    days = [(now + timedelta(days=day)).date().isoformat() for day in range(-1, 21)]
    file = tmp_path / "closed.json"
    file.write_text(json.dumps(TEAM | {"overrides": {day: [] for day in days}}))
    return file


def said(capsys, *arguments, code=0):
    """Standard output and standard error of one command."""
    assert run([str(argument) for argument in arguments]) == code
    printed = capsys.readouterr()
    return printed.out, printed.err


def refused(capsys, *arguments, code):
    out, err = said(capsys, *arguments, code=code)
    assert out == ""
    assert err.count("\n") == 1
    return err


def read(database, statement):
    with database.read() as session:
        return session.scalars(statement).all()


BY_LENA = ("--as", "Lena", "--because", "The office is shut.")


# --- calendars


def test_a_calendar_that_nothing_has_needed_is_shown_as_the_rulebook_writes_it(database, capsys):
    (row,) = json.loads(said(capsys, "calendar", "list", "--json")[0])
    assert row == {
        "name": "team",
        "version": None,
        "region": "US",
        "tz": "America/Los_Angeles",
        "since": None,
        "running": 0,
    }
    out, _ = said(capsys, "calendar", "show", "team")
    assert out.startswith("calendar team: not needed yet; a rulebook writes it, and it becomes version 1\n")
    assert json.loads(said(capsys, "calendar", "history", "team", "--json")[0]) == []
    assert "not needed yet" in said(capsys, "calendar", "history", "team")[1]
    assert read(database, select(CalendarVersion)) == []


def test_what_show_prints_as_json_is_what_change_reads(programme, capsys, tmp_path):
    shown, _ = said(capsys, "calendar", "show", "team", "--json")
    document = json.loads(shown)
    assert CalendarSpec.parse(document) == CalendarSpec.parse(TEAM)
    file = tmp_path / "team.json"
    file.write_text(shown)
    err = refused(capsys, "calendar", "change", "team", file, *BY_LENA, code=1)
    assert "version 1 says the same; nothing changes" in err
    assert "says the same" in refused(capsys, "calendar", "change", "team", file, *BY_LENA, "--dry-run", code=1)


def test_a_dry_run_shows_what_the_change_then_does(programme, closed, capsys):
    before = read(programme, select(Clock.due_at))
    dry, err = said(capsys, "calendar", "change", "team", closed, *BY_LENA, "--dry-run", "--json")
    assert err == "nothing is written\n"
    assert read(programme, select(Clock.due_at)) == before
    assert read(programme, select(CalendarVersion.version)) == [1]
    done, err = said(capsys, "calendar", "change", "team", closed, *BY_LENA, "--json")
    assert err == "calendar team is at version 2\n"
    seen, made = json.loads(dry), json.loads(done)
    assert (seen.pop("version"), made.pop("version")) == (None, 2)
    assert seen == made
    assert made["summary"] == "4 due dates move, 0 met would have been missed"
    assert [(move["integration"], move["target"]) for move in made["moves"]][:2] == [
        ("Acme", "first_response"),
        ("Bolt", "first_response"),
    ]
    assert read(programme, select(Clock.due_at)) != before
    (event,) = read(programme, select(Event).where(Event.name == EventName.CALENDAR_CHANGED.value))
    assert event.data["because"] == "The office is shut."


def test_a_change_in_words_is_a_sentence_and_a_table(programme, closed, capsys):
    out, _ = said(capsys, "calendar", "change", "team", closed, *BY_LENA)
    lines = out.splitlines()
    assert lines[0] == "4 due dates move, 0 met would have been missed (4 running clocks looked at)"
    assert lines[2].split() == ["integration", "submission", "promise", "was", "due", "is", "due"]
    assert lines[3].split()[:3] == ["Acme", "1", "first_response"]


def test_history_tells_who_changed_a_calendar_when_why_and_what_it_holds(programme, closed, capsys):
    said(capsys, "calendar", "change", "team", closed, *BY_LENA)
    rows = json.loads(said(capsys, "calendar", "history", "team", "--json")[0])
    assert [(row["version"], row["by"], row["because"], row["running"], row["stopped"]) for row in rows] == [
        (2, "Lena", "The office is shut.", 4, 0),
        (1, "a rulebook", "", 0, 2),
    ]
    assert "The office is shut." in said(capsys, "calendar", "history", "team")[0]
    assert said(capsys, "calendar", "show", "team")[0].startswith("calendar team, version 2, by Lena since ")


def test_what_was_in_force_is_found_by_number_and_by_time(programme, closed, capsys, now):
    said(capsys, "calendar", "change", "team", closed, *BY_LENA)

    def overrides(*which):
        return json.loads(said(capsys, "calendar", "show", "team", "--json", *which)[0])["overrides"]

    assert len(overrides()) == 22
    assert overrides("--version", "1") == overrides("--as-of", now.isoformat()) == {}
    assert len(overrides("--as-of", now.date().isoformat())) == 22
    assert overrides("--as-of", "2025-03-03") == {}


def test_show_names_the_next_holidays_and_the_hours_that_differ(database, capsys, tmp_path, now):
    with database.write.begin() as session:
        person(session, "Lena", Role.LEAD)
    tomorrow, later = ((now + timedelta(days=day)).date().isoformat() for day in (3, 9))
    file = tmp_path / "emea.toml"
    file.write_text(
        'tz = "Europe/Dublin"\nholidays = [2001-01-01]\n[holidays_yearly]\n02-29 = "Leap day"\n12-25 = "Christmas"\n'
        '[week]\nmon = [["09:00", "17:30"]]\ntue = [["09:00", "12:00"], ["13:00", "17:30"]]\n'
        f'[overrides]\n{tomorrow} = [["10:00", "12:00"]]\n[breaks]\n{later} = [["12:00", "13:00"]]\n'
    )
    said(capsys, "calendar", "change", "emea", file, *BY_LENA, "--region", "IE", "--new")
    assert "calendar emea had no version at 2025" in refused(
        capsys, "calendar", "show", "emea", "--as-of", "2025-03-03", code=2
    )
    out, _ = said(capsys, "calendar", "show", "emea")
    lines = out.splitlines()
    assert lines[1:6] == [
        "zone        Europe/Dublin",
        "holidays    of IE",
        "mon         09:00 to 17:30",
        "tue         09:00 to 12:00, 13:00 to 17:30",
        "wed to sun  closed",
    ]
    assert any(line.endswith("-02-29  free: Leap day") for line in lines)
    assert any(line.endswith("-12-25  free: Christmas") for line in lines)
    assert lines[-2:] == [f"{tomorrow}  other hours: 10:00 to 12:00", f"{later}  break: 12:00 to 13:00"]
    assert "2001" not in out


def test_computing_anew_writes_only_what_came_out_otherwise(programme, capsys):
    with programme.write.begin() as session:
        clock = session.scalars(select(Clock).where(Clock.target == TargetName.DECISION)).first()
        due, clock.due_at = clock.due_at, clock.due_at + timedelta(hours=1)
        number = clock.id
    arguments = ("calendar", "recompute", "--as", "Lena", "--because", "tzdata 2026c")
    dry = json.loads(said(capsys, *arguments, "--dry-run", "--json")[0])
    out, err = said(capsys, *arguments, "--json")
    assert (json.loads(out), err) == (dry, "what came out otherwise is written\n")
    assert dry["summary"] == "1 due date moves, 0 met would have been missed"
    with programme.read() as session:
        assert session.get_one(Clock, number).due_at == due
    out, err = said(capsys, *arguments, "--json")
    assert json.loads(out)["moves"] == []
    assert err == "nothing comes out otherwise; nothing is written\n"
    assert said(capsys, *arguments, "--dry-run")[1] == err


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("show", "moon"), 2, "there is no calendar 'moon'"),
        (("history", "moon"), 2, "there is no calendar 'moon'"),
        (("show", "moon", "--as-of", "2026-11-25"), 2, "there is no calendar 'moon'"),
        (("show", "team", "--version", "9"), 2, "calendar team has no version 9"),
        (("show", "team", "--version", "1", "--as-of", "2026-11-25"), 2, "expected either --version or --as-of"),
        (("show", "team", "--as-of", "2026-11-25T09:00:00"), 2, "--as-of: saw '2026-11-25T09:00:00', expected an"),
        (("show", "team", "--as-of", "2026-02-30"), 2, "--as-of: saw '2026-02-30', expected an instant"),
        (("change", "team", "FILE", "--as", "Nobody", "--because", "x"), 2, "nobody is called 'Nobody'"),
        (("change", "team", "FILE", "--as", "Rosa", "--because", "x"), 1, "Rosa has the role reviewer"),
        (("change", "team", "FILE", "--as", "Rosa", "--because", "x", "--dry-run"), 1, "Rosa has the role reviewer"),
        (("change", "team", "FILE", "--as", "Lena", "--because", " "), 1, "a reason is needed"),
        (("change", "team", "FILE", "--as", "Lena"), 2, "--because"),
        (("change", "the team", "FILE", *BY_LENA, "--new"), 2, "name: 'the team'; expected up to 64 letters"),
        (("change", "team", "FILE", *BY_LENA, "--region", "usa"), 2, "region: 'usa'; expected a country"),
        (("change", "team", "absent.json", *BY_LENA), 2, "absent.json: could not be opened"),
        (("change", "team", "wrong.json", *BY_LENA), 2, "wrong.json: calendar: week is missing"),
        (("change", "team", "few.json", *BY_LENA), 2, "Acme, submission 1, first_response: no open time is left"),
        (("change", "team", "few.json", *BY_LENA, "--dry-run"), 2, "Acme, submission 1, first_response: no open"),
        (("change", "taem", "FILE", *BY_LENA), 2, "there is no calendar 'taem'; near it: team; --new makes one"),
        (("change", "moon", "FILE", *BY_LENA, "--dry-run"), 2, "there is no calendar 'moon'; `calendar list` names"),
        (
            ("change", "team", "FILE", *BY_LENA, "--new"),
            2,
            "there is a calendar 'team' already, at version 1; --new is",
        ),
        (("change", "emea", "FILE", *BY_LENA, "--new", "--version", "1"), 2, "expected either --new or --version"),
        (("recompute", "--as", "Rosa", "--because", "x", "--dry-run"), 1, "Rosa has the role reviewer"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_one_line(programme, closed, capsys, tmp_path, now, arguments, code, line):
    (tmp_path / "wrong.json").write_text('{"tz": "UTC"}')
    day = now.date().isoformat()
    (tmp_path / "few.json").write_text(json.dumps({"tz": "UTC", "week": {}, "overrides": {day: [["09:00", "10:00"]]}}))
    given = [closed if argument == "FILE" else argument for argument in arguments]
    assert line in refused(capsys, "calendar", *given, code=code)
    assert read(programme, select(CalendarVersion.version)) == [1]


def test_an_older_calendar_file_does_not_undo_what_somebody_else_has_changed(programme, closed, capsys, tmp_path):
    shown, err = said(capsys, "calendar", "show", "team", "--json")
    assert "calendar team, version 1: pass `--version 1` to `calendar change`" in err
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(json.loads(shown) | {"tz": "UTC"}))
    said(capsys, "calendar", "change", "team", closed, *BY_LENA, "--version", "1")
    for more in ((), ("--dry-run",)):
        err = refused(capsys, "calendar", "change", "team", mine, *BY_LENA, "--version", "1", *more, code=1)
        assert "changed meanwhile (version 2 is in force, you saw version 1); look again" in err
    said(capsys, "calendar", "change", "team", mine, *BY_LENA, "--version", "2")


def test_what_a_calendar_says_otherwise_is_listed_line_by_line(programme, closed, capsys, tmp_path):
    file = tmp_path / "team.json"
    week = TEAM["week"] | {"fri": [["09:00", "12:00"]]}
    file.write_text(json.dumps(TEAM | {"week": week, "overrides": {"2031-01-02": []}}))
    change = ("calendar", "change", "team", file, *BY_LENA, "--region", "US-CA")
    lines = [
        "~ region: US -> US-CA",
        f"~ week.fri: {TEAM['week']['fri']} -> [['09:00', '12:00']]",
        "+ overrides.2031-01-02: []",
    ]
    dry, done = said(capsys, *change, "--dry-run")[0], said(capsys, *change)[0]
    assert dry.splitlines()[-3:] == done.splitlines()[-3:] == lines
    back = json.loads(said(capsys, "calendar", "change", "team", closed, *BY_LENA, "--dry-run", "--json")[0])["changes"]
    assert {"path": "overrides.2031-01-02", "before": [], "after": None} in back


def test_of_many_changes_in_a_document_thirty_are_shown(programme, capsys, tmp_path, now):
    file = tmp_path / "team.json"
    days = [(now + timedelta(days=day)).date().isoformat() for day in range(900, 940)]
    file.write_text(json.dumps(TEAM | {"overrides": {day: [] for day in days}}))
    lines = said(capsys, "calendar", "change", "team", file, *BY_LENA, "--dry-run")[0].splitlines()
    assert len([line for line in lines if line.startswith("+ overrides.")]) == 30
    assert lines[-1] == "and 10 more; --json names them all"


# --- policies


@pytest.fixture
def faster(tmp_path):
    """Decisions within three business days, for partners of the tier select within one."""
    document = json.loads(json.dumps(POLICY))
    next(row for row in document["targets"] if row["name"] == "decision")["business_days"] = 3
    document["targets"].insert(0, {"name": "decision", "tiers": ["select"], "business_days": 1, "calendar": "team"})
    file = tmp_path / "faster.json"
    file.write_text(json.dumps(document))
    return file


def test_a_policy_is_shown_in_tables_and_as_the_document_to_edit(database, capsys):
    out, _ = said(capsys, "policy", "show")
    assert out.startswith("policy v1: not needed yet; a rulebook writes it, and it becomes version 1\n")
    assert "decision        any  5 business days   team      usual" in out
    assert "partner  reminder_1       the time is used up" in out
    shown = json.loads(said(capsys, "policy", "show", "v1", "--json")[0])
    assert shown["claim_lease_minutes"] == 240
    assert "hours" not in shown["targets"][0]
    jsonschema.Draft202012Validator(json.loads(said(capsys, "schema", "policy")[0])).validate(shown)


def test_a_policy_is_changed_as_its_dry_run_shows_and_its_history_says_why(programme, faster, capsys):
    why = ("--as", "Lena", "--because", "We are faster now.")
    dry = json.loads(said(capsys, "policy", "change", faster, *why, "--dry-run", "--json")[0])
    assert read(programme, select(PolicyVersion.version)) == [1]
    out, err = said(capsys, "policy", "change", faster, *why, "--json")
    done = json.loads(out)
    assert (done.pop("version"), dry.pop("version")) == (2, None)
    assert done == dry
    assert (done["name"], done["summary"]) == ("v1", "2 due dates move, 0 met would have been missed")
    assert err == "policy v1 is at version 2\n"
    rows = json.loads(said(capsys, "policy", "history", "--json")[0])
    assert [(row["version"], row["by"], row["because"], row["running"]) for row in rows] == [
        (2, "Lena", "We are faster now.", 4),
        (1, "a rulebook", "", 0),
    ]
    assert "tier select" in said(capsys, "policy", "show")[0]
    assert "tier select" not in said(capsys, "policy", "show", "--version", "1")[0]


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("show", "v99"), 2, "there is no rulebook 'v99'"),
        (("show", "--version", "9"), 2, "policy v1 has no version 9"),
        (("history", "v99"), 2, "there is no rulebook 'v99'"),
        (("change", "FILE", "--as", "Rosa", "--because", "x"), 1, "policy v1: change is refused: Rosa has the role"),
        (("change", "FILE", "--as", "Rosa", "--because", "x", "--dry-run"), 1, "Rosa has the role reviewer"),
        (("change", "FILE", *BY_LENA, "--rulebook", "v99"), 2, "there is no rulebook 'v99'"),
        (("change", "same.json", *BY_LENA), 1, "version 1 says the same; nothing changes"),
        (("change", "same.json", *BY_LENA, "--dry-run"), 1, "version 1 says the same; nothing changes"),
        (("change", "wrong.json", *BY_LENA), 2, "wrong.json: targets: saw nothing, expected a value"),
        (("change", "wrong.json", *BY_LENA, "--dry-run"), 2, "wrong.json: targets: saw nothing, expected a value"),
        (("change", "wrong.txt", *BY_LENA), 2, "wrong.txt: saw the ending '.txt'"),
    ],
)
def test_what_is_wrong_with_a_policy_is_one_line(programme, faster, capsys, tmp_path, arguments, code, line):
    (tmp_path / "same.json").write_text(json.dumps(POLICY))
    (tmp_path / "wrong.json").write_text('{"ladders": {}, "claim_lease_minutes": 1}')
    given = [faster if argument == "FILE" else argument for argument in arguments]
    assert line in refused(capsys, "policy", *given, code=code)
    assert read(programme, select(PolicyVersion.version)) == [1]


def test_an_older_policy_file_does_not_undo_what_somebody_else_has_changed(programme, faster, capsys, tmp_path):
    shown, err = said(capsys, "policy", "show", "--json")
    assert "policy v1, version 1: pass `--version 1` to `policy change`" in err
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps(json.loads(shown) | {"claim_lease_minutes": 60}))
    out, _ = said(capsys, "policy", "change", faster, *BY_LENA, "--version", "1")
    assert "~ targets.decision.business_days: 5.0 -> 3.0" in out.splitlines()
    assert any(line.startswith("+ targets.decision (select): ") for line in out.splitlines())
    for more in ((), ("--dry-run",)):
        err = refused(capsys, "policy", "change", mine, *BY_LENA, "--version", "1", *more, code=1)
        assert "changed meanwhile (version 2 is in force, you saw version 1); look again" in err
    made = json.loads(said(capsys, "policy", "change", mine, *BY_LENA, "--version", "2", "--json")[0])
    assert {"path": "claim_lease_minutes", "before": 240, "after": 60} in made["changes"]


def test_a_rulebook_says_for_whom_its_promises_are(capsys):
    out, _ = said(capsys, "rulebook", "show", "v1")
    assert "access: 1 business day of the calendar team\n" in out
    assert "`launch-review policy show` has what is in force" in out


# --- partners


def test_partners_are_listed_with_their_tiers(programme, capsys):
    rows = json.loads(said(capsys, "partners", "list", "--json")[0])
    expected = {"name": "Acme Inc", "tier": "standard", "website": "https://acme.example", "integrations": 1}
    assert rows[0] == {"id": 1, **expected}
    assert "Bolt Inc" in said(capsys, "partners", "list")[0]


def test_without_partners_the_list_says_so(database, capsys):
    assert json.loads(said(capsys, "partners", "list", "--json")[0]) == []
    assert said(capsys, "partners", "list") == ("", "no partner is known yet; one is once it has submitted\n")


def test_a_tier_is_set_and_it_is_said_for_which_promises(programme, faster, capsys):
    due = read(programme, select(Clock.due_at))
    out, err = said(capsys, "partners", "tier", "acme inc", "select", "--as", "Lena")
    assert out == "Acme Inc: select\n"
    assert "promises that run are kept as they were made" in err
    assert "the policy in force promises the tier select nothing of its own" in err
    assert read(programme, select(Clock.due_at)) == due
    said(capsys, "policy", "change", faster, *BY_LENA)
    out, err = said(capsys, "partners", "tier", "Acme Inc", "select", "--as", "Lena")
    assert (out, err) == ("Acme Inc: select\n", "it has this tier already; nothing is written\n")


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("Nobody", "select", "--as", "Lena"), 2, "no partner is called 'Nobody'"),
        (("acme inc", "Select!", "--as", "Lena"), 2, "tier 'Select!': expected"),
        (
            ("acme inc", "select", "--as", "Rosa"),
            1,
            "partner Acme Inc: set tier is refused: Rosa has the role reviewer",
        ),
        (("TWICE", "select", "--as", "Lena"), 2, "'TWICE' could be 'Twice', 'twice'"),
    ],
)
def test_what_is_wrong_with_a_tier_is_one_line(programme, capsys, now, arguments, code, line):
    with programme.write.begin() as session:
        session.add_all([Partner(name="Twice", created_at=now), Partner(name="twice", created_at=now)])
    assert line in refused(capsys, "partners", "tier", *arguments, code=code)
    assert set(read(programme, select(Partner.tier))) == {"standard"}
