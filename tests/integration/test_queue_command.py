"""`launch-review queue` and `launch-review history` as people read them."""

import json
from datetime import timedelta

import pytest

from desk.cli.main import run
from flows.wiring import utc_now
from review.actions import asking
from tests.building import in_review, person


@pytest.fixture
def database(sqlite_database, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    return sqlite_database


@pytest.fixture
def asked(database):
    """A submission whose reviewer asked something in two lines."""
    now = utc_now()
    with database.write.begin() as session:
        submission = in_review(session, at=now - timedelta(minutes=2))
        asking.ask_partner(session, submission, by=person(session), at=now, text="Which region?\nAnd\x1b which plan?")
        return submission.id


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "nothing waits\n"), (("--breaching",), "nothing is close to late or late; 0 open\n")],
)
def test_an_empty_queue_is_no_data_and_one_line_of_words(arguments, words, capsys):
    assert run(["queue", *arguments]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", words)
    assert run(["queue", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.usefixtures("asked")
def test_a_queue_without_anything_late_says_how_much_is_open(capsys):
    assert run(["queue", "--breaching"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "nothing is close to late or late; 1 open\n")
    assert run(["queue"]) == 0
    said = capsys.readouterr()
    assert (len(said.out.splitlines()), said.err) == (2, "1 open\n")


def test_a_history_reads_as_on_the_desk_oldest_first(asked, capsys):
    assert run(["history", str(asked)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "sent it in: " in lines[0]
    assert lines[-3].endswith("  Rosa asked the partner.")
    assert lines[-2:] == ["    “Which region?", "    And  which plan?”"]
    assert run(["history", str(asked), "--json"]) == 0
    events = json.loads(capsys.readouterr().out)
    assert set(events[0]) == {"at", "event", "by", "data"}
    assert events[-1]["event"] == "submission.question_asked"
