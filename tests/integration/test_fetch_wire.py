"""What a server can do to the fetcher, and what the fetcher makes of it."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from checklist.fetch import IMAGES, JSON, Fetched, Fetcher, Limits
from tests.integration.hostile_server import (
    PAGE,
    HostileServer,
    answer,
    drips,
    hostile_server,
    in_order,
    redirects,
    sends,
)

QUICK = Limits(
    total_seconds=2.0,
    connect_seconds=1.0,
    wire_bytes=1_000_000,
    pieces=2_000,
    decoded_bytes=2_000_000,
    ratio_from_bytes=500_000,
    spacing_seconds=0.0,
    retry_seconds=0.01,
)
PATIENT = replace(QUICK, total_seconds=20)
"""For what is told by something else than the time it takes."""
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        yield running


async def fetched(server: HostileServer, path: str, limits: Limits = QUICK, **asked: object) -> Fetched:
    async with Fetcher(allow={server.pair}, limits=limits, at=lambda: AT) as fetcher:
        return await fetcher.get(server.origin + path, **asked)  # type: ignore[arg-type]


async def test_an_honest_page_is_read_whole(server):
    page = await fetched(server, "/ok")
    assert (page.outcome, page.status, page.kind, page.reason) == ("ok", 200, None, "")
    assert (page.body, page.text, page.bytes) == (PAGE, PAGE.decode(), len(PAGE))
    assert (page.content_type, page.charset, page.address) == ("text/html", "utf-8", "127.0.0.1")
    assert page.url == page.final_url == f"{server.origin}/ok"
    assert page.fetched_at == AT
    assert page.elapsed_seconds > 0
    assert page.ok


async def test_the_fetcher_says_who_it_is_and_offers_gzip_only(server):
    await fetched(server, "/ok")
    sent = server.asked[-1].headers
    assert sent["user-agent"].startswith("LaunchReview/")
    assert sent["accept-encoding"] == "gzip"
    assert sent["host"] == server.pair
    assert not {"cookie", "authorization"} & set(sent)


@pytest.mark.parametrize(
    ("path", "outcome", "kind"),
    [
        ("/gzbomb", "refused", "size"),
        ("/growing", "refused", "ratio"),
        ("/stacked", "refused", "coding"),
        ("/brbomb", "refused", "coding"),
        ("/zstdbomb", "refused", "coding"),
        ("/badgzip", "unknown", "decode"),
        ("/hugecl", "refused", "size"),
        ("/endless", "refused", "size"),
        ("/slowheader", "unknown", "deadline"),
        ("/slowbody", "unknown", "deadline"),
        ("/never", "unknown", "deadline"),
        ("/bighdr", "refused", "size"),
        ("/manyhdr", "refused", "size"),
        ("/loop", "unknown", "redirects"),
        ("/tometa", "refused", "address"),
        ("/tofile", "refused", "scheme"),
        ("/badloc", "unknown", "redirects"),
        ("/pdf", "unknown", "content_type"),
        ("/short", "unknown", "incomplete"),
        ("/shortgzip", "unknown", "incomplete"),
        ("/garbage", "unknown", "protocol"),
        ("/twolengths", "unknown", "protocol"),
        ("/absurdlength", "unknown", "protocol"),
        ("/absurdchunk", "unknown", "protocol"),
        ("/informs", "unknown", "deadline"),
        ("/nostatus", "unknown", "protocol"),
        ("/tinychunks", "refused", "size"),
        ("/hints", "refused", "size"),
        ("/trailers", "refused", "size"),
        ("/extensions", "refused", "size"),
        ("/dripsize", "unknown", "deadline"),
        ("/dripstatus", "unknown", "deadline"),
        ("/hugechunk", "unknown", "deadline"),
        ("/minuschunk", "unknown", "protocol"),
        ("/noendchunk", "unknown", "incomplete"),
        ("/minuslength", "unknown", "protocol"),
        ("/pluslength", "unknown", "protocol"),
        ("/oddlength", "unknown", "protocol"),
        ("/oddtransfer", "unknown", "protocol"),
        ("/http09", "unknown", "protocol"),
        ("/http2", "unknown", "protocol"),
        ("/nulheader", "unknown", "protocol"),
        ("/bareheader", "unknown", "protocol"),
        ("/switching", "unknown", "protocol"),
        ("/nobytes", "unknown", "incomplete"),
        ("/identityfirst", "refused", "coding"),
        ("/nowhere", "unknown", "redirects"),
        ("/emptyplace", "unknown", "redirects"),
        ("/twoplaces", "unknown", "redirects"),
        ("/credentials", "refused", "url"),
        ("/toscript", "refused", "scheme"),
        ("/toftp", "refused", "scheme"),
        ("/tohexadecimal", "refused", "url"),
        ("/tomapped", "refused", "address"),
        ("/totab", "refused", "address"),
        ("/tobackslash", "refused", "url"),
        ("/folded", "refused", "url"),
        ("/packed", "unknown", "decode"),
        ("/picture", "unknown", "decode"),
        ("/pdfpage", "unknown", "decode"),
        ("/nomark", "unknown", "decode"),
        ("/steering", "unknown", "content_type"),
        ("/botwall", "unknown", "bot_wall"),
    ],
)
async def test_a_hostile_answer_becomes_a_value_with_its_kind_and_one_sentence(server, path, outcome, kind):
    limits = QUICK if kind == "deadline" else PATIENT
    page = await asyncio.wait_for(fetched(server, path, limits), 30)
    assert (page.outcome, page.kind) == (outcome, kind), page.reason
    assert page.reason
    assert page.reason.isprintable()
    assert page.body == b""


async def test_every_wire_case_of_the_shared_vectors_that_has_a_path_is_played_here(server, shared_data):
    cases = json.loads((shared_data / "hostile_inputs.json").read_text())["wire"]
    here = {"/429", "/429far", *server.routes}
    assert {case["case"] for case in cases if case["case"].startswith("/")} <= here


async def test_a_bomb_costs_little_memory(server):
    tracemalloc.start()
    try:
        assert (await fetched(server, "/gzbomb", Limits(spacing_seconds=0))).outcome == "refused"
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


async def test_a_body_of_the_widest_characters_stays_within_the_memory_bound(server):
    wide = ("😀" + "a" * 3_900_000).encode()
    server.routes["/wide"] = sends(answer("200 OK", wide))
    tracemalloc.start()
    try:
        assert (await fetched(server, "/wide", Limits(spacing_seconds=0))).outcome == "ok"
        assert tracemalloc.get_traced_memory()[1] < 32_000_000
    finally:
        tracemalloc.stop()


async def test_a_body_of_tiny_chunks_costs_little_memory(server):
    tracemalloc.start()
    try:
        assert (await fetched(server, "/tinychunks", Limits(spacing_seconds=0, pieces=20_000))).kind == "size"
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


async def test_a_flood_of_pieces_leaves_others_their_turn(server):
    """Reading what is there already needs no wait, so nothing but the fetcher itself gives way."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with Fetcher(allow={server.pair}, limits=Limits(spacing_seconds=0, pieces=20_000)) as fetcher:
        beside = asyncio.create_task(others())
        await fetcher.get(f"{server.origin}/tinychunks", robots=False)
        beside.cancel()
    assert turns >= 20


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200\r\nContent-Type: text/html\r\nX-A: b\r\n  folded\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2, 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html;;charset=\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Type: TEXT/HTML\r\n\r\nok",
    ],
)
async def test_what_is_only_careless_is_read(server, raw):
    server.routes["/careless"] = sends(raw, then_close=True)
    assert (await fetched(server, "/careless")).text == "ok"


async def test_bytes_nobody_asked_for_are_not_read_as_the_next_answer(server):
    async def says_more(asked, writer):
        writer.write(answer())
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(answer("200 OK", b"slipped in"))

    server.routes["/more"] = says_more
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        await fetcher.get(f"{server.origin}/more", robots=False)
        await asyncio.sleep(0.05)
        assert (await fetcher.get(f"{server.origin}/ok", robots=False)).body == PAGE
    assert server.connections == 2


async def test_a_connection_whose_answer_gave_its_length_twice_is_not_used_again(server):
    server.routes["/both"] = sends(answer("200 OK", b"2\r\nok\r\n0\r\n\r\n", transfer_encoding="chunked"))
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        assert (await fetcher.get(f"{server.origin}/both", robots=False)).text == "ok"
        await fetcher.get(f"{server.origin}/ok", robots=False)
    assert server.connections == 2


async def test_an_image_that_names_no_type_is_read_where_images_are_wanted(server):
    assert (await fetched(server, "/picture", accept=IMAGES)).outcome == "ok"


async def test_at_once_is_no_invitation_to_hammer(server):
    server.routes["/503"] = sends(answer("503 Busy", b"", retry_after="0"))
    await fetched(server, "/503", Limits(spacing_seconds=0.05), robots=False)
    times = [asked.at for asked in server.asked]
    assert len(times) == 3
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(times))


async def test_nothing_in_the_environment_changes_the_way_or_adds_a_password(server, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login reviewer password secret\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", str(netrc))
    assert (await fetched(server, "/ok")).outcome == "ok"
    assert "authorization" not in server.asked[-1].headers


async def test_any_status_is_ok_when_the_answer_was_read_whole(server):
    page = await fetched(server, "/404")
    assert (page.outcome, page.status, page.text, page.ok) == ("ok", 404, "{}", False)


async def test_cookies_are_neither_kept_nor_sent_nor_shown(server):
    page = await fetched(server, "/cookie")
    assert (page.outcome, server.paths) == ("ok", ["/cookie", "/ok"])
    assert "cookie" not in server.asked[-1].headers
    assert "set-cookie" not in page.headers


async def test_redirects_are_told_hop_by_hop(server):
    server.routes |= {"/a": redirects("/b?x=1"), "/b?x=1": redirects(f"{server.origin}/ok")}
    page = await fetched(server, "/a")
    assert [(hop.status, hop.location) for hop in page.hops] == [(302, "/b?x=1"), (302, f"{server.origin}/ok")]
    assert (page.url, page.final_url) == (f"{server.origin}/a", f"{server.origin}/ok")


async def test_a_careless_space_in_a_location_is_repaired(server):
    server.routes |= {"/a": redirects("/my page"), "/my%20page": sends(answer())}
    assert (await fetched(server, "/a")).outcome == "ok"


async def test_at_most_five_redirects_are_followed(server):
    page = await fetched(server, "/loop")
    assert (len(page.hops), server.paths) == (5, ["/loop"] * 6)


async def test_nothing_is_sent_to_a_refused_hop_and_the_hop_is_told(server):
    page = await fetched(server, "/tometa")
    assert page.final_url == "http://169.254.169.254/latest/meta-data/"
    assert page.hops[0].location == page.final_url
    assert "169.254.169.254" in page.reason


async def test_a_redirect_to_another_port_of_this_machine_is_refused(server):
    server.routes["/a"] = redirects("http://127.0.0.1:1/")
    assert (await fetched(server, "/a")).kind == "port"


async def test_a_meta_refresh_is_noted_and_not_followed(server):
    page = await fetched(server, "/refresh")
    assert (page.outcome, server.paths) == ("ok", ["/refresh"])
    assert any("169.254.169.254" in note for note in page.notes)


async def test_an_unknown_charset_is_read_with_replacement_and_noted(server):
    page = await fetched(server, "/badcs")
    assert (page.outcome, page.text) == ("ok", "caf\ufffd")
    assert any("utf-99" in note for note in page.notes)


async def test_the_byte_order_mark_wins(server):
    assert (await fetched(server, "/utf16")).text == "grüß"


async def test_a_caller_may_ask_for_other_types(server):
    server.routes |= {
        "/logo": sends(answer("200 OK", b"\x89PNG", content_type="image/png")),
        "/data": sends(answer("200 OK", b'{"a": 1}', content_type="application/json")),
    }
    assert (await fetched(server, "/logo")).kind == "content_type"
    logo = await fetched(server, "/logo", accept=IMAGES)
    assert (logo.outcome, logo.body, logo.text) == ("ok", b"\x89PNG", "")
    assert "image/png" in server.asked[-1].headers["accept"]
    assert (await fetched(server, "/data", accept=JSON)).text == '{"a": 1}'


async def test_an_answer_without_a_type_is_read_and_noted(server):
    server.routes["/bare"] = sends(answer("200 OK", PAGE, content_type=None))
    page = await fetched(server, "/bare")
    assert (page.outcome, page.text) == ("ok", PAGE.decode())
    assert page.notes == ("the answer names no content type",)


async def test_a_chunked_body_of_single_bytes_is_read_and_bounded(server):
    head = answer("200 OK", b"", content_length=None, transfer_encoding="chunked")
    server.routes |= {
        "/chunks": sends(head + b"1\r\na\r\n" * 1_000 + b"0\r\n\r\n"),
        "/toomany": drips(head, b"1\r\na\r\n" * 30_000),
    }
    assert (await fetched(server, "/chunks")).text == "a" * 1_000
    small = Limits(total_seconds=3, spacing_seconds=0, wire_bytes=200_000)
    assert (await fetched(server, "/toomany", small)).kind == "size"


async def test_a_server_that_is_busy_is_asked_again_after_the_time_it_named(server):
    server.routes["/429"] = in_order(sends(answer("429 Too Many Requests", b"", retry_after="1")), sends(answer()))
    page = await fetched(server, "/429", Limits(spacing_seconds=0))
    first, second = (asked.at for asked in server.asked if asked.path == "/429")
    assert (page.outcome, page.status) == ("ok", 200)
    assert second - first >= 1


@pytest.mark.parametrize("status", ["408 Timeout", "520 Odd", "503 Busy"])
async def test_trouble_that_passes_is_not_told(server, status):
    server.routes["/busy"] = in_order(sends(answer(status, b"")), sends(answer()))
    assert (await fetched(server, "/busy")).outcome == "ok"


async def test_a_far_retry_after_is_told_and_not_waited_for(server):
    server.routes["/429far"] = sends(answer("429 Too Many Requests", b"", retry_after="99999999"))
    page = await fetched(server, "/429far")
    assert (page.outcome, page.kind, page.status) == ("unknown", "rate_limited", 429)
    assert (page.retry_after, server.paths) == (99_999_999, ["/429far"])


async def test_a_retry_after_date_is_measured_by_the_servers_own_clock(server):
    server.routes["/503"] = sends(
        answer(
            "503 Service Unavailable",
            b"",
            date="Mon, 23 Nov 2026 08:00:00 GMT",
            retry_after="Mon, 23 Nov 2026 08:02:00 GMT",
        )
    )
    page = await fetched(server, "/503")
    assert (page.kind, page.retry_after) == ("server", 120)


async def test_a_server_that_stays_in_trouble_is_asked_three_times_and_stays_unknown(server):
    server.routes["/500"] = sends(answer("500 Internal Server Error", b""))
    page = await fetched(server, "/500")
    assert (page.outcome, page.kind, page.status, len(server.paths)) == ("unknown", "server", 500, 3)


async def test_an_answer_that_broke_off_is_asked_for_again(server):
    server.routes["/flaky"] = in_order(server.routes["/short"], sends(answer()))
    assert (await fetched(server, "/flaky")).outcome == "ok"


async def test_a_server_that_is_not_there_is_unknown(server):
    async with Fetcher(allow={"127.0.0.1:1"}, limits=QUICK) as fetcher:
        page = await fetcher.get("http://127.0.0.1:1/")
    assert (page.outcome, page.kind) == ("unknown", "connect")


async def test_connections_are_used_again_and_a_closed_one_is_no_trouble(server):
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        await fetcher.get(f"{server.origin}/ok")
        await fetcher.get(f"{server.origin}/404")
        assert server.connections == 1
        server.routes["/bye"] = sends(answer(), then_close=True)
        await fetcher.get(f"{server.origin}/bye")
        assert (await fetcher.get(f"{server.origin}/ok?again")).status == 404
        assert server.connections == 2


async def test_idle_connections_are_closed_after_a_moment(server):
    async with Fetcher(allow={server.pair}, limits=Limits(idle_seconds=0.05, spacing_seconds=0)) as fetcher:
        await fetcher.get(f"{server.origin}/ok")
        await asyncio.sleep(0.1)
        await fetcher.get(f"{server.origin}/404")
    assert server.connections == 2


async def closes(asked, writer):
    writer.close()


async def test_a_kept_connection_that_turns_out_closed_is_replaced_without_counting_as_a_try(server):
    server.routes["/drop"] = in_order(closes, sends(answer()))
    async with Fetcher(allow={server.pair}, limits=Limits(spacing_seconds=0, attempts=1)) as fetcher:
        await fetcher.get(f"{server.origin}/ok")
        assert (await fetcher.get(f"{server.origin}/drop")).outcome == "ok"
    assert server.connections == 2


async def test_a_call_on_a_kept_connection_that_turns_out_closed_is_not_sent_twice(server):
    server.routes["/drop"] = closes
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        await fetcher.request("POST", f"{server.origin}/ok")
        done = await fetcher.request("POST", f"{server.origin}/drop")
    assert (done.outcome, done.kind, server.paths) == ("unknown", "incomplete", ["/ok", "/drop"])


async def test_no_more_idle_connections_are_kept_than_exchanges_may_run(server):
    hosts = {f"p{number}.test": server.pair for number in range(4)}
    async with Fetcher(hosts=hosts, limits=Limits(spacing_seconds=0, connections=2)) as fetcher:
        for host in hosts:
            await fetcher.get(f"http://{host}/ok", robots=False)
        await fetcher.get("http://p3.test/404", robots=False)
        assert server.connections == 4
        await fetcher.get("http://p0.test/404", robots=False)
        assert server.connections == 5


async def test_headers_are_shown_in_part_and_the_first_of_a_single_one_counts(server):
    server.routes["/twice"] = sends(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Type: image/png\r\nContent-Length: 0\r\n"
        b"Link: </a>\r\nLink: </b>\r\nServer: caf\xe9\r\nX-Internal: no\r\n\r\n"
    )
    page = await fetched(server, "/twice")
    assert page.content_type == "text/html"
    assert (page.headers["link"], page.headers["server"]) == ("</a>, </b>", "café")
    assert "x-internal" not in page.headers


async def test_a_redirect_out_of_the_given_domains_is_the_answer_itself(server):
    server.routes |= {"/out": redirects("https://elsewhere.example/x"), "/in": redirects(f"{server.origin}/ok")}
    out = await fetched(server, "/out", within=frozenset({"127.0.0.1"}))
    assert (out.outcome, out.status, out.final_url) == ("ok", 302, f"{server.origin}/out")
    assert (out.headers["location"], out.hops) == ("https://elsewhere.example/x", ())
    inside = await fetched(server, "/in", within=frozenset({"127.0.0.1"}))
    assert inside.final_url == f"{server.origin}/ok"


async def test_a_redirect_that_cannot_be_read_is_told_as_ever_within_domains(server):
    page = await fetched(server, "/badloc", within=frozenset({"127.0.0.1"}))
    assert (page.outcome, page.kind) == ("unknown", "redirects")
