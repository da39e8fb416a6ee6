"""`launch-review deliveries`."""

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
