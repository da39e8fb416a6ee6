"""A catalog's history comes in as events with their real dates, and the past can be looked at from them alone."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import func, select

from checklist.rulebook import Rulebook
from desk.cli.main import run
from models.enums import EventName, IntegrationStage
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.people import Partner
from review.actions.importing import import_catalog
from review.actions.importing_history import HistoryUnreadable, import_history, read_history
from review.past.integrations import courses, stood_at
from review.reports.graduation import graduation
from tests.building import NOW, live

FILE = Path(__file__).parents[3] / "shared" / "data" / "catalog_history.json"
BETA, PUBLIC, DELISTED = IntegrationStage.PUBLIC_BETA, IntegrationStage.PUBLIC, IntegrationStage.DELISTED
V1 = Rulebook.load("v1")
TODAY = date(2026, 11, 23)


def row(slug="acme", at_end="public", **first_seen):
    return {"slug": slug, "first_seen": first_seen or {"public_beta": "2021-05-04"}, "status_at_end": at_end}


def file(*rows, end="2025-11-06"):
    # The first state is another's, so that the others have a true date.
    return {"about": "", "end": end, "integrations": [row("eldest", public="2019-11-01"), *rows]}


def taken(session, *rows, **more):
    return import_history(session, read_history(file(*rows, **more), today=TODAY))


def noon(text):
    return datetime.fromisoformat(f"{text}T12:00:00+00:00")


def stages(session, slug, at=NOW):
    (number,) = session.scalars(select(Integration.id).where(Integration.slug == slug))
    return [(stood.stage, stood.since, stood.is_exact) for stood in courses(session, at=at)[number]]


def test_each_stage_is_an_event_on_its_day_and_nobody_is_told(session):
    done = taken(session, row(public_beta="2021-05-04", public="2022-06-07"))
    assert (done.created, done.events, done.differs) == (2, 3, [])
    assert stages(session, "acme") == [(BETA, noon("2021-05-04"), True), (PUBLIC, noon("2022-06-07"), True)]
    assert session.scalar(select(func.count()).select_from(UnplannedEvent)) == 0
    integration = session.scalars(select(Integration).where(Integration.slug == "acme")).one()
    assert (integration.stage, integration.stage_since) == (PUBLIC, noon("2022-06-07"))


def test_what_stood_in_the_first_state_has_no_true_date(session):
    taken(session)
    assert stages(session, "eldest") == [(PUBLIC, noon("2019-11-01"), False)]


def test_what_is_gone_was_gone_by_the_end(session):
    taken(session, row(at_end="gone", public_beta="2021-05-04"))
    assert stages(session, "acme") == [(BETA, noon("2021-05-04"), True), (DELISTED, noon("2025-11-06"), False)]
    integration = session.scalars(select(Integration).where(Integration.slug == "acme")).one()
    assert (integration.stage, integration.delisted_from) == (DELISTED, BETA)


def test_the_same_file_again_changes_nothing(session):
    taken(session, row())
    before = session.scalar(select(func.count()).select_from(Event))
    again = taken(session, row())
    assert (again.created, again.joined, again.unchanged, again.events) == (0, 0, 2, 0)
    assert session.scalar(select(func.count()).select_from(Event)) == before


@pytest.mark.parametrize("first", ["catalog", "history"])
def test_a_catalog_and_its_history_are_joined_by_the_slug(session, first):
    export = {
        "slug": "acme",
        "name": "Acme",
        "website": "https://acme.example",
        "status": "PUBLIC_BETA",
        "connection_modes": {"cloud": ["web"]},
        "methods": ["track"],
    }
    acts = {
        "catalog": lambda: import_catalog(session, [export], at=NOW),
        "history": lambda: taken(session, row(at_end="public_beta")),
    }
    acts.pop(first)()
    for act in acts.values():
        act()
    integration = session.scalars(select(Integration).where(Integration.slug == "acme")).one()
    assert (integration.name, integration.partner.name) == ("Acme", "acme.example")
    assert (integration.stage, integration.stage_since) == (BETA, noon("2021-05-04"))
    assert integration.listing is not None
    assert sorted(session.scalars(select(Partner.name))) == ["acme.example", "eldest"]


def test_what_has_gone_its_way_here_keeps_its_own_history(session):
    live(session, "acme")
    done = taken(session, row())
    assert done.differs == ["acme: has gone its way here; the file's history of it is left out"]
    assert session.scalars(select(Event).where(Event.name == EventName.SEEN_IN_CATALOG)).one().integration_id > 1


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ("a text", "expected an object"),
        (row("Not a slug"), "slug: saw 'Not a slug'"),
        (row("x" * 101), "slug: saw"),
        (row(beta="2021-05-04"), "first_seen: saw beta, expected public_beta or public"),
        (row(public="last year"), "first_seen.public: saw 'last year', expected a day"),
        (row(public=7), "first_seen.public: saw '7', expected a day"),
        (row(public="2025-12-01"), "2025-12-01 is after the end"),
        (row(at_end="retired"), "status_at_end: saw 'retired'"),
        ({"slug": "acme", "first_seen": {}, "status_at_end": "public"}, "expected a day for each stage"),
        (row("eldest"), "stands in the file twice"),
    ],
)
def test_an_odd_row_is_named_and_the_rest_is_taken_in(session, odd, told):
    history = read_history(file(odd, row("last")), today=TODAY)
    (line,) = history.wrong
    assert line.startswith("integration 2 (")
    assert told in line
    assert import_history(session, history).created == 2


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "expected {"),
        ({"integrations": {}}, "expected {"),
        ({"integrations": [], "end": "soon"}, "end: saw 'soon'"),
        ({"integrations": [], "end": "2999-01-01"}, "still to come"),
    ],
)
def test_another_document_is_refused(document, told):
    with pytest.raises(HistoryUnreadable) as refused:
        read_history(document, today=TODAY)
    assert told in str(refused.value)


def test_a_dry_run_writes_nothing(sqlite_database, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    path = tmp_path / "history.json"
    path.write_text(json.dumps(file(row(at_end="public_beta"), "odd")))
    for options, written in ((["--dry-run"], 0), ([], 2)):
        assert run(["import", "history", str(path), "--json", *options]) == 2
        said = capsys.readouterr()
        assert json.loads(said.out)["events"] == 2
        assert "integration 3 (without a slug): expected an object" in said.err
        with sqlite_database.read() as session:
            assert session.scalar(select(func.count()).select_from(Event)) == written
    for as_of, number in {"2021-05-03": 0, "2021-05-04": 1}.items():
        assert run(["report", "graduation", "--as-of", as_of, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["in_beta"] == number


needs_history = pytest.mark.skipif(not FILE.is_file(), reason="needs ../shared/data/catalog_history.json")


@pytest.fixture
def six_years(session):
    history = read_history(json.loads(FILE.read_text("utf-8")), today=TODAY)
    assert history.wrong == ()
    import_history(session, history)
    return datetime.combine(history.end, datetime.max.time(), UTC)


@needs_history
def test_the_figures_of_the_real_catalog_come_out_of_the_events_alone(session, six_years):
    """As PRODUCT.md has them: 503 destinations, 87 in Public Beta for a median of 455 days; 254 moves to Public with a
    median of 383 days, more than half of them in two sweeps.
    """
    stood = Counter(one.stage for one in stood_at(session, at=six_years).values())
    assert stood == {PUBLIC: 416, BETA: 87, DELISTED: 202}
    report = graduation(session, rulebook=V1, at=six_years, past=True)
    assert (len(report.lines), report.median_days) == (87, 455)
    moves = [
        (after.since - before.since, after.since.date())
        for stages in courses(session, at=six_years).values()
        for before, after in pairwise(stages)
        if (before.stage, after.stage) == (BETA, PUBLIC)
    ]
    assert (len(moves), median(took.days for took, _ in moves)) == (254, 383)
    sweeps = Counter(day for _, day in moves).most_common(2)
    assert sweeps == [(date(2023, 3, 28), 93), (date(2023, 4, 11), 56)]
    assert sum(number for _, number in sweeps) > len(moves) / 2


@needs_history
def test_any_day_of_six_years_can_be_looked_at(session, six_years):
    counts = {}
    for year in range(2019, 2026):
        at = datetime(year, 12, 31, 12, tzinfo=UTC) if year < 2025 else six_years
        counts[year] = len(graduation(session, rulebook=V1, at=at, past=True).lines)
    assert counts[2019] == 82
    assert counts[2023] < counts[2022]  # the two sweeps
    assert counts[2025] == 87
    assert graduation(session, rulebook=V1, at=six_years, past=True).perhaps_gone == 0
    assert graduation(session, rulebook=V1, at=datetime(2022, 12, 31, tzinfo=UTC), past=True).perhaps_gone > 0
    before = graduation(session, rulebook=V1, at=six_years - timedelta(days=365), past=True)
    assert all(line.since <= before.at for line in before.lines)
