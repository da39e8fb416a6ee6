"""A programme manager tries a draft of the rules in a real browser, without scripts; axe-core finds nothing."""

from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from models.database import Database
from models.enums import Role
from review.actions.companies import add_person
from tests.fixtures import axe
from tests.fixtures.desk_server import served
from tests.fixtures.signing import ActingAs
from tests.integration.desk_story import NOW, nobodys_desk, story_in

pytestmark = pytest.mark.slow

V1 = (files("checklist") / "rulebooks" / "v1.toml").read_text("utf-8")
DRAFT = V1.replace('version = "v1"', 'version = "v2"', 1).replace("at_least = 3", "at_least = 10\n")
MANAGER = "mona@desk.example"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)], ids=["wide-light", "narrow-dark"])
def test_a_manager_tries_a_draft(
    sqlite_database: Database, sqlite_template: Path, tmp_path: Path, browser: Browser, width, dark
):
    story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        add_person(session, name="Mona", email=MANAGER, roles=frozenset({Role.MANAGER}), at=NOW)
    desk = ActingAs(nobodys_desk(sqlite_database), sqlite_database, MANAGER, at=NOW)
    file = tmp_path / "v2.toml"
    file.write_text(DRAFT, "utf-8")
    troubles = []
    with served(desk) as address, axe.window(browser, address, width=width, dark=dark, scripts=False) as (page, _):
        page.goto("/rulebooks")
        page.get_by_role("link", name="Try a draft of the rules").click()
        page.get_by_label("Or its text").fill('version = "v2"')
        page.get_by_role("button", name="Try it").click()
        assert "valid_from: saw nothing" in page.get_by_role("alert").inner_text()
        page.get_by_label("The draft’s file").set_input_files(file)
        page.get_by_role("button", name="Try it").click()
        page.get_by_role("heading", name="What v2 would do").wait_for()
        assert axe.sticks_out(page) <= 0
    with served(desk) as address, axe.window(browser, address, width=width, dark=dark) as (page, complaints):
        page.goto("/rulebooks/simulate")
        troubles += axe.violations(page)
        page.get_by_label("Or its text").fill('version = "v2"')
        page.get_by_role("button", name="Try it").click()
        troubles += axe.violations(page)
        page.get_by_label("The draft’s file").set_input_files(file)
        page.get_by_role("button", name="Try it").click()
        page.get_by_role("heading", name="What v2 would do").wait_for()
        troubles += axe.violations(page)
        # The browser itself complains of the 400 that a draft with mistakes is.
        troubles += [one for one in complaints if "400" not in one]
    assert troubles == []
