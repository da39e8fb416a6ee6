"""Workers killed at any moment, channels that fail a fifth of their calls: all arrives, repeats are few and marked."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, EventName
from models.event import UnplannedEvent
from models.people import Partner
from notifications.outbox.delivering import delivery_key
from tests.fixtures.programme_rows import AT, a_person, a_submission, an_event, an_integration
from tests.fixtures.slack_server import slack_server
from tests.fixtures.smtp_server import smtp_server

ROOT = Path(__file__).resolve().parents[2]
SUBMISSIONS, EVENTS_OF_EACH = 30, 10
KILLS = 40
WORKERS = 2
SPEED = 30.0
"""How much faster the outbox's clock runs: a lease of two minutes ends after four seconds."""
CALLS = 20_000
"""More than there can be."""
ENDS_WITHIN_SECONDS = 100.0

MAIL_FAULTS = {"": 80, "451 try later": 10, "drop": 10}
SLACK_FAULTS = {"": 80, "429": 7, "500": 6, "drop": 7}


def happened(database):
    """Questions to partners: each is a mail, and a card with a note in its thread."""
    with database.write.begin() as session:
        for number in range(SUBMISSIONS):
            slug = f"works-{number}"
            partner = Partner(name=f"Partner {number}", website="", created_at=AT)
            session.add(partner)
            a_person(session, "Cora", partner=partner, email=f"cora@{slug}.example")
            submission = a_submission(session, an_integration(session, slug, partner=partner))
            for _ in range(EVENTS_OF_EACH):
                an_event(session, EventName.QUESTION_ASKED, submission=submission)


def answers(faults, chance):
    return chance.choices(list(faults), weights=list(faults.values()), k=CALLS)


class Crew:
    """The processes that fork workers, and the workers there are now."""

    def __init__(self, arguments):
        self.command = [sys.executable, "-m", "tests.journeys.outbox_workers", *arguments]
        self.nurseries = []
        self.workers = {}

    async def start(self):
        for _ in range(WORKERS):
            nursery = await asyncio.create_subprocess_exec(*self.command, stdout=subprocess.PIPE, cwd=ROOT)
            self.nurseries.append(nursery)
            self.workers[nursery] = await self._next(nursery)

    async def kill_one(self, chance):
        nursery = chance.choice(self.nurseries)
        os.kill(self.workers[nursery], signal.SIGKILL)
        self.workers[nursery] = await self._next(nursery)

    async def stop(self):
        for nursery in self.nurseries:
            nursery.kill()
            with suppress(ProcessLookupError):  # it ends with its nursery
                os.kill(self.workers[nursery], signal.SIGKILL)
            await nursery.wait()

    async def _next(self, nursery):
        return int(await asyncio.wait_for(nursery.stdout.readline(), 30))


@contextmanager
def seeded():
    seed = int(os.environ.get("CHAOS_SEED", str(time.time_ns() % 1_000_000)))
    print(f"CHAOS_SEED={seed}")
    yield random.Random(seed)


def left(database):
    waiting = [DeliveryStage.PLANNED, DeliveryStage.SENDING]
    with database.read() as session:
        unplanned = session.scalar(select(func.count()).select_from(UnplannedEvent))
        return unplanned + session.scalar(select(func.count()).where(Delivery.stage.in_(waiting)))


async def until_all_is_settled(database):
    async with asyncio.timeout(ENDS_WITHIN_SECONDS):
        while await asyncio.to_thread(left, database):  # noqa: ASYNC110 - the workers are other processes
            await asyncio.sleep(0.1)


def in_order(keys, ids, of):
    """Whether the first arrivals of each subject come in the order of the deliveries."""
    seen = defaultdict(list)
    for key in dict.fromkeys(keys):
        seen[of[ids[key]]].append(ids[key])
    return all(arrived == sorted(arrived) for arrived in seen.values())


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_whatever_dies_or_fails_everything_arrives_in_order_and_repeats_are_marked(database):
    happened(database)
    address = database.engine.url.render_as_string(hide_password=False)
    with seeded() as chance:
        async with smtp_server() as mail, slack_server() as slack:
            of_mail, of_slack = answers(MAIL_FAULTS, chance), answers(SLACK_FAULTS, chance)
            mail.data_answers, slack.script = list(of_mail), list(of_slack)
            crew = Crew([address, f"smtp://127.0.0.1:{mail.port}", slack.url, str(time.monotonic()), str(SPEED)])
            try:
                await crew.start()
                for _ in range(KILLS):
                    await asyncio.sleep(chance.uniform(0.02, 0.35))
                    await crew.kill_one(chance)
                await until_all_is_settled(database)
            finally:
                await crew.stop()
            dropped = sum(
                given[: CALLS - len(left_over)].count("drop")
                for given, left_over in ((of_mail, mail.data_answers), (of_slack, slack.script))
            )
            mails = [str(message["Message-ID"]) for message in mail.got]
            notes = [posted.key for posted in slack.posted if posted.body.get("thread_ts")]
    with database.read() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    by_mail = {f"<{delivery_key(row)}@desk.example>": row for row in rows if row.channel is ChannelName.MAIL}
    by_slack = {delivery_key(row): row for row in rows if row.channel is ChannelName.SLACK}
    assert len(by_mail) == len(by_slack) == SUBMISSIONS * EVENTS_OF_EACH
    assert {row.stage for row in rows} <= {DeliveryStage.SENT, DeliveryStage.UNCERTAIN}
    assert set(mails) == set(by_mail)
    assert set(notes) == set(by_slack)
    for arrived, known in ((mails, by_mail), (notes, by_slack)):
        twice = [key for key, count in Counter(arrived).items() if count > 1]
        assert all(known[key].stage is DeliveryStage.UNCERTAIN for key in twice)
        print(f"{len(arrived)} arrived, {len(twice)} more than once")
        ids = {key: row.id for key, row in known.items()}
        assert in_order(arrived, ids, {row.id: row.subject for row in known.values()})
    repeats = len(mails) - len(set(mails)) + len(notes) - len(set(notes))
    print(f"{repeats} repeats, {KILLS} kills, {dropped} answers dropped")
    assert repeats <= KILLS + dropped
