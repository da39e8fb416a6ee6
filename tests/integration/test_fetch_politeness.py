"""robots.txt, turns, shared requests and test calls, against a loopback server."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from checklist.fetch import Fetched, Fetcher, Limits
from tests.integration.hostile_server import (
    PAGE,
    HostileServer,
    Route,
    answer,
    hostile_server,
    in_order,
    redirects,
    sends,
    silence,
)

QUICK = Limits(total_seconds=2.0, spacing_seconds=0.0, retry_seconds=0.01)


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        yield running


def slowly(seconds: float) -> Route:
    async def route(asked, writer) -> None:
        await asyncio.sleep(seconds)
        writer.write(answer())

    return route


def robots(text: str) -> bytes:
    return answer("200 OK", text.encode(), content_type="text/plain")


async def get(server: HostileServer, path: str, limits: Limits = QUICK, *, obey: bool = True) -> Fetched:
    async with Fetcher(allow={server.pair}, limits=limits) as fetcher:
        return await fetcher.get(server.origin + path, robots=obey)


async def test_a_disallowed_page_is_not_asked_and_stays_unknown(server):
    server.routes["/robots.txt"] = sends(robots("User-agent: *\nDisallow: /ok"))
    page = await get(server, "/ok")
    assert (page.outcome, page.kind, server.paths) == ("unknown", "robots", [])


async def test_our_own_group_of_robots_txt_counts(server):
    server.routes["/robots.txt"] = sends(robots("User-agent: *\nDisallow: /\n\nUser-agent: LaunchReview\nAllow: /"))
    assert (await get(server, "/ok")).outcome == "ok"


async def test_a_robots_txt_counts_whatever_type_its_server_gives_it(server):
    file = b"\xef\xbb\xbfUser-agent: *\nDisallow: /ok"
    server.routes["/robots.txt"] = sends(answer("200 OK", file, content_type="application/octet-stream"))
    assert (await get(server, "/ok")).kind == "robots"


async def test_robots_can_be_left_aside_by_the_caller(server):
    server.routes["/robots.txt"] = sends(robots("User-agent: *\nDisallow: /"))
    assert (await get(server, "/ok", obey=False)).outcome == "ok"
    assert [asked.path for asked in server.asked] == ["/ok"]


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone"])
async def test_a_robots_txt_that_is_not_there_allows_all(server, status):
    server.routes["/robots.txt"] = sends(answer(status, b""))
    assert (await get(server, "/ok")).outcome == "ok"


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "429 Too Many Requests"])
async def test_a_robots_txt_in_trouble_leaves_it_to_a_person(server, status):
    server.routes["/robots.txt"] = sends(answer(status, b""))
    page = await get(server, "/ok")
    assert (page.outcome, page.kind, server.paths) == ("unknown", "robots", [])


async def test_a_huge_robots_txt_is_read_up_to_its_cap(server):
    huge = "User-agent: *\nDisallow: /private\n" + "# filler\n" * 200_000
    server.routes["/robots.txt"] = sends(robots(huge))
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        assert (await fetcher.get(f"{server.origin}/ok")).outcome == "ok"
        assert (await fetcher.get(f"{server.origin}/private")).kind == "robots"


async def test_a_robots_txt_that_leads_in_circles_counts_as_none(server):
    server.routes["/robots.txt"] = redirects("/robots.txt")
    assert (await get(server, "/ok")).outcome == "ok"


async def test_a_robots_txt_that_leads_to_metadata_leaves_it_to_a_person(server):
    server.routes["/robots.txt"] = redirects("http://169.254.169.254/")
    assert (await get(server, "/ok")).kind == "robots"


async def test_robots_txt_is_read_once_an_origin_and_checked_at_every_hop(server):
    server.routes |= {
        "/robots.txt": sends(robots("User-agent: *\nDisallow: /closed")),
        "/a": redirects("/closed"),
    }
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        pages = await asyncio.gather(*(fetcher.get(server.origin + path) for path in ("/a", "/ok", "/404")))
    assert [page.kind for page in pages] == ["robots", None, None]
    assert [asked.path for asked in server.asked].count("/robots.txt") == 1
    assert "/closed" not in server.paths


async def test_robots_txt_and_the_page_share_one_deadline(server):
    async def late(asked, writer):
        await asyncio.sleep(1.5)
        writer.write(answer("404 Not Found", b""))

    server.routes |= {"/robots.txt": late, "/never": silence}
    started = asyncio.get_running_loop().time()
    assert (await get(server, "/never")).kind == "deadline"
    assert asyncio.get_running_loop().time() - started < 3.4


async def test_waits_between_tries_of_robots_txt_count_too(server):
    """They are no time on the wire, and a trip over six hosts would add them up."""
    busy = sends(answer("503 Busy", b""))
    server.routes |= {"/robots.txt": in_order(busy, busy, sends(answer("404 Not Found", b""))), "/never": silence}
    limits = Limits(total_seconds=0.8, spacing_seconds=0.0, retry_seconds=0.2)
    started = asyncio.get_running_loop().time()
    assert (await get(server, "/never", limits)).kind == "deadline"
    assert asyncio.get_running_loop().time() - started < 1.1


async def test_a_robots_txt_of_more_rules_than_can_be_looked_through_leaves_it_to_a_person(server):
    rules = "User-agent: *\n" + "Disallow: /*a\n" * 30_000
    server.routes["/robots.txt"] = sends(robots(rules))
    assert (await get(server, f"/ok?{'b' * 900}")).kind == "robots"
    assert (await get(server, "/ok")).outcome == "ok"


async def test_the_same_page_asked_by_several_checks_is_one_request(server):
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        both = await asyncio.gather(fetcher.get(f"{server.origin}/ok"), fetcher.get(f"HTTP://{server.pair}/ok#part"))
        later = await fetcher.get(f"{server.origin}/ok")
    assert server.paths == ["/ok"]
    assert later is both[0]
    assert both[1].url == f"HTTP://{server.pair}/ok#part"


async def test_a_check_that_gives_up_does_not_take_the_page_from_the_others(server):
    async def late(asked, writer):
        await asyncio.sleep(0.1)
        writer.write(answer())

    server.routes["/ok"] = late
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        gone = asyncio.create_task(fetcher.get(f"{server.origin}/ok"))
        other = asyncio.create_task(fetcher.get(f"{server.origin}/ok"))
        await asyncio.sleep(0.02)
        gone.cancel()
        assert (await other).outcome == "ok"
    assert server.paths == ["/ok"]


async def test_old_pages_leave_the_memo_when_it_is_full(server):
    limits = Limits(spacing_seconds=0.0, memo_bytes=100)
    async with Fetcher(allow={server.pair}, limits=limits) as fetcher:
        await fetcher.get(f"{server.origin}/ok")
        await fetcher.get(f"{server.origin}/ok?two")
        await fetcher.get(f"{server.origin}/ok")
    assert server.paths == ["/ok", "/ok?two", "/ok"]


async def test_one_host_is_asked_one_page_at_a_time_with_a_pause_in_between(server):
    under_way = most = 0

    async def counting(asked, writer):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        writer.write(answer())

    server.routes |= {f"/{page}": counting for page in range(4)}
    # The deadline is shorter than the queue: waiting for our own turn is not the server's time.
    limits = Limits(total_seconds=0.15, spacing_seconds=0.05)
    async with Fetcher(allow={server.pair}, limits=limits) as fetcher:
        pages = await asyncio.gather(*(fetcher.get(f"{server.origin}/{page}", robots=False) for page in range(4)))
    assert [page.outcome for page in pages] == ["ok"] * 4
    assert most == 1
    times = [asked.at for asked in server.asked]
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(times))


async def test_hosts_do_not_wait_for_each_other(server):
    server.routes["/slow"] = silence
    hosts = {"slow.test": server.pair, "quick.test": server.pair}
    async with Fetcher(hosts=hosts, limits=QUICK) as fetcher:
        slow = asyncio.create_task(fetcher.get("http://slow.test/slow", robots=False))
        assert (await fetcher.get("http://quick.test/ok", robots=False)).outcome == "ok"
        assert not slow.done()
        await slow


async def test_no_more_exchanges_run_at_once_than_the_limit_says(server):
    under_way = most = 0

    async def counting(asked, writer):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        writer.write(answer())

    server.routes["/ok"] = counting
    hosts = {f"p{number}.test": server.pair for number in range(12)}
    limits = Limits(total_seconds=0.5, spacing_seconds=0.0, connections=3)
    async with Fetcher(hosts=hosts, limits=limits) as fetcher:
        pages = await asyncio.gather(*(fetcher.get(f"http://{host}/ok") for host in hosts))
    assert {page.outcome for page in pages} == {"ok"}
    assert most == 3


async def test_closing_the_fetcher_ends_what_is_under_way(server):
    server.routes |= {"/robots.txt": silence}
    fetcher = Fetcher(allow={server.pair})
    waiting = asyncio.create_task(fetcher.get(f"{server.origin}/never"))
    await asyncio.sleep(0.02)
    await asyncio.wait_for(fetcher.aclose(), 1)
    with pytest.raises(asyncio.CancelledError):
        await waiting


class TestRequest:
    """Test calls to an endpoint its owner gave us."""

    async def test_a_call_is_sent_as_given_and_its_answer_read_whatever_the_status(self, server):
        server.routes["/hook"] = sends(answer("501 Not Implemented", b"no", content_type="text/plain"))
        server.routes["/robots.txt"] = sends(robots("User-agent: *\nDisallow: /"))
        async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
            done = await fetcher.request(
                "post",
                f"{server.origin}/hook",
                headers={"Authorization": "Basic eA==", "Content-Type": "application/json"},
                content=b'{"type":"track"}',
            )
        assert (done.outcome, done.status, done.text) == ("ok", 501, "no")
        assert done.elapsed_seconds > 0
        (sent,) = server.asked
        assert (sent.method, sent.body) == ("POST", b'{"type":"track"}')
        assert sent.headers["authorization"] == "Basic eA=="
        assert sent.headers["user-agent"].startswith("LaunchReview/")

    async def test_calls_are_never_retried_redirected_shared_or_queued(self, server):
        server.routes |= {
            "/busy": sends(answer("503 Busy", b"", retry_after="1")),
            "/moved": redirects("/ok"),
        }
        async with Fetcher(allow={server.pair}, limits=Limits(spacing_seconds=5)) as fetcher:
            first, second, moved = await asyncio.gather(
                *(fetcher.request("POST", server.origin + path) for path in ("/busy", "/busy", "/moved"))
            )
        assert [done.status for done in (first, second, moved)] == [503, 503, 302]
        assert moved.headers["location"] == "/ok"
        assert sorted(server.paths) == ["/busy", "/busy", "/moved"]

    async def test_a_call_to_a_private_address_is_refused(self, server):
        async with Fetcher(limits=QUICK) as fetcher:
            done = await fetcher.request("POST", "http://127.0.0.1/hook", content=b"secret")
        assert (done.outcome, done.kind, server.asked) == ("refused", "address", [])

    @pytest.mark.parametrize(
        "headers", [{"X-Key": "a\r\nX-Evil: b"}, {"X-Key": "schlüssel"}, {"Host": "other.test"}, {"a b": "c"}]
    )
    async def test_headers_that_would_change_the_request_are_refused(self, server, headers):
        async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
            done = await fetcher.request("POST", f"{server.origin}/ok", headers=headers)
        assert (done.outcome, done.kind, server.asked) == ("refused", "request", [])

    async def test_a_call_to_what_is_no_address_is_refused(self):
        async with Fetcher(limits=QUICK) as fetcher:
            done = await fetcher.request("POST", "partner.test/hook")
        assert (done.outcome, done.kind, done.final_url) == ("refused", "url", "partner.test/hook")

    async def test_an_answer_that_comes_too_late_is_unknown(self, server):
        async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
            done = await fetcher.request("POST", f"{server.origin}/never", content=b"{}")
        assert (done.outcome, done.kind) == ("unknown", "deadline")

    async def test_a_call_may_be_given_less_time_than_others(self, server):
        async with Fetcher(allow={server.pair}) as fetcher:
            done = await fetcher.request("POST", f"{server.origin}/never", within_seconds=0.1)
            long = await fetcher.request("POST", f"{server.origin}/ok", within_seconds=60)
        assert (done.kind, done.reason) == ("deadline", "no whole answer within 0.1 seconds")
        assert long.ok

    @pytest.mark.parametrize("path", ["/endless", "/hugecl-with-body", "/gzbomb"])
    async def test_of_a_large_answer_only_the_beginning_is_read_and_its_status_known(self, server, path):
        body = answer("200 OK", b"x" * 9_000, content_length=str(100 << 30))
        server.routes["/hugecl-with-body"] = sends(body)
        async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
            done = await fetcher.request("POST", server.origin + path, first_bytes=4_096)
            after = await fetcher.request("POST", f"{server.origin}/ok")
        assert (done.outcome, done.status, len(done.body)) == ("ok", 200, 4_096)
        assert after.ok

    async def test_a_small_answer_is_read_whole_also_when_only_its_beginning_is_wanted(self, server):
        async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
            done = await fetcher.request("POST", f"{server.origin}/ok", first_bytes=4_096)
            await fetcher.request("POST", f"{server.origin}/ok", first_bytes=4_096)
        assert done.body == PAGE
        assert server.connections == 1

    async def test_the_time_of_an_answer_is_told_apart_from_that_of_connecting(self, server):
        server.routes["/slow"] = slowly(0.1)
        async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
            first = await fetcher.request("POST", f"{server.origin}/slow")
            late = await fetcher.request("POST", f"{server.origin}/never", within_seconds=0.1)
        assert 0.1 <= first.answer_seconds < first.elapsed_seconds
        assert (late.answer_seconds, late.elapsed_seconds > 0) == (0.0, True)

    async def test_who_sets_the_pace_is_not_held_back_by_the_bound_on_pages(self, server):
        server.routes["/slow"] = slowly(0.2)
        async with Fetcher(allow={server.pair}, limits=Limits(connections=1)) as fetcher:
            started = asyncio.get_running_loop().time()
            done = await asyncio.gather(*(fetcher.request("POST", f"{server.origin}/slow") for _ in range(40)))
        assert all(one.ok for one in done)
        assert asyncio.get_running_loop().time() - started < 1.5

    async def test_an_answer_that_breaks_off_is_not_asked_for_again(self, server):
        async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
            done = await fetcher.request("POST", f"{server.origin}/short", content=b"{}")
        assert (done.kind, server.paths) == ("incomplete", ["/short"])

    async def test_a_large_body_is_sent_whole(self, server):
        server.routes["/hook"] = sends(answer())
        async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
            done = await fetcher.request("POST", f"{server.origin}/hook", content=b"x" * 500_000)
        assert (done.outcome, len(server.asked[0].body)) == ("ok", 500_000)
