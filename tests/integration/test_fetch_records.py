"""TXT records from a real name server on the loopback address, in every mood."""

import asyncio
import time

import dns.rcode
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from checklist.fetch import Fetcher, Limits, NameServers
from tests.fixtures.name_server import by_alias, cut, forged, garbage, name_server, silent, texts

NAME = "_launch-review.api.acme.example"
LINE = "launch-review=c9ebfd12bff508d164d64c8f77b0c938f1894edd"
QUICK = Limits(records_seconds=0.5)


@pytest.fixture
async def server():
    async with name_server() as running:
        yield running


async def looked_up(server, name=NAME, limits=QUICK):
    async with Fetcher(records=NameServers(server.address), limits=limits) as fetcher:
        return await fetcher.texts_of(name)


async def test_every_record_of_a_name_is_read(server):
    server.over_udp = texts(LINE, "v=spf1 -all", "grüße")
    found = await looked_up(server)
    assert (set(found.texts), found.trouble) == ({LINE, "v=spf1 -all", "grüße"}, "")
    assert server.asked == [("udp", NAME)]


async def test_a_long_record_is_put_together_and_cut_where_it_says_something_else_anyway(server):
    server.over_udp = cut
    server.over_tcp = texts("x" * 300, "y" * 5_000)
    assert {len(text) for text in (await looked_up(server)).texts} == {300, 1_000}


@pytest.mark.parametrize("answer", [texts(), texts(rcode=dns.rcode.NXDOMAIN), texts(LINE, at="elsewhere.example.")])
async def test_what_is_not_there_is_no_trouble(server, answer):
    server.over_udp = answer
    found = await looked_up(server)
    assert (found.texts, found.trouble) == ((), "")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (silent, "in time"),
        (texts(rcode=dns.rcode.SERVFAIL), "could not be looked up|in time"),
        (texts(rcode=dns.rcode.REFUSED), "could not be looked up|in time"),
        (garbage, "in time|could not be looked up"),
        (forged(LINE), "in time"),
        (cut, "in time"),
    ],
)
async def test_what_nobody_can_tell_is_trouble_within_the_time(server, answer, said):
    server.over_udp = answer
    started = time.monotonic()
    found = await looked_up(server)
    assert found.texts == ()
    assert any(words in found.trouble for words in said.split("|")), found.trouble
    assert time.monotonic() - started < 4


async def test_an_answer_that_was_cut_is_asked_for_again_over_tcp(server):
    server.over_udp, server.over_tcp = cut, texts(LINE)
    assert (await looked_up(server)).texts == (LINE,)
    assert server.asked == [("udp", NAME), ("tcp", NAME)]


async def test_an_alias_is_followed_as_the_resolver_followed_it(server):
    server.over_udp = by_alias("verify.host.example", LINE)
    assert (await looked_up(server)).texts == (LINE,)


async def test_too_many_records_are_not_read(server):
    server.over_udp, server.over_tcp = cut, texts(*(f"{number} {'x' * 500}" for number in range(120)))
    found = await looked_up(server, limits=Limits(records_seconds=4.0))
    assert (found.texts, "at most 100" in found.trouble) == ((), True)


async def test_a_name_server_that_is_not_there_is_trouble():
    async with name_server() as gone:
        pass
    found = await looked_up(gone)
    assert (found.texts, bool(found.trouble)) == ((), True)


@pytest.mark.parametrize(
    "name",
    [
        "_launch-review.127.0.0.1",
        "127.0.0.1",
        "[::1]",
        "",
        "a b.example",
        "a..example",
        "a.example/x",
        "u@a.example",
        "a.example:53",
        "x" * 300,
    ],
)
async def test_what_is_no_name_is_never_asked(server, name):
    server.over_udp = texts(LINE)
    found = await looked_up(server, name)
    assert (found.texts, found.trouble, server.asked) == ((), "", [])


async def test_made_up_names_have_no_records_and_wait_for_nobody():
    async with Fetcher(hosts={"api.acme.example": "127.0.0.1:9"}) as fetcher:
        started = time.monotonic()
        found = await fetcher.texts_of(NAME)
        assert (found.texts, found.trouble) == ((), "")
        assert time.monotonic() - started < 4


async def test_whoever_waits_can_give_up(server):
    async with Fetcher(records=NameServers(server.address)) as fetcher:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(fetcher.texts_of(NAME), 0.1)


@settings(max_examples=30, phases=[Phase.generate])
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=300), min_size=1, max_size=20, unique=True))
def test_any_records_come_through_as_they_are(values):
    async def through():
        async with name_server() as server:
            server.over_udp, server.over_tcp = cut, texts(*values)
            return await looked_up(server, limits=Limits(records_seconds=4.0))

    assert sorted(asyncio.run(through()).texts) == sorted(values)
