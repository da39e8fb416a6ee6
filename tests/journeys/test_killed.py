"""Kill -9 at any moment, start again: nothing is lost, and what may have gone out twice says so."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.delivery import ownership
from checklist.delivery.endpoint import Endpoint
from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from flows.wiring import secret_key, utc_now
from migrations import apply
from models.database import Database
from models.delivery import Delivery
from models.enums import ChannelName, DecisionKind, DeliveryStage, EventName, IntegrationStage, SubmissionStage
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.submission import Submission
from review.actions.deciding import decide
from review.actions.submitting import submit
from review.finding_people import person_called
from review.vault import Vault
from sample.load import add_people
from sample.partners import document
from sample.people import REVIEWER
from sample.sites import SampleSites
from settings import Settings

SUBMISSIONS = 5
KILLS = 4
PATIENCE_SECONDS = 240


@dataclass
class Installation:
    """One data folder, and the process tree that is started, killed and started again on it."""

    data: Path
    sites: SampleSites
    port: int
    tree: subprocess.Popen[bytes] | None = None
    killed: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(20261123))

    @property
    def settings(self) -> Settings:
        return Settings(data=self.data, _env_file=None)

    def start(self) -> None:
        environment = os.environ | {
            "LAUNCH_REVIEW_DATA": str(self.data),
            "LAUNCH_REVIEW_FETCH_HOSTS": ",".join(f"{name}={at}" for name, at in self.sites.hosts.items()),
            "LAUNCH_REVIEW_FETCH_CA": str(self.sites.ca_file),
        }
        environment.pop("PREFECT_API_URL", None)
        with (self.data / "up.log").open("ab") as log:
            self.tree = subprocess.Popen(
                [sys.executable, "-c", "from desk.cli.main import main; main()", "up", "--port", str(self.port)],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        assert self.tree is not None
        self.tree.send_signal(signal.SIGKILL)
        self.tree.wait()
        self.killed += 1

    def stop(self) -> None:
        if self.tree is not None and self.tree.poll() is None:
            self.tree.send_signal(signal.SIGTERM)
            try:
                self.tree.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.tree.pid, signal.SIGKILL)
                self.tree.wait()


@pytest.mark.slow
@pytest.mark.prefect
@pytest.mark.timeout(600)
async def test_a_system_killed_again_and_again_loses_nothing_and_marks_every_possible_repeat(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with SampleSites(tmp_path / "sites", at=utc_now()) as sites:
        _show_ownership(sites)
        installation = Installation(data, sites, _free_port())
        await asyncio.to_thread(apply.upgrade, installation.settings.database_address)
        database = Database(installation.settings.database_address)
        try:
            await _killed_again_and_again(installation, database)
        finally:
            await asyncio.to_thread(installation.stop)
            database.close()


async def _killed_again_and_again(installation: Installation, database: Database) -> None:
    vault = Vault(secret_key(installation.settings))
    with database.write.begin() as session:
        add_people(session, at=utc_now())
    installation.start()
    numbers = []
    for index in range(SUBMISSIONS):
        with database.write.begin() as session:
            numbers.append(_submitted(session, index, vault))
        if index < KILLS:
            # While it starts, checks, plans or sends: wherever it happens to be.
            await asyncio.sleep(installation.chance.uniform(4.0, 9.0))
            installation.kill()
            installation.start()

    await _until(database, "all are in review", lambda session: _in_review(session, numbers))
    with database.write.begin() as session:
        for number in numbers:
            submission = session.get_one(Submission, number)
            reviewer = person_called(session, REVIEWER.email)
            decide(session, submission, DecisionKind.APPROVE, by=reviewer, at=utc_now(), reason="It works.")
    installation.kill()
    installation.start()
    await _until(database, "all are live", _all_live)
    await _until(database, "everybody is told", _everybody_told)
    _nothing_lost(installation, database, numbers)


def _dossier(index: int) -> Dossier:
    sent = document("quillharbor-launch")
    sent["external_id"] = f"killed-{index}"
    sent["integration"]["slug"] = f"killed-{index}"
    sent["partner"] = {**sent["partner"], "name": f"Partner {index}", "contact_email": f"partner{index}@killed.example"}
    return Dossier.parse(sent)


def _show_ownership(sites: SampleSites) -> None:
    """The endpoint's host says whose it is: with a line for each integration behind it."""
    dossiers = [_dossier(index) for index in range(SUBMISSIONS)]
    endpoints = [
        endpoint
        for dossier in dossiers
        for component in dossier.components
        if (endpoint := Endpoint.of(component, dossier.integration.slug)) is not None
    ]
    marketplace = Rulebook.load("v1").programme.marketplace
    lines = [ownership.text_for(endpoint, marketplace) for endpoint in endpoints]
    sites.put(ownership.place_of(endpoints[0]), "\n".join(lines))


def _submitted(session: Session, index: int, vault: Vault) -> int:
    rulebook = Rulebook.load("v1")
    return submit(session, _dossier(index), by=None, at=utc_now(), rulebook=rulebook, vault=vault).submission.id


def _nothing_lost(installation: Installation, database: Database, numbers: list[int]) -> None:
    with database.read() as session:
        happened = Counter(
            (event.submission_id, event.name)
            for event in session.scalars(select(Event).where(Event.submission_id.in_(numbers)))
        )
        deliveries = session.scalars(select(Delivery)).all()
    once = (EventName.SUBMISSION_RECEIVED, EventName.SUBMISSION_ACKNOWLEDGED, EventName.SUBMISSION_CHECKED,
            EventName.REVIEW_OPENED, EventName.APPROVED, EventName.LAUNCHED)  # fmt: skip
    for number in numbers:
        assert {name: happened[number, name.value] for name in once} == dict.fromkeys(once, 1)
    assert {delivery.stage for delivery in deliveries} <= {
        DeliveryStage.SENT,
        DeliveryStage.UNCERTAIN,
        DeliveryStage.SKIPPED,
    }
    uncertain = [delivery for delivery in deliveries if delivery.stage is DeliveryStage.UNCERTAIN]
    # A channel sends one by one, and there are two: a kill leaves at most one doubt in each.
    assert len(uncertain) <= 2 * installation.killed
    mails = [delivery for delivery in deliveries if delivery.channel is ChannelName.FILE]
    files = list((installation.data / "mails").glob("*.eml"))
    assert len(files) == sum(delivery.stage is not DeliveryStage.SKIPPED for delivery in mails)
    acknowledged = [mail for mail in mails if mail.message["event"] == EventName.SUBMISSION_ACKNOWLEDGED.value]
    assert len(acknowledged) == SUBMISSIONS


def _in_review(session: Session, numbers: list[int]) -> bool:
    rows = [session.get_one(Submission, number) for number in numbers]
    return all(row.stage is SubmissionStage.IN_REVIEW and row.checked_revision == row.revision for row in rows)


def _all_live(session: Session) -> bool:
    stages = session.scalars(select(Integration.stage)).all()
    return len(stages) == SUBMISSIONS and set(stages) == {IntegrationStage.PUBLIC_BETA}


def _everybody_told(session: Session) -> bool:
    waiting = select(Delivery.id).where(Delivery.stage.in_([DeliveryStage.PLANNED, DeliveryStage.SENDING]))
    return session.scalar(select(UnplannedEvent.event_id).limit(1)) is None and session.scalar(waiting.limit(1)) is None


async def _until(database: Database, what: str, holds: Callable[[Session], bool]) -> None:
    give_up = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        with database.read() as session:
            if holds(session):
                return
        if asyncio.get_running_loop().time() > give_up:
            pytest.fail(f"waited {PATIENCE_SECONDS} seconds until {what}")
        await asyncio.sleep(0.2)


def _free_port() -> int:
    with _bound() as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _bound() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener
