"""A real audit under a newer rulebook, and drafts tried on what it stored: the programme's own thresholds in turn."""

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from checklist.customers.fake import CustomersFake
from checklist.fetch import Fetcher
from checklist.rulebook import Rulebook, also_from
from flows import looking
from flows.wiring import utc_now, wire
from migrations import apply
from models.enums import Outcome
from models.integration import Integration
from models.result import ItemResult
from review.actions.importing import import_catalog
from review.simulating.effects import Effect
from review.simulating.whole import simulate
from settings import Settings
from tests.building import rulebook_file
from tests.unit.test_passed import HISTORIC, book, customers

LAUNCHED = datetime(2026, 1, 5, 9, tzinfo=UTC)
AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
USED_BY = {"kept": 3, "ahead": 3}


async def nobody_is_known(name: str) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, f"{name} is not known here")


@pytest.fixture
def here(tmp_path):
    """Two integrations that three customers use: one is public, one in Public Beta. No site can be reached."""
    settings = Settings(data=tmp_path, _env_file=None)
    apply.upgrade(settings.database_address)
    real = wire(settings)
    rows = [
        {"integration": slug, "customer": f"Customer {number}", "last_success_at": AT - timedelta(days=1)}
        for slug, many in USED_BY.items()
        for number in range(many)
    ]
    fetcher = lambda: Fetcher(resolve=nobody_is_known, at=utc_now)  # noqa: E731 - a new one for each run
    with real.database.write.begin() as session:
        catalog = [
            {"slug": slug, "name": slug.title(), "website": f"https://{slug}.example", "status": stage}
            for slug, stage in (("kept", "PUBLIC"), ("ahead", "PUBLIC_BETA"))
        ]
        assert import_catalog(session, catalog, at=LAUNCHED).created == 2
    yield replace(real, fetcher=fetcher, now=lambda: AT, customers=CustomersFake(rows, as_of=AT))
    real.database.close()


async def audited(here) -> None:
    run_id = looking.begin(here, None, "a test")
    for batch in looking.batches(here, run_id, 250):
        await looking.judge_all(here, run_id, batch)
    looking.finish(here, run_id)


def counted(here) -> dict[str, tuple[Outcome, str]]:
    with here.database.read() as session:
        rows = session.execute(
            select(Integration.slug, ItemResult.outcome, ItemResult.summary)
            .join(Integration, Integration.id == ItemResult.integration_id)
            .where(ItemResult.item == "customers.active", ItemResult.superseded_at.is_(None))
        )
        return {slug: (outcome, summary[:7]) for slug, outcome, summary in rows}


async def test_ten_customers_are_asked_of_who_is_not_public_yet_alone(here, tmp_path):
    rulebook_file(tmp_path, "v2", valid_from="2026-11-01", at_least="10")
    with also_from(tmp_path):
        await audited(replace(here, rulebook=lambda _: Rulebook.load("v2")))
        assert counted(here) == {"kept": (Outcome.PASSED, "3 of 3 "), "ahead": (Outcome.FAILED, "3 of 10")}


@pytest.mark.parametrize("at_least", HISTORIC)
async def test_each_threshold_of_the_programmes_history_is_told_from_one_audit(here, shared_data, at_least):
    facts = json.loads((shared_data / "programme_facts.json").read_text("utf-8"))["launch_thresholds_that_changed"]
    assert "10 customers" in facts["co_marketing_hidden_page"]
    await audited(here)
    with here.database.read() as session:
        now = Rulebook.load("v1")
        draft = book(2, customers(at_least), grandfather="ask")
        found = simulate(session, draft, now=now, at=AT, programme=here.programme)
    told = {line.slug: line.line.effect for line in found.lines if line.line.item == "customers.active"}
    assert told == (dict.fromkeys(USED_BY, Effect.FAILS) if at_least > 3 else {})
