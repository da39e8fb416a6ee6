"""A page that is looked at reaches the open internet and nothing else, whatever it tries."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from checklist.browser import SystemBrowser
from sample.certificates import SampleAuthority
from tests.integration.browser_traps import PROGRAM, Trap, needs_chromium, shows, trap
from tests.integration.hostile_server import HostileServer, answer, hostile_server, redirects, sends
from tests.journeys.chromium import browser

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, needs_chromium]

SITE = "https://www.partner.test"
"""HTTPS, because browsers give pages of plain HTTP less to try."""


@dataclass
class World:
    site: HostileServer
    inside: Trap
    browser: SystemBrowser
    names: list[str]

    async def look(self, html: str, **headers: str):
        self.site.routes["/"] = shows(html, **headers)
        self.site.asked.clear()
        seen = await self.browser.look(f"{SITE}/")
        await asyncio.sleep(0.2)  # what slipped out would arrive by now
        assert self.inside.came == []
        return seen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory) -> AsyncIterator[World]:
    authority = SampleAuthority()
    ca = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.write_bytes(authority.pem)
    trust = ssl.create_default_context(cafile=str(ca))
    looked_up: list[str] = []

    async def names(name: str) -> list[str]:
        """A name server of a stranger: it leads inside, at the second lookup at the latest."""
        looked_up.append(name)
        rebinding = ["93.184.215.14"] if looked_up.count(name) == 1 and name.startswith("rebinds") else ["127.0.0.1"]
        return {"metadata.evil.test": ["169.254.169.254"], "six.evil.test": ["::1"]}.get(name, rebinding)

    context = authority.server_context(["www.partner.test"])
    async with trap() as inside, hostile_server(ssl=context) as site:
        browser = SystemBrowser(PROGRAM, hosts={"www.partner.test": site.pair}, resolve=names, trust=trust)
        async with browser:
            yield World(site, inside, browser, looked_up)


def targets(port: int) -> dict[str, str]:
    """Ways to write "this machine and its neighbours"; the trap listens on `port` of the first ones."""
    return {
        "IPv4": f"127.0.0.1:{port}",
        "IPv6": f"[::1]:{port}",
        "localhost": f"localhost:{port}",
        "a name below localhost": f"app.localhost:{port}",
        "short": f"127.1:{port}",
        "decimal": f"2130706433:{port}",
        "mapped": f"[::ffff:127.0.0.1]:{port}",
        "unspecified": f"0.0.0.0:{port}",
        "a stranger's name": f"loop.evil.test:{port}",
        "a stranger's name, usual port": "loop.evil.test",
        "IPv6 by name": "six.evil.test",
        "private": "10.0.0.7",
        "metadata": "169.254.169.254",
        "metadata by name": "metadata.evil.test",
    }


def everything(port: int) -> str:
    """Each target, asked for in each way a page has without a click."""
    ways = "".join(
        f"""
        <link rel="preconnect" href="http://{at}"><link rel="dns-prefetch" href="//{at}">
        <link rel="prefetch" href="http://{at}/prefetch"><link rel="preload" as="image" href="http://{at}/preload">
        <link rel="stylesheet" href="http://{at}/style"><script async src="http://{at}/script"></script>
        <link rel="icon" href="http://{at}/icon"><link rel="manifest" href="https://{at}/manifest">
        <img src="http://{at}/img"><iframe src="http://{at}/frame"></iframe><object data="http://{at}/object"></object>
        <video src="http://{at}/video"></video><embed src="http://{at}/embed">
        <script type="speculationrules">{{"prerender": [{{"urls": ["https://{at}/pre"]}}]}}</script>
        """
        for at in targets(port).values()
    )
    tries = "".join(
        f"""
        fetch("http://{at}/fetch", {{mode: "no-cors"}}).catch(quiet)
        fetch("https://{at}/fetch", {{mode: "no-cors", method: "POST", body: "x"}}).catch(quiet)
        attempt(() => {{ const asks = new XMLHttpRequest(); asks.open("GET", "https://{at}/xhr"); asks.send() }})
        attempt(() => new WebSocket("ws://{at}/socket"))
        attempt(() => new WebSocket("wss://{at}/socket"))
        attempt(() => new EventSource("https://{at}/events"))
        attempt(() => navigator.sendBeacon("https://{at}/beacon", "x"))
        attempt(() => new WebTransport("https://{at}/transport").ready.catch(quiet))
        attempt(() => new Worker(URL.createObjectURL(new Blob(["fetch('http://{at}/worker', {{mode: 'no-cors'}}); new WebSocket('wss://{at}/worker')"]))))
        attempt(() => open("http://{at}/popup"))
        """
        for at in targets(port).values()
    )
    return f"""<!doctype html><title>Tries everything</title>{ways}<h1>A page</h1><script>
        const quiet = () => 0, attempt = act => {{ try {{ act() }} catch {{}} }}
        {tries}</script>"""


async def test_nothing_that_a_page_asks_for_reaches_this_machine_or_its_network(world):
    seen = await world.look(everything(world.inside.port))
    assert seen.outcome == "ok"
    assert "<h1>A page</h1>" in seen.html
    refused = " ".join(seen.refused)
    for at in ("127.0.0.1:", "[::1]:", "10.0.0.7:", "169.254.169.254:", "loop.evil.test:", "localhost:"):
        assert at in refused, at


async def test_the_trap_catches_a_browser_that_is_not_closed_off(tmp_path):
    """What the tests above rest on: without the proxy and the flags the same page does reach the trap."""
    async with trap() as inside, hostile_server() as site:
        site.routes = {"/": shows(f'<img src="http://127.0.0.1:{inside.port}/">{calls_home(inside.port)}')}

        def visit() -> None:
            with browser(str(PROGRAM), tmp_path) as plain:
                plain.visit(f"{site.origin}/")
                time.sleep(0.5)

        await asyncio.to_thread(visit)
        assert {way.partition(" ")[0] for way in inside.came} == {"tcp", "udp"}


def calls_home(port: int) -> str:
    """Asks STUN and TURN servers for the way to itself, by UDP and TCP."""
    return f"""<h1 id="out">waits</h1><script>
        const calls = new RTCPeerConnection({{iceServers: [
            {{urls: "stun:127.0.0.1:{port}"}}, {{urls: "stun:[::1]:{port}"}},
            {{urls: "turn:127.0.0.1:{port}?transport=udp", username: "a", credential: "b"}},
            {{urls: "turn:127.0.0.1:{port}?transport=tcp", username: "a", credential: "b"}},
            {{urls: "turns:loop.evil.test:443", username: "a", credential: "b"}}]}})
        calls.onicecandidate = event => {{ if (event.candidate) out.textContent += event.candidate.candidate }}
        calls.createDataChannel("x")
        calls.createOffer().then(offer => calls.setLocalDescription(offer))</script>"""


async def test_webrtc_sends_nothing_past_the_proxy(world):
    seen = await world.look(calls_home(world.inside.port))
    assert (seen.outcome, ">waits</h1>" in seen.html) == ("ok", True)


@pytest.mark.parametrize("at", ["127.0.0.1:{port}", "[::1]:{port}", "10.0.0.7", "169.254.169.254", "loop.evil.test"])
@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="0; url=http://{at}/"><h1>Moves</h1>',
        '<h1>Moves</h1><script>location = "http://{at}/"</script>',
        '<form id="f" method="post" action="http://{at}/"></form><script>f.submit()</script>',
    ],
    ids=["refresh", "script", "form"],
)
async def test_a_page_that_moves_inside_is_not_followed(world, page, at):
    at = at.format(port=world.inside.port)
    seen = await world.look(page.format(at=at))
    assert seen.outcome in {"refused", "unknown", "ok"}
    assert (seen.outcome == "ok") == ("Moves" in seen.html and seen.final_url == f"{SITE}/")


@pytest.mark.parametrize("at", ["http://127.0.0.1:{port}/", "http://10.0.0.7/", "http://loop.evil.test/"])
async def test_a_redirect_inside_is_refused(world, at):
    world.site.routes["/away"] = redirects(at.format(port=world.inside.port))
    seen = await world.browser.look(f"{SITE}/away")
    assert (seen.outcome, seen.final_url) == ("refused", at.format(port=world.inside.port))
    assert world.inside.came == []


async def test_a_name_that_turns_inside_after_the_check_stays_where_it_was(world):
    """The checked address is what is dialled; a second lookup, which leads inside, is never made for it."""
    await world.look('<h1>Here</h1><img src="https://rebinds.evil.test/a"><img src="https://rebinds.evil.test/b">')
    assert world.names.count("rebinds.evil.test") == 1


async def test_no_service_worker_is_installed(world):
    world.site.routes["/worker.js"] = sends(
        answer("200 OK", b"fetch('http://127.0.0.1/')", content_type="text/javascript")
    )
    seen = await world.look(
        "<h1 id=out>none</h1><script>navigator.serviceWorker.register('/worker.js')"
        ".then(() => navigator.serviceWorker.getRegistrations()).then(all => out.textContent = `has ${all.length}`)"
        ".catch(() => out.textContent = 'refused')</script>"
    )
    assert "/worker.js" not in world.site.paths
    assert "has 1" not in seen.html


async def test_a_window_that_a_page_opens_is_closed_and_the_page_shown(world):
    world.site.routes["/other"] = shows("<h1>Other</h1>")
    seen = await world.look("<h1>First</h1><script>for (let i = 0; i < 20; i++) open('/other?' + i)</script>")
    assert (seen.outcome, "First" in seen.html) == ("ok", True)


async def test_files_of_this_machine_are_not_shown(world):
    seen = await world.look(
        "<h1>Reads</h1><iframe src='file:///etc/passwd'></iframe><iframe src='chrome://version'></iframe>"
        "<script>location = 'file:///etc/passwd'</script>"
    )
    assert seen.final_url == f"{SITE}/"
    assert "root:" not in seen.html


async def test_a_download_is_not_kept(world):
    world.site.routes["/file"] = sends(
        answer("200 OK", b"PK" * 1000, content_type="application/zip", content_disposition="attachment")
    )
    seen = await world.look("<h1>Has a file</h1><script>location = '/file'</script>")
    assert "Has a file" in seen.html


async def test_what_would_change_something_elsewhere_is_not_sent(world):
    seen = await world.look(
        "<h1>Posts</h1><script>fetch('/own', {method: 'POST'}); fetch('/own', {method: 'DELETE'})\n"
        "fetch('https://other.test/', {method: 'POST', mode: 'no-cors'}).catch(() => 0)</script>"
    )
    assert [(asked.method, asked.path) for asked in world.site.asked if asked.path == "/own"] == [("POST", "/own")]
    assert any("other.test" in why for why in seen.refused)
