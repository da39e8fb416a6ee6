"""The form by which a partner sends the next revision: prefilled, saved, refused beside its fields, never with a secret."""

from contextlib import asynccontextmanager

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from checklist.canned_web import CannedWeb
from checklist.case import Context
from checklist.fetch import Fetcher
from desk.api.assembling import create_api
from desk.api.means import Means
from desk.api.preflight import Preflights
from desk.api.turnstile import Bounds, Turnstile
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from models.draft import Draft
from models.enums import SubmissionStage
from models.submission import Secret, Submission
from review.vault import Vault
from tests.fixtures.signing import signed_in
from tests.integration.desk_story import NOW, SECRET, story_in

TAREK = "tarek@mossbeacon.example"
VAULT = Vault("x" * 32)


@pytest.fixture
def number(sqlite_database, sqlite_template):
    return story_in(sqlite_database, sqlite_template).ids["mossbeacon"]


@pytest.fixture
def tarek(sqlite_database, number):
    app = assemble(Desk(sqlite_database, lambda: NOW, vault=VAULT), names=LOOPBACK_NAMES)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
    return signed_in(client, sqlite_database, TAREK, at=NOW)


async def opened(client, number):
    """The form's fields as a browser would send them."""
    answer = await client.get(f"/partner/submissions/{number}/revise")
    assert answer.status_code == 200
    return fields(answer.text)


def fields(html):
    page = LexborHTMLParser(html)
    found = {}
    for node in page.css("form.own input, form.own textarea"):
        if node.attributes.get("type") == "checkbox" and "checked" not in node.attributes:
            continue
        found[node.attributes["name"]] = node.text() if node.tag == "textarea" else node.attributes.get("value") or ""
    return found


def send(client, number, form):
    return client.post(f"/partner/submissions/{number}/revise", data=form)


def stored(database, number):
    with database.read() as session:
        return session.get(Submission, number)


async def test_what_was_mended_elsewhere_is_sent_as_it_is(sqlite_database, tarek, number):
    before = stored(sqlite_database, number)
    answer = await send(tarek, number, await opened(tarek, number))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/partner/submissions/{number}")
    after = stored(sqlite_database, number)
    assert (after.revision, after.stage) == (2, SubmissionStage.IN_REVIEW)
    assert after.document == before.document
    assert after.submitted_by_id is not None or before.submitted_by_id is None


async def test_what_is_changed_is_in_the_next_revision_and_nothing_else(sqlite_database, tarek, number):
    form = await opened(tarek, number)
    form |= {
        "marketing.integrations_page": "https://www.mossbeacon.example/partners",
        "catalog.categories": "Analytics",
    }
    form |= {
        "catalog.screenshots": "https://www.mossbeacon.example/a.png The list\nhttps://www.mossbeacon.example/b.png"
    }
    before = stored(sqlite_database, number).document
    assert (await send(tarek, number, form)).status_code == 303
    after = stored(sqlite_database, number).document
    assert after["marketing"].pop("integrations_page") == "https://www.mossbeacon.example/partners"
    assert after["catalog"].pop("categories") == ["Analytics"]
    assert [one["url"][-5:] for one in after["catalog"].pop("screenshots")] == ["a.png", "b.png"]
    for part, key in (("marketing", "integrations_page"), ("catalog", "categories"), ("catalog", "screenshots")):
        before[part].pop(key, None)
    assert after == before


async def test_a_mistake_stands_beside_its_field_and_what_was_typed_is_kept(sqlite_database, tarek, number):
    form = await opened(tarek, number)
    form |= {"catalog.support_email": "x" * 3_000, "notes": "", "marketing.blog_post": "<b>my post</b>"}
    answer = await send(tarek, number, form | {"test_account.secret": "hunter2-typed"})
    assert answer.status_code == 422
    page = LexborHTMLParser(answer.text)
    assert page.css_first('#refused a[href="#f-catalog-support_email"]') is not None
    wrong = page.css_first("#f-catalog-support_email")
    assert wrong.attributes["aria-invalid"] == "true"
    assert "f-catalog-support_email-wrong" in wrong.attributes["aria-describedby"]
    assert fields(answer.text)["marketing.blog_post"] == "<b>my post</b>"
    assert "hunter2-typed" not in answer.text
    assert stored(sqlite_database, number).revision == 1


async def test_a_draft_is_the_persons_own_and_goes_when_it_is_sent(sqlite_database, tarek, number):
    form = await opened(tarek, number) | {"marketing.blog_post": "half an addr", "test_account.secret": "hunter2-typed"}
    saved = await send(tarek, number, form | {"save": "yes"})
    assert saved.headers["location"] == f"/partner/submissions/{number}/revise"
    again = await opened(tarek, number)
    assert again["marketing.blog_post"] == "half an addr"
    with sqlite_database.read() as session:
        (draft,) = session.query(Draft)
        assert "hunter2" not in str(draft.typed)
    again |= {"marketing.blog_post": "https://www.mossbeacon.example/blog/segment"}
    assert (await send(tarek, number, again)).status_code == 303
    with sqlite_database.read() as session:
        assert session.query(Draft).count() == 0


async def test_a_secret_is_never_shown_and_stays_when_it_is_left_empty(sqlite_database, tarek, number):
    def kept():
        with sqlite_database.read() as session:
            integration = session.get(Submission, number).integration_id
            row = session.get(Secret, (integration, "test_account.secret"))
            return row and VAULT.open(row.ciphertext)

    before, form = kept(), await opened(tarek, number)
    assert form["test_account.secret"] == ""
    page = (await tarek.get(f"/partner/submissions/{number}/revise")).text
    assert SECRET not in page
    assert before is None or before not in page
    assert (await send(tarek, number, form)).status_code == 303
    assert kept() == before


async def test_a_stale_form_is_refused_with_what_was_typed(sqlite_database, tarek, number):
    form = await opened(tarek, number)
    answer = await send(tarek, number, form | {"version": "1", "marketing.blog_post": "https://mine.example/post"})
    assert answer.status_code == 409
    assert "somebody changed this submission" in answer.text
    assert fields(answer.text)["marketing.blog_post"] == "https://mine.example/post"
    assert fields(answer.text)["version"] == form["version"]


async def test_sent_twice_is_refused_the_second_time_and_the_form_is_gone(tarek, number):
    form = await opened(tarek, number)
    assert (await send(tarek, number, form)).status_code == 303
    again = await send(tarek, number, form)
    assert again.status_code == 409
    assert "nothing to send again now" in again.text
    gone = await tarek.get(f"/partner/submissions/{number}/revise")
    assert gone.status_code == 409
    told = LexborHTMLParser(gone.text).css_first("#refused").text()
    assert "we are looking at what you sent" in told
    assert "take it back and send it anew" in told


@pytest.mark.parametrize("form", [{}, {"version": "x"}, {"version": "9" * 40}, {"components.7.endpoint": "x"}])
async def test_a_form_made_up_changes_nothing(sqlite_database, tarek, number, form):
    assert (await send(tarek, number, form)).status_code == 409
    assert stored(sqlite_database, number).revision == 1


def preflighting(database, *, at_once=2):
    """A desk whose preflights look at a web in which nothing answers; and what each of them was given."""
    opened_at = []

    @asynccontextmanager
    async def surroundings(at):
        opened_at.append(at)
        yield Context(CannedWeb({}), at)

    desk = Desk(database, lambda: NOW, vault=VAULT)
    preflights = Preflights(surroundings, Turnstile(Bounds(at_once=at_once)))
    app = assemble(desk, names=LOOPBACK_NAMES, api=create_api(desk, preflights, Means(VAULT, Fetcher)))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=60)
    return signed_in(client, database, TAREK, at=NOW), opened_at


async def test_preflight_runs_the_checks_on_what_was_typed_and_sends_nothing(sqlite_database, number):
    tarek, opened_at = preflighting(sqlite_database)
    form = await opened(tarek, number) | {"catalog.description": "", "preflight": "yes"}
    answer = await send(tarek, number, form)
    assert answer.status_code == 200
    assert "Not yet: mend what failed, then look again." in answer.text
    assert "The catalog describes the integration" in answer.text
    assert opened_at == [NOW]
    assert stored(sqlite_database, number).revision == 1
    assert (await opened(tarek, number))["catalog.description"] == "", "what was typed is saved"


async def test_preflight_is_bounded_for_a_company_and_loses_nothing(sqlite_database, number):
    tarek, opened_at = preflighting(sqlite_database, at_once=0)
    form = await opened(tarek, number) | {"marketing.blog_post": "https://mine.example/post", "preflight": "yes"}
    answer = await send(tarek, number, form)
    assert answer.status_code == 429
    assert fields(answer.text)["marketing.blog_post"] == "https://mine.example/post"
    assert opened_at == []


async def test_a_mistake_stops_preflight_before_it_begins(sqlite_database, number):
    tarek, opened_at = preflighting(sqlite_database)
    form = await opened(tarek, number) | {"catalog.support_email": "x" * 3_000, "preflight": "yes"}
    answer = await send(tarek, number, form)
    assert answer.status_code == 422
    assert "f-catalog-support_email-wrong" in answer.text
    assert opened_at == []


async def test_without_what_checks_need_there_is_no_preflight(tarek, number):
    page = (await tarek.get(f"/partner/submissions/{number}/revise")).text
    assert "Run preflight" not in page
