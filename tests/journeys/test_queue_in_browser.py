"""The queue in the system's own browser: it keeps itself up to date, and single keys move through it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from models.database import Database
from models.decision import Assignment
from models.people import Person
from models.submission import Submission
from review.actions import assigning
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.integration.desk_story import NOW, Story, desk_over, sample, send, story_in
from tests.journeys import chromium

pytestmark = pytest.mark.slow

ACTIVE = "document.activeElement.textContent.trim()"
LIVE = "document.getElementById('live')?.textContent"
HELP_IS_OPEN = "document.getElementById('keys').open"


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@pytest.fixture
def desk(sqlite_database: Database, story: Story) -> Iterator[str]:
    with served(desk_over(sqlite_database)) as address:
        yield address


@pytest.fixture
def browser(tmp_path: Path, desk: str) -> Iterator[chromium.Browser]:
    """On the queue, wide, and listening. It is closed before the desk is."""
    with chromium.browser(axe.program(), tmp_path / "profile") as running:
        running.look(width=1280)
        running.visit(f"{desk}/")
        until(running, f"{LIVE} === 'Up to date by itself.'")
        yield running


def until(browser: chromium.Browser, condition: str) -> None:
    deadline = time.monotonic() + 20
    while not browser.value(f"Boolean({condition})"):
        assert time.monotonic() < deadline, f"{condition}; {browser.complaints}"
        time.sleep(0.05)


def press(browser: chromium.Browser, key: str, *, code: int = 0, **more: int) -> None:
    text = {"text": key} if len(key) == 1 else {}
    browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text, **more)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code, **more)


def holder(database: Database, submission_id: int) -> str | None:
    with database.read() as session:
        return session.scalar(
            select(Person.name)
            .join(Assignment, Assignment.person_id == Person.id)
            .where(Assignment.submission_id == submission_id, Assignment.ended_at.is_(None))
        )


def test_single_keys_move_open_and_take(browser: chromium.Browser, sqlite_database: Database, story: Story, desk: str):
    press(browser, "j")
    press(browser, "j")
    assert browser.value(ACTIVE) == "Thistlewick Surveys"
    assert browser.value("getComputedStyle(document.activeElement).outlineStyle") != "none"
    press(browser, "k")
    press(browser, "k")
    assert browser.value(ACTIVE) == "Ambervane", "the first one is the first one"
    press(browser, "c")
    until(browser, f"location.hash === '#s{story.ids['ambervane']}'")
    assert holder(sqlite_database, story.ids["ambervane"]) == "Rosa Lindqvist"
    until(browser, f"{LIVE} === 'Up to date by itself.'")
    press(browser, "j")
    press(browser, "o")
    until(browser, f"location.pathname === '/submissions/{story.ids['ambervane']}'")


def test_keys_are_left_to_whoever_writes_or_uses_the_browsers_own(browser: chromium.Browser):
    browser.value("document.querySelector('input[name=q]').focus()")
    for key in "jkoc?":
        press(browser, key)
    assert browser.value("document.querySelector('input[name=q]').value") == "jkoc?"
    assert not browser.value(HELP_IS_OPEN)
    browser.value("document.activeElement.blur()")
    control = 2
    press(browser, "j", modifiers=control)
    assert browser.value("document.activeElement === document.body")


def test_the_help_says_what_keys_do_and_they_can_be_switched_off(browser: chromium.Browser, desk: str):
    press(browser, "?")
    assert browser.value(HELP_IS_OPEN)
    assert browser.value("[...document.querySelectorAll('#keys dt')].map(e => e.textContent).join('')") == "jkoc?"
    press(browser, "j")
    assert browser.value("document.querySelector('#list').contains(document.activeElement)") is False
    browser.value("document.getElementById('keys-on').click()")
    press(browser, "Escape", code=27)
    until(browser, f"!{HELP_IS_OPEN}")
    press(browser, "j")
    assert browser.value("document.activeElement.closest('#list')") is None
    browser.visit(f"{desk}/")
    until(browser, f"{LIVE} === 'Up to date by itself.'")
    press(browser, "?")
    assert not browser.value(HELP_IS_OPEN), "it is remembered"
    browser.value("document.getElementById('keys-open').click()")
    assert browser.value(HELP_IS_OPEN), "the button still opens it"


def test_an_open_page_shows_what_comes_in_and_keeps_its_place(
    browser: chromium.Browser, sqlite_database: Database, story: Story
):
    press(browser, "j")
    press(browser, "j")
    with sqlite_database.write.begin() as session:
        dossier = sample("ambervane-launch", external_id="x", integration={"slug": "x", "name": "Freshly sent"})
        send(session, dossier, NOW)
    until(browser, "[...document.querySelectorAll('tbody th a')].some(a => a.textContent === 'Freshly sent')")
    assert browser.value(ACTIVE) == "Thistlewick Surveys"
    assert browser.complaints == []


def test_a_page_that_hears_nothing_asks_from_time_to_time(
    browser: chromium.Browser, sqlite_database: Database, story: Story, desk: str
):
    """The stream is cut off; asking is made quick so that the test is."""
    browser.call("Network.enable")
    browser.call("Network.setBlockedURLs", urls=["*/queue/changes"])
    hurry = "const slow = setInterval; setInterval = (f, ms) => slow(f, Math.min(ms, 200))"
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=f"{{{hurry}}}")
    browser.visit(f"{desk}/")
    until(browser, f"{LIVE} === 'Up to date by itself.'")
    number = story.ids["ambervane"]
    with sqlite_database.write.begin() as session:
        submission, idris = session.get_one(Submission, number), session.get_one(Person, story.idris.id)
        assigning.claim(session, submission, by=idris, at=NOW)
    until(browser, f"document.querySelector('#s{number} details.grey')")
