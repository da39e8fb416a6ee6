"""The way out of Public Beta as a manager walks it in a real browser: readable for everybody, and sent by a form."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from models.database import Database
from models.enums import EventName, Outcome, Role
from review.actions import falling, waiving
from tests.building import NOW, V1, after, audited, events, live, person
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.fixtures.programme_rows import MAIL_ONLY
from tests.fixtures.signing import ActingAs

pytestmark = pytest.mark.slow

TODAY = after(days=20)
LACKS = {"oauth.button": Outcome.FAILED}
PLACES = (
    "/",
    "/integrations",
    "/integrations/acme",
    "/integrations/brook",
    "/reports/readiness",
    "/reports/graduation",
    "/reports/graduation/nudge",
    "/reports/graduation/nudge?slug=brook",
    "/waivers",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with axe.browser() as running:
        yield running


@pytest.fixture
def programme(sqlite_database: Database) -> Database:
    """Acme was not mended in time and has a waiver; Brook and Cove lack the button."""
    with sqlite_database.write.begin() as session:
        manager = person(session, "Mira", Role.MANAGER)
        acme = live(session, "acme", at=NOW - timedelta(days=30))
        until = date(2027, 2, 1)
        waiving.waive_live(
            session, acme, "catalog.logo", by=manager, at=NOW, reason="A new mark.", until=until, rulebook=V1
        )
        for hours in (0, 2):
            audited(session, acme, LACKS | {"docs.partner": Outcome.FAILED}, at=after(hours=hours))
        falling.take_steps(session, acme.id, rulebook=V1, today=TODAY.date(), at=TODAY)
        for slug in ("brook", "cove"):
            audited(session, live(session, slug), LACKS, at=TODAY)
    return sqlite_database


def desk(database: Database) -> ActingAs:
    app = assemble(Desk(database, lambda: TODAY, programme=MAIL_ONLY), names=LOOPBACK_NAMES)
    return ActingAs(app, database, "mira@example.test", at=TODAY)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)], ids=["wide-light", "narrow-dark"])
def test_axe_finds_nothing_on_the_way_out(programme, browser, width, dark):
    found = {}
    with served(desk(programme)) as address, axe.window(browser, address, width=width, dark=dark) as one:
        page, complaints = one
        for place in PLACES:
            page.goto(f"{address}{place}", wait_until="domcontentloaded")
            troubles = [*axe.violations(page), *complaints]
            complaints.clear()
            if axe.sticks_out(page) > 0:
                troubles.append("wider than its window")
            if troubles:
                found[place] = troubles
    assert not found, "\n".join(f"{place}: {what[:300]}" for place, troubles in found.items() for what in troubles)


@pytest.mark.timeout(120)
def test_a_manager_unticks_one_and_sends_the_other(programme, browser):
    with served(desk(programme)) as address, axe.window(browser, address, width=360, dark=False) as one:
        page, _ = one
        page.goto(f"{address}/reports/graduation?lacking=only:oauth.button")
        page.get_by_role("link", name="Nudge the partners of these").click()
        page.get_by_role("checkbox", name="Cove").uncheck()
        page.get_by_role("button", name="Send the ticked ones").click()
        page.wait_for_url("**/reports/graduation?lacking=*")
    with programme.read() as session:
        (event,) = events(session, EventName.GRADUATION_MISSING)
        assert event.data["nudged"] is True
