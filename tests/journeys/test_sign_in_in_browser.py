"""Coming in by a mail, and going out again, in a real browser: with scripts and without, in light and dark."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.signing.provider import Provider
from models.database import Database
from models.enums import ChannelName, Role
from models.people import Partner
from notifications.channels.fake import FakeChannel
from notifications.outbox import deliver_due, plan
from notifications.programme import ProgrammeSettings
from review.actions.companies import add_person
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.fixtures.oidc_server import CLIENT, SECRET, FakeProvider, identity_provider
from tests.integration.desk_story import NOW, REVIEWER, story_in

pytestmark = pytest.mark.slow

KEY = b"k" * 32
PARTNERS = "ines@larkenfell.test"
MAIL = ProgrammeSettings(base_url="http://127.0.0.1", channels=frozenset({ChannelName.MAIL}), links_key=KEY)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with identity_provider(NOW) as fake:
        yield fake


@pytest.fixture
def desk(sqlite_database: Database, sqlite_template: Path, provider: FakeProvider) -> Iterator[str]:
    story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        company = session.query(Partner).filter_by(name="Larkenfell").one()
        roles = frozenset({Role.PARTNER})
        add_person(session, name="Ines Okonjo", email=PARTNERS, roles=roles, at=NOW, partner=company)
    known = Provider(provider.issuer, CLIENT, SECRET, "http://127.0.0.1/sign-in/provider/back", NOW.timestamp)
    over = Desk(sqlite_database, lambda: NOW, links_key=KEY, demo_people=(REVIEWER,), provider=known)
    with served(assemble(over, names=LOOPBACK_NAMES)) as address:
        yield address


def mailed_link(database: Database, email: str) -> str:
    """The path of the newest link that was mailed to the address."""
    channel = FakeChannel()
    with database.write.begin() as session:
        while plan(session, at=NOW, programme=MAIL):
            pass
    channels: Mapping[ChannelName, FakeChannel] = {ChannelName.MAIL: channel}
    # Playwright's own loop runs in this thread.
    with ThreadPoolExecutor() as apart:
        delivering = deliver_due(database, channels, clock=lambda: NOW, worker="test", programme=MAIL)
        apart.submit(asyncio.run, delivering).result()
    to = [got.message for got in channel.got if got.message.recipient == email and got.message.event == "sign_in.asked"]
    address = urlsplit(to[-1].url)
    return f"{address.path}?{address.query}" if address.query else address.path


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_somebody_of_the_team_comes_in_by_a_mail_to_the_page_they_wanted_and_goes_out(
    browser: Browser, desk: str, sqlite_database: Database, *, scripts: bool
):
    with axe.window(browser, desk, scripts=scripts) as (page, complaints):
        page.goto("/integrations?stage=public_beta")
        assert page.inner_text("h1") == "Sign in"
        page.fill("#email", REVIEWER)
        page.click("text=Mail me a link")
        assert REVIEWER in page.inner_text("main")
        page.goto(mailed_link(sqlite_database, REVIEWER))
        page.click("text=Sign in as Rosa Lindqvist")
        assert page.url == f"{desk}/integrations?stage=public_beta"
        assert "Rosa Lindqvist" in page.inner_text(".masthead")
        page.click("text=Sign out")
        assert urlsplit(page.url).path == "/sign-in"
        page.goto("/integrations")
        assert urlsplit(page.url).path == "/sign-in"
        assert complaints == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_partner_comes_in_by_a_mail_to_their_own_place(
    browser: Browser, desk: str, sqlite_database: Database, *, scripts: bool
):
    with axe.window(browser, desk, scripts=scripts, width=360) as (page, complaints):
        page.goto("/")
        page.fill("#email", PARTNERS)
        page.press("#email", "Enter")
        link = mailed_link(sqlite_database, PARTNERS)
        page.goto(link)
        page.goto(link)
        page.click("main button")
        assert urlsplit(page.url).path == "/partner"
        assert "Larkenfell" in page.inner_text("h1")
        assert complaints == []
        page.goto("/deliveries")
        assert "Not found" in page.inner_text("h1")


def test_the_demos_people_come_in_by_a_button_and_by_the_keyboard_alone(browser: Browser, desk: str):
    with axe.window(browser, desk, scripts=False) as (page, complaints):
        page.goto("/")
        page.focus("button[name=person_id]")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{desk}/")
        assert "Rosa Lindqvist" in page.inner_text(".masthead")
        assert complaints == []


def test_the_team_is_led_to_its_provider(browser: Browser, desk: str, provider: FakeProvider):
    with axe.window(browser, desk) as (page, _):
        page.route(re.compile("/authorize"), lambda route: route.fulfill(body="the provider's own page"))
        page.goto("/sign-in?next=%2Fdeliveries")
        page.click("text=Sign in at 127.0.0.1")
        assert page.url.startswith(f"{provider.issuer}/authorize?")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_against_a_page_and_nothing_sticks_out(
    browser: Browser, desk: str, sqlite_database: Database, tmp_path: Path, *, dark: bool, width: int
):
    with axe.window(browser, desk, width=width, dark=dark) as (page, _):

        def looked(name: str) -> None:
            page.screenshot(path=tmp_path / f"{name}-{width}-{dark}.png", full_page=True)
            assert axe.violations(page) == [], name
            assert axe.sticks_out(page) <= 0, name

        page.goto("/sign-in")
        looked("ways in")
        page.fill("#email", f"{'x' * 60}@{'y' * 60}.test")
        page.click("text=Mail me a link")
        looked("mailed")
        page.goto("/sign-in")
        page.fill("#email", PARTNERS)
        page.click("text=Mail me a link")
        link = mailed_link(sqlite_database, PARTNERS)
        page.goto(link)
        looked("link")
        page.click("main button")
        looked("own place")
        page.goto(link)
        looked("used up")
        page.goto("/sign-in/provider/back?state=x")
        looked("refused")
