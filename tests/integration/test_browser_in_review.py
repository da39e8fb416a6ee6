"""The review and the nightly audit look with the installation's browser, and keep what it showed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from checklist.browser import CannedBrowser
from checklist.browser.canned import blank_picture
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits
from checklist.outcome import Picture as PictureValue
from checklist.rulebook import current
from flows.catalog import FileCatalog
from flows.looking import Live, look_at
from flows.steps import Steps
from flows.wiring import Ports
from models.enums import Outcome
from models.picture import Picture
from models.result import ItemResult
from notifications.programme import ProgrammeSettings
from review.actions import submitting
from review.path import Step
from review.vault import Vault
from tests.integration.browser_traps import shows
from tests.integration.hostile_server import HostileServer, hostile_server

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
PAGE = "http://acme.test/docs"
WORDS = "Our product shows teams where people leave, and why. " * 8
DOCS = f"""<title>Connect Segment with Acme</title><h1>Segment integration</h1><p>{WORDS}</p>
<p>Send events from Segment to Acme.</p><h2>Set up</h2>
<ol><li>Open your Segment workspace</li><li>Add Acme from Segment's catalog</li></ol>"""
DOCUMENT = {
    "external_id": "acme-launch",
    "kind": "launch",
    "partner": {"name": "Acme"},
    "integration": {"slug": "acme", "name": "Acme"},
    "documentation": {"partner_url": PAGE},
}


@pytest.fixture
async def site() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        running.routes = {"/docs": shows('<title>Acme</title><div id="root"></div><script src="/app.js"></script>')}
        yield running


class CountedBrowser(CannedBrowser):
    """Says whether it is open when it is asked, and afterwards."""

    users = 0

    async def __aenter__(self):
        self.users += 1
        return self

    async def __aexit__(self, *_):
        self.users -= 1

    async def look(self, url):
        assert self.users
        return await super().look(url)


@pytest.fixture
def browser():
    return CountedBrowser({PAGE: DOCS})


@pytest.fixture
def ports(sqlite_database, site, tmp_path, browser):
    return Ports(
        database=sqlite_database,
        fetcher=lambda: Fetcher(hosts={"acme.test": site.pair}, limits=Limits(spacing_seconds=0.0)),
        browser=browser,
        channels={},
        programme=ProgrammeSettings(base_url="http://127.0.0.1:8300", channels=frozenset()),
        catalog=FileCatalog(tmp_path / "catalog.json"),
        vault=Vault("a key for the tests"),
        customers=None,
        rulebook=current,
        now=lambda: AT,
        worker="test",
    )


async def test_a_review_looks_with_it_and_stores_the_picture(ports, browser):
    with ports.database.write.begin() as session:
        dossier = Dossier.parse(DOCUMENT)
        submitting.submit(session, dossier, by=None, at=AT, rulebook=current(AT.date()), vault=ports.vault)
    steps = Steps(ports, "acme")
    await steps.take(Step.ACKNOWLEDGE)
    await steps.take(Step.CHECK)
    with ports.database.read() as session:
        row = session.scalars(select(ItemResult).where(ItemResult.item == "docs.partner")).one()
        assert (row.outcome, row.summary.startswith("as a browser shows it")) == (Outcome.PASSED, True)
        digest = row.evidence[-1]["picture"]
        assert session.get_one(Picture, digest).data == blank_picture()
    assert (browser.looked_at, browser.users) == ([PAGE], 0)


async def test_an_audit_looks_with_it(ports, browser):
    live = Live(1, Dossier.parse(DOCUMENT), current(AT.date()), ())
    async with ports.fetcher() as fetcher, ports.browser:
        found = await look_at(ports, fetcher, live)
    [docs] = [result for result in found.results if result.item == "docs.partner"]
    assert docs.outcome is Outcome.PASSED
    assert docs.evidence[-1].picture == PictureValue.of(blank_picture())
    assert browser.looked_at == [PAGE]
