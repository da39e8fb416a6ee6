"""A partner's forms as a browser sends them, on both databases: answered, sent again, taken back."""

import httpx
import pytest
from sqlalchemy import select

from bench.clicking.browser import page_of, send
from bench.clicking.serving import serving
from bench.clicking.world import desk_over
from desk.signing.cookie import PLAIN
from models.enums import EventName, SubmissionStage
from models.event import Event
from models.people import Person
from models.submission import Submission
from review.actions import asking
from tests.fixtures.signing import secret_for
from tests.integration.desk_story import NOW, tell
from tests.integration.test_partner_pages import MOSSBEACON, QUILLHARBOR


@pytest.fixture
def story(database):
    with database.write.begin() as session:
        told = tell(session)
        rosa, one = session.get_one(Person, told.rosa.id), session.get_one(Submission, told.ids["quillharbor"])
        asking.ask_partner(session, one, by=rosa, at=NOW, text="Which plan?")
        return told


@pytest.fixture
def address(database):
    with serving(desk_over(database, lambda: NOW)) as started:
        yield started


def pressed(address, database, email, path, action, **filled):
    """The answer to the form of that page which leads there, filled in."""
    cookies = {PLAIN: secret_for(database, email, at=NOW)}
    with httpx.Client(base_url=address, cookies=cookies, timeout=30) as client:
        page = page_of(client.get(path))
        form = next(one for one in page.forms if one.action == action)
        return send(client, form, form.buttons[0], filled)


def test_an_answer_and_then_taking_it_back(database, address, story):
    place = f"/partner/submissions/{story.ids['quillharbor']}"
    assert pressed(address, database, QUILLHARBOR, place, f"{place}/answer", text="The large one.").status_code == 303
    assert pressed(address, database, QUILLHARBOR, place, f"{place}/withdraw", text="Later.").status_code == 303
    with database.read() as session:
        one = session.get_one(Submission, story.ids["quillharbor"])
        said = session.scalars(
            select(Event).where(Event.submission_id == one.id).order_by(Event.id.desc()).limit(2)
        ).all()
        assert one.stage is SubmissionStage.WITHDRAWN
        assert [event.name for event in said] == [EventName.WITHDRAWN, EventName.ANSWERED]
        assert said[1].data["text"] == "The large one."


def test_what_was_asked_for_is_sent_again(database, address, story):
    place = f"/partner/submissions/{story.ids['mossbeacon']}/revise"
    answer = pressed(address, database, MOSSBEACON, place, place, notes="Mended.")
    assert answer.status_code == 303, page_of(answer).refused
    with database.read() as session:
        one = session.get_one(Submission, story.ids["mossbeacon"])
        assert (one.revision, one.stage, one.document["notes"]) == (2, SubmissionStage.IN_REVIEW, "Mended.")
