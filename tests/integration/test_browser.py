"""A browser shows what scripts make of a page; the canned one answers the same way."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from checklist.browser import Bounds, Browser, CannedBrowser, SystemBrowser, is_picture
from checklist.browser.canned import Shown
from checklist.fetch import WrongPair
from sample.certificates import SampleAuthority
from tests.integration.browser_traps import PROGRAM, SHELL, needs_chromium, shows
from tests.integration.hostile_server import HostileServer, answer, hostile_server, redirects, sends

SITE = "http://www.partner.test"
FILLED = "<h1>Fenwick and Segment</h1><p>Send your events to Fenwick.</p>"
TITLE = "Fenwick and Segment"

pytestmark = pytest.mark.asyncio(loop_scope="module")


def routes() -> dict[str, object]:
    return {
        "/shell": shows(SHELL),
        "/data.json": sends(
            answer(
                "200 OK",
                b'{"title": "Fenwick and Segment", "text": "Send your events to Fenwick."}',
                content_type="application/json",
            )
        ),
        "/moved": redirects("/shell"),
        "/inside": redirects("http://10.0.0.7/admin"),
        "/gone": sends(answer("404 Not Found", b"<h1>Nothing here</h1>")),
        "/file": sends(answer("200 OK", b"PK", content_type="application/zip", content_disposition="attachment")),
        "/signed-in": sends(answer("401 Unauthorized", b"who?", www_authenticate='Basic realm="partner"')),
        "/counts": shows(
            "<script>document.write('<h1>' + document.cookie + '</h1>'); document.cookie='seen=1'</script>"
        ),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        running.routes = routes()
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real(site) -> AsyncIterator[Browser]:
    assert PROGRAM is not None
    async with SystemBrowser(PROGRAM, hosts={"www.partner.test": site.pair}, resolve=nobody) as browser:
        yield browser


async def nobody(name: str) -> list[str]:
    return []


def canned() -> Browser:
    return CannedBrowser(
        {
            f"{SITE}/shell": Shown(FILLED, title=TITLE),
            f"{SITE}/moved": Shown(FILLED, title=TITLE, final_url=f"{SITE}/shell"),
            f"{SITE}/gone": Shown("<h1>Nothing here</h1>", 404),
            f"{SITE}/inside": Shown(
                trouble="10.0.0.7, which is not on the open internet (private)",
                refused=True,
                final_url="http://10.0.0.7/admin",
            ),
            f"{SITE}/file": Shown(trouble="the address offers a file to save, not a page"),
        }
    )


@pytest.fixture(params=["canned", pytest.param("real", marks=[needs_chromium, pytest.mark.slow])])
def browser(request) -> Browser:
    return canned() if request.param == "canned" else request.getfixturevalue("real")


class TestAnyBrowser:
    """What every browser promises, the shipped fake as well."""

    async def test_a_page_that_scripts_fill_is_shown_filled_with_a_picture(self, browser):
        seen = await browser.look(f"{SITE}/shell")
        assert (seen.outcome, seen.reason, seen.status, seen.title) == ("ok", "", 200, TITLE)
        assert FILLED in seen.html
        assert is_picture(seen.picture)
        assert seen.final_url == f"{SITE}/shell"
        assert seen.requests >= 1
        assert seen.at.tzinfo is not None

    async def test_redirects_are_followed(self, browser):
        seen = await browser.look(f"{SITE}/moved")
        assert (seen.outcome, seen.final_url) == ("ok", f"{SITE}/shell")

    async def test_a_page_that_is_not_there_is_shown_with_its_status(self, browser):
        seen = await browser.look(f"{SITE}/gone")
        assert (seen.outcome, seen.status) == ("ok", 404)
        assert "Nothing here" in seen.html

    async def test_an_address_that_leads_inside_is_refused_and_named(self, browser):
        seen = await browser.look(f"{SITE}/inside")
        assert (seen.outcome, seen.final_url, seen.html) == ("refused", "http://10.0.0.7/admin", "")
        assert "not on the open internet" in seen.reason

    async def test_a_file_to_save_is_no_page(self, browser):
        seen = await browser.look(f"{SITE}/file")
        assert (seen.outcome, seen.reason) == ("unknown", "the address offers a file to save, not a page")
        assert seen.picture == b""

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "chrome://version", "data:text/html,x", "about:blank", "x"])
    async def test_only_web_addresses_are_looked_at(self, browser, url):
        assert (await browser.look(url)).outcome == "refused"

    async def test_a_name_without_an_address_is_refused(self, browser):
        seen = await browser.look("http://nobody.partner.test/")
        assert (seen.outcome, "has no address" in seen.reason) == ("refused", True)


@needs_chromium
@pytest.mark.slow
class TestTheSystemsBrowser:
    async def test_the_picture_is_a_window_of_the_page(self, real):
        picture = (await real.look(f"{SITE}/shell")).picture
        assert picture.startswith(b"\x89PNG")
        assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (1280, 800)
        assert 1_000 < len(picture) < Bounds().picture_bytes

    async def test_nothing_of_one_look_is_there_in_the_next(self, real):
        looks = [await real.look(f"{SITE}/counts") for _ in range(2)]
        assert all("<h1></h1>" in seen.html for seen in looks)

    async def test_the_proxys_password_is_not_given_to_a_page_that_asks_for_one(self, real, site):
        site.asked.clear()
        seen = await real.look(f"{SITE}/signed-in")
        sent = [asked.headers for asked in site.asked if asked.path == "/signed-in"]
        assert sent
        assert not any("authorization" in name for headers in sent for name in headers)
        assert seen.status in {401, None}

    async def test_who_asks_is_said_honestly(self, real, site):
        await real.look(f"{SITE}/shell")
        assert site.asked[-1].headers["user-agent"].endswith("LaunchReview/0.1")

    async def test_two_looks_at_once_share_one_browser(self, real):
        both = await asyncio.gather(real.look(f"{SITE}/shell"), real.look(f"{SITE}/gone"))
        assert [seen.status for seen in both] == [200, 404]


@needs_chromium
@pytest.mark.slow
async def test_certificates_of_a_development_authority_are_verified_by_the_proxy(tmp_path):
    authority, stranger = SampleAuthority(), SampleAuthority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(hostile_server(ssl=authority.server_context(["good.test"])))
        bad = await stack.enter_async_context(hostile_server(ssl=stranger.server_context(["bad.test"])))
        good.routes = bad.routes = {"/": shows("<h1>Here</h1>")}
        browser = SystemBrowser(PROGRAM, hosts={"good.test": good.pair, "bad.test": bad.pair}, trust=trust)
        async with browser:
            seen = [await browser.look(f"https://{name}/") for name in ("good.test", "bad.test")]
    assert [look.outcome for look in seen] == ["ok", "unknown"]
    assert bad.asked == []


async def test_a_pair_that_cannot_be_read_is_told_at_once(tmp_path):
    with pytest.raises(WrongPair):
        SystemBrowser(tmp_path, allow=["nonsense"])


async def test_a_name_that_nobody_answers_for_leaves_the_page_unknown(tmp_path):
    async def silent(name):
        await asyncio.sleep(30)
        return []

    async with SystemBrowser(tmp_path, resolve=silent, bounds=Bounds(total_seconds=0.2)) as browser:
        seen = await browser.look("http://silent.test/")
    assert (seen.outcome, seen.reason) == ("unknown", "the name could not be looked up in time")


async def test_a_program_that_is_no_browser_leaves_the_page_unknown(tmp_path, site):
    program = tmp_path / "no-browser"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    async with SystemBrowser(program, hosts={"www.partner.test": site.pair}) as browser:
        seen = await browser.look(f"{SITE}/shell")
    assert (seen.outcome, seen.reason) == ("unknown", "our browser did not start")
