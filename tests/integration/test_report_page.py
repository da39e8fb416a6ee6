"""The page of promises kept: it can be read without seeing it, in any light, and no text becomes markup."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy.orm import Session

from desk.reporting import pauses as pauses_form
from desk.reporting import sla as sla_form
from desk.reporting.page import rendered
from desk.reporting.sla_lines import lines_of
from models.database import Database
from models.enums import ChannelName, Role, TargetName
from models.submission import Submission
from notifications.outbox import plan
from notifications.programme import ProgrammeSettings
from review.actions import asking, assigning
from review.actions.companies import add_person
from review.reports.pauses import pauses
from review.reports.period import EVER
from review.reports.promises import promises
from review.reports.sla import sla
from review.reports.what_if import Amount, Supposed, Unit
from tests.integration.desk_story import HOSTILE_NAME, HOSTILE_TEXT, NOW, before, story_in
from tests.integration.test_desk_accessible import colours, contrast

LAYOUT = Path(__file__).resolve().parents[2] / "desk" / "templates" / "reports" / "layout.html"
SUPPOSED = Supposed(targets={TargetName.FIRST_RESPONSE: Amount(1, Unit.BUSINESS_DAY)})
CONSOLE_ALONE = ProgrammeSettings(base_url="https://desk.example", channels=frozenset({ChannelName.CONSOLE}))
CHARTS = {
    "answers-access",
    "answers-first_response",
    "answers-decision",
    "months-access",
    "months-first_response",
    "months-decision",
    "causes",
    "turns",
    "load",
}


@pytest.fixture
def session(sqlite_database: Database, sqlite_template: Path) -> Iterator[Session]:
    """The desk's story, and in it a reviewer whose name and question are markup."""
    story = story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        mallory = add_person(
            session, name=HOSTILE_NAME, email="m@team.test", roles=frozenset({Role.REVIEWER}), at=before(days=90)
        )
        late = session.get_one(Submission, story.ids["ambervane"])
        assigning.claim(session, late, by=mallory, at=before(hours=4))
        asking.ask_partner(session, late, by=mallory, at=before(hours=3), text=HOSTILE_TEXT)
        session.flush()
        plan(session, at=NOW, programme=CONSOLE_ALONE)
        yield session


@pytest.fixture
def text(session: Session) -> str:
    report = sla(session, at=NOW, supposed=SUPPOSED)
    return rendered(sla_form.present(report, supposed=["first_response=1bd"]))


@pytest.fixture
def page(text: str) -> LexborHTMLParser:
    return LexborHTMLParser(text)


def test_every_chart_has_its_title_and_its_description(page):
    ids = {node.attributes["id"]: node.text(strip=True) for node in page.css("[id]")}
    charts = page.css("svg[role=img]")

    assert {chart.attributes["aria-labelledby"].removesuffix("-title") for chart in charts} >= CHARTS
    for chart in charts:
        assert ids[chart.attributes["aria-labelledby"]]
        assert ids[chart.attributes["aria-describedby"]]


def test_under_the_heading_of_every_chart_stand_its_numbers_in_a_table(page):
    sections: list[list[LexborNode]] = [[]]
    for node in page.css_first("main").iter():
        if node.tag == "h2":
            sections.append([])
        sections[-1].append(node)
    drawn = [section for section in sections if any(node.css("svg[role=img]") for node in section)]

    assert len(page.css("figure.chart > svg")) == len(page.css("svg[role=img]"))
    assert len(drawn) >= 7
    assert all(any(node.css("table") for node in section) for section in drawn)


def test_every_drawing_that_is_no_chart_is_hidden_from_who_listens(page):
    assert all(node.attributes.get("aria-hidden") == "true" for node in page.css("svg:not([role=img])"))


def test_it_has_one_heading_no_level_left_out_and_no_id_twice(page):
    levels = [int(node.tag[1]) for node in page.css("h1, h2, h3, h4")]
    ids = Counter(node.attributes["id"] for node in page.css("[id]"))

    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert not [name for name, number in ids.items() if number > 1]
    assert all(node.attributes.get("scope") for node in page.css("th"))
    assert all(table.css("caption") for table in page.css("table"))


def test_it_needs_nothing_beside_it(page, text):
    assert not page.css("script, link, img, iframe, object, [style], [src], [href], [onload], [onerror]")
    assert "http://" not in text
    assert "https://" not in text


def test_a_person_who_writes_markup_is_read_not_run(page, text):
    assert "<script" not in text
    assert "<img" not in text
    assert HOSTILE_NAME in page.css_first("main").text()
    assert HOSTILE_TEXT.partition("\u202e")[0] in page.css_first("main").text()


def test_it_tells_what_would_have_been(page):
    headings = [heading.text() for heading in page.css("h2")]

    assert headings[0] == "What if first_response=1bd"
    assert headings[1:4] == ["Targets", "How long answers take", "Answer to the request, by the month it began"]
    assert headings[-6:] == [
        "Why promises broke",
        "Who waited on whom",
        "Time in each stage",
        "Rounds of changes",
        "Pauses that want a second look",
        "Who carries what",
    ]


def test_without_any_promise_it_has_no_charts_and_claims_nothing(sqlite_database):
    with sqlite_database.read() as session:
        page = LexborHTMLParser(rendered(sla_form.present(sla(session, at=NOW))))

    assert [heading.text() for heading in page.css("h2")] == ["Targets", "Who carries what"]
    assert not page.css("svg")


def test_pauses_have_a_page_of_their_own(session):
    found = pauses(session, promises(session, at=NOW), at=NOW)
    page = LexborHTMLParser(rendered(pauses_form.present(found, period=EVER, at=NOW)))

    assert page.css_first("h1").text() == "Pauses that want a second look"
    assert len(page.css("tbody tr")) == len(found.noted) > 0
    assert not page.css("script, img")


def test_of_very_many_pauses_the_newest_are_shown_and_where_the_others_are(session):
    presented = sla_form.present(sla(session, at=NOW))
    presented.document["pauses"]["noted"] = presented.document["pauses"]["noted"][:1] * 51
    page = LexborHTMLParser(rendered(presented))
    lines = lines_of(presented.document)

    assert sum("no message" in row.text() for row in page.css("tbody tr")) == 50
    assert "The newest 50; launch-review report pauses has all 51." in [line.text() for line in page.css("p")]
    assert "and 31 older ones: launch-review report pauses" in lines
    assert sum("no message" in line for line in lines) == 20


def test_what_partners_promise_is_told_in_its_row_and_not_in_the_headline(session):
    report = sla(session, at=NOW)
    first, *others = report.targets
    theirs = replace(report, targets=(replace(first, is_ours=False), *others))

    ours, without = (sla_form.present(one) for one in (report, theirs))

    assert first.tally.open
    assert ours.headline != without.headline
    assert len(without.document["targets"]) == len(ours.document["targets"])
    assert [one["ours"] for one in without.document["targets"]] == [False, *(one.is_ours for one in others)]


SHEET = LAYOUT.read_text("utf-8").replace("#fff;", "#ffffff;")
LIGHT = colours(SHEET.partition("@media")[0])
DARK = colours(SHEET.partition("@media (prefers-color-scheme: dark)")[2].partition("box-sizing")[0])


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_shapes_stand_out_from_their_ground(scheme: Mapping[str, str]):
    assert all(contrast(scheme[name], scheme["page"]) >= 4.5 for name in ("ink", "soft", "bar"))


def test_the_page_draws_with_the_colours_of_its_sheet_alone():
    named = set(re.findall(r"var\(--([a-z]+)\)", SHEET))

    assert named <= LIGHT.keys() == DARK.keys()
