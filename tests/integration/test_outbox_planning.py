from datetime import timedelta

import pytest
from sqlalchemy import select

from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, EventName, Role
from models.event import UnplannedEvent
from models.people import Partner
from notifications.outbox import listed, plan, retry
from tests.fixtures.programme_rows import (
    AT,
    EVERYWHERE,
    MAIL_ONLY,
    TEAM_CHANNEL,
    a_clock,
    a_delivery,
    a_pause,
    a_person,
    a_submission,
    an_assignment,
    an_event,
    an_integration,
)


@pytest.fixture
def session(sqlite_database):
    with sqlite_database.write.begin() as opened:
        yield opened


@pytest.fixture
def partner(session):
    partner = Partner(name="Mapleworks Inc.", website="https://mapleworks.example", created_at=AT)
    session.add(partner)
    return partner


@pytest.fixture
def submission(session, partner):
    contact = a_person(session, "Cora", partner=partner, roles=[Role.PARTNER])
    return a_submission(session, an_integration(session, partner=partner), by=contact)


def heard(session, event):
    """Who gets the event, as channel:recipient, without the console."""
    rows = session.scalars(select(Delivery).where(Delivery.event_id == event.id).order_by(Delivery.id))
    return [f"{row.channel.value}:{row.recipient}" for row in rows if row.channel is not ChannelName.CONSOLE]


def planned(session, name, *, programme=EVERYWHERE, **values):
    event = an_event(session, name, **values)
    plan(session, at=AT, programme=programme)
    return heard(session, event)


def test_planning_tells_the_partner_the_card_and_the_console_and_closes_the_door(session, submission):
    event = an_event(session, EventName.CHANGES_REQUESTED, submission=submission)
    assert plan(session, at=AT, programme=EVERYWHERE) == 1
    assert heard(session, event) == ["mail:cora@people.example", f"slack:{TEAM_CHANNEL}"]
    assert session.scalars(select(UnplannedEvent)).all() == []
    assert plan(session, at=AT, programme=EVERYWHERE) == 0


def test_planning_the_same_event_again_changes_nothing(session, submission):
    event = an_event(session, EventName.CHANGES_REQUESTED, submission=submission)
    plan(session, at=AT, programme=EVERYWHERE)
    before = heard(session, event)
    session.add(UnplannedEvent(event_id=event.id, subject="submission:1"))
    session.flush()
    plan(session, at=AT + timedelta(hours=1), programme=EVERYWHERE)
    assert heard(session, event) == before
    assert all(delivery.planned_at == AT for delivery in listed(session))


def test_a_message_is_rendered_before_the_first_try_in_the_recipients_zone(session, submission):
    submission.submitted_by.time_zone = "Asia/Kolkata"
    planned(session, EventName.SUBMISSION_ACKNOWLEDGED, submission=submission, programme=MAIL_ONLY)
    (delivery,) = listed(session)
    assert "19:30 IST (Asia/Kolkata)" in delivery.message["text"]
    assert delivery.subject == f"submission:{submission.id}"


def test_only_active_contacts_of_this_partner_hear(session, submission, partner):
    a_person(session, "Gone", partner=partner, active=False)
    a_person(session, "Other", partner=an_integration(session, "otherworks").partner)
    assert planned(session, EventName.REJECTED, submission=submission, programme=MAIL_ONLY) == [
        "mail:cora@people.example"
    ]


def test_nobody_is_told_of_their_own_act(session, submission):
    rosa = a_person(session, "Rosa", roles=[Role.REVIEWER])
    an_assignment(session, submission, rosa)
    told = planned(session, EventName.ANSWERED, submission=submission, by=rosa, programme=MAIL_ONLY)
    assert told == []


def test_a_receipt_is_told_to_the_one_who_acted(session, submission):
    told = planned(session, EventName.WITHDRAWN, submission=submission, by=submission.submitted_by, programme=MAIL_ONLY)
    assert told == ["mail:cora@people.example"]


def test_the_person_who_had_it_hears_of_the_withdrawal_that_took_it_from_them(session, submission):
    an_assignment(session, submission, a_person(session, "Rosa"), at=AT - timedelta(hours=1), ended_at=AT)
    told = planned(session, EventName.WITHDRAWN, submission=submission, by=submission.submitted_by, programme=MAIL_ONLY)
    assert "mail:rosa@people.example" in told


def test_an_assignment_is_told_to_the_one_it_names_and_not_to_who_assigned_it(session, submission):
    lead = a_person(session, "Lena", roles=[Role.LEAD])
    rosa = a_person(session, "Rosa", slack_id="U0ROSA")
    data = {"person_id": rosa.id, "leased_until": AT.isoformat()}
    told = planned(session, EventName.ASSIGNED, submission=submission, by=lead, data=data)
    assert told == ["slack:U0ROSA", f"slack:{TEAM_CHANNEL}"]


def test_a_warning_goes_to_the_assignee_and_to_the_team_only_when_there_is_none(session, submission):
    data = {
        "target": "first_response",
        "rung": "50",
        "level": 0.5,
        "tells": ["assignee"],
        "also": [],
        "missed": [],
        "due_at": AT.isoformat(),
    }
    assert planned(session, EventName.CLOCK_WARNED, submission=submission, data=data) == [f"slack:{TEAM_CHANNEL}"]
    an_assignment(session, submission, a_person(session, "Rosa"))
    assert planned(session, EventName.CLOCK_WARNED, submission=submission, data=data) == ["mail:rosa@people.example"]


def test_an_assignment_whose_lease_ran_out_counts_as_none(session, submission):
    an_assignment(
        session, submission, a_person(session, "Rosa"), at=AT - timedelta(days=2), leased_until=AT - timedelta(days=1)
    )
    data = {
        "target": "first_response",
        "rung": "50",
        "level": 0.5,
        "tells": ["assignee"],
        "also": [],
        "missed": [],
        "due_at": AT.isoformat(),
    }
    assert planned(session, EventName.CLOCK_WARNED, submission=submission, data=data) == [f"slack:{TEAM_CHANNEL}"]


def test_without_slack_the_reviewers_hear_a_warning_by_mail(session, submission):
    a_person(session, "Rosa", roles=[Role.REVIEWER], slack_id="U0ROSA")
    data = {
        "target": "first_response",
        "rung": "75",
        "level": 0.75,
        "tells": ["channel"],
        "also": [],
        "missed": [],
        "due_at": AT.isoformat(),
    }
    told = planned(session, EventName.CLOCK_WARNED, submission=submission, data=data, programme=MAIL_ONLY)
    assert told == ["mail:rosa@people.example"]


def test_without_a_reviewers_channel_no_card_lands_in_direct_messages(session, submission):
    a_person(session, "Rosa", roles=[Role.REVIEWER], slack_id="U0ROSA")
    homeless = type(EVERYWHERE)(base_url="https://desk.example", channels=EVERYWHERE.channels)
    assert planned(session, EventName.REVIEW_OPENED, submission=submission, programme=homeless) == []


def test_where_there_is_no_lead_the_managers_hear_of_a_breach(session, submission):
    a_person(session, "Mina", roles=[Role.MANAGER])
    assert planned(session, EventName.CLOCK_BREACHED, submission=submission, programme=MAIL_ONLY) == [
        "mail:mina@people.example"
    ]


def test_the_acknowledgement_reaches_every_contact_also_who_submitted_and_when_nobody_knows_who_did(
    session, submission, partner
):
    a_person(session, "Cem", partner=partner)
    both = ["mail:cora@people.example", "mail:cem@people.example"]
    cora = submission.submitted_by
    for by in (cora, None):
        assert (
            planned(session, EventName.SUBMISSION_ACKNOWLEDGED, submission=submission, by=by, programme=MAIL_ONLY)
            == both
        )


def test_the_card_says_whose_turn_it_is_from_the_clock_that_rests(session, submission):
    clock = a_clock(session, submission)
    planned(session, EventName.REVIEW_OPENED, submission=submission)
    a_pause(session, clock)
    session.expire_all()  # the next planning has a session of its own
    planned(session, EventName.QUESTION_ASKED, submission=submission)
    cards = [repr(row.message["card"]) for row in listed(session) if row.channel is ChannelName.SLACK]
    assert "the partner's" in cards[0]
    assert "the reviewers'" in cards[1]


def test_an_event_that_can_not_be_rendered_is_kept_dead_and_stops_nothing(session, submission):
    bad = an_event(session, EventName.CHANGES_REQUESTED, submission=submission, data={"reason": "no findings"})
    good = an_event(session, EventName.REJECTED, submission=submission)
    assert plan(session, at=AT, programme=MAIL_ONLY) == 2
    dead, alive = sorted(listed(session), key=lambda row: row.event_id)
    assert (dead.event_id, dead.stage) == (bad.id, DeliveryStage.DEAD)
    assert "findings" in dead.error
    assert (alive.event_id, alive.stage) == (good.id, DeliveryStage.PLANNED)


def test_an_event_of_an_unknown_name_is_kept_dead_and_stops_nothing(session, submission):
    bad = an_event(session, EventName.REJECTED, submission=submission)
    session.expunge(bad)
    unknown = type(bad)(at=AT, name="submission.abducted", submission_id=submission.id, data={})
    session.add(unknown)
    session.flush()
    session.add(UnplannedEvent(event_id=unknown.id, subject="submission:1"))
    plan(session, at=AT, programme=MAIL_ONLY)
    assert [row.stage for row in listed(session)] == [DeliveryStage.DEAD, DeliveryStage.PLANNED]
    assert "submission.abducted" in listed(session)[0].error


@pytest.mark.postgres
def test_what_the_database_refuses_becomes_a_dead_delivery(postgres_database):
    with postgres_database.write.begin() as session:
        partner = Partner(name="Mapleworks Inc.", website="", created_at=AT)
        session.add(partner)
        a_person(session, "Cora", partner=partner)
        submission = a_submission(session, an_integration(session, partner=partner))
        an_event(session, EventName.REJECTED, submission=submission)
        # A member id longer than a recipient may be: only the database notices.
        too_long = type(EVERYWHERE)(
            base_url="https://desk.example", channels=EVERYWHERE.channels, slack_channel="C" * 400
        )
        plan(session, at=AT, programme=too_long)
        stages = {row.channel: row.stage for row in listed(session)}
    assert stages[ChannelName.SLACK] is DeliveryStage.DEAD
    assert stages[ChannelName.MAIL] is DeliveryStage.PLANNED


def test_a_dead_message_that_could_not_be_rendered_is_planned_anew_by_a_retry(session, submission):
    event = an_event(session, EventName.REJECTED, submission=submission)
    dead = a_delivery(session, event, stage=DeliveryStage.DEAD, message={}, next_try_at=None, settled_at=AT)
    retry(session, dead.id, AT)
    session.flush()
    assert plan(session, at=AT, programme=MAIL_ONLY) == 1
    assert [row.stage for row in listed(session)] == [DeliveryStage.PLANNED]


@pytest.mark.postgres
def test_while_one_plans_another_plans_nothing(postgres_database):
    with postgres_database.write.begin() as session:
        submission = a_submission(session, an_integration(session))
        an_event(session, EventName.REVIEW_OPENED, submission=submission)
    with postgres_database.write.begin() as one, postgres_database.write.begin() as other:
        assert plan(one, at=AT, programme=EVERYWHERE) == 1
        assert plan(other, at=AT, programme=EVERYWHERE) == 0
