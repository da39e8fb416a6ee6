"""Looking at the past over the API and on the desk: what it says of when it is, and that nothing can be done from it."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from models.database import Database
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, programme_in
from tests.integration.desk_story import NOW, desk_over, story_in

LATER = (NOW + timedelta(days=2)).date().isoformat()
LONG_AGO = "2019-01-01"
HOUR_AGO = (NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
REPORTS = ("sla", "pauses", "readiness", "graduation", "history")


@pytest.fixture
def programme(database, tmp_path) -> Programme:
    return programme_in(database, tmp_path)


@pytest.fixture
def api(programme: Programme) -> Iterator[httpx.Client]:
    with served(programme.app()) as address, client(address, "otis") as opened:
        yield opened


@pytest.fixture
async def desk(sqlite_database: Database, sqlite_template) -> AsyncIterator[httpx.AsyncClient]:
    story_in(sqlite_database, sqlite_template)
    transport = httpx.ASGITransport(desk_over(sqlite_database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
        yield opened


def test_the_queue_of_now_and_of_this_instant_are_one(api):
    now = api.get("/queue", params={"limit": 200}).json()["items"]
    then = api.get("/queue", params={"limit": 200, "as_of": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}).json()["items"]
    assert now
    changing = {"version": 0, "leased_until": None}
    assert [one | changing for one in then] == [one | changing for one in now]
    assert api.get("/queue", params={"as_of": LONG_AGO}).json()["items"] == []


def test_a_past_queue_has_pages_too(api):
    whole = api.get("/queue", params={"as_of": HOUR_AGO, "limit": 200}).json()["items"]
    found, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        said = api.get("/queue", params={"as_of": HOUR_AGO, "limit": 1} | more).json()
        found += said["items"]
        cursor = said["next"]
        if cursor is None:
            break
    assert found == whole


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_of_the_past_says_of_when_it_is(api, name):
    answer = api.get(f"/reports/{name}", params={"as_of": HOUR_AGO})
    assert (answer.status_code, answer.json()["at"]) == (200, HOUR_AGO)
    assert api.get(f"/reports/{name}").json()["at"] != HOUR_AGO


@pytest.mark.parametrize("where", ["/queue", "/reports/history"])
@pytest.mark.parametrize(
    ("as_of", "told"), [(LATER, "still to come"), ("soon", "saw 'soon'"), ("2026-03-03T09:00", "its zone")]
)
def test_the_api_refuses_what_is_no_instant_of_the_past(api, where, as_of, told):
    answer = api.get(where, params={"as_of": as_of})
    assert (answer.status_code, answer.json()["type"]) == (400, "/api/problems/wrong-parameter")
    assert told in answer.json()["detail"]


async def test_the_page_of_a_past_queue_shows_and_does_nothing(desk):
    answer = await desk.get("/queue/past", params={"as_of": HOUR_AGO})
    page = LexborHTMLParser(answer.text)
    assert answer.status_code == 200
    assert "read only" in page.css_first(".as-of").text()
    assert page.css("table.of-queue tbody tr")
    assert not page.css("button.take, input[type=checkbox], script, main form[method=post]")
    nothing = await desk.get("/queue/past", params={"as_of": LONG_AGO})
    assert "Nothing waited then." in nothing.text


async def test_the_page_of_a_past_queue_keeps_the_day_through_its_views(desk):
    page = LexborHTMLParser((await desk.get("/queue/past", params={"as_of": HOUR_AGO, "kind": "launch"})).text)
    for link in page.css("nav.sieves a"):
        href = link.attributes["href"]
        assert "as_of=" in href
        assert "kind=launch" in href
        assert (await desk.get(href)).status_code == 200


@pytest.mark.parametrize("show", ["all", "mine", "unassigned", "today", "breaching", "partner", "graduation"])
async def test_each_view_of_now_has_the_same_lines_when_asked_as_the_past(desk, show):
    def ids(answer):
        return [node.attributes["id"] for node in LexborHTMLParser(answer.text).css("table.of-queue tbody tr")]

    now = await desk.get("/", params={"show": show})
    then = await desk.get("/queue/past", params={"show": show, "as_of": NOW.isoformat()})
    assert sorted(ids(then)) == sorted(ids(now))


@pytest.mark.parametrize("name", [*REPORTS, "forecast"])
async def test_a_report_page_of_the_past_says_so_and_its_files_are_of_then(desk, name):
    answer = await desk.get(f"/reports/{name}", params={"as_of": HOUR_AGO})
    page = LexborHTMLParser(answer.text)
    assert answer.status_code == 200
    assert "read only" in page.css_first(".as-of").text()
    (json,) = [link.attributes["href"] for link in page.css("a[download]") if ".json" in link.attributes["href"]]
    assert (await desk.get(json)).json()["at"] == HOUR_AGO
    assert "as-of" not in (await desk.get(f"/reports/{name}")).text


@pytest.mark.parametrize("where", ["/queue/past", "/reports/graduation"])
@pytest.mark.parametrize("as_of", [LATER, "soon"])
async def test_a_day_that_cannot_be_looked_at_is_told_beside_the_form(desk, where, as_of):
    answer = await desk.get(where, params={"as_of": as_of})
    assert answer.status_code == 400
    assert as_of in LexborHTMLParser(answer.text).css_first("[role=alert]").text()


async def test_before_the_first_rulebook_a_report_says_that_there_was_none(desk):
    answer = await desk.get("/reports/graduation", params={"as_of": "2018-01-01"})
    assert answer.status_code == 400
    assert "no rulebook is in force" in LexborHTMLParser(answer.text).css_first("[role=alert]").text()


def test_before_the_first_rulebook_the_api_says_that_there_was_none(api):
    answer = api.get("/reports/graduation", params={"as_of": "2018-01-01"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/api/problems/wrong-parameter")
    assert "no rulebook is in force" in answer.json()["detail"]
