"""Conditional requests: what a server may and may not save us, against a loopback server."""

import pytest

from checklist.fetch import Fetcher, Limits, Validators
from tests.integration.hostile_server import answer, hostile_server, redirects, sends

QUICK = Limits(total_seconds=2.0, spacing_seconds=0.0, retry_seconds=0.01)
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\n\r\n"
KNOWN = Validators('"one"')


@pytest.fixture
async def server():
    async with hostile_server() as running:
        yield running


async def get(server, path, known=None):
    async with Fetcher(allow={server.pair}, limits=QUICK) as fetcher:
        return await fetcher.get(server.origin + path, known=known)


def conditions(server):
    return [
        (asked.path, asked.headers.get("if-none-match"), asked.headers.get("if-modified-since"))
        for asked in server.asked
        if asked.path != "/robots.txt"
    ]


async def test_a_page_that_is_as_it_was_is_not_sent_again(server):
    server.routes["/page"] = sends(UNCHANGED)
    page = await get(server, "/page", KNOWN)
    assert (page.outcome, page.status, page.unchanged, page.body, page.ok) == ("ok", 304, True, b"", False)
    assert conditions(server) == [("/page", '"one"', None)]


async def test_a_date_is_sent_where_there_is_no_tag(server):
    day = "Mon, 02 Nov 2026 09:00:00 GMT"
    server.routes["/page"] = sends(answer(last_modified=day))
    page = await get(server, "/page")
    assert Validators.of(page.headers) == Validators("", day)
    again = await get(server, "/page", Validators.of(page.headers))
    assert (again.unchanged, again.ok) == (False, True)
    assert conditions(server) == [("/page", None, None), ("/page", None, day)]


async def test_an_answer_that_nobody_made_conditional_is_never_unchanged(server):
    server.routes["/page"] = sends(UNCHANGED)
    for known in (None, Validators()):
        page = await get(server, "/page", known)
        assert (page.status, page.unchanged, page.ok) == (304, False, False)


async def test_validators_are_not_sent_to_where_an_address_leads(server):
    server.routes["/page"] = redirects("/moved")
    server.routes["/moved"] = sends(UNCHANGED)
    page = await get(server, "/page", KNOWN)
    assert conditions(server) == [("/page", '"one"', None), ("/moved", None, None)]
    assert page.unchanged is False


@pytest.mark.parametrize(
    "headers",
    [
        {"etag": '"' + "a" * 5_000 + '"'},
        {"etag": "bare"},
        {"etag": '"a", "b"'},
        {"etag": '"\x01"'},
        {"last-modified": "yesterday"},
        {"last-modified": "Mon, 02 Nov 2026 09:00:00 GMT\r\nX: y"},
    ],
)
def test_what_no_honest_server_sends_is_no_validator(headers):
    assert not Validators.of(headers)
    assert Validators.of(headers).as_headers() == {}


async def test_a_huge_tag_is_read_and_never_sent_back(server):
    server.routes["/page"] = sends(answer(etag='"' + "a" * 20_000 + '"'))
    page = await get(server, "/page")
    assert page.ok
    await get(server, "/page", Validators.of(page.headers))
    assert conditions(server) == [("/page", None, None)] * 2
