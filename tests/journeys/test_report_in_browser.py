"""The page of promises kept in a real browser: nothing sticks out, nothing is blocked, its charts can be read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.reporting import sla as sla_form
from desk.reporting.page import rendered
from models.database import Database
from models.enums import TargetName
from review.reports.sla import sla
from review.reports.what_if import Amount, Supposed, Unit
from tests.fixtures import axe
from tests.integration.desk_story import NOW, story_in
from tests.journeys import chromium

pytestmark = pytest.mark.slow

NARROW, WIDE = 360, 1280
SUPPOSED = Supposed(targets={TargetName.FIRST_RESPONSE: Amount(1, Unit.BUSINESS_DAY)})

LETTERS = """
[...document.querySelectorAll("svg[role=img]")].map(
  chart => parseFloat(getComputedStyle(chart.querySelector("text")).fontSize)
    * chart.getBoundingClientRect().width / chart.viewBox.baseVal.width)
"""
"""How high the letters of each chart are, in CSS pixels."""

CUT = """
[...document.querySelectorAll("svg[role=img] text")].filter(words => {
  const box = words.getBoundingClientRect();
  return box.left < 0 || box.right > document.documentElement.clientWidth;
}).map(words => words.textContent)
"""
"""Words of charts that run out of the window."""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[chromium.Browser]:
    with chromium.browser(axe.program(), tmp_path / "profile") as running:
        yield running


@pytest.fixture
def address(sqlite_database: Database, sqlite_template: Path, tmp_path: Path) -> str:
    story_in(sqlite_database, sqlite_template)
    with sqlite_database.read() as session:
        report = sla(session, at=NOW, supposed=SUPPOSED)
    file = tmp_path / "sla.html"
    asked = ["first_response=1bd", "calendar.team=a/path/to/a/file/that/is/as/long/as/paths/are.toml"]
    file.write_text(rendered(sla_form.present(report, supposed=asked)), "utf-8")
    return file.as_uri()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_nothing_sticks_out_and_the_charts_can_be_read(
    browser: chromium.Browser, address: str, width: int, *, dark: bool
):
    browser.look(width=width, dark=dark)
    browser.visit(address)
    letters = browser.value(LETTERS)

    assert browser.complaints == []
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert len(letters) >= 9
    assert all(10.5 <= height <= 16 for height in letters)
    assert browser.value(CUT) == []


def test_on_paper_nothing_has_to_be_scrolled(browser: chromium.Browser, address: str):
    browser.look(width=WIDE)
    browser.visit(address)
    browser.call("Emulation.setEmulatedMedia", media="print")

    assert (
        browser.value("[...document.querySelectorAll('.wide')].map(e => getComputedStyle(e).overflowX)[0]") == "visible"
    )
    assert browser.printed().startswith(b"%PDF")
