"""What sessions promise: writers wait for each other, readers for nobody, instants come back as they were."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from models.database import Database
from models.enums import IntegrationStage
from models.event import Event
from models.integration import Integration
from models.people import Partner

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def wobbly(database: Database) -> int:
    """The id of an integration, with the event that told of it."""
    with database.write.begin() as session:
        integration = Integration(
            slug="wobbly",
            name="Wobbly",
            partner=Partner(name="Wobbly", created_at=NOW),
            stage=IntegrationStage.BUILDING,
            stage_since=NOW,
        )
        session.add(integration)
        session.flush()
        session.add(Event(at=NOW, name="integration.created", integration_id=integration.id))
        return integration.id


def test_a_session_for_reading_is_refused_any_change(database: Database, wobbly: int):
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 1
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            session.execute(update(Integration).values(name="Changed by a page"))


def test_a_session_for_writing_writes_after_a_connection_was_used_for_reading(database: Database, wobbly: int):
    with database.read() as session:
        session.execute(select(Event.id)).all()
    with database.write.begin() as session:
        session.execute(update(Integration).values(name="Changed by a verb"))
    with database.read() as session:
        assert session.get_one(Integration, wobbly).name == "Changed by a verb"


def test_a_reader_does_not_wait_for_a_writer(database: Database, wobbly: int):
    with database.write.begin() as writer:
        writer.execute(update(Integration).values(name="Not yet said"))
        began = time.monotonic()
        with database.read() as reader:
            assert reader.get_one(Integration, wobbly).name == "Wobbly"
        assert time.monotonic() - began < 5


THREADS, WRITES = 4, 100


def test_four_writers_at_once_lose_nothing_and_none_is_turned_away(database: Database, wobbly: int):
    """Each reads, then writes what it read plus one: the order in which SQLite likes to say "database is locked"."""
    failed: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(WRITES):
                with database.write.begin() as session:
                    integration = session.get_one(Integration, wobbly, with_for_update=True)
                    integration.failed_runs += 1
                    session.add(Event(at=NOW, name="path.stuck", integration_id=integration.id))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below, in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.read() as session:
        integration = session.get_one(Integration, wobbly)
        assert integration.failed_runs == THREADS * WRITES
        assert integration.version == THREADS * WRITES + 1
        told = select(func.count()).select_from(Event).where(Event.name == "path.stuck")
        assert session.scalar(told) == THREADS * WRITES


def test_a_part_that_fails_is_taken_back_alone(database: Database, wobbly: int):
    with database.write.begin() as session:
        session.add(Event(at=NOW, name="path.stuck", integration_id=wobbly))
        session.flush()
        part = session.begin_nested()
        session.add(Partner(name="Wobbly", created_at=NOW))
        with pytest.raises(IntegrityError):
            session.flush()
        part.rollback()
    with database.read() as session:
        assert session.scalars(select(Event.name).order_by(Event.id)).all() == [
            "integration.created",
            "path.stuck",
        ]


def test_a_transaction_that_fails_leaves_nothing(database: Database, wobbly: int):
    with database.write() as session:
        session.add(Event(at=NOW, name="path.stuck", integration_id=wobbly))
        session.flush()
        session.add(Partner(name="Wobbly", created_at=NOW))
        with pytest.raises(IntegrityError):
            session.commit()
    with database.read() as session:
        assert session.scalars(select(Event.name)).all() == ["integration.created"]


def test_an_instant_comes_back_as_the_same_instant_in_utc(database: Database, wobbly: int):
    in_tokyo = datetime(2026, 11, 23, 18, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=9)))
    with database.write.begin() as session:
        session.add(Event(at=in_tokyo, name="path.stuck"))
    with database.read() as session:
        at = session.scalars(select(Event.at).where(Event.name == "path.stuck")).one()
        assert at == in_tokyo
        assert at.tzinfo is UTC
        found = session.scalars(select(Event.name).where(Event.at > NOW - timedelta(microseconds=1), Event.at <= at))
        assert sorted(found) == ["integration.created", "path.stuck"]


def test_an_instant_without_a_zone_is_not_stored(database: Database):
    with database.write() as session:
        session.add(Event(at=datetime(2026, 11, 23), name="path.stuck"))  # noqa: DTZ001 - the mistake itself
        with pytest.raises(StatementError, match="has no zone"):
            session.flush()


def test_no_document_is_null_and_not_the_word_null(database: Database, wobbly: int):
    with database.read() as session:
        assert session.scalars(select(Integration.id).where(Integration.listing.is_(None))).all() == [wobbly]
