"""`launch-review people preferences`: how a person hears, shown, changed, and what is said when it can't be."""

import json

import pytest

from desk.cli.main import run
from models.database import Database
from tests.building import in_review, person


@pytest.fixture
def database(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Database:
    """With Rosa of the team and the contact of acme in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    with sqlite_database.write.begin() as session:
        person(session).time_zone = "Europe/Berlin"
        in_review(session, "acme")
    return sqlite_database


def shown(capsys, *words):
    assert run(["people", "preferences", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, *words):
    code = run(["people", "preferences", *words])
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    return code, line


def test_without_a_choice_the_usual_is_shown(database, capsys):
    assert shown(capsys, "rosa@example.test") == {
        "email": "rosa@example.test",
        "time_zone": "Europe/Berlin",
        "categories": {"work": {"how": "at_once", "channel": None, "chosen": False}},
        "quiet": {"from": "20:00", "to": "07:00"},
    }
    assert set(shown(capsys, "contact@acme.example")["categories"]) == {"status", "reminder"}
    assert shown(capsys, "contact@acme.example")["quiet"] is None


def test_choices_stay_and_the_same_again_changes_nothing(database, capsys):
    words = ["Rosa", "--set", "work=digest", "--channel", "work=mail", "--quiet", "22:00-6:30"]
    changed = shown(capsys, *words)
    assert changed["categories"] == {"work": {"how": "digest", "channel": "mail", "chosen": True}}
    assert changed["quiet"] == {"from": "22:00", "to": "06:30"}
    assert shown(capsys, *words) == shown(capsys, "Rosa") == changed
    assert shown(capsys, "Rosa", "--quiet", "none")["quiet"] is None


def test_several_categories_are_set_at_once(database, capsys):
    told = shown(capsys, "contact@acme.example", "--set", "status=digest", "--set", "reminder=off")
    assert {name: one["how"] for name, one in told["categories"].items()} == {"status": "digest", "reminder": "off"}


def test_in_words_it_is_a_short_table(database, capsys):
    assert run(["people", "preferences", "Rosa"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "category  how      channel",
        "work      at-once  the usual one  as usual",
        "quiet hours: 20:00-07:00 and weekends, Europe/Berlin",
    ]


@pytest.mark.parametrize("word", ["escalation", "decision", "breach", "regression", "critical"])
def test_what_is_urgent_cant_be_switched_off(database, capsys, word):
    code, line = refused(capsys, "Rosa", "--set", f"{word}=off")
    assert code == 1
    assert f"{word} messages can't be put off or switched off" in line


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--set", "wrok=digest"], 2, "saw 'wrok', expected status, reminder, work; did you mean work?"),
        (["--set", "work=digset"], 2, "saw 'digset', expected at-once, digest, off; did you mean digest?"),
        (["--set", "work"], 2, "saw 'work', expected such as status=digest"),
        (["--channel", "work=pigeon"], 2, "saw 'pigeon', expected mail, slack"),
        (["--set", "reminder=off"], 1, "rosa@example.test is somebody of the team and gets no reminder messages"),
        (["--quiet", "evening"], 2, "saw 'evening', expected such as 20:00-07:00, or none"),
        (["--quiet", "25:00-07:00"], 2, "expected such as 20:00-07:00, or none"),
        (["--quiet", "08:00-18:00"], 2, "they leave less than an hour of the working hours"),
        (["--quiet", "08:00-08:00"], 2, "they begin when they end"),
    ],
)
def test_wrong_words_are_one_line_and_change_nothing(database, capsys, words, code, expected):
    told, line = refused(capsys, "Rosa", *words)
    assert (told, expected in line) == (code, True), line
    assert not shown(capsys, "Rosa")["categories"]["work"]["chosen"]


def test_nothing_is_changed_when_one_of_several_is_refused(database, capsys):
    assert refused(capsys, "Rosa", "--set", "work=off", "--set", "reminder=off")[0] == 1
    assert not shown(capsys, "Rosa")["categories"]["work"]["chosen"]


def test_somebody_unknown_is_told_so(database, capsys):
    code, line = refused(capsys, "nobody@example.test")
    assert code == 2
    assert "nobody is called" in line


def test_the_settings_cap_has_a_least_value(monkeypatch, database, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_MAILS_A_DAY", "0")
    code, line = refused(capsys, "Rosa")
    assert code == 2
    assert "LAUNCH_REVIEW_MAILS_A_DAY" in line
