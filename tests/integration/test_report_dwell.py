"""How long Public Beta lasts, read off a history; and the heat map, failures and drift of what is live."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from desk.reporting import dwell as dwell_form
from desk.reporting import heatmap as heatmap_form
from desk.reporting import readiness as readiness_form
from desk.reporting.page import rendered
from models.enums import AuditGrade, IntegrationStage
from review.actions.importing_history import import_history, read_history
from review.past.stages import Stood
from review.reports.drift import drift
from review.reports.dwell import beta_stays, dwell, report_of
from review.reports.heatmap import Cell, heatmap
from review.reports.readiness import readiness
from tests.integration.test_report_live import NOW, RULEBOOK, audited, live, waived

HISTORY = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "catalog_history.json"
START = datetime(2020, 1, 1, tzinfo=UTC)
B, P, D = IntegrationStage.PUBLIC_BETA, IntegrationStage.PUBLIC, IntegrationStage.DELISTED


def course(*stays):
    """Stages one after the other, each with its days; the last one goes on."""
    at, rows = START, []
    for stage, days in stays:
        until = None if days is None else at + timedelta(days=days)
        rows.append(Stood(stage, at, until, is_exact=True))
        at = until or at
    return rows


@pytest.mark.skipif(not HISTORY.exists(), reason="the shared history is not here")
def test_six_real_years_say_what_the_programme_says_of_itself(session):
    end = datetime(2025, 11, 25, tzinfo=UTC)
    import_history(session, read_history(json.loads(HISTORY.read_text("utf-8")), today=end.date()))

    report = dwell(session, at=end)

    assert (report.whole.graduated, round(report.whole.moved_median_days), report.whole.still) == (254, 383, 87)
    (_, first), (_, second), *_ = report.sweeps
    assert first + second > report.whole.graduated / 2
    assert report.whole.median_days > report.whole.moved_median_days


def test_who_still_waits_and_who_was_taken_out_count_as_waiting_so_long_at_least():
    stages = dict(enumerate([course((B, 10), (P, None)), course((B, 20), (D, None)), course((B, None))]))
    report = report_of(beta_stays(stages), at=START + timedelta(days=100))

    assert (report.whole.graduated, report.whole.left_otherwise, report.whole.still) == (1, 1, 1)
    assert (report.whole.median_days, report.whole.moved_median_days, report.whole.waiting_median_days) == (
        None,
        10,
        100,
    )
    assert [(bucket.still, bucket.graduated) for bucket in report.buckets][:2] == [(0, 1), (1, 0)]
    assert [quarter for quarter, _ in report.quarters] == ["2020-Q1"]


def test_one_that_came_back_has_a_stay_for_each_time():
    stages = {1: course((B, 5), (D, 30), (B, 7), (P, None))}

    assert [stay.days(START) for stay in beta_stays(stages)] == [5, 7]


def test_an_empty_programme_has_nothing_to_say(session):
    told = dwell_form.present(dwell(session, at=NOW))

    assert told.headline == "nothing was ever in Public Beta"
    assert "<svg" not in rendered(told)


def test_the_heat_map_has_each_required_item_and_rows_that_are_alike_together(session):
    for slug, failed in (("good", ()), ("also-good", ()), ("bad", ("docs.partner", "oauth.button"))):
        audited(session, live(session, slug), failed=failed)
    let = live(session, "let")
    audited(session, let, failed=["docs.partner"])
    waived(session, let, "docs.partner", until=NOW.date())
    live(session, "unseen")

    found = heatmap(session, rulebook=RULEBOOK, at=NOW)

    rows = {row.slug: dict(zip([item.id for item in found.items], row.cells, strict=True)) for row in found.rows}
    assert [row.slug for row in found.rows][:2] == ["bad", "let"]
    assert (rows["bad"]["docs.partner"], rows["let"]["docs.partner"]) == (Cell.FAILED, Cell.WAIVED)
    assert set(rows["unseen"].values()) == {Cell.NOT_LOOKED}
    assert sorted(len(few) for _, few in found.alike) == [1, 1, 1, 2]
    assert not any(item.id.startswith("access.") for item in found.items)
    page = rendered(heatmap_form.present(found))
    assert 'role="img" aria-label="failed"' in page
    assert "style=" not in page


def test_failures_are_told_most_first_with_what_they_make_together(session):
    for slug, failed in (("a", ["docs.partner"]), ("b", ["docs.partner"]), ("c", ["oauth.button", "docs.partner"])):
        audited(session, live(session, slug), failed=failed)

    told = heatmap_form.present_pareto(heatmap(session, rulebook=RULEBOOK, at=NOW))

    rows = [(row["item"], row["failed"], row["percent"], row["cumulative_percent"]) for row in told.document["items"]]
    assert rows == [("docs.partner", 3, 75.0, 75.0), ("oauth.button", 1, 25.0, 100.0)]
    assert told.headline.startswith("4 failures of 2 items")


def test_drift_says_since_when_it_does_not_hold_and_how_many_held_in_each_week(session):
    good, bad = live(session, "good"), live(session, "bad")
    last_week = NOW - timedelta(days=7)
    for integration in (good, bad):
        audited(session, integration, at=last_week)
    audited(session, good)
    audited(session, bad, failed=["docs.partner"])

    report = drift(session, rulebook=RULEBOOK, at=NOW)

    (line,) = report.lines
    assert (line.slug, line.grade, line.held_until, line.failed) == (
        "bad",
        AuditGrade.SUSPECTED,
        last_week,
        ("docs.partner",),
    )
    assert [(week.looks, week.holding_percent) for week in report.weeks] == [(2, 100), (2, 50)]


def test_readiness_counts_by_partner_and_by_age(session):
    audited(session, live(session, "good"))
    audited(session, live(session, "bad"), failed=["docs.partner"])

    told = readiness_form.present(readiness(session, rulebook=RULEBOOK, at=NOW)).document

    assert [row["failing"] for row in told["partners"]] == [1, 0]
    (old,) = [row for row in told["ages"] if row["live"]]
    assert (old["from_days"], old["to_days"], old["live"], old["failing"]) == (365, 730, 2, 1)


@pytest.mark.parametrize("count", [heatmap, drift])
def test_a_report_asks_as_many_queries_for_one_integration_as_for_many(session, count):
    counts = []
    for slugs in (("first",), ("second", "third")):
        for slug in slugs:
            audited(session, live(session, slug), failed=["docs.partner"])
        session.flush()
        session.expire_all()
        asked = []

        def note(*arguments, asked=asked):
            asked.append(arguments[2])

        event.listen(session.bind, "before_cursor_execute", note)
        count(session, rulebook=RULEBOOK, at=NOW)
        event.remove(session.bind, "before_cursor_execute", note)
        counts.append(len(asked))

    assert counts[0] == counts[1]
