"""What the dialog of a request for changes offers, and what comes of choosing from the library."""

import pytest
from sqlalchemy import select

from desk.slack.reasons import of_library
from models.decision import Decision
from models.enums import EventName, Outcome, Role
from models.event import Event
from models.result import Finding
from notifications.buttons import Act
from review.actions.reasoning import retire, set_reason
from review.reasons_entry import ReasonEntry
from tests.building import NOW, person
from tests.fixtures.slack_server import slack_server
from tests.integration.slack_people import at_work

FAILED = Outcome.FAILED


@pytest.fixture
async def office(database, tmp_path):
    async with slack_server() as slack:
        async with at_work(database, tmp_path, slack, of_library) as office:
            yield office
        assert slack.wrong == []


def write(office, key, *items, days=None, title=""):
    with office.here.database.write.begin() as session:
        entry = ReasonEntry(
            key=key, title=title or f"Title of {key}", text=f"Text of {key}.", items=items, fix_by_business_days=days
        )
        set_reason(session, entry, by=person(session, "Idris", Role.LEAD), at=NOW)


def options(view):
    (element,) = [block["element"] for block in view["blocks"] if block.get("block_id") == "reasons"]
    return [option["value"] for option in element["options"]], [
        option["value"] for option in element.get("initial_options", [])
    ]


def events(office):
    with office.here.database.read() as session:
        return session.scalars(select(Event).where(Event.name == EventName.CHANGES_REQUESTED.value)).all()


async def test_the_dialog_offers_what_fits_first_and_items_that_no_reason_speaks_of_last(office):
    write(office, "button", "oauth.button")
    write(office, "matches", "docs.matches")
    write(office, "page", "docs.partner")
    rosa = office.member("Rosa")
    submission = office.submission(said={"docs.partner": FAILED, "replay.info": FAILED})
    offered, chosen = options(await office.open(rosa, Act.REQUEST_CHANGES, office.value(submission)))
    assert offered[:4] == ["replay.info", "reason:page", "reason:matches", "reason:button"]
    assert set(offered[4:]) == {"test.end_to_end", "marketing.brand_kit"}, "the library speaks of docs.matches"
    assert chosen == ["replay.info"], "what failed without holding the gate, in the check's own words"


async def test_a_chosen_reason_reaches_the_partner_with_its_day(office):
    write(office, "page", "docs.partner", days=2)
    rosa, submission = office.member("Rosa"), office.submission(said={"docs.partner": FAILED})
    view = await office.open(rosa, Act.REQUEST_CHANGES, office.value(submission))
    sent = office.filled(rosa, view, reasons=["reason:page"])
    assert await office.send(sent) == {}
    assert await office.send(sent) == {}
    (told,) = events(office)
    assert [(one["key"], one["fix_by"]) for one in told.data["reasons"]] == [("page", "2026-11-25")]
    assert (told.data["words"], told.data["chosen"]) == ("", ["page"])
    with office.here.database.read() as session:
        (finding,) = session.scalars(select(Finding))
        assert finding.fix_by.isoformat() == "2026-11-25"


async def test_a_reason_that_was_retired_while_the_dialog_was_open_is_said_beside_the_field(office):
    write(office, "page", "docs.partner")
    rosa, submission = office.member("Rosa"), office.submission()
    view = await office.open(rosa, Act.REQUEST_CHANGES, office.value(submission))
    with office.here.database.write.begin() as session:
        retire(session, "page", by=person(session, "Idris", Role.LEAD), at=NOW)
    answer = await office.send(office.filled(rosa, view, reasons=["reason:page"], words="Nearly."))
    assert answer["errors"] == {"reasons": "One of these was retired meanwhile; open the dialog again and choose."}
    with office.here.database.read() as session:
        assert session.scalars(select(Decision)).all() == []


async def test_a_library_larger_than_slack_takes_offers_the_hundred_that_fit_best(office):
    for number in range(105):
        write(office, f"r{number:03}", title="T" * 150)
    write(office, "zz-page", "docs.partner")
    rosa, submission = office.member("Rosa"), office.submission(said={"docs.partner": FAILED})
    offered, _ = options(await office.open(rosa, Act.REQUEST_CHANGES, office.value(submission)))
    assert len(offered) == 100
    assert offered[0] == "reason:zz-page"
