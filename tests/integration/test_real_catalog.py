"""The real public catalog: all of it is taken in, and audited from a place that reaches nobody."""

import json
import socket
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from checklist.fetch import Fetcher
from flows import looking
from flows.wiring import utc_now, wire
from migrations import apply
from models.audit import AuditEntry, AuditRun
from models.enums import AuditGrade, IntegrationStage, Outcome
from models.event import UnplannedEvent
from models.integration import Integration
from models.result import ItemResult
from review.actions.importing import import_catalog
from settings import Settings


async def nobody_is_known(name: str) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, f"{name} is not known here")


@pytest.fixture
def closed_network(tmp_path):
    settings = Settings(data=tmp_path, _env_file=None)
    apply.upgrade(settings.database_address)
    here = wire(settings)
    yield replace(here, fetcher=lambda: Fetcher(resolve=nobody_is_known, at=utc_now))
    here.database.close()


@pytest.fixture
def destinations(shared_data):
    return json.loads((shared_data / "catalog.json").read_text("utf-8"))["destinations"]


def imported(here, destinations):
    with here.database.write.begin() as session:
        return import_catalog(session, destinations, at=here.now())


def test_every_destination_comes_in_at_its_stage_and_once(closed_network, destinations):
    first, second = imported(closed_network, destinations), imported(closed_network, destinations)

    assert (first.created, first.wrong) == (503, [])
    assert (second.created, second.updated, second.unchanged) == (0, 0, 503)
    with closed_network.database.read() as session:
        stages = Counter(session.scalars(select(Integration.stage)))
    assert stages == {IntegrationStage.PUBLIC: 416, IntegrationStage.PUBLIC_BETA: 87}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a\0b"},
        {"name": "\ud800"},
        {"name": {}},
        {"id": "\udc80"},
        {"id": "a\0b"},
        {"id": "9" * 1_000},
        {"id": []},
        {"status": []},
        {"slug": None},
        {"methods": 5},
        {"website": "http://["},
        None,
        [],
        "x",
        5,
    ],
)
def test_an_odd_row_is_named_and_the_rest_comes_in(closed_network, destinations, change):
    odd = destinations[0] | change if isinstance(change, dict) else change
    done = imported(closed_network, [odd, destinations[1]])
    assert (done.created, len(done.wrong)) == (1, 1)
    assert done.wrong[0].startswith("destination 1 (")
    assert "object is not" not in done.wrong[0]


@pytest.mark.slow
async def test_an_audit_that_reaches_nobody_blames_nobody_and_ends_well(closed_network, destinations):
    imported(closed_network, destinations)
    run_id = looking.begin(closed_network, None, "a test")
    for batch in looking.batches(closed_network, run_id, 250):
        await looking.judge_all(closed_network, run_id, batch)
    counts = looking.finish(closed_network, run_id)

    with closed_network.database.read() as session:
        run = session.get_one(AuditRun, run_id)
        entries = session.scalars(select(AuditEntry).where(AuditEntry.audit_run_id == run_id)).all()
        failed = session.scalars(select(ItemResult).where(ItemResult.outcome == Outcome.FAILED)).all()
        told = session.scalar(select(func.count()).select_from(UnplannedEvent))
    assert run.finished_at is not None
    assert len(entries) == 503
    assert all(entry.done_at is not None for entry in entries)
    # One website of the real catalog is written "htps://…": wrong wherever one stands.
    website, launch = sorted(failed, key=lambda row: row.item)
    assert (website.item, "htps" in website.summary) == ("catalog.website", True)
    assert (launch.item, launch.summary) == ("launch.holds", "fallen since the launch: catalog.website")
    assert launch.integration_id == website.integration_id
    assert counts[AuditGrade.UNDECIDED] == 502
    assert counts["ready"] == 0
    assert told == 1, "the end of the audit is the only news"
