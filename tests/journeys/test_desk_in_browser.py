"""The desk in a real browser: nothing sticks out, nothing is blocked, the keyboard gets everywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database import Database
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.integration.desk_story import Story, desk_over, pages, story_in
from tests.journeys import chromium

pytestmark = pytest.mark.slow

NARROW, WIDE = 360, 1280


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[chromium.Browser]:
    with chromium.browser(axe.program(), tmp_path / "profile") as running:
        yield running


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@pytest.fixture
def desk(sqlite_database: Database, story: Story) -> Iterator[str]:
    with served(desk_over(sqlite_database)) as address:
        yield address


def test_no_page_is_wider_than_its_window_and_none_is_blocked_by_the_policy(
    desk: str, story: Story, browser: chromium.Browser
):
    for width in (NARROW, WIDE):
        browser.look(width=width)
        for address in pages(story):
            browser.visit(f"{desk}{address}")
            sticks_out = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert browser.value(sticks_out) <= 0, f"{address} at {width}"
            if address != "/no-such-page":  # the browser complains of the 404 itself
                assert browser.complaints == [], address
            sheets = browser.value("[...document.styleSheets].map(sheet => new URL(sheet.href).pathname)")
            assert sheets[:2] == ["/static/desk.css", "/static/parts.css"], address
            assert len(sheets) <= 4, address


def test_rows_become_cards_whose_lines_are_as_wide_as_they(desk: str, story: Story, browser: chromium.Browser):
    browser.look(width=NARROW)
    for address in ("/", "/integrations", f"/integrations/{story.slugs['larkenfell']}", "/deliveries"):
        browser.visit(f"{desk}{address}")
        narrow = (
            "[...document.querySelectorAll('.rows tbody tr > *')]"
            ".filter(cell => cell.offsetWidth < cell.parentElement.clientWidth).map(cell => cell.outerHTML)"
        )
        assert browser.value(narrow) == [], address


def test_the_colours_follow_the_system(desk: str, browser: chromium.Browser):
    ground = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for dark in (False, True):
        browser.look(width=WIDE, dark=dark)
        browser.visit(f"{desk}/")
        seen.append(sum(int(part) for part in browser.value(f"{ground}.match(/\\d+/g)")))
    light, dark_one = seen
    assert light > 3 * 200
    assert dark_one < 3 * 60


def test_the_keyboard_skips_to_the_content_and_shows_where_it_is(desk: str, browser: chromium.Browser):
    browser.look(width=WIDE)
    browser.visit(f"{desk}/")
    browser.press_tab()
    assert browser.value("document.activeElement.getAttribute('href')") == "#content"
    assert browser.value("document.activeElement.getBoundingClientRect().top") >= 0
    for _ in range(12):
        browser.press_tab()
        shown = "getComputedStyle(document.activeElement).outlineStyle"
        assert browser.value(shown) != "none", browser.value("document.activeElement.outerHTML")


def test_what_is_pressed_is_large_enough(desk: str, story: Story, browser: chromium.Browser):
    """WCAG 2.2, 2.5.8: 24 by 24 CSS pixels, links inside of a line of text excepted."""
    browser.look(width=NARROW)
    browser.visit(f"{desk}/submissions/{story.ids['mossbeacon']}")
    small = browser.value(
        "[...document.querySelectorAll('nav a, .item > summary, .brand')]"
        ".filter(e => { const box = e.getBoundingClientRect(); return box.height < 24 || box.width < 24 })"
        ".map(e => e.outerHTML)"
    )
    assert small == []


def test_a_submission_prints_with_everything_unfolded(desk: str, story: Story, browser: chromium.Browser):
    browser.look(width=WIDE)
    browser.visit(f"{desk}/submissions/{story.ids['mossbeacon']}")
    browser.call("Emulation.setEmulatedMedia", media="print")
    hidden = browser.value(
        "[...document.querySelectorAll('details:not([open]) .word')].filter(e => !e.checkVisibility()).length"
    )
    assert hidden == 0
    assert browser.value("getComputedStyle(document.querySelector('.masthead')).display") == "none"
    assert browser.printed().startswith(b"%PDF")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_picture_of_the_queue_can_be_taken(desk: str, browser: chromium.Browser, dark: bool):  # noqa: FBT001 - pytest's
    browser.look(width=NARROW, dark=dark)
    browser.visit(f"{desk}/")
    assert browser.picture().startswith(b"\x89PNG")
