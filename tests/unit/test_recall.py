"""What an audit takes from memory is what it would have judged: for any change of pages, servers, listing and day."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklist.canned_web import CannedWeb, Page
from checklist.case import Context
from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.recall import JUDGED_AFRESH_AFTER, SPREAD_OVER, Asking, Basis, Recall, content_of
from checklist.rulebook import Rulebook
from checklist.run import inputs_digests, run_checks
from models.enums import GateName, Outcome
from tests.unit.test_checks_in_browser import GOOD, PARKING, PLAIN, SHELL

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
V1 = Rulebook.load("v1")
BETA = (
    "docs.partner",
    "catalog.description",
    "catalog.logo",
    "catalog.website",
    "marketing.integrations_page",
    "marketing.blog_post",
    "marketing.utm",
)
PUBLIC = ("oauth.button",)

SITE, DOCS, LIST, POST, BUTTON, LOGO = (
    f"https://www.acme.example/{path}" for path in ("", "docs", "list", "post", "button", "logo.svg")
)
AUTHORIZE = (
    "https://id.segmentapis.com/oauth2/auth?response_type=code&client_id=a&scope=destination/acme"
    "&redirect_uri=https://acme.example/done&state=x"
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} 40"><rect width="9" height="9"/></svg>'
LATER_POST = GOOD["marketing.blog_post"].replace("2026-11-01", "2026-11-24")
VERSIONS = {
    SITE: (PLAIN, PARKING, Page(status=503), Page(status=404)),
    DOCS: (GOOD["docs.partner"], GOOD["docs.partner"] + " ", PLAIN, SHELL, Page(status=404), Page(trouble="tls")),
    LIST: (GOOD["marketing.integrations_page"], GOOD["marketing.integrations_page"].replace("utm_source", "x"), PLAIN),
    POST: (GOOD["marketing.blog_post"], LATER_POST, PLAIN),
    BUTTON: (GOOD["oauth.button"], GOOD["oauth.button"].replace("client_id=a", "client_id=b"), PLAIN),
    LOGO: tuple(Page(SVG.format(width), content_type="image/svg+xml") for width in (120, 20)),
    AUTHORIZE: (None, "Sign in", Page(status=400)),
}
worlds = st.fixed_dictionaries({url: st.integers(0, len(pages) - 1) for url, pages in VERSIONS.items()})
listings = st.sampled_from(["A tool that looks at things every single day.", "Too short", "Another tool, as good."])


class Honest(CannedWeb):
    """Pages with a tag that tells their versions; says so when a page is as it was. Some servers tag anew each time."""

    def __init__(self, chosen, *, tags="honest", visit=0):
        pages = {url: VERSIONS[url][number] for url, number in chosen.items()}
        super().__init__({url: page for url, page in pages.items() if page is not None})
        self.tags, self.visit, self.chosen, self.conditions, self.whole = tags, visit, chosen, [], Counter()

    async def get(self, url, *, known=None, **how):
        tag = f'"{self.chosen.get(url)}-{self.visit if self.tags == "changing" else ""}"'
        fetched = await super().get(url, **how)
        if known:
            self.conditions.append(url)
            if known.etag == tag or self.tags == "liar":
                return replace(fetched, status=304, body=b"", text="", unchanged=True)
        self.whole[url] += 1
        return fetched if self.tags == "none" or not fetched.ok else replace(fetched, headers={"etag": tag})


def dossier(description="A tool that looks at things every single day."):
    return Dossier.parse(
        {
            "external_id": "a",
            "kind": "update",
            "partner": {"name": "Acme", "website": SITE},
            "integration": {"slug": "acme", "name": "Acme"},
            "documentation": {"partner_url": DOCS},
            "catalog": {"description": description, "logo": LOGO, "website": SITE},
            "marketing": {"integrations_page": LIST, "blog_post": POST},
            "oauth": {"page": BUTTON},
        }
    )


def recall_of(web, listing, at, before=None, found=(), spread=0):
    inputs = inputs_digests([V1.item(item) for item in BETA + PUBLIC], listing)
    if before is None:
        return Recall(web, at, inputs)
    good = {result.item: result for result in found}
    return Recall(web, at, inputs, good, before.learnt, before.seen, spread=spread)


async def look(web, listing, at, recall=None) -> dict[str, CheckResult]:
    context = Context(web, at, recall=recall, after_launch=True)
    launched = await run_checks(listing, V1, GateName.PUBLIC_BETA, context, only=BETA)
    return {
        result.item: result
        for result in (*launched, *await run_checks(listing, V1, GateName.PUBLIC, context, only=PUBLIC))
    }


def said(found):
    return {item: (result.outcome, result.summary, result.fix) for item, result in found.items()}


async def night(web, at, before=None, found=(), listing=None):
    memory = recall_of(web, listing or dossier(), at, before, found)
    return memory, await look(web, listing or dossier(), at, memory)


ALL_WELL = dict.fromkeys(VERSIONS, 0)


@given(
    first=worlds,
    second=worlds,
    tags=st.sampled_from(["honest", "changing", "none"]),
    listing=listings,
    later=listings,
    days=st.integers(0, 10),
)
@settings(max_examples=25)
def test_what_is_reused_is_what_would_have_been_judged(first, second, tags, listing, later, days):
    async def nights():
        memory, found = await night(Honest(first, tags=tags), AT, listing=dossier(listing))
        at = AT + timedelta(days=days)
        again = Honest(second, tags=tags, visit=1)
        _, reused = await night(again, at, memory, found.values(), dossier(later))
        return said(reused), said(await look(Honest(second), dossier(later), at))

    reused, afresh = asyncio.run(nights())
    assert reused == afresh


async def test_an_unchanged_night_asks_for_each_page_once_and_reads_none():
    memory, found = await night(Honest(ALL_WELL), AT)
    assert {result.outcome for result in found.values()} <= {Outcome.PASSED, Outcome.WARNED}
    web = Honest(ALL_WELL, visit=1)
    again, reused = await night(web, AT + timedelta(days=1), memory, found.values())
    assert again.reused == set(BETA + PUBLIC)
    assert set(web.conditions) == {SITE, DOCS, LIST, POST, BUTTON, LOGO}
    assert set(web.whole) == {AUTHORIZE}
    assert reused == found


async def test_what_failed_and_what_could_not_be_told_is_looked_at_in_full_again():
    failing = ALL_WELL | {DOCS: 4, SITE: 2}
    memory, found = await night(Honest(failing), AT)
    again, _ = await night(Honest(failing), AT + timedelta(days=1), memory, found.values())
    assert again.reused.isdisjoint({"docs.partner", "catalog.website"})


async def test_a_page_that_one_check_needs_whole_is_asked_for_once():
    memory, found = await night(Honest(ALL_WELL), AT)
    web = Honest(ALL_WELL)
    worse = [replace(each, outcome=Outcome.UNKNOWN) if each.item == "docs.partner" else each for each in found.values()]
    again, _ = await night(web, AT + timedelta(days=1), memory, worse)
    assert DOCS not in web.conditions
    assert web.whole[DOCS] == 1
    assert "marketing.utm" in again.reused


@pytest.mark.parametrize("spread", [0, 3, SPREAD_OVER + 2])
async def test_a_server_that_always_says_unchanged_gains_days_at_most(spread):
    memory, found = await night(Honest(ALL_WELL), AT)
    worst = ALL_WELL | {DOCS: 2}
    limit = JUDGED_AFRESH_AFTER + timedelta(days=spread % SPREAD_OVER)
    for at, outcome in ((AT + limit - timedelta(seconds=1), Outcome.PASSED), (AT + limit, Outcome.FAILED)):
        web = Honest(worst, tags="liar")
        recall = recall_of(web, dossier(), at, memory, found.values(), spread=spread)
        assert (await look(web, dossier(), at, recall))["docs.partner"].outcome is outcome


async def test_a_reused_result_keeps_the_day_it_was_judged_on():
    memory, found = await night(Honest(ALL_WELL), AT)
    again, _ = await night(Honest(ALL_WELL), AT + timedelta(days=1), memory, found.values())
    assert {basis.judged_at for basis in again.learnt.values()} == {AT}
    assert {page.at for page in again.seen.values()} == {AT + timedelta(days=1)}


async def test_a_clock_that_went_back_reuses_nothing():
    memory, found = await night(Honest(ALL_WELL), AT)
    again, _ = await night(Honest(ALL_WELL), AT - timedelta(days=1), memory, found.values())
    assert again.reused == set()


@given(
    url=st.text(max_size=30),
    accept=st.frozensets(st.sampled_from(["text/html", "image/png"])),
    robots=st.booleans(),
    within=st.none() | st.frozensets(st.sampled_from(["a.example", "b.example"])),
)
def test_what_was_asked_survives_being_stored(url, accept, robots, within):
    asking = Asking(url, accept, robots, within)
    assert Asking.of(asking.as_json()) == asking
    assert Asking.of(asking.as_json()).key == asking.key


def test_a_basis_survives_being_stored():
    basis = Basis("digest", {"key": "content"}, AT)
    assert Basis.of(basis.as_json()) == basis


async def test_headers_of_the_delivery_are_no_content():
    page = await CannedWeb({SITE: PLAIN}).get(SITE)
    later = replace(page, headers={"date": "now", "etag": '"2"', "server": "b", "cache-control": "no-store"})
    assert content_of(page) == content_of(later)
    assert content_of(page) != content_of(replace(page, headers={"link": "<a>"}))
    assert content_of(page) != content_of(replace(page, final_url=DOCS))


@pytest.mark.parametrize(
    "url", ["https://acme.example/\0", "https://acme.example/\ud800", "https://a.example/" + "a" * 5_000]
)
async def test_an_address_that_no_database_can_store_is_not_remembered(url):
    recall = recall_of(CannedWeb({url: PLAIN}), dossier(), AT)
    watch = recall.watching()
    assert (await watch.get(url)).ok
    recall.learn("docs.partner", watch)
    assert recall.seen == {}
    later = recall_of(CannedWeb({url: PLAIN}), dossier(), AT, recall, [CheckResult("docs.partner", Outcome.PASSED, "")])
    assert await later.still("docs.partner") is None
