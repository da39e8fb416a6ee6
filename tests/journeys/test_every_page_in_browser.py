"""Every page of the team in a real browser, held to WCAG 2.2 AA by axe-core: in light and dark, wide and narrow."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from models.database import Database
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.integration.desk_story import Story, desk_over, pages, story_in

pytestmark = pytest.mark.slow


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)], ids=["wide-light", "narrow-dark"])
def test_axe_finds_nothing_on_any_page(sqlite_database: Database, story: Story, browser: Browser, width, dark):
    found = {}
    with served(desk_over(sqlite_database)) as address, axe.window(browser, address, width=width, dark=dark) as one:
        page, complaints = one
        for place in pages(story):
            page.goto(f"{address}{place}", wait_until="domcontentloaded")
            troubles = axe.violations(page)
            if axe.sticks_out(page) > 0:
                troubles.append("wider than its window")
            if place != "/no-such-page":  # the browser itself complains of a 404
                troubles += complaints
            complaints.clear()
            if troubles:
                found[place] = troubles
    assert not found, "\n".join(f"{place}: {what[:300]}" for place, troubles in found.items() for what in troubles)
