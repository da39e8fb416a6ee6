"""`launch-review deliveries` and `launch-review notifications preview`."""

import json

import pytest

from desk.cli.main import run
from models.delivery import Delivery
from models.enums import DeliveryStage, EventName
from tests.fixtures.programme_rows import AT, a_delivery, a_submission, an_event, an_integration


@pytest.fixture(autouse=True)
def installation(monkeypatch, tmp_path):
    """No `.env` of the folder one stands in interferes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_BASE_URL", "https://desk.example/")


@pytest.fixture
def database(sqlite_database, monkeypatch):
    address = sqlite_database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", address)
    return sqlite_database


@pytest.fixture
def dead(database):
    with database.write.begin() as session:
        event = an_event(session, EventName.REJECTED, submission=a_submission(session, an_integration(session)))
        a_delivery(session, event, recipient="bob@people.example")
        return a_delivery(
            session, event, stage=DeliveryStage.DEAD, next_try_at=None, settled_at=AT, error="550 no such user"
        )


def test_list_shows_every_delivery_with_what_became_of_it(dead, capsys):
    assert run(["deliveries", "list", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["id"], first["stage"], first["error"]) == (dead.id, "dead", "550 no such user")
    assert (second["recipient"], second["next_try_at"]) == ("bob@people.example", "2026-11-23T14:00:00Z")


def test_list_dead_shows_only_the_dead(dead, capsys):
    assert run(["deliveries", "list", "--dead"]) == 0
    out = capsys.readouterr().out
    assert "550 no such user" in out
    assert "bob@people.example" not in out


@pytest.mark.usefixtures("database")
def test_an_empty_list_is_no_data_and_one_line_of_words(capsys):
    assert run(["deliveries", "list", "--dead"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "no delivery is dead\n")


def test_retry_makes_a_dead_one_due_again_once(dead, database, capsys):
    assert run(["deliveries", "retry", str(dead.id)]) == 0
    with database.read() as session:
        assert session.get_one(Delivery, dead.id).stage is DeliveryStage.PLANNED
    assert run(["deliveries", "retry", str(dead.id)]) == 1
    assert "only a dead one can be retried" in capsys.readouterr().err


@pytest.mark.usefixtures("database")
def test_retry_of_a_number_nobody_knows_is_wrong_input(capsys):
    assert run(["deliveries", "retry", "999"]) == 2
    assert "there is no delivery 999" in capsys.readouterr().err


def test_a_database_that_is_not_migrated_is_said_in_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", f"sqlite:///{tmp_path / 'blank.sqlite'}")
    assert run(["deliveries", "list"]) == 1
    assert "launch-review db upgrade" in capsys.readouterr().err


@pytest.mark.parametrize("event", list(EventName))
def test_preview_renders_every_event_without_a_database(event, tmp_path, capsys):
    assert run(["notifications", "preview", event.value, "--to", "looked-at"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("console: ")
    mails = [line for line in told if line.endswith(".eml")]
    assert sorted(mails) == sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("looked-at/*.eml"))


def test_preview_of_an_unknown_event_names_the_known_ones(capsys):
    assert run(["notifications", "preview", "submission.abducted"]) == 2
    assert "submission.approved" in capsys.readouterr().err


def test_preview_into_a_file_is_wrong_input_before_anything_is_printed(tmp_path, capsys):
    (tmp_path / "taken").write_text("somebody's")
    assert run(["notifications", "preview", "submission.approved", "--to", "taken"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "--to taken: that is a file, expected a folder" in said.err
