"""What a draft of the rules would change: told from what audits kept, asking nobody, writing nothing."""

import json
import socket
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select

from checklist.document import load_rulebook
from checklist.outcome import CheckResult
from desk.cli.main import run
from models.enums import EventName, Outcome
from models.event import Event
from notifications.programme import ProgrammeSettings
from review.actions.record import record
from review.simulating import Place, simulate, suggested_day
from tests.building import NOW, V1, after, audited, in_review, live, rulebook_file

DRAFT_DAY = date(2027, 3, 1)
CATALOG = {
    "description": "Sends every Spec call to Acme, where your team sees it.",
    "categories": ["Analytics", "CRM"],
    "support_email": "help@acme.example",
}
MAIL = ProgrammeSettings(base_url="https://desk.test", channels=frozenset({"mail"}))


def drafted(tmp_path, **replaced):
    rulebook_file(tmp_path, "v9", valid_from=DRAFT_DAY.isoformat(), **replaced)
    return load_rulebook(tmp_path / "v9.toml")


def simulated(session, draft, **more):
    return simulate(session, draft, rulebook=V1, programme=MAIL, at=after(days=2), **more)


@contextmanager
def queries(session):
    said = []

    def listener(*call):
        said.append(call[2])

    event.listen(session.bind, "before_cursor_execute", listener)
    try:
        yield said
    finally:
        event.remove(session.bind, "before_cursor_execute", listener)


def customers(active, outcome=Outcome.PASSED):
    return CheckResult("customers.active", outcome, f"{active} of 3 customers", facts={"active": active})


@pytest.fixture
def session(database):
    with database.write.begin() as opened:
        yield opened


@pytest.fixture
def catalog(session):
    """Three that differ in their customers; `acme` is Public, the others are in Public Beta."""
    for slug, active in {"acme": 4, "brook": 3, "cedar": 12}.items():
        audited(session, live(session, slug), {"customers.active": customers(active)})


def test_the_rules_of_now_change_nothing(session, catalog):
    found = simulated(session, V1)
    assert (found.changes, found.moved, found.messages, found.proposed) == ((), (), (), ())
    assert found.suggested.day == after(days=3).date()
    assert "nobody has to wait" in found.suggested.because[0]


def test_more_customers_are_told_from_those_that_were_counted(session, catalog, tmp_path):
    found = simulated(session, drafted(tmp_path, at_least="10"))
    rows = {row.slug: (row.was, row.becomes, row.is_ahead) for row in found.moved if row.item == "customers.active"}
    assert rows == dict.fromkeys(("acme", "brook"), (Place.HOLDS, Place.FAILED, True))
    assert found.would_fall == []
    (told,) = {row.seen for row in found.moved if row.slug == "acme"}
    assert told.startswith("4 of 3 customers; under the new thresholds it would be failed")
    assert {row.since for row in found.moved} == {NOW}


def test_fewer_customers_make_it_ready_and_its_graduation_would_be_told(session, tmp_path):
    integration = live(session, "dune", at=NOW - timedelta(days=9))
    integration.listing = integration.listing | {"catalog": CATALOG}
    audited(session, integration, {"customers.active": customers(2, Outcome.FAILED)})
    found = simulated(session, drafted(tmp_path, at_least="2"))
    (row,) = [row for row in found.moved if row.item == "customers.active"]
    assert (row.was, row.becomes) == (Place.FAILED, Place.HOLDS)
    assert (found.proposed, found.no_longer_ready) == (("dune",), ())
    (told,) = found.messages
    assert (told.event, told.integrations, told.partners) == (EventName.GRADUATION_PROPOSED, 1, ("Dune Inc",))
    assert told.recipients == 1


def test_a_shorter_description_is_judged_by_reading_the_listing_again(session, tmp_path):
    integration = live(session, "elm")
    integration.listing = integration.listing | {"catalog": CATALOG}
    audited(session, integration)
    found = simulated(session, drafted(tmp_path, max_characters="30"))
    (row,) = found.would_fall
    assert (row.slug, row.item, row.was, row.becomes) == ("elm", "catalog.description", Place.HOLDS, Place.FAILED)
    assert found.fallers == ["elm"]
    (told,) = found.messages
    assert (told.event, told.recipients) == (EventName.REGRESSED, 1)
    assert found.suggested.day == DRAFT_DAY
    assert found.suggested.because[0].startswith("30 days, taken as partners need to mend something")


def test_what_was_not_kept_is_left_to_a_new_look(session, tmp_path):
    integration = live(session, "fern")
    shots = CheckResult("catalog.screenshots", Outcome.PASSED, "1 screenshot", facts={"count": 1})
    audited(session, integration, {"catalog.screenshots": shots})
    found = simulated(session, drafted(tmp_path, min_width="1200"))
    assert [(row.item, row.becomes) for row in found.untold] == [("catalog.screenshots", Place.UNKNOWN)]
    assert "only a new look can tell" in found.untold[0].seen
    assert simulated(session, drafted(tmp_path, min_width="300")).moved == ()


def test_an_item_in_shadow_would_be_counted_and_decides_nothing(session, catalog, tmp_path):
    draft = drafted(tmp_path, max_characters="30")
    items = [
        item.model_copy(update={"shadow_until": date(2027, 6, 1)}) if item.id == "catalog.description" else item
        for item in draft.items
    ]
    for integration in (live(session, "gorse"),):
        integration.listing = integration.listing | {"catalog": CATALOG}
        audited(session, integration)
    found = simulated(session, draft.model_copy(update={"items": tuple(items)}))
    (shadow,) = found.shadows
    assert (shadow.item, shadow.until, shadow.failed, shadow.of) == ("catalog.description", date(2027, 6, 1), 4, 4)
    assert found.would_fall == []


def test_a_new_item_of_a_check_that_never_ran_here_is_unknown_and_a_dropped_one_is_no_longer_asked(session, catalog):
    extra = V1.item("catalog.website").model_copy(update={"id": "catalog.home", "check": "access.website"})
    items = (*[item for item in V1.items if item.id != "catalog.logo"], extra)
    found = simulated(session, V1.model_copy(update={"version": "v9", "items": items}))
    moved = {(row.item, row.was, row.becomes) for row in found.moved if not row.is_ahead}
    assert ("catalog.home", Place.NOT_ASKED, Place.UNKNOWN) in moved
    assert ("catalog.logo", Place.HOLDS, Place.NOT_ASKED) in moved


def test_what_is_under_review_keeps_its_version(session, catalog, tmp_path):
    in_review(session, "heath")
    assert simulated(session, drafted(tmp_path, at_least="10")).keep_theirs == {"v1": 1}


def test_partners_own_pace_moves_the_suggested_day(session, catalog, tmp_path):
    integration = live(session, "iris")
    for number in range(10):
        record(session, EventName.REGRESSED, at=after(days=number * 20), integration=integration, items=[])
        record(session, EventName.RECOVERED, at=after(days=number * 20 + 12), integration=integration)
    listing = integration.listing | {"catalog": CATALOG}
    integration.listing = listing
    audited(session, integration, at=after(days=300))
    draft = drafted(tmp_path, max_characters="30").model_copy(update={"valid_from": NOW.date()})
    found = simulate(session, draft, rulebook=V1, programme=MAIL, at=after(days=301))
    assert found.suggested.because == (
        "12 days, which partners took to mend what fell, the median of 10, because 1 integration has something to mend",
    )
    assert found.suggested.day == after(days=313).date()


def test_a_wait_is_the_sum_of_its_lines():
    found = suggested_day(
        V1.model_copy(update={"valid_from": NOW.date()}), at=NOW, fallers=2, untold=True, days=(4.6, 11)
    )
    assert found.day == after(days=6).date()
    assert len(found.because) == 2


def test_nothing_is_written_and_nobody_is_asked(database, tmp_path, monkeypatch):
    with database.write.begin() as session:
        for slug in ("acme", "brook"):
            audited(session, live(session, slug), {"customers.active": customers(4)})
        events = session.scalar(select(func.count()).select_from(Event))
    draft = drafted(tmp_path, at_least="10")

    class NoSocket(socket.socket):
        def __init__(self, *_args, **_more):
            raise AssertionError("a connection was opened")

    with database.read() as session:
        session.connection()
        with queries(session) as said, monkeypatch.context() as patch:
            patch.setattr(socket, "socket", NoSocket)
            simulated(session, draft)
    assert said
    assert all(statement.lstrip().startswith("SELECT") for statement in said)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == events


def test_the_number_of_queries_does_not_grow_with_the_catalogue(session, tmp_path):
    counts = []
    for few in (2, 8):
        for number in range(few):
            audited(session, live(session, f"one-{few}-{number}"), {"customers.active": customers(12)})
        session.expire_all()
        with queries(session) as said:
            simulated(session, drafted(tmp_path, at_least="10"))
        counts.append(len(said))
    assert counts[0] == counts[1]


def test_progress_reaches_the_end(session, catalog):
    heard = []
    simulated(session, V1, progress=lambda done, of: heard.append((done, of)))
    assert heard[-1] == (3, 3)


def test_the_command_says_it_in_words_and_in_json(sqlite_database, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    with sqlite_database.write.begin() as session:
        integration = live(session, "elm")
        integration.listing = integration.listing | {"catalog": CATALOG}
        audited(session, integration, {"customers.active": customers(4)})
    drafted(tmp_path, max_characters="30", at_least="10")
    file = str(tmp_path / "v9.toml")
    assert run(["rulebook", "simulate", file]) == 0
    said = capsys.readouterr().out
    assert "Would fall: 1 integration\n" in said
    assert "catalog.description: holds -> failed" in said
    assert "customers.active: holds -> failed" in said
    assert "integration.regressed: about 1 integration" in said
    assert f"Suggested: in force from {DRAFT_DAY}" in said
    assert run(["rulebook", "simulate", file, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(row["integration"], row["item"], row["becomes"]) for row in document["would_fail"]] == [
        ("elm", "catalog.description", "failed")
    ]
    assert document["suggested"]["from"] == DRAFT_DAY.isoformat()
    assert document["messages"][0]["partners"] == ["Elm Inc"]


@pytest.mark.parametrize("broken", ["version = 'v9'", "not toml ["])
def test_a_file_that_is_no_rulebook_is_one_line(tmp_path, capsys, broken):
    file = tmp_path / "draft.toml"
    file.write_text(broken)
    assert run(["rulebook", "simulate", str(file)]) == 2
    assert capsys.readouterr().err.startswith("launch-review: ")
