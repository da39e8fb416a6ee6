"""A reviewer from the queue to a decision and back, in a real browser: with scripts and without, in light and dark."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.signing.cookie import PLAIN
from models.database import Database
from models.enums import ChannelName
from models.submission import Submission
from notifications.programme import ProgrammeSettings
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.fixtures.signing import secret_for
from tests.integration.desk_story import NOW, REVIEWER, Story, story_in

pytestmark = pytest.mark.slow


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@pytest.fixture
def desk(sqlite_database: Database, story: Story) -> Iterator[str]:
    programme = ProgrammeSettings(base_url="http://127.0.0.1", channels=frozenset({ChannelName.FILE}))
    over = replace(Desk(sqlite_database, lambda: NOW), programme=programme, undo_for=timedelta(seconds=60))
    with served(assemble(over, names=LOOPBACK_NAMES)) as address:
        yield address


@pytest.fixture
def cookie(sqlite_database: Database, story: Story) -> str:
    return f"{PLAIN}={secret_for(sqlite_database, REVIEWER, at=NOW)}"


def stage(database: Database, number: int) -> str:
    with database.read() as session:
        return session.get_one(Submission, number).stage.value


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_reviewer_goes_from_the_queue_to_a_decision_and_takes_it_back(
    browser: Browser, desk: str, cookie: str, story: Story, sqlite_database: Database, *, scripts: bool
):
    number = story.ids["ambervane"]
    with axe.window(browser, desk, cookie=cookie, scripts=scripts) as (page, complaints):
        page.goto("/")
        page.click(f"a[href='/submissions/{number}']")
        page.click("button[value=claim]")
        page.wait_for_url(f"**/submissions/{number}**")
        assert "Rosa Lindqvist" in page.inner_text(".strip")
        page.fill("#text", "Two things first.\nThen we launch.")
        page.click("button[value=request_changes]")
        assert "Two things first." in page.inner_text(".letter pre")
        assert stage(sqlite_database, number) == "in_review"
        page.click("button[name=send]")
        assert stage(sqlite_database, number) == "changes_requested"
        assert "until then it can be undone" in page.inner_text(".undo")
        page.click("button[value=undo]")
        assert stage(sqlite_database, number) == "in_review"
        assert "Undone" in page.inner_text("section[aria-labelledby=decisions]")
        assert complaints == []


def test_a_question_goes_into_the_conversation_and_a_note_beside_it(
    browser: Browser, desk: str, cookie: str, story: Story
):
    number = story.ids["ambervane"]
    with axe.window(browser, desk, cookie=cookie) as (page, _):
        page.goto(f"/submissions/{number}")
        page.fill("#text", "Which region?")
        page.click("button[value=ask_partner]")
        page.click("button[name=send]")
        assert "Which region?" in page.inner_text(".shared")
        assert "Ask the partner: a question to the partner is open already" in page.inner_text(".why-not")
        assert page.is_disabled("button[value=ask_partner]")
        page.fill("#note", "They moved to the EU.")
        page.click("button[value=note]")
        assert "They moved to the EU." in page.inner_text(".private")
        assert "They moved to the EU." not in page.inner_text(".shared")


def test_what_was_typed_survives_a_refusal_and_a_way_back(browser: Browser, desk: str, cookie: str, story: Story):
    number = story.ids["hostile"]
    with axe.window(browser, desk, cookie=cookie) as (page, _):
        page.goto(f"/submissions/{number}")
        page.fill("#text", "Nearly there.")
        page.click("button[value=request_changes]")
        page.click(".confirm a")
        assert page.input_value("#text") == "Nearly there."


def looked_at(page: Page, address: str) -> None:
    page.goto(address)
    for details in page.query_selector_all("details:not([open]) > summary"):
        details.click()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_against_the_page_and_nothing_sticks_out(
    browser: Browser, desk: str, cookie: str, story: Story, tmp_path: Path, *, dark: bool, width: int
):
    with axe.window(browser, desk, cookie=cookie, width=width, dark=dark) as (page, complaints):
        for name in ("ambervane", "mossbeacon", "quillharbor", "larkenfell-launch", "hostile"):
            looked_at(page, f"/submissions/{story.ids[name]}")
            page.screenshot(path=tmp_path / f"{name}-{width}-{dark}.png", full_page=True)
            assert axe.violations(page) == [], name
            assert axe.sticks_out(page) <= 0, name
        page.goto(f"/submissions/{story.ids['ambervane']}")
        page.fill("#text", "Please mend it.")
        page.click("button[value=request_changes]")
        looked_at_letter(page)
        page.screenshot(path=tmp_path / f"preview-{width}-{dark}.png", full_page=True)
        assert axe.violations(page) == []
        assert axe.sticks_out(page) <= 0
        assert complaints == []


def looked_at_letter(page: Page) -> None:
    page.click(".letter summary")
    frame = page.frame_locator(".letter iframe")
    frame.locator("main").wait_for()
