"""Who reads the pages: each page once in a run, and what could not be read counts against nobody."""

import asyncio
from datetime import UTC, datetime

import pytest

from checklist.canned_web import CannedWeb, Page
from checklist.case import Context
from checklist.dossier import Dossier
from checklist.pages import PageFacts, PageState
from checklist.pages.reader import ReadsHere, Unreadable
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from models.enums import GateName, Outcome

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
V1 = Rulebook.load("v1")
ADDRESS = "https://acme.example/segment"
LOGO = "https://acme.example/logo.svg"
PAGE = "<title>Acme and Segment</title><h1>Connect Segment</h1><p>" + "Connect Acme with Segment in three steps. " * 20
SVG = Page('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>', content_type="image/svg+xml")
DOCUMENT = {
    "external_id": "a",
    "kind": "launch",
    "partner": {"name": "Acme", "website": ADDRESS},
    "integration": {"slug": "acme", "name": "Acme"},
    "catalog": {"website": ADDRESS, "logo": LOGO, "mark": LOGO},
    "documentation": {"partner_url": ADDRESS},
    "marketing": {"integrations_page": ADDRESS, "blog_post": ADDRESS},
    "oauth": {"page": ADDRESS},
}
ITEMS = {
    GateName.ACCESS: ["access.website"],
    GateName.PUBLIC_BETA: [
        "catalog.website",
        "catalog.logo",
        "catalog.mark",
        "docs.partner",
        "marketing.integrations_page",
        "marketing.blog_post",
        "marketing.utm",
    ],
    GateName.PUBLIC: ["oauth.button"],
}


class TooMuch(ReadsHere):
    """Reads nothing: everything is too much for it."""

    async def facts_of(self, page):
        return PageFacts(PageState.UNREADABLE, "the page took too long to read", page.final_url)

    async def svg_facts(self, body):
        raise Unreadable("took too long to read")


class Slow(ReadsHere):
    """Counts what it reads, and lets others run meanwhile."""

    def __init__(self):
        self.read = 0

    async def facts_of(self, page):
        self.read += 1
        await asyncio.sleep(0.01)
        return await super().facts_of(page)


async def run(gate, reader, **given):
    context = Context(CannedWeb({ADDRESS: PAGE, LOGO: SVG}), AT, reader=reader, **given)
    return await run_checks(Dossier.parse(DOCUMENT), V1, gate, context, only=ITEMS[gate])


@pytest.mark.parametrize("gate", ITEMS)
async def test_what_could_not_be_read_is_unknown_at_every_item(gate):
    found = {result.item: result for result in await run(gate, TooMuch())}
    assert {item: result.outcome for item, result in found.items()} == dict.fromkeys(ITEMS[gate], Outcome.UNKNOWN)
    for item, result in found.items():
        assert "took too long to read" in result.summary or item == "marketing.utm"


async def test_a_page_is_read_once_however_many_checks_ask_at_the_same_time():
    reader = Slow()
    await run(GateName.PUBLIC_BETA, reader)
    assert reader.read == 1


async def test_who_gives_up_waiting_for_a_page_leaves_it_to_the_next():
    reader = Slow()
    context = Context(CannedWeb({ADDRESS: PAGE}), AT, reader=reader)
    page = await context.fetcher.get(ADDRESS)
    first = asyncio.create_task(context.facts_of(page))
    second = asyncio.create_task(context.facts_of(page))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).title == "Acme and Segment"
    assert reader.read == 2
