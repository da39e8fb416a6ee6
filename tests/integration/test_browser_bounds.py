"""A page that never ends, asks for everything or eats all memory is left within the bounds, with nothing running."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from checklist.browser import Bounds, SystemBrowser
from tests.integration.browser_traps import PROGRAM, children, needs_chromium, shows
from tests.integration.hostile_server import HostileServer, hostile_server, silence

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, needs_chromium]

SITE = "http://www.partner.test"
BOUNDS = Bounds(
    total_seconds=6.0,
    load_seconds=2.0,
    settle_seconds=1.5,
    memory_bytes=900_000_000,
    wire_bytes=3_000_000,
    requests=40,
    looks=6,
)
REPOSITORY = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 8.0
"""On top of the look's own time: closing what does not close, and a machine that is busy."""

HOSTILE = {
    "endless script": "<h1>x</h1><script>while (true) {}</script>",
    "endless script after it stands": "<h1>x</h1><script>setTimeout(() => { while (true) {} }, 300)</script>",
    "endless worker": "<h1>x</h1><script>new Worker(URL.createObjectURL(new Blob(['while(true){}'])))</script>",
    "storm of dialogs": "<h1>x</h1><script>while (true) { alert(1); confirm(2); prompt(3) }</script>",
    "storm of dialogs when it is left": "<h1>x</h1><script>onbeforeunload = () => { alert(1); return 'stay' }</script>",
    "printing": "<h1>x</h1><script>setInterval(print, 1)</script>",
    "a gigabyte": "<h1>x</h1><script>const all = []; for (let i = 0; i < 64; i++) "
    "all.push(new Uint8Array(1 << 25).fill(i + 1))</script>",
    "a gigabyte of text": "<h1>x</h1><script>let s = []; while (true) s.push('x'.repeat(1e6) + s.length)</script>",
    "endless document": "<h1>x</h1><script>setInterval(() => { for (let i = 0; i < 1e5; i++) "
    "document.body.append(document.createElement('div')) }, 0)</script>",
    "large document": "<script>document.write('<p>' + 'x'.repeat(9e6))</script>",
    "goes round": "<h1>x</h1><script>location = '/?' + Math.random()</script>",
    "reloads": "<h1>x</h1><script>location.reload()</script>",
    "refreshes": '<meta http-equiv="refresh" content="0"><h1>x</h1>',
    "history": "<h1>x</h1><script>setInterval(() => history.pushState(0, '', '?' + Math.random()), 0)</script>",
    "many requests": "<h1>x</h1><script>for (let i = 0; i < 5000; i++) fetch('/?' + i)</script>",
    "many frames": "<h1>x</h1><script>for (let i = 0; i < 500; i++) "
    "document.body.append(document.createElement('iframe'))</script>",
    "many windows": "<h1>x</h1><script>setInterval(() => open('/'), 1)</script>",
    "much to load": "<h1>x</h1><script>setInterval(() => fetch('/large'), 10)</script>",
    "frames in frames": "<h1>x</h1><iframe src='/'></iframe><iframe src='/?2'></iframe>",
    "crash": "<h1>x</h1><script>location = 'chrome://crash'</script>",
    "clobbered": "<title>t</title><img name=documentElement><form name=title><input name=x></form><h1>x</h1>",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        running.routes = {"/large": shows("x" * 1_000_000), "/never": silence}
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(site) -> AsyncIterator[SystemBrowser]:
    async with SystemBrowser(PROGRAM, hosts={"www.partner.test": site.pair}, bounds=BOUNDS) as running:
        yield running
    assert children() == []


ONCE = {"endless script", "a gigabyte", "much to load", "many requests"}
"""Those with a test of their own below."""


@pytest.mark.parametrize("kind", sorted(HOSTILE.keys() - ONCE))
async def test_a_hostile_page_is_left_within_its_time(browser, site, kind):
    site.routes["/"] = shows(HOSTILE[kind])
    began = time.monotonic()
    seen = await browser.look(f"{SITE}/")
    assert time.monotonic() - began < BOUNDS.total_seconds + GRACE_SECONDS
    assert seen.outcome in {"ok", "unknown"}
    assert (seen.outcome == "ok") == (seen.reason == "") == bool(seen.html)
    assert len(seen.html) <= BOUNDS.html_characters
    assert len(site.asked) < 4_000


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("endless script", "the page did not come to rest within 6 seconds"),
        ("a gigabyte", "the page needs more than 900 MB of memory"),
        ("much to load", "the page moved more than 3 MB"),
    ],
)
async def test_the_next_page_is_shown_as_if_nothing_had_been(browser, site, kind, reason):
    site.routes["/"] = shows(HOSTILE[kind])
    hostile = await browser.look(f"{SITE}/")
    assert (hostile.outcome, hostile.reason, hostile.html, hostile.picture) == ("unknown", reason, "", b"")
    site.routes["/"] = shows("<h1>Fine</h1>")
    seen = await browser.look(f"{SITE}/")
    assert (seen.outcome, "Fine" in seen.html) == ("ok", True)


async def test_a_page_that_never_answers_is_unknown(browser):
    seen = await browser.look(f"{SITE}/never")
    assert (seen.outcome, seen.reason) == ("unknown", "nothing came within 2 seconds")


async def test_what_it_asks_for_is_counted_and_bounded(browser, site):
    site.routes["/"] = shows(HOSTILE["many requests"])
    site.asked.clear()
    seen = await browser.look(f"{SITE}/")
    assert len(site.asked) <= BOUNDS.requests
    assert any("more than 40 requests" in why for why in seen.refused)


async def test_a_look_that_is_cancelled_leaves_the_browser_usable(browser, site):
    site.routes["/"] = shows(HOSTILE["endless script"])
    looking = asyncio.create_task(browser.look(f"{SITE}/"))
    await asyncio.sleep(1.5)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    site.routes["/"] = shows("<h1>Fine</h1>")
    assert (await browser.look(f"{SITE}/")).outcome == "ok"
