"""The page and the API route on which programme managers try a draft of the rules."""

from importlib.resources import files

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from checklist.rulebook import Rulebook, also_from
from models.enums import Outcome, Role
from models.event import Event
from models.people import Person
from review.actions.companies import add_person
from review.results import standing
from tests.building import contact, in_review, rulebook_file
from tests.fixtures.desk_server import served
from tests.fixtures.signing import signed_in
from tests.integration.api_programme import client as with_token
from tests.integration.api_programme import programme_in
from tests.integration.desk_story import NOW, nobodys_desk, story_in
from tests.integration.test_simulation import everything

PLACE = "/rulebooks/simulate"
V1 = (files("checklist") / "rulebooks" / "v1.toml").read_text("utf-8")
DRAFT = V1.replace('version = "v1"', 'version = "v2"', 1).replace("at_least = 3", "at_least = 10")
MANAGER = "mona@desk.example"


@pytest.fixture
def database(sqlite_database, sqlite_template):
    story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        add_person(session, name="Mona", email=MANAGER, roles=frozenset({Role.MANAGER}), at=NOW)
    return sqlite_database


@pytest.fixture
async def manager(database):
    transport = httpx.ASGITransport(nobodys_desk(database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
        yield signed_in(opened, database, MANAGER, at=NOW)


async def test_a_pasted_draft_shows_what_it_would_do_and_writes_nothing(manager, database):
    before = everything(database)
    answer = await manager.post(PLACE, data={"text": DRAFT})
    assert answer.status_code == 200
    assert "v2 instead of v1" in answer.text
    assert "items.customers.active.thresholds.at_least: 3 -&gt; 10" in answer.text
    assert "valid_from = " in answer.text
    now = everything(database)
    # Who looked is noted at the door of every page.
    assert {name: rows for name, rows in now.items() if name != "sign_ins"} == {
        name: rows for name, rows in before.items() if name != "sign_ins"
    }


async def test_a_file_is_tried_as_what_its_name_ends_in(manager):
    answer = await manager.post(PLACE, files={"file": ("draft.toml", DRAFT.encode())})
    assert "v2 instead of v1" in answer.text
    wrong = await manager.post(PLACE, files={"file": ("draft.exe", DRAFT.encode())})
    assert wrong.status_code == 400
    assert "draft.exe: saw the ending &#39;.exe&#39;, expected one of .toml" in wrong.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "saw nothing, expected a rulebook"),
        ("version = ", "the draft: "),
        ("version = 'v2'", "valid_from: saw nothing"),
        (DRAFT.replace("at_least = 10", 'at_least = "<b>"'), "saw &#39;&lt;b&gt;&#39;, expected int"),
    ],
)
async def test_what_can_not_be_used_is_told_beside_the_text_as_it_was_sent(manager, text, told):
    answer = await manager.post(PLACE, data={"text": text})
    assert answer.status_code == 400
    assert told in answer.text
    assert "<b>" not in answer.text


async def test_a_draft_that_is_too_long_is_not_read(manager):
    assert (await manager.post(PLACE, data={"text": "#" * 1_000_001})).status_code in {413, 422}
    assert (await manager.post(PLACE, files={"file": ("a.toml", b"#" * 1_000_001)})).status_code == 413


async def test_others_of_the_team_are_told_whom_to_ask_and_see_no_link(database):
    transport = httpx.ASGITransport(nobodys_desk(database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
        signed_in(opened, database, "rosa@example.test", at=NOW)
        assert (await opened.get(PLACE)).status_code == 403
        assert (await opened.post(PLACE, data={"text": DRAFT})).status_code == 403
        assert PLACE not in (await opened.get("/rulebooks")).text


async def test_managers_find_it_from_the_rulebooks(manager):
    assert PLACE in (await manager.get("/rulebooks")).text
    assert "Try a draft" in (await manager.get(PLACE)).text


def test_the_api_answers_with_what_the_command_prints(sqlite_database, tmp_path):
    programme = programme_in(sqlite_database, tmp_path)
    toml = {"Content-Type": "application/toml"}
    with served(programme.app()) as address, with_token(address, "mara") as mara:
        answer = mara.post("/rulebooks/simulate", content=DRAFT, headers=toml)
        assert answer.status_code == 200
        assert (answer.json()["report"], answer.json()["draft"]) == ("simulation", "v2")
        wrong = mara.post("/rulebooks/simulate", content=DRAFT.replace("at_least = 10", "at_least = 'x'"), headers=toml)
        assert wrong.status_code == 422
        assert wrong.json()["errors"][0]["expected"] == "int"
        assert mara.post("/rulebooks/simulate", content="x = ", headers=toml).json()["status"] in {400, 422}
    with served(programme.app()) as address, with_token(address, "idris") as lead:
        refused = lead.post("/rulebooks/simulate", content=DRAFT, headers=toml)
        assert refused.status_code == 403
        assert "for whom has the role admin or manager" in refused.json()["detail"]
    with sqlite_database.read() as session:
        assert session.scalars(select(Event).where(Event.name.like("rulebook%"))).all() == []
        assert session.scalars(select(Person)).all()


# --- items in shadow


@pytest.fixture
def in_shadow(sqlite_database, tmp_path):
    """A submission under a rulebook whose item of documentation is in shadow, where it would fail; and its page's."""
    rulebook_file(tmp_path, "v2", valid_from="2026-11-01")
    file = tmp_path / "v2.toml"
    checked = 'check = "docs.partner"'
    file.write_text(file.read_text("utf-8").replace(checked, f"{checked}\nshadow_until = 2027-01-01"), "utf-8")
    with also_from(tmp_path):
        with sqlite_database.write.begin() as session:
            submission = in_review(
                session, "acme", said={"docs.partner": Outcome.FAILED}, rulebook=Rulebook.load("v2"), at=NOW
            )
            assert standing(session, submission, at=NOW).shadow == ("docs.partner",)
            number, theirs = submission.id, contact(session, submission).email
        yield number, theirs


@pytest.mark.parametrize("whose", ["team", "partner"])
async def test_an_item_in_shadow_shows_its_outcome_and_from_when_it_is_asked(sqlite_database, in_shadow, whose):
    number, theirs = in_shadow
    place, email = {
        "team": (f"/submissions/{number}", "rosa@example.test"),
        "partner": (f"/partner/submissions/{number}", theirs),
    }[whose]
    transport = httpx.ASGITransport(nobodys_desk(sqlite_database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
        answer = await signed_in(opened, sqlite_database, email, at=NOW).get(place)
    item = LexborHTMLParser(answer.text).css_first("details[id='docs.partner']")
    assert "is-failed" in item.attributes["class"]
    assert "Not asked yet, from " in item.text()
    assert "2027" in item.css_first(".is-shadow").text()
    assert "open" not in item.attributes


async def test_the_page_of_a_rulebook_counts_what_its_shadows_would_do(manager, database, tmp_path):
    rulebook_file(tmp_path, "v2", valid_from="2026-11-01")
    file = tmp_path / "v2.toml"
    checked = 'check = "catalog.mark"'
    file.write_text(file.read_text("utf-8").replace(checked, f"{checked}\nshadow_until = 2027-01-01"), "utf-8")
    with also_from(tmp_path):
        page = await manager.get("/rulebooks/v2")
    assert page.status_code == 200
    assert "if it counted today" in page.text
    assert "not asked of what passed before" in page.text
