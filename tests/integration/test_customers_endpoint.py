"""An endpoint of the programme is asked once, within bounds, and its troubles are told without the token."""

import asyncio
import gzip
import json
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from checklist.customers import CustomersUnreadable
from checklist.customers.endpoint import LARGEST_ANSWER, CustomersEndpoint
from tests.integration.hostile_server import answer, drips, gzip_bomb, hostile_server, redirects, sends, silence

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOKEN = "t0p-secret"
USED = {"customer": "Gullwing Rail", "last_success_at": "2026-11-20T09:00:00Z"}


def says(document, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return sends(answer("200 OK", body, content_type="application/json", **headers))


async def report_of(server, path="/usage", *, scheme="http", **more):
    source = CustomersEndpoint(f"{scheme}://localhost:{server.port}{path}", TOKEN, **more)
    return await source.usage("acme", AT - timedelta(days=30), AT)


def always(server, route):
    server.routes = type("Always", (dict,), {"get": lambda self, path, default=None: route})()


async def trouble_of(route, **more) -> str:
    async with hostile_server() as server:
        always(server, route)
        with pytest.raises(CustomersUnreadable) as raised:
            await report_of(server, **more)
        assert len(server.asked) <= 1
    assert TOKEN not in str(raised.value)
    return str(raised.value)


async def test_it_is_asked_for_one_integration_and_the_window_with_the_token():
    async with hostile_server() as server:
        always(server, says({"as_of": "2026-11-23T02:00:00Z", "rows": [USED]}))
        report = await report_of(server, "/usage?team=a%20b&key=hidden#top")
        [asked] = server.asked
    assert asked.method == "GET"
    assert asked.path == (
        "/usage?team=a%20b&key=hidden&integration=acme&since=2026-10-24T09%3A00%3A00Z&until=2026-11-23T09%3A00%3A00Z"
    )
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert [row.customer for row in report.rows] == ["Gullwing Rail"]
    assert report.as_of == datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert report.source == f"http://localhost:{server.port}/usage"


async def test_without_a_date_of_its_own_an_answer_is_as_of_the_question():
    async with hostile_server() as server:
        always(server, says([]))
        assert (await report_of(server)).as_of == AT


async def test_who_answers_with_every_integrations_rows_is_read_for_the_one_that_was_asked_for():
    async with hostile_server() as server:
        always(server, says([USED, {**USED, "integration": "other"}]))
        assert len((await report_of(server)).rows) == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("401 Unauthorized", "does not take the token (401); see LAUNCH_REVIEW_CUSTOMERS_TOKEN"),
        ("403 Forbidden", "may not read this (403)"),
        ("404 Not Found", "nothing at this address (404)"),
        ("429 Too Many", "asked too often (429)"),
        ("500 Oops", "answers 500, expected 200"),
        ("503 Away", "answers 503, expected 200"),
        ("204 No Content", "answers 204, expected 200"),
    ],
)
async def test_another_status_is_told(status, told):
    assert told in await trouble_of(sends(answer(status, b"" if status.startswith("204") else b"[]")))


async def test_a_redirect_is_told_and_not_followed():
    assert "redirect (302); give the address it leads to" in await trouble_of(redirects("http://elsewhere.example/"))


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"", b"\xff\xfe", b"[" * 100_000, b"{" + b" " * 99])
async def test_an_answer_that_is_no_json_is_told(body):
    assert "its answer is no JSON" in await trouble_of(says(body))


@pytest.mark.parametrize(
    "document", [{"rows": {}}, {"customers": []}, "rows", 7, None, [[]], {"rows": [USED], "next": "/2"}, ["Gullwing"]]
)
async def test_json_of_another_shape_is_told(document):
    assert "Gullwing" not in await trouble_of(says(document))


@pytest.mark.parametrize(
    "route",
    [
        silence,
        drips(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
        drips(answer("200 OK", b"[", content_length="100000"), b" "),
    ],
)
async def test_a_slow_answer_is_given_up_in_time(route):
    started = time.monotonic()
    assert "within 0.4 seconds" in await trouble_of(route, seconds=0.4)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("route", "told"),
    [
        (says(gzip_bomb(), content_encoding="gzip"), "more than 5000000 bytes once decoded"),
        (says(gzip.compress(b" " * LARGEST_ANSWER), content_encoding="gzip"), "grows more than 100 times"),
        (says(b" " * (LARGEST_ANSWER + 1)), "at most 5000000 are read"),
        (says(b"", content_length="1000000000"), "at most 5000000 are read"),
        (drips(answer("200 OK", b"", content_length=None), b" " * 500_000), "more than"),
    ],
)
async def test_a_large_answer_is_not_read_on(route, told):
    assert told in await trouble_of(route)


async def test_an_endpoint_that_is_not_there_is_told():
    async with hostile_server() as server:
        pass
    with pytest.raises(CustomersUnreadable, match="could not be reached"):
        await report_of(server)


async def test_certificates_are_verified():
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with hostile_server(ssl=context) as server:
        always(server, says([USED]))
        assert len((await report_of(server, scheme="https", tls=trust)).rows) == 1
        with pytest.raises(CustomersUnreadable, match="certificate"):
            await report_of(server, scheme="https")


async def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with hostile_server() as server:
        always(server, says([USED]))
        assert len((await report_of(server)).rows) == 1


async def test_not_more_than_four_questions_are_open_at_once():
    now = most = 0

    async def slowly(asked, writer):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        await says([USED])(asked, writer)

    async with hostile_server() as server:
        always(server, slowly)
        source = CustomersEndpoint(f"{server.origin}/usage")
        await asyncio.gather(*(source.usage("acme", AT, AT) for _ in range(12)))
        assert (most, len(server.asked)) == (4, 12)
        assert "authorization" not in server.asked[0].headers
