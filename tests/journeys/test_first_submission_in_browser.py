"""From a mailed link to the first submission and to the next revision, with files: with scripts and without, everywhere."""

from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

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
from models.database import Database
from models.enums import IntegrationStage, Role, SubmissionStage
from models.people import Partner
from models.submission import Submission
from review.actions.companies import add_person
from review.vault import Vault
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.integration.desk_story import NOW, story_in
from tests.journeys.test_partner_in_browser import cookie
from tests.journeys.test_sign_in_in_browser import KEY, mailed_link
from tests.unit.test_sound_image import SVG, png

pytestmark = pytest.mark.slow

NORA = "nora@fernwick.example"
LOGO = {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": SVG}
WRONG = {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": png()}
SHOTS: list[Any] = [
    {"name": f"{width}.png", "mimeType": "image/png", "buffer": png(width, 800)} for width in (1280, 1300)
]


@asynccontextmanager
async def nothing_answers(at: datetime) -> Any:
    yield Context(CannedWeb({}), at)


@pytest.fixture
def desk(sqlite_database: Database, sqlite_template: Path) -> Iterator[str]:
    story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        company = Partner(name="Fernwick", website="https://fernwick.example", created_at=NOW)
        session.add(company)
        session.flush()
        add_person(session, name="Nora", email=NORA, roles=frozenset({Role.PARTNER}), at=NOW, partner=company)
    vault = Vault("x" * 32)
    over = Desk(sqlite_database, lambda: NOW, links_key=KEY, vault=vault)
    api = create_api(over, Preflights(nothing_answers, Turnstile()), Means(vault, Fetcher))
    with served(assemble(over, names=LOOPBACK_NAMES, api=api)) as address:
        yield address


def decided(database: Database, number: int, stage: SubmissionStage, integration: IntegrationStage) -> None:
    with database.write.begin() as session:
        one = session.get_one(Submission, number)
        one.stage = stage
        one.decided_at = NOW
        one.closed_at = NOW if stage is SubmissionStage.APPROVED else None
        one.integration.stage = integration


def number_at(page: Page) -> int:
    return int(page.url.rpartition("/")[2])


def asks_for_access(page: Page) -> int:
    page.get_by_role("link", name="Ask for access").click()
    page.get_by_label("Name of the integration").fill("Fern")
    page.get_by_label("Short name in addresses").fill("fern")
    page.get_by_label("It has a subscription").check()
    page.get_by_label("Address of the endpoint").fill("https://api.fernwick.example/in")
    page.get_by_role("button", name="Save for later").click()
    page.get_by_text("You saved this").wait_for()
    assert page.get_by_label("Short name in addresses").input_value() == "fern"
    page.get_by_role("button", name="Send it").click()
    page.get_by_text("Our checks are running.").wait_for()
    return number_at(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_partner_goes_from_a_mail_to_the_first_submission_with_files_and_to_the_next_revision(
    browser: Browser, desk: str, sqlite_database: Database, *, scripts: bool
):
    with axe.window(browser, desk, scripts=scripts) as (page, heard):
        page.goto("/partner")
        page.fill("#email", NORA)
        page.click("text=Mail me a link")
        page.goto(mailed_link(sqlite_database, NORA))
        page.click("text=Sign in as Nora")
        page.get_by_role("heading", name="Let us begin").wait_for()
        access = asks_for_access(page)
        decided(sqlite_database, access, SubmissionStage.APPROVED, IntegrationStage.BUILDING)
        page.goto("/partner")
        page.get_by_role("link", name="Send something new").click()
        page.get_by_role("link", name="Fern: Launch").click()
        page.get_by_label("SVG file for the logo").set_input_files(WRONG)
        page.get_by_label("PNG, JPEG or WebP files for screenshots").set_input_files(SHOTS)
        page.get_by_role("button", name="Send it").click()
        page.get_by_text("The file was not taken: saw a PNG, expected an SVG").wait_for()
        page.locator("#refused").get_by_role("link", name="The logo").click()
        assert page.url.endswith("#f-catalog-logo")
        page.get_by_label("SVG file for the logo").set_input_files(LOGO)
        page.get_by_role("button", name="Run preflight").click()
        page.get_by_text("Nothing was sent; what you typed is saved.").wait_for()
        page.get_by_role("link", name="Back to the form").click()
        assert page.locator(".sent-pictures img").count() == 3
        for one in page.locator(".sent-pictures img").all():
            one.scroll_into_view_if_needed()
        if scripts:
            page.wait_for_function(
                "[...document.querySelectorAll('.sent-pictures img')].every(one => one.naturalWidth)"
            )
        page.get_by_role("button", name="Send it").click()
        page.get_by_text("Our checks are running.").wait_for()
        launch = number_at(page)
        decided(sqlite_database, launch, SubmissionStage.CHANGES_REQUESTED, IntegrationStage.BUILDING)
        page.goto(f"/partner/submissions/{launch}")
        page.get_by_role("link", name="Change it and send it again").click()
        page.get_by_label("SVG file for the mark").set_input_files(LOGO)
        page.get_by_role("button", name="Send it again").click()
        page.get_by_text("Our checks are running.").wait_for()
        # The browser complains of the 422 itself.
        assert all("422" in line for line in heard), heard
    with sqlite_database.read() as session:
        one = session.get_one(Submission, launch)
        assert one.revision == 2
        catalog = one.document["catalog"]
        assert catalog["mark"] == catalog["logo"]
        assert [shot["url"][:7] for shot in catalog["screenshots"]] == ["upload:"] * 2


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_read_the_forms(
    browser: Browser, desk: str, sqlite_database: Database, tmp_path: Path, *, dark: bool, width: int
):
    with axe.window(browser, desk, cookie=cookie(sqlite_database, NORA), width=width, dark=dark) as (page, heard):
        page.goto("/partner")
        readable(page)
        access = asks_for_access(page)
        decided(sqlite_database, access, SubmissionStage.APPROVED, IntegrationStage.BUILDING)
        page.goto("/partner/new")
        readable(page)
        page.goto("/partner/new/access")
        readable(page)
        page.goto("/partner/new/launch/fern")
        page.get_by_label("SVG file for the mark").set_input_files(WRONG)
        page.get_by_label("SVG file for the logo").set_input_files(LOGO)
        page.get_by_label("PNG, JPEG or WebP files for screenshots").set_input_files(SHOTS)
        page.get_by_role("button", name="Send it").click()
        page.get_by_text("The file was not taken").wait_for()
        readable(page)
        page.screenshot(path=tmp_path / f"form-{width}-{'dark' if dark else 'light'}.png", full_page=True)
        assert all("422" in line for line in heard), heard


def readable(page: Page) -> None:
    assert axe.sticks_out(page) <= 0, page.url
    assert axe.violations(page) == [], page.url
