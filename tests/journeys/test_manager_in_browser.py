"""A programme manager from the report to a waiver, and over the programme's pages: with scripts and without."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.signing.cookie import PLAIN
from models.database import Database
from models.enums import Role
from models.result import Waiver
from notifications.programme import ProgrammeSettings
from review.actions.companies import add_person
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.fixtures.signing import secret_for
from tests.integration.desk_story import NOW, Story, story_in

pytestmark = pytest.mark.slow

MANAGER = "maud@example.test"
PLACES = ("/people", "/people/1", "/calendars", "/calendars/team", "/policies/v1", "/drift")


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    found = story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        roles = frozenset({Role.MANAGER, Role.ADMIN})
        add_person(session, name="Maud", email=MANAGER, roles=roles, at=NOW)
    return found


@pytest.fixture
def desk(sqlite_database: Database, story: Story) -> Iterator[str]:
    programme = ProgrammeSettings(base_url="http://127.0.0.1", channels=frozenset())
    over = replace(Desk(sqlite_database, lambda: NOW), programme=programme)
    with served(assemble(over, names=LOOPBACK_NAMES)) as address:
        yield address


def cookie(database: Database) -> str:
    return f"{PLAIN}={secret_for(database, MANAGER, at=NOW)}"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_manager_goes_from_the_report_to_a_waiver_of_one_item(
    browser: Browser, desk: str, story: Story, sqlite_database: Database, *, scripts: bool
):
    number = story.ids["larkenfell"]
    with axe.window(browser, desk, cookie=cookie(sqlite_database), scripts=scripts) as (page, complaints):
        page.goto("/reports")
        page.click("a[href='/reports/graduation']")
        assert "Public Beta" in page.inner_text("main")
        page.locator("a[href='/integrations/larkenfell']").first.click()
        page.locator(f"a[href^='/submissions/{number}']").first.click()
        page.click("#judge > summary")
        item = page.locator("#item option[value]:not([value=''])").first.get_attribute("value")
        assert item
        page.select_option("#item", item)
        page.fill("#judge textarea", "Agreed with the partner until spring.")
        page.fill("#judge input[type=date]", "2027-02-01")
        page.click("#judge button[value=waive]")
        page.wait_for_url(f"**/submissions/{number}**")
        assert "Agreed with the partner until spring." in page.inner_text("main")
        assert axe.violations(page) == [] if scripts else True
    assert complaints == []
    with sqlite_database.read() as session:
        waivers = session.scalars(select(Waiver).where(Waiver.item == item)).all()
        assert [waiver.reason for waiver in waivers] == ["Agreed with the partner until spring."]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)], ids=["wide-light", "narrow-dark"])
def test_axe_finds_nothing_on_the_programmes_pages_and_their_forms(
    browser: Browser, desk: str, sqlite_database: Database, width, dark
):
    found = {}
    with axe.window(browser, desk, cookie=cookie(sqlite_database), width=width, dark=dark) as (page, complaints):
        for place in PLACES:
            page.goto(place)
            for summary in page.locator("details.judging > summary").all():
                summary.click()
            troubles = axe.violations(page) + (["wider than its window"] if axe.sticks_out(page) > 0 else [])
            if troubles or complaints:
                found[place] = troubles + list(complaints)
            complaints.clear()
    assert not found, "\n".join(f"{place}: {what[:400]}" for place, those in found.items() for what in those)
