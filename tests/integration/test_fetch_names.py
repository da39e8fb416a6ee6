"""One lookup, every answer checked, the checked address dialled: whatever the name server does."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from checklist.fetch import Fetcher, Limits
from checklist.fetch.resolve import system_resolve
from tests.integration.hostile_server import HostileServer, hostile_server

QUICK = Limits(total_seconds=0.5, connect_seconds=0.2, spacing_seconds=0, idle_seconds=0.05)


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        yield running


class Dns:
    """A name server by script: each lookup of a name takes its next answer; the last one stays."""

    def __init__(self, **answers: list[list[str] | Exception]) -> None:
        self.answers = {name.replace("_", "."): given for name, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, name: str) -> list[str]:
        self.asked.append(name)
        given = self.answers[name]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_name_that_turns_private_after_the_check_is_not_looked_up_again(server):
    dns = Dns(partner_test=[["127.0.0.1"], ["10.0.0.1"]])
    async with Fetcher(resolve=dns, allow={server.pair}, limits=QUICK) as fetcher:
        page = await fetcher.get(f"http://partner.test:{server.port}/ok")
    assert (page.outcome, page.address, dns.asked) == ("ok", "127.0.0.1", ["partner.test"])


async def test_a_name_that_moved_is_checked_again_and_its_old_connection_left(server):
    dns = Dns(partner_test=[["127.0.0.1"], ["10.0.0.1"]])
    limits = Limits(spacing_seconds=0, names_seconds=0)
    async with Fetcher(resolve=dns, allow={server.pair}, limits=limits) as fetcher:
        first = await fetcher.get(f"http://partner.test:{server.port}/ok", robots=False)
        second = await fetcher.get(f"http://partner.test:{server.port}/404", robots=False)
    assert (first.outcome, second.outcome, second.kind) == ("ok", "refused", "address")


async def test_one_private_answer_among_public_ones_refuses_the_whole_name(server):
    dns = Dns(partner_test=[["127.0.0.1", "10.0.0.5"]])
    async with Fetcher(resolve=dns, allow={server.pair}, limits=QUICK) as fetcher:
        page = await fetcher.get(f"http://partner.test:{server.port}/ok")
    assert (page.outcome, page.kind, server.asked) == ("refused", "address", [])
    assert "10.0.0.5" in page.reason


async def test_the_next_address_is_tried_when_the_first_does_not_answer(server):
    dns = Dns(partner_test=[["127.0.0.9", "127.0.0.1"]])
    allow = {("127.0.0.9", server.port), ("127.0.0.1", server.port)}
    async with Fetcher(resolve=dns, allow=allow, limits=QUICK) as fetcher:
        page = await fetcher.get(f"http://partner.test:{server.port}/ok")
    assert (page.outcome, page.address) == ("ok", "127.0.0.1")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ([], "refused"),
        (LookupError("no such name"), "refused"),
        (socket.gaierror(socket.EAI_NONAME, "no such name"), "refused"),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "unknown"),
        (TimeoutError(), "unknown"),
        (RuntimeError("a fault of the resolver"), "unknown"),
        (UnicodeError("no name"), "unknown"),
        (None, "unknown"),
        ("93.184.216.34", "refused"),
        ([2130706433], "refused"),
        (["93.184.216.34", "not an address"], "refused"),
        (["8.8.8.8"] * 5_000 + ["10.0.0.1"], "refused"),
        (["::ffff:8.8.8.8"], "refused"),
        (["not an address"], "refused"),
        (["fe80::1%eth0"], "refused"),
    ],
)
async def test_a_name_without_an_address_is_refused_and_a_broken_lookup_is_unknown(answer, outcome):
    async with Fetcher(resolve=Dns(partner_test=[answer]), limits=QUICK) as fetcher:
        page = await fetcher.get("http://partner.test/")
    assert page.outcome == outcome
    assert page.kind in {"dns", "address"}


async def test_one_address_told_twice_is_tried_once(server):
    dns = Dns(partner_test=[["127.0.0.9", "127.0.0.9", "127.0.0.9", "127.0.0.1"]])
    allow = {("127.0.0.9", server.port), ("127.0.0.1", server.port)}
    async with Fetcher(resolve=dns, allow=allow, limits=QUICK) as fetcher:
        assert (await fetcher.get(f"http://partner.test:{server.port}/ok")).address == "127.0.0.1"


async def test_a_broken_lookup_is_tried_again_by_the_next_question(server):
    dns = Dns(partner_test=[TimeoutError(), ["127.0.0.1"]])
    async with Fetcher(resolve=dns, allow={server.pair}, limits=QUICK) as fetcher:
        assert (await fetcher.get(f"http://partner.test:{server.port}/404")).kind == "dns"
        assert (await fetcher.get(f"http://partner.test:{server.port}/ok")).outcome == "ok"


async def test_a_name_server_that_never_answers_meets_the_deadline_and_keeps_its_slots(server):
    under_way = most = 0

    async def hangs(name: str) -> list[str]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(30)
        return []

    limits = Limits(total_seconds=0.1, lookups=2)
    async with Fetcher(resolve=hangs, limits=limits) as fetcher:
        pages = await asyncio.gather(*(fetcher.get(f"http://p{n}.test/") for n in range(5)))
    assert {page.kind for page in pages} == {"deadline"}
    assert most == 2


async def test_a_name_asked_for_by_many_is_looked_up_once(server):
    dns = Dns(partner_test=[["127.0.0.1"]])
    async with Fetcher(resolve=dns, allow={server.pair}, limits=QUICK) as fetcher:
        await asyncio.gather(*(fetcher.get(f"http://partner.test:{server.port}/{n}") for n in range(5)))
    assert dns.asked == ["partner.test"]


async def test_the_system_resolver_tells_addresses_and_missing_names():
    assert "127.0.0.1" in await system_resolve("localhost")
    with pytest.raises(socket.gaierror):
        await system_resolve("")
    with pytest.raises(socket.gaierror):
        await system_resolve("a" * 70)


async def test_the_systems_own_names_are_used_without_a_resolver_of_ones_own(server):
    async with Fetcher(allow={f"localhost:{server.port}"}, limits=QUICK) as fetcher:
        assert (await fetcher.get(f"http://localhost:{server.port}/ok")).outcome == "ok"
        assert (await fetcher.get("http://localhost/ok")).kind == "address"
