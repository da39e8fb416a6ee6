"""What a browser changes: pages that scripts fill can be told, and nobody is blamed for what scripts would have shown."""

import hashlib
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from checklist.browser import CannedBrowser
from checklist.browser.canned import Shown, blank_picture
from checklist.canned_web import CannedWeb
from checklist.case import Context
from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from models.enums import Outcome

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
V1 = Rulebook.load("v1")
PASSED, WARNED, FAILED, UNKNOWN, NOT_APPLICABLE = Outcome
PAGE = "https://www.acme.example/page"
WORDS = "<p>" + "Our product shows teams where people leave, and why. Thousands rely on it every day. " * 4 + "</p>"

SHELL = '<title>Acme</title><div id="root"></div><script src="/app.js"></script>'
SCRIPTED = f'<title>Acme</title><h1>Acme</h1>{WORDS}<script src="/app.js"></script>'
PLAIN = f"<title>Acme</title><h1>Acme</h1>{WORDS}"
WALL = "<title>Just a moment...</title><p>Checking your browser</p>"
PARKING = "<title>acme.example</title><p>This domain is for sale. Buy this domain.</p><script src='/p.js'></script>"
GOOD = {
    "docs.partner": f"<title>Segment integration – Acme</title><h1>Connect Segment to Acme</h1>{WORDS}"
    "<h2>Set up Segment</h2><ol><li>Open your Segment workspace</li><li>Add Acme as a destination of Segment</li><li>Copy the key</li></ol>",
    "marketing.integrations_page": f"<title>Acme integrations</title><h1>Integrations</h1>{WORDS}<h3>Segment</h3>"
    '<a href="https://segment.com/?utm_source=a">Segment</a>',
    "marketing.blog_post": '<title>Announcing Acme for Segment</title><meta property="article:published_time" '
    f'content="2026-11-01"><h1>Announcing Acme for Segment</h1>{WORDS}<p>Today we launch our Segment integration.</p>',
    "oauth.button": f"<title>Acme and Segment</title><h1>Acme and Segment</h1>{WORDS}"
    '<a href="https://id.segmentapis.com/oauth2/auth?response_type=code&client_id=a&scope=destination/acme'
    '&redirect_uri=https://acme.example/done&state=x">Enable with Segment</a>',
}
PARTS = {
    "docs.partner": {"documentation": {"partner_url": PAGE}},
    "marketing.integrations_page": {"marketing": {"integrations_page": PAGE}},
    "marketing.blog_post": {"marketing": {"blog_post": PAGE}},
    "oauth.button": {"oauth": {"page": PAGE}},
}
WEBSITE = {"catalog": {"website": PAGE}}


def dossier(**parts):
    document = {
        "external_id": "a",
        "kind": "launch",
        "partner": {"name": "Acme"},
        "integration": {"slug": "acme", "name": "Acme"},
        **parts,
    }
    return Dossier.parse(document)


async def judged(item, fetched, shown=None, **parts):
    """The item's result where the fetcher gets one page and the browser, if there is one, shows another."""
    browser = CannedBrowser({PAGE: shown}) if shown is not None else None
    context = Context(CannedWeb({PAGE: fetched}), AT, browser=browser)
    of = dossier(**(parts or PARTS[item]))
    (found,) = await run_checks(of, V1, V1.item(item).gate, context, only=[item])
    return found


@pytest.mark.parametrize("item", PARTS)
async def test_a_page_that_scripts_fill_passes_on_what_a_browser_shows(item):
    found = await judged(item, SHELL, GOOD[item])
    assert found.outcome is PASSED
    assert found.summary.startswith("as a browser shows it, ")
    fetched, shown, *_followed = found.evidence
    assert (fetched.picture, shown.seen[:21]) == (None, "as a browser shows it")
    digest = hashlib.sha256(blank_picture()).hexdigest()
    assert shown.picture.digest == shown.as_json()["picture"] == digest
    assert shown.picture.data == blank_picture()
    assert (found.facts["page_state"], found.facts["shown_state"]) == ("needs_browser", "usable")


@pytest.mark.parametrize("item", PARTS)
async def test_without_a_browser_such_a_page_is_unknown_and_says_that_there_is_none(item):
    found = await judged(item, SHELL)
    assert found.outcome is UNKNOWN
    assert "the page is filled by scripts in a browser" in found.summary
    assert "this installation has no browser" in found.summary


@pytest.mark.parametrize("item", PARTS)
async def test_a_page_with_scripts_is_looked_at_before_it_fails_and_what_is_there_decides(item):
    assert (await judged(item, SCRIPTED)).outcome is FAILED
    assert (await judged(item, SCRIPTED, GOOD[item])).outcome is PASSED


@pytest.mark.parametrize("item", PARTS)
async def test_what_a_browser_does_not_show_either_fails_with_its_picture(item):
    found = await judged(item, SCRIPTED, PLAIN)
    assert (found.outcome, bool(found.fix), bool(found.evidence[-1].picture)) == (FAILED, True, True)
    assert (await judged(item, SHELL, PLAIN)).outcome is FAILED


TROUBLE = {
    "the browser breaks": Shown(trouble="the browser ended while it showed the page"),
    "it is led inside": Shown(trouble="10.0.0.7, which is not on the open internet (private)", refused=True),
    "a wall for robots": Shown(WALL),
    "another answer": Shown(PLAIN, 403),
    "an answer of trouble": Shown(GOOD["docs.partner"], 503),
    "gone for browsers only": Shown(PLAIN, 404),
    "still a shell": Shown(SHELL),
}


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_trouble_in_the_browser_leaves_the_first_judgement_as_it_was(trouble):
    unknown = await judged("docs.partner", SHELL, TROUBLE[trouble])
    assert unknown.outcome is UNKNOWN
    assert "browser" in unknown.summary.partition("; ")[2]
    failed = await judged("docs.partner", SCRIPTED, TROUBLE[trouble])
    assert (failed.outcome, failed.summary) == (FAILED, (await judged("docs.partner", SCRIPTED)).summary)
    assert len(failed.evidence) == 2


async def test_a_sign_that_is_not_clear_in_the_browser_is_for_a_person_not_a_failure():
    found = await judged(
        "docs.partner", SCRIPTED, f"<title>Segment</title><h1>Segment and Acme</h1>{WORDS}<p>Segment.</p>"
    )
    assert found.outcome is UNKNOWN


@pytest.mark.parametrize("fetched", [PLAIN, GOOD["docs.partner"], WALL])
async def test_a_page_that_can_be_told_without_is_not_opened(fetched):
    browser = CannedBrowser({})
    context = Context(CannedWeb({PAGE: fetched}), AT, browser=browser)
    await run_checks(dossier(**PARTS["docs.partner"]), V1, V1.item("docs.partner").gate, context, only=["docs.partner"])
    assert browser.looked_at == []


async def test_the_browser_opens_only_what_the_fetcher_could_read():
    browser = CannedBrowser({})
    context = Context(CannedWeb({}), AT, browser=browser)
    await run_checks(dossier(**PARTS["docs.partner"]), V1, V1.item("docs.partner").gate, context, only=["docs.partner"])
    assert browser.looked_at == []


async def test_checks_of_one_run_share_one_look():
    browser = CannedBrowser({PAGE: GOOD["marketing.integrations_page"]})
    context = Context(CannedWeb({PAGE: SHELL}), AT, browser=browser)
    of = dossier(marketing={"integrations_page": PAGE, "blog_post": PAGE}, catalog={"website": PAGE})
    items = ["marketing.integrations_page", "marketing.blog_post", "marketing.utm", "catalog.website"]
    await run_checks(of, V1, V1.item("marketing.utm").gate, context, only=items)
    assert browser.looked_at == [PAGE]


class TestWebsiteOfTheCompany:
    PARTNER: ClassVar = {"partner": {"name": "Acme", "website": PAGE}}

    async def test_a_shell_passes_with_what_it_shows(self):
        found = await judged("access.website", SHELL, Shown(PLAIN), **self.PARTNER)
        assert (found.outcome, found.facts["page_state"], len(found.evidence)) == (PASSED, "usable", 2)

    async def test_a_shell_passes_without_a_browser_as_it_answers(self):
        assert (await judged("access.website", SHELL, **self.PARTNER)).outcome is PASSED

    async def test_a_shell_that_shows_a_parking_page_fails(self):
        assert (await judged("access.website", SHELL, Shown(PARKING), **self.PARTNER)).outcome is FAILED

    async def test_what_looked_parked_and_is_a_site_in_the_browser_passes(self):
        assert (await judged("access.website", PARKING, **self.PARTNER)).outcome is FAILED
        assert (await judged("access.website", PARKING, Shown(PLAIN), **self.PARTNER)).outcome is PASSED
        assert (await judged("catalog.website", PARKING, Shown(PLAIN), **WEBSITE)).outcome is PASSED


class TestLinks:
    BARE = '<a href="https://segment.com/catalog">Segment</a>'
    TAGGED = '<a href="https://segment.com/catalog?utm_source=a&utm_medium=b&utm_campaign=c">Segment</a>'

    async def test_links_that_scripts_write_are_read(self):
        good = await judged("marketing.utm", SHELL, PLAIN + self.TAGGED, **PARTS["docs.partner"])
        assert (good.outcome, good.facts["links"]) == (PASSED, 1)
        bare = await judged("marketing.utm", SHELL, PLAIN + self.BARE, **PARTS["docs.partner"])
        assert bare.outcome is WARNED

    async def test_without_a_browser_they_are_unknown(self):
        found = await judged("marketing.utm", SHELL, **PARTS["docs.partner"])
        assert found.outcome is UNKNOWN
        assert "no browser" in found.summary
