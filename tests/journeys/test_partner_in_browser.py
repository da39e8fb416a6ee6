"""A partner's person on their own pages in a real browser: with scripts and without, in light and dark, narrow too."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from checklist.canned_web import CannedWeb
from checklist.case import Context
from checklist.fetch import Fetcher
from desk.api.assembling import create_api
from desk.api.means import Means
from desk.api.preflight import Preflights
from desk.api.turnstile import Turnstile
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.signing.cookie import PLAIN
from models.database import Database
from models.people import Person
from models.submission import Submission
from review.actions import asking
from review.vault import Vault
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.fixtures.signing import secret_for
from tests.integration.desk_story import NOW, Story, story_in

pytestmark = pytest.mark.slow

TAREK, INES, OLUWASEUN = "tarek@mossbeacon.example", "ines@larkenfell.example", "oluwaseun@quillharbor.example"


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@asynccontextmanager
async def nothing_answers(at: datetime) -> AsyncIterator[Context]:
    """What a preflight looks at: a web of no hosts."""
    yield Context(CannedWeb({}), at)


@pytest.fixture
def desk(sqlite_database: Database, story: Story) -> Iterator[str]:
    vault = Vault("x" * 32)
    desk = Desk(sqlite_database, lambda: NOW, vault=vault)
    api = create_api(desk, Preflights(nothing_answers, Turnstile()), Means(vault, Fetcher))
    with served(assemble(desk, names=LOOPBACK_NAMES, api=api)) as address:
        yield address


def cookie(database: Database, email: str) -> str:
    return f"{PLAIN}={secret_for(database, email, at=NOW)}"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_read_a_partners_pages(
    browser: Browser, desk: str, story: Story, sqlite_database: Database, *, dark: bool, width: int
):
    for email, places in {
        TAREK: [
            "/partner",
            "/partner/integrations/mossbeacon",
            f"/partner/submissions/{story.ids['mossbeacon']}",
            f"/partner/submissions/{story.ids['mossbeacon']}/revise",
        ],
        INES: [
            "/partner/integrations/larkenfell",
            f"/partner/submissions/{story.ids['larkenfell-launch']}",
            "/partner/new/graduation/larkenfell",  # which can't be sent now
        ],
    }.items():
        with axe.window(browser, desk, cookie=cookie(sqlite_database, email), width=width, dark=dark) as (page, heard):
            for place in places:
                page.goto(place)
                assert axe.sticks_out(page) <= 0, place
                assert axe.violations(page) == [], place
            # The browser itself notes the answer of the form that can't be sent.
            assert [line for line in heard if "409 (Conflict)" not in line] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_partner_answers_a_question_and_takes_a_submission_back(
    browser: Browser, desk: str, story: Story, sqlite_database: Database, *, scripts: bool
):
    number = story.ids["quillharbor"]
    with sqlite_database.write.begin() as session:
        one, rosa = session.get_one(Submission, number), session.get_one(Person, story.rosa.id)
        asking.ask_partner(session, one, by=rosa, at=NOW - timedelta(minutes=1), text="And which key?")
    with axe.window(browser, desk, cookie=cookie(sqlite_database, OLUWASEUN), scripts=scripts) as (page, heard):
        page.goto("/partner")
        page.get_by_role("link", name="Launch into Public Beta").click()
        page.get_by_text("Your turn.").wait_for()
        page.get_by_label("Your answer").fill("The one of the EU.")
        page.get_by_role("button", name="Send the answer").click()
        assert page.url == f"{desk}/partner/submissions/{number}"
        page.get_by_text("Our turn.").wait_for()
        page.get_by_text("You no longer want it reviewed").click()
        page.get_by_label("Why, if you like to say").fill("We start over.")
        page.get_by_role("button", name="Take it back").click()
        page.get_by_text("You took it back.", exact=True).wait_for()
        assert heard == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_partner_goes_from_what_to_mend_to_the_next_revision(
    browser: Browser, desk: str, story: Story, sqlite_database: Database, *, scripts: bool
):
    number = story.ids["mossbeacon"]
    with axe.window(browser, desk, cookie=cookie(sqlite_database, TAREK), scripts=scripts) as (page, heard):
        page.goto(f"/partner/submissions/{number}")
        page.get_by_role("link", name="Change it and send it again").click()
        page.get_by_label("Address for customer support").fill("x" * 3_000)
        page.get_by_role("button", name="Send it again").click()
        page.get_by_text("Nothing was sent.").wait_for()
        if scripts:
            assert axe.violations(page) == []
        page.get_by_label("Address for customer support").fill("support@mossbeacon.example")
        page.get_by_label("Your integrations page").fill("https://www.mossbeacon.example/partners")
        page.get_by_role("button", name="Save for later").click()
        page.get_by_text("You saved this").wait_for()
        assert page.get_by_label("Your integrations page").input_value().endswith("/partners")
        page.get_by_role("button", name="Run preflight").click()
        page.get_by_text("Nothing was sent; what you typed is saved.").wait_for()
        if scripts:
            assert axe.violations(page) == []
        page.get_by_role("link", name="Back to the form").click()
        page.get_by_role("button", name="Send it again").click()
        page.get_by_text("Our checks are running.").wait_for()
        assert page.url == f"{desk}/partner/submissions/{number}"
        # The browser complains of the 422 itself.
        assert all("422" in line for line in heard)
    with sqlite_database.read() as session:
        assert session.get_one(Submission, number).revision == 2
