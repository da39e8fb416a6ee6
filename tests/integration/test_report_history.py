"""The catalog's course over time: what stood in which stage each month, and the days on which many moved at once."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from desk.reporting import history as form
from desk.reporting.files import sheet_of
from desk.reporting.page import rendered
from review.actions.importing_history import import_history, read_history
from review.reports.history import history

FILE = Path(__file__).parents[3] / "shared" / "data" / "catalog_history.json"
TODAY = date(2026, 11, 23)


def row(slug, at_end="public", **first_seen):
    return {"slug": slug, "first_seen": first_seen, "status_at_end": at_end}


ROWS = (
    row("eldest", public_beta="2019-11-01", public="2020-01-05"),
    row("steady", public_beta="2019-12-01", public="2020-01-05"),
    row("waits", "public_beta", public_beta="2020-01-10"),
    row("lost", "gone", public_beta="2019-12-20"),
)


def at(text):
    return datetime.fromisoformat(f"{text}T12:00:00+00:00")


@pytest.fixture
def small(session):
    import_history(session, read_history({"end": "2020-03-02", "integrations": list(ROWS)}, today=TODAY))
    return session


def months(report):
    return {
        one.name: (one.public_beta, one.public, one.perhaps_gone, one.entered, one.graduated, one.delisted)
        for one in report.months
    }


def test_each_month_says_what_stood_at_its_end_and_what_happened_in_it(small):
    assert months(history(small, at=at("2020-03-20"))) == {
        "2019-11": (1, 0, 0, 0, 0, 0),  # what stood in the first state did not come then
        "2019-12": (3, 0, 1, 2, 0, 0),
        "2020-01": (2, 2, 1, 1, 2, 0),
        "2020-02": (2, 2, 1, 0, 0, 0),
        "2020-03": (1, 2, 0, 0, 0, 1),
    }


def test_the_last_month_ends_at_the_instant_that_is_looked_at(small):
    report = history(small, at=at("2020-01-07"))
    assert months(report)["2020-01"] == (1, 2, 1, 0, 2, 0)
    assert history(small, at=at("2019-10-01")).months == ()


def test_a_stay_without_a_true_beginning_is_told_apart(small):
    report = history(small, at=at("2020-03-20"))
    assert (len(report.moves), report.median_days) == (2, 50)
    assert (len(report.dated), report.dated_median_days) == (1, 35)
    assert [(sweep.day, sweep.number, sweep.so_far) for sweep in report.sweeps] == [(date(2020, 1, 5), 2, 2)]


def test_it_says_what_is_not_known(small):
    told = form.present(history(small, at=at("2020-01-20"))).lines
    assert any("1 left the catalog by a later day" in line for line in told)
    assert any(line.startswith("1 of them had stood") for line in told)


def test_nothing_yet_is_said(session):
    found = form.present(history(session, at=at("2020-03-20")))
    assert (found.headline, found.lines, found.sheet) == ("nothing has stood in the catalog yet", [], [])
    assert "<svg" not in rendered(found)


@pytest.mark.skipif(not FILE.is_file(), reason="needs ../shared/data/catalog_history.json")
def test_six_real_years_show_two_sweeps(session):
    """PRODUCT.md's figures. Of its 254 moves 73 had begun by the first state of the history; of those whose beginning is
    known half came after 259 days, not 383.
    """
    import_history(session, read_history(json.loads(FILE.read_text("utf-8")), today=TODAY))
    found = form.present(history(session, at=datetime(2025, 11, 6, 23, tzinfo=UTC)))
    document = found.document
    assert (document["public_beta"] + document["public"], document["public_beta"]) == (503, 87)
    assert document["moves"] == {"number": 254, "median_days": 383, "dated": 181, "dated_median_days": 259}
    assert [(one["day"], one["number"]) for one in document["sweeps"][:2]] == [("2023-03-28", 93), ("2023-04-11", 56)]
    assert document["sweeps"][1]["cumulative_percent"] > 50
    assert (document["months"][0]["month"], document["months"][-1]["month"], len(document["months"])) == (
        "2019-11",
        "2025-11",
        73,
    )
    assert sum(month["graduated"] for month in document["months"]) == 254
    page = LexborHTMLParser(rendered(found))
    charts = {node.attributes["aria-labelledby"]: node for node in page.css("figure.chart svg")}
    assert set(charts) == {"standing-title", "moves-title"}
    assert "97 in 2023-03, 59 in 2023-04" in charts["moves-title"].text()
    rows = list(csv.DictReader(io.StringIO(sheet_of(found))))
    assert [one["graduated"] for one in rows if one["month"] in {"2023-03", "2023-04"}] == ["97", "59"]
