"""The queue's page: what it shows, what can be done from it without a script, and what is refused in words."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.viewing.queue import PAGE_SIZE
from models.database import Database
from models.decision import Assignment
from models.enums import Role
from models.people import Person
from models.submission import Submission
from review.actions import assigning
from review.actions.companies import add_person
from review.worklist import View
from tests.fixtures.desk_server import served
from tests.fixtures.signing import ActingAs
from tests.integration.desk_story import NOW, REVIEWER, Story, check, sample, send, story_in, tell
from tests.integration.test_desk_pages import MOST_QUERIES, counting

LEAD = "idris@team.test"
AUDITOR = "ada@team.test"


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    told = story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        add_person(session, name="Ada", email=AUDITOR, roles=frozenset({Role.AUDITOR}), at=NOW)
    return told


def application(database: Database) -> Any:
    return assemble(Desk(database, lambda: NOW), names=LOOPBACK_NAMES)


def visiting(database: Database, email: str) -> httpx.AsyncClient:
    app = ActingAs(application(database), database, email, at=NOW)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


@pytest.fixture
async def reviewer(sqlite_database: Database, story: Story) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(sqlite_database, REVIEWER) as client:
        yield client


@pytest.fixture
async def lead(sqlite_database: Database, story: Story) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(sqlite_database, LEAD) as client:
        yield client


async def read(client: httpx.AsyncClient, address: str, status: int = 200) -> LexborHTMLParser:
    answer = await client.get(address)
    assert answer.status_code == status, answer.text
    return LexborHTMLParser(answer.text)


def words(page: LexborHTMLParser, chosen: str) -> list[str]:
    texts = (" ".join(node.text(separator=" ").split()) for node in page.css(chosen))
    return [re.sub(r" (?=[.,;:)])|(?<=[(“]) ", "", text) for text in texts]


def holder(database: Database, submission_id: int) -> str | None:
    with database.read() as session:
        return session.scalar(
            select(Person.name)
            .join(Assignment, Assignment.person_id == Person.id)
            .where(Assignment.submission_id == submission_id, Assignment.ended_at.is_(None))
        )


def row(page: LexborHTMLParser, submission_id: int, chosen: str) -> str:
    (node,) = page.css(f"#s{submission_id} {chosen}")
    return str(node.attributes["value"])


# --- reading


async def test_the_queue_and_a_submission_ask_few_queries_however_much_there_is(database: Database):
    with database.write.begin() as session:
        told = tell(session)
        for number in range(PAGE_SIZE + 10):
            integration = {"slug": f"more-{number}", "name": f"More {number}"}
            dossier = sample("ambervane-launch", external_id=f"more-{number}", integration=integration)
            submission = send(session, dossier, NOW - timedelta(minutes=number))
            check(session, submission, NOW)
            if number % 3 == 0:
                assigning.claim(session, submission, by=session.get_one(Person, told.rosa.id), at=NOW)
    last = "/?after=.1"
    views = [f"/?show={view}" for view in View]
    async with visiting(database, LEAD) as client:
        await client.get(f"/submissions/{submission.id}")  # reads what past clocks tell, once in ten minutes
        for address in ("/", *views, "/?q=more&kind=launch", last, "/queue/list", f"/submissions/{submission.id}"):
            with counting(database) as asked:
                answer = await client.get(address)
            assert answer.status_code == 200
            assert len(asked) <= MOST_QUERIES, f"{address} asked {len(asked)}"


async def test_mine_is_what_the_reader_has(reviewer: httpx.AsyncClient, lead: httpx.AsyncClient):
    assert words(await read(reviewer, "/?show=mine"), "tbody th a") == ["Larkenfell Desk", "Quillharbor"]
    assert words(await read(lead, "/?show=mine"), ".empty") == ["Nothing here. See all that is open."]


async def test_a_narrowed_view_stands_in_its_address_with_its_filters(reviewer: httpx.AsyncClient):
    page = await read(reviewer, "/?show=unassigned&kind=launch&q=amber")
    assert words(page, "tbody th a") == ["Ambervane"]
    (search,) = page.css("input[name=q]")
    assert search.attributes["value"] == "amber"
    assert words(page, "select[name=kind] option[selected]") == ["Launch into Public Beta"]
    links = {node.text(): node.attributes["href"] for node in page.css(".sieves a")}
    assert links["Breaching"] == "/?show=breaching&kind=launch&q=amber"
    assert [node.text() for node in page.css(".sieves a[aria-current]")] == ["Unassigned"]


async def test_fields_that_nobody_filled_in_narrow_nothing(reviewer: httpx.AsyncClient):
    page = await read(reviewer, "/?q=&kind=&gate=&stage=&assignee=&show=&after=")
    assert len(page.css("tbody tr")) == 6
    assert words(page, "#list > p") == ["6 submissions, soonest due first."]


@pytest.mark.parametrize("query", ["stage=draft", "stage=approved", "q=%00", "assignee=999999", "gate=bonus"])
async def test_whatever_an_address_asks_for_is_answered(reviewer: httpx.AsyncClient, query: str):
    await read(reviewer, f"/?{query}")


async def test_a_long_queue_goes_on_behind_its_last_line(
    reviewer: httpx.AsyncClient, sqlite_database: Database, story: Story
):
    with sqlite_database.write.begin() as session:
        for number in range(PAGE_SIZE + 7):
            slug = f"more-{number}"
            integration = {"slug": slug, "name": slug}
            dossier = sample("ambervane-launch", external_id=slug, integration=integration)
            send(session, dossier, NOW - timedelta(minutes=number))
    address, seen, sizes = "/", [], []
    for _ in range(4):
        page = await read(reviewer, address)
        seen += [node.attributes["id"] for node in page.css("tbody tr")]
        sizes.append(len(page.css("tbody tr")))
        following = page.css("a[rel=next]")
        if not following:
            break
        address = following[0].attributes["href"] or ""
    assert sizes == [PAGE_SIZE, 13]
    assert len(set(seen)) == PAGE_SIZE + 13
    assert words(page, ".pages span") == ["This is the last page."]
    assert page.css(".pages a")[0].attributes["href"] == "/"


async def test_a_place_behind_the_last_line_says_so(reviewer: httpx.AsyncClient):
    page = await read(reviewer, "/?after=.999999")
    assert words(page, ".empty") == ["This page is beyond the last one. Go to the first page."]


async def test_the_list_alone_is_what_the_page_has(reviewer: httpx.AsyncClient):
    whole = await read(reviewer, "/?show=unassigned")
    (inside,) = whole.css("#list")
    alone = (await reviewer.get(inside.attributes["data-address"] or "")).text
    assert LexborHTMLParser(alone).css("#list")[0].html == inside.html
    assert "<html" not in alone


async def test_only_the_desks_own_script_runs_and_asks_only_the_desk(reviewer: httpx.AsyncClient):
    answer = await reviewer.get("/")
    policy = answer.headers["content-security-policy"]
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "form-action 'self'"} <= set(
        policy.split("; ")
    )
    page = LexborHTMLParser(answer.text)
    assert [urlsplit(node.attributes["src"] or "").path for node in page.css("script")] == ["/static/queue.js"]
    assert not re.search(r"\son[a-z]+=|style=", answer.text.partition("<tbody")[0])


# --- taking


async def test_a_submission_is_taken_with_a_button_and_the_reader_is_back_where_they_were(
    reviewer: httpx.AsyncClient, sqlite_database: Database, story: Story
):
    number = story.ids["ambervane"]
    page = await read(reviewer, "/?show=unassigned")
    form = {"take": row(page, number, "button.take"), "back": page.css("input[name=back]")[0].attributes["value"]}
    answer = await reviewer.post("/queue/take", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/?show=unassigned#s{number}"
    assert holder(sqlite_database, number) == "Rosa Lindqvist"
    assert words(await read(reviewer, "/"), f"#s{number} td:nth-child(5)") == ["You"]


async def test_what_somebody_else_has_is_grey_and_says_why(sqlite_database: Database, story: Story):
    number = story.ids["ambervane"]
    with sqlite_database.write.begin() as session:
        submission, by = session.get_one(Submission, number), session.get_one(Person, story.idris.id)
        assigning.claim(session, submission, by=by, at=NOW)
    async with visiting(sqlite_database, REVIEWER) as reviewer:
        page = await read(reviewer, "/")
        assert not page.css(f"#s{number} button.take")
        (why,) = words(page, f"#s{number} details.grey")
        assert why.startswith("Take Idris Falkenrath has it until")
        answer = await reviewer.post("/queue/take", data={"take": f"{number}.{submission.version}.{story.idris.id}"})
    assert answer.status_code == 409
    assert "Nothing was changed. Ambervane" in words(LexborHTMLParser(answer.text), ".mishap p")[1]
    assert holder(sqlite_database, number) == "Idris Falkenrath"


async def test_a_stale_page_is_told_who_did_what(reviewer: httpx.AsyncClient, sqlite_database: Database, story: Story):
    number = story.ids["ambervane"]
    taken = row(await read(reviewer, "/"), number, "button.take")
    with sqlite_database.write.begin() as session:
        session.get_one(Submission, number).decided_at = NOW  # whatever counts its version
    answer = await reviewer.post("/queue/take", data={"take": taken})
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert holder(sqlite_database, number) is None


async def test_from_a_stale_page_nobody_takes_what_another_has_taken_since(sqlite_database: Database, story: Story):
    """A lead may take it from whom they see with it, and from nobody else: a claim moves no version."""
    number = story.ids["ambervane"]
    async with visiting(sqlite_database, LEAD) as lead:
        taken = row(await read(lead, "/"), number, "button.take")
        with sqlite_database.write.begin() as session:
            rosa = session.get_one(Person, story.rosa.id)
            assigning.claim(session, session.get_one(Submission, number), by=rosa, at=NOW)
        answer = await lead.post("/queue/take", data={"take": taken})
    assert answer.status_code == 409
    assert "Rosa Lindqvist has it by now (Rosa Lindqvist, claimed," in answer.text
    assert holder(sqlite_database, number) == "Rosa Lindqvist"


async def test_an_auditor_reads_and_takes_nothing(sqlite_database: Database, story: Story):
    async with visiting(sqlite_database, AUDITOR) as auditor:
        page = await read(auditor, "/")
        assert not page.css("button.take")
        answer = await auditor.post("/queue/take", data={"take": f"{story.ids['ambervane']}.1.0"})
    assert answer.status_code == 403
    assert holder(sqlite_database, story.ids["ambervane"]) is None


@pytest.mark.parametrize(
    ("take", "status"), [("x", 400), ("", 400), ("1", 400), ("1.2", 400), ("-1.1.0", 400), ("999999.1.0", 404)]
)
async def test_a_form_that_names_nothing_is_answered_in_words(reviewer: httpx.AsyncClient, take: str, status: int):
    answer = await reviewer.post("/queue/take", data={"take": take})
    assert answer.status_code == status
    assert words(LexborHTMLParser(answer.text), ".mishap p")


@pytest.mark.parametrize("back", ["https://elsewhere.test/", "//elsewhere.test", "javascript:alert(1)", "x" * 600])
async def test_nobody_is_sent_elsewhere(reviewer: httpx.AsyncClient, story: Story, back: str):
    number = story.ids["ambervane"]
    taken = row(await read(reviewer, "/"), number, "button.take")
    answer = await reviewer.post("/queue/take", data={"take": taken, "back": back})
    assert answer.headers["location"] == f"/#s{number}"


# --- giving several to somebody


def chosen(page: LexborHTMLParser, *numbers: int) -> list[str]:
    return [row(page, number, "input[name=row]") for number in numbers]


async def test_a_lead_sees_what_would_happen_before_anything_does(
    lead: httpx.AsyncClient, sqlite_database: Database, story: Story
):
    numbers = [story.ids[name] for name in ("ambervane", "quillharbor", "mossbeacon")]
    rows = chosen(await read(lead, "/"), *numbers)
    query = httpx.QueryParams([("to", story.rosa.id), ("back", "/?show=all"), *(("row", one) for one in rows)])
    page = await read(lead, f"/queue/assign?{query}")
    assert words(page, "h1") == ["Give 2 submissions to Rosa Lindqvist?"]
    assert (
        words(page, "tbody tr")
        == [
            "Ambervane Ambervane Labs Nobody Rosa Lindqvist",
            "Mossbeacon Mossbeacon Nobody Rosa Lindqvist",
        ]
        or len(page.css("tbody tr")) == 2
    )
    assert words(page, "section li") == ["Quillharbor: Rosa Lindqvist has it already"]
    assert holder(sqlite_database, numbers[0]) is None
    form = {
        "to": str(story.rosa.id),
        "back": "/?show=unassigned",
        "row": [node.attributes["value"] or "" for node in page.css("input[name=row]")],
    }
    answer = await lead.post("/queue/assign", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?show=unassigned")
    assert [holder(sqlite_database, number) for number in numbers] == ["Rosa Lindqvist"] * 3


async def test_when_one_of_them_changed_nothing_is_done_and_it_is_named(
    lead: httpx.AsyncClient, sqlite_database: Database, story: Story
):
    ambervane, mossbeacon = story.ids["ambervane"], story.ids["mossbeacon"]
    rows = chosen(await read(lead, "/"), mossbeacon, ambervane)
    with sqlite_database.write.begin() as session:
        submission, by = session.get_one(Submission, ambervane), session.get_one(Person, story.rosa.id)
        assigning.claim(session, submission, by=by, at=NOW)
    answer = await lead.post("/queue/assign", data={"to": str(story.idris.id), "row": rows})
    assert answer.status_code == 409
    page = LexborHTMLParser(answer.text)
    (told,) = words(page, ".notice li")
    assert told.startswith("Ambervane: Rosa Lindqvist, claimed")
    assert holder(sqlite_database, mossbeacon) is None, "all or none"
    again = [node.attributes["value"] or "" for node in page.css("input[name=row]")]
    answer = await lead.post("/queue/assign", data={"to": str(story.idris.id), "row": again})
    assert answer.status_code == 303
    assert holder(sqlite_database, ambervane) == holder(sqlite_database, mossbeacon) == "Idris Falkenrath"


async def test_a_reviewer_has_nothing_to_choose_and_is_refused_in_words(
    reviewer: httpx.AsyncClient, sqlite_database: Database, story: Story
):
    page = await read(reviewer, "/")
    assert not page.css("input[name=row], .bulk")
    number = story.ids["ambervane"]
    chosen_row = row(page, number, "button.take")
    seen = await read(reviewer, f"/queue/assign?to={story.idris.id}&row={chosen_row}")
    assert "this needs admin or lead" in words(seen, "section li")[0]
    assert not seen.css("button.main")
    answer = await reviewer.post("/queue/assign", data={"to": str(story.idris.id), "row": [chosen_row]})
    assert answer.status_code == 409
    assert holder(sqlite_database, number) is None


async def test_with_nothing_chosen_the_page_says_what_to_do(lead: httpx.AsyncClient, story: Story):
    page = await read(lead, f"/queue/assign?to={story.rosa.id}")
    assert words(page, ".empty") == ["Tick the submissions in the queue first. Go back to the queue."]


async def test_only_the_team_can_be_given_something(lead: httpx.AsyncClient, sqlite_database: Database, story: Story):
    with sqlite_database.read() as session:
        contact = session.scalars(select(Person.id).where(Person.partner_id.is_not(None)).limit(1)).one()
    (one,) = chosen(await read(lead, "/"), story.ids["ambervane"])
    for to in (contact, 999_999):
        assert (await lead.get(f"/queue/assign?to={to}&row={one}")).status_code == 400
        assert (await lead.post("/queue/assign", data={"to": str(to), "row": [one]})).status_code == 400


# --- being told


async def test_the_version_of_the_page_is_the_one_that_is_told(
    reviewer: httpx.AsyncClient, sqlite_database: Database, story: Story
):
    (inside,) = (await read(reviewer, "/")).css("#list")
    before = (await reviewer.get("/queue/version")).json()["version"]
    assert inside.attributes["data-version"] == before
    with sqlite_database.write.begin() as session:
        submission, by = session.get_one(Submission, story.ids["ambervane"]), session.get_one(Person, story.rosa.id)
        assigning.claim(session, submission, by=by, at=NOW)
    assert (await reviewer.get("/queue/version")).json()["version"] != before


async def next_version(lines: AsyncIterator[str]) -> str:
    """The next one that is told; empty when the stream ends."""
    return await anext((line async for line in lines if line.startswith("data: ")), "")


async def test_an_open_page_is_told_and_does_not_hold_up_the_stop(
    sqlite_database: Database, story: Story, caplog: pytest.LogCaptureFixture
):
    acting = ActingAs(application(sqlite_database), sqlite_database, REVIEWER, at=NOW)
    with ExitStack() as running:
        address = running.enter_context(served(acting))
        async with (
            httpx.AsyncClient(base_url=address, timeout=60) as client,
            client.stream("GET", "/queue/changes") as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            before = await next_version(lines)
            with sqlite_database.write.begin() as session:
                submission = session.get_one(Submission, story.ids["ambervane"])
                assigning.claim(session, submission, by=session.get_one(Person, story.rosa.id), at=NOW)
            after = await next_version(lines)
            stopping = asyncio.create_task(asyncio.to_thread(running.close))
            assert await next_version(lines) == ""
            await stopping
    assert "" != before != after != ""
    assert "graceful shutdown exceeded" not in caplog.text


async def test_a_page_for_which_there_is_no_room_is_told_to_ask(sqlite_database: Database, story: Story):
    app = application(sqlite_database)
    app.state.changes.close()
    acting = ActingAs(app, sqlite_database, REVIEWER, at=NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(acting), base_url="http://127.0.0.1") as client:
        answer = await client.get("/queue/changes")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"


async def test_nobody_hears_anything_without_a_sign_in(sqlite_database: Database, story: Story):
    app = application(sqlite_database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for address in ("/", "/queue/list", "/queue/changes", "/queue/version", "/queue/assign?to=1"):
            answer = await client.get(address)
            assert answer.status_code == 303, address
            assert answer.headers["location"].startswith("/sign-in"), address
