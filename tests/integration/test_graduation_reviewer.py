"""A graduation that the engine opens is somebody's from the start, as fairly shared as anything else."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from desk.viewing.queue import take_refusals
from models.delivery import Delivery
from models.enums import EventName, Role, SubmissionStage
from notifications.outbox import plan
from review.actions import asking, assigning, graduating, launching
from review.autopilot import knowns, withheld
from review.facts import active_assignment, holder
from review.guards import Actor
from review.lifecycle import MoveRefused
from review.worklist import queue
from tests.building import NOW, V1, after, audited, checked, events, in_review, live, person
from tests.fixtures.programme_rows import MAIL_ONLY
from tests.integration.test_autopilot import AUTOMATIC, LATER, proposed


def graduation(session: Session, slug: str = "acme"):
    integration = live(session, slug, at=NOW - timedelta(days=30))
    audited(session, integration)
    submission = launching.propose_graduation(session, integration, [], rulebook=V1, at=NOW)
    assert submission is not None
    return submission


def test_it_is_given_to_a_reviewer_who_is_told(session):
    rosa = person(session)
    submission = graduation(session)
    found = holder(session, submission)
    assert (found.name, found.by_engine) == ("Rosa", True)
    (event,) = events(session, EventName.ASSIGNED)
    assert (event.submission_id, event.person_id, event.data["person_id"]) == (submission.id, None, rosa.id)
    plan(session, at=NOW, programme=MAIL_ONLY)
    told = [one for one in session.query(Delivery) if one.message["event"] == EventName.ASSIGNED]
    assert [one.recipient for one in told] == ["rosa@example.test"]


def test_many_are_shared_among_the_reviewers_and_no_lead_is_burdened(session):
    for name in ("Rosa", "Sam", "Tom"):
        person(session, name)
    person(session, "Lena", Role.LEAD)
    busy = in_review(session, "busy")
    assigning.claim(session, busy, by=person(session, "Tom"), at=NOW)
    held = [active_assignment(session, graduation(session, f"partner-{number}")).person.name for number in range(5)]
    assert sorted(held) == ["Rosa", "Rosa", "Sam", "Sam", "Tom"]


def test_where_nobody_reviews_a_lead_has_it_and_where_nobody_may_decide_it_waits(session):
    rosa, lena = person(session), person(session, "Lena", Role.LEAD)
    integration = live(session)
    audited(session, integration)
    rosa.active = False
    session.flush()
    submission = launching.propose_graduation(session, integration, [], rulebook=V1, at=NOW)
    assert active_assignment(session, submission).person is lena
    lena.active = False
    other = live_without_rosa(session)
    assert active_assignment(session, other) is None
    assert len(events(session, EventName.ASSIGNED)) == 1


def live_without_rosa(session: Session):
    rosa = person(session)
    integration = live(session, "other")
    audited(session, integration)
    rosa.active = False
    session.flush()
    return launching.propose_graduation(session, integration, [], rulebook=V1, at=NOW)


def test_a_name_that_the_engine_put_on_it_keeps_the_engine_from_nothing(session):
    person(session)
    submission = proposed(session)
    assert holder(session, submission).until > LATER
    made = graduating.approve_unasked(session, submission, rulebook=AUTOMATIC, at=LATER)
    assert made is not None
    assert submission.stage is SubmissionStage.APPROVED


def test_once_the_reviewer_takes_it_on_it_is_theirs(session):
    rosa = person(session)
    submission = proposed(session)
    assigning.claim(session, submission, by=rosa, at=LATER)
    assert holder(session, submission).by_engine is False
    assert graduating.approve_unasked(session, submission, rulebook=AUTOMATIC, at=LATER) is None
    known = knowns(session, [submission], rulebook=AUTOMATIC, at=LATER)[submission.id]
    assert "Rosa, claimed" in withheld(known)[0].why


def test_any_act_of_theirs_takes_it_on(session):
    rosa = person(session)
    submission = checked(session, graduation(session))
    asking.ask_partner(session, submission, by=rosa, at=after(hours=1), text="Which of the two regions?")
    assert holder(session, submission).by_engine is False


def test_another_reviewer_may_be_quicker_until_it_is_taken_on(session):
    rosa = person(session)
    submission, other = graduation(session), graduation(session, "other")
    sam = person(session, "Sam")
    assert assigning.claim(session, submission, by=sam, at=after(hours=1)).person is sam
    assigning.claim(session, other, by=rosa, at=after(hours=1))
    with pytest.raises(MoveRefused, match="Rosa has it until"):
        assigning.claim(session, other, by=sam, at=after(hours=2))


def test_the_queue_lets_another_reviewer_take_it_as_the_verb_does(session):
    person(session)
    submission = graduation(session)
    sam = person(session, "Sam")
    (row,) = [row for row in queue(session, at=NOW) if row.submission_id == submission.id]
    assert (row.assignee, row.by_engine) == ("Rosa", True)
    reader = Actor(id=sam.id, name="Sam", roles=frozenset({Role.REVIEWER}))
    assert take_refusals(row, reader, NOW) == []


def test_nothing_is_given_twice(session):
    person(session)
    submission = graduation(session)
    assert assigning.staff(session, submission, at=NOW) is None
