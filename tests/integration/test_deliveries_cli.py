"""`launch-review deliveries`."""

import json

import pytest

from desk.cli.main import run
from models.delivery import ChannelBreaker, Delivery
from models.enums import ChannelName, DeliveryStage, EventName
from models.event import UnplannedEvent
from tests.fixtures.programme_rows import AT, a_delivery, a_message, a_submission, an_event, an_integration


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


def test_list_keeps_to_a_channel_and_a_subject(dead, capsys):
    assert run(["deliveries", "list", "--channel", "mail", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert run(["deliveries", "list", "--subject", dead.subject, "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == [dead.id]
    assert run(["deliveries", "list", "--channel", "slack"]) == 0
    assert capsys.readouterr().err == "no delivery is like that\n"


@pytest.mark.usefixtures("dead")
def test_list_says_which_channel_rests_apart_from_the_data(database, capsys):
    with database.write.begin() as session:
        session.add(
            ChannelBreaker(
                channel=ChannelName.MAIL, since=AT, faults=5, reason="connection refused", rests=1, rests_until=AT
            )
        )
    assert run(["deliveries", "list", "--json"]) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 2
    assert said.err.startswith("mail is resting until 2026-11-23T14:00:00Z")
    assert "connection refused" in said.err


def test_show_tells_what_became_of_one_and_what_it_says(dead, capsys):
    assert run(["deliveries", "show", str(dead.id)]) == 0
    out = capsys.readouterr().out
    assert "550 no such user" in out
    assert out.endswith("\nThank you, it has arrived.\n")
    assert run(["deliveries", "show", str(dead.id), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["title"], shown["stage"], shown["waits"]) == ("We have your launch", "dead", "")


def test_show_keeps_back_the_address_that_acts_for_its_reader(database, capsys):
    with database.write.begin() as session:
        event = an_event(session, EventName.REJECTED, submission=a_submission(session, an_integration(session)))
        message = a_message(text="To stop them: https://desk.example/unsubscribe/7.status.c2VjcmV0\n")
        delivery = a_delivery(session, event, message=message)
    assert run(["deliveries", "show", str(delivery.id)]) == 0
    out = capsys.readouterr().out
    assert "https://desk.example/unsubscribe/…" in out
    assert "c2VjcmV0" not in out


def test_all_dead_ones_can_be_retried_at_once_after_a_look(database, dead, capsys):
    with database.write.begin() as session:
        # Two recipients of one event whose message could not be written: it is planned anew once.
        event = an_event(session, EventName.REJECTED, integration=an_integration(session, "pinesong"))
        for name in ("x", "y"):
            gone = {"stage": DeliveryStage.DEAD, "next_try_at": None, "settled_at": AT, "message": {}}
            a_delivery(session, event, recipient=f"{name}@people.example", **gone)
    assert run(["deliveries", "retry", "--dead", "--dry-run"]) == 0
    said = capsys.readouterr()
    assert said.out.split() == [str(dead.id), str(dead.id + 1), str(dead.id + 2)]
    assert "3 deliveries would be due again; nothing was changed" in said.err
    assert run(["deliveries", "retry", "--dead", "--channel", "slack"]) == 0
    assert capsys.readouterr().err == "no such delivery is dead\n"
    assert run(["deliveries", "retry", "--dead"]) == 0
    assert capsys.readouterr().err == "3 deliveries are due again\n"
    with database.read() as session:
        assert session.get_one(Delivery, dead.id).stage is DeliveryStage.PLANNED
        assert session.get(UnplannedEvent, event.id) is not None


def test_retry_of_several_is_all_or_nothing(dead, database, capsys):
    assert run(["deliveries", "retry", str(dead.id), "999"]) == 2
    assert "there is no delivery 999" in capsys.readouterr().err
    with database.read() as session:
        assert session.get_one(Delivery, dead.id).stage is DeliveryStage.DEAD


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("words", [[], ["7", "--dead"], ["7", "--channel", "mail"]])
def test_what_to_retry_has_to_be_said_in_one_way(words, capsys):
    assert run(["deliveries", "retry", *words]) == 2
    assert "--dead" in capsys.readouterr().err


def test_a_database_that_is_not_migrated_is_said_in_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", f"sqlite:///{tmp_path / 'blank.sqlite'}")
    assert run(["deliveries", "list"]) == 1
    assert "launch-review db upgrade" in capsys.readouterr().err
