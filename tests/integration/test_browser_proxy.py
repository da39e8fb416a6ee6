"""The proxy between browser and web: only with a pass, only where the fetcher would go, only so much."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from checklist.browser import Bounds
from checklist.browser.passes import Pass
from checklist.browser.proxy import FilteringProxy
from checklist.fetch.door import Door
from checklist.fetch.resolve import Names
from tests.integration.browser_traps import Trap, trap
from tests.integration.hostile_server import HostileServer, answer, hostile_server, sends


class World:
    """A site that may be reached, a trap that may not, and the proxy between them and a client of raw bytes."""

    def __init__(self, site: HostileServer, inside: Trap, proxy: FilteringProxy) -> None:
        self.site = site
        self.inside = inside
        self.proxy = proxy
        self.holder = proxy.admit()

    async def say(self, raw: bytes) -> bytes:
        """Everything that comes back until the proxy ends the connection."""
        port = int(self.proxy.address.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        try:
            async with asyncio.timeout(5):
                return await reader.read(-1)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def connect(self, place: str, then: bytes = b"", holder: Pass | None = None) -> bytes:
        head = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{signed(holder or self.holder)}\r\n".encode()
        return await self.say(head + then)

    async def get(self, url: str, *, method: str = "GET", more: str = "", body: bytes = b"") -> bytes:
        head = f"{method} {url} HTTP/1.1\r\nHost: whatever.test\r\n{signed(self.holder)}{more}\r\n"
        return await self.say(head.encode() + body)


def signed(holder: Pass) -> str:
    coded = base64.b64encode(f"{holder.name}:{holder.secret}".encode()).decode()
    return f"Proxy-Authorization: Basic {coded}\r\n"


@asynccontextmanager
async def a_world(bounds: Bounds | None = None) -> AsyncIterator[World]:
    async def resolve(name: str) -> list[str]:
        if name == "silent.test":
            await asyncio.sleep(30)
        return {"metadata.test": ["169.254.169.254"], "mixed.test": ["93.184.215.14", "10.0.0.1"]}.get(name, [])

    names = Names(resolve, slots=4, pinned_seconds=30)
    async with hostile_server() as site, trap() as inside:
        door = Door(names, allow=[], hosts={"www.partner.test": site.pair}, own_hosts=["desk.test"])
        proxy = FilteringProxy(door, bounds or Bounds(head_seconds=1.0, connect_seconds=1.0))
        await proxy.start()
        try:
            yield World(site, inside, proxy)
        finally:
            await proxy.aclose()
            await names.aclose()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        yield made


ASK = b"GET /ok HTTP/1.1\r\nHost: www.partner.test\r\nConnection: close\r\n\r\n"


async def test_a_tunnel_leads_to_the_checked_address(world):
    port = int(world.proxy.address.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"CONNECT www.partner.test:80 HTTP/1.1\r\nHost: x\r\n{signed(world.holder)}\r\n".encode() + ASK)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
    writer.close()
    assert world.site.paths == ["/ok"]


async def test_without_a_pass_nothing_is_let_through(world):
    for sign in (
        "",
        "Proxy-Authorization: Basic !!\r\n",
        "Proxy-Authorization: Bearer x\r\n",
        "Proxy-Authorization: Basic eDp5\r\n",
    ):
        for first in ("CONNECT www.partner.test:80", "GET http://www.partner.test/ok"):
            said = await world.say(f"{first} HTTP/1.1\r\nHost: x\r\n{sign}\r\n".encode())
            assert said.startswith(b"HTTP/1.1 407 ")
    assert world.site.connections == 0


async def test_a_pass_ends_with_its_look(world):
    world.proxy.dismiss(world.holder)
    assert (await world.connect("www.partner.test:80")).startswith(b"HTTP/1.1 407 ")


async def test_another_looks_secret_does_not_fit(world):
    stranger = Pass(Bounds(), name=world.holder.name)
    assert (await world.connect("www.partner.test:80", holder=stranger)).startswith(b"HTTP/1.1 407 ")


PLACES = (
    *("127.0.0.1:{port}", "127.0.0.1:80", "[::1]:{port}", "[::1]:443", "10.0.0.1:443", "169.254.169.254:80"),
    *("[::ffff:127.0.0.1]:443", "2130706433:80", "0x7f.1:80", "127.1:80", "localhost:443", "metadata.test:80"),
    *("mixed.test:443", "desk.test:443", "www.partner.test:22", "[fe80::1%25lo]:80", "a@127.0.0.1:80"),
    "nobody.test:443",
)


@pytest.mark.parametrize("place", PLACES)
async def test_what_the_fetcher_would_refuse_is_refused_and_noted(world, place):
    place = place.format(port=world.inside.port)
    assert (await world.connect(place)).startswith(b"HTTP/1.1 403 ")
    plain = await world.get(f"http://{place}/")
    assert plain == b""
    assert world.holder.refused
    assert world.inside.came == []
    assert world.site.connections == 0


@pytest.mark.parametrize(
    "url", ["https://www.partner.test/", "ftp://www.partner.test/", "file:///etc/passwd", "/ok", "*"]
)
async def test_only_http_is_asked_without_a_tunnel(world, url):
    assert await world.get(url) == b""
    assert world.site.connections == 0


async def test_a_plain_request_comes_without_what_was_meant_for_the_proxy(world):
    said = await world.get("http://www.partner.test/ok?q=1", more="Proxy-Connection: keep-alive\r\nAccept: */*\r\n")
    assert said.startswith(b"HTTP/1.1 404 ")
    [asked] = world.site.asked
    assert (asked.path, asked.headers["host"], asked.headers["accept"]) == ("/ok?q=1", "www.partner.test", "*/*")
    assert not any("proxy" in name for name in asked.headers)


async def test_a_body_is_carried_both_ways(world):
    world.site.routes["/form"] = sends(answer("200 OK", b"thanks"))
    said = await world.get("http://www.partner.test/form", method="POST", more="Content-Length: 3\r\n", body=b"a=b")
    assert said.endswith(b"thanks")
    assert world.site.asked[0].body == b"a=b"


async def test_a_site_cannot_ask_for_the_proxys_password(world):
    world.site.routes["/asks"] = sends(answer("407 Sign in", b"", proxy_authenticate="Basic realm=x"))
    assert await world.get("http://www.partner.test/asks") == b""


async def test_more_bytes_than_a_look_may_move_end_all_its_connections():
    async with a_world(Bounds(wire_bytes=100_000)) as world:
        world.site.routes["/large"] = sends(answer("200 OK", b"x" * 1_000_000))
        said = await world.get("http://www.partner.test/large")
        assert len(said) < 200_000
        assert world.holder.overdrawn.startswith("the page moved more than")
        assert await world.get("http://www.partner.test/ok") == b""


async def test_more_connections_than_a_look_may_open_are_not_served():
    async with a_world(Bounds(connections=2)) as world:
        said = [await world.get("http://www.partner.test/ok") for _ in range(4)]
        assert [bool(one) for one in said] == [True, True, False, False]


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n\r\n", b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01", b"A" * 100_000]
)
async def test_what_is_no_request_is_left_alone(world, raw):
    assert not (await world.say(raw)).startswith(b"HTTP/1.1 2")
    assert (await world.get("http://www.partner.test/ok")).startswith(b"HTTP/1.1 ")
