"""A decision is taken back before anybody outside has heard of it: all is as if it had not been made."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Clock, Pause
from models.database import Database
from models.decision import Assignment
from models.delivery import Delivery
from models.enums import (
    ChannelName,
    DecisionKind,
    DeliveryStage,
    EventName,
    Outcome,
    Role,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from models.people import Person
from models.result import Finding, ItemResult, Waiver
from models.submission import Submission
from models.webhook_endpoint import WebhookEndpoint
from notifications.message import Sent
from notifications.outbox import claim, no_longer_true, plan, settle
from notifications.programme import ProgrammeSettings
from review.actions import asking, assigning, attesting, conversing, deciding, launching, noting, submitting, undoing
from review.agenda import agenda_of
from review.facts import approvers
from review.lifecycle import MoveRefused
from review.path import Step, due
from review.reports.sla import sla
from tests.building import (
    NOW,
    V1,
    VAULT,
    after,
    checked,
    contact,
    decided,
    dossier,
    events,
    in_review,
    person,
)

A_MINUTE = timedelta(seconds=60)
SOON = after(minutes=0.5)
APPROVE, REQUEST_CHANGES, REJECT = DecisionKind.APPROVE, DecisionKind.REQUEST_CHANGES, DecisionKind.REJECT
PROGRAMME = ProgrammeSettings(
    base_url="http://127.0.0.1",
    channels=frozenset({ChannelName.MAIL, ChannelName.SLACK}),
    slack_channel="C1",
)
PUT_BACK = (Submission, Clock, Pause, Finding, Assignment, ItemResult, Waiver)


def decide(session: Session, submission: Submission, decision: DecisionKind, *, at: datetime = NOW, by=None) -> None:
    deciding.decide(
        session,
        submission,
        decision,
        by=by or person(session),
        at=at,
        reason="So it shall be.",
        undo_for=A_MINUTE,
    )


def standing(session: Session) -> dict[str, Any]:
    """Every row that a decision may touch, without the count of changes and without instants that only wake."""
    session.flush()
    session.expire_all()
    return {
        table.__tablename__: [
            {
                column.key: getattr(row, column.key)
                for column in table.__table__.columns
                if column.key not in {"version", "stands_at"}
            }
            for row in session.scalars(select(table).order_by(table.id))
        ]
        for table in PUT_BACK
    }


@pytest.mark.parametrize("decision", DecisionKind)
@pytest.mark.parametrize("failed", [{}, {"docs.partner": Outcome.FAILED}])
def test_an_undone_decision_leaves_everything_as_it_was(session: Session, decision: DecisionKind, failed: Any):
    if decision is APPROVE and failed:
        pytest.skip("what failed can't be approved")
    rosa, submission = person(session), in_review(session, said=failed)
    assigning.claim(session, submission, by=rosa, at=NOW)
    before = standing(session)
    decide(session, submission, decision)
    assert standing(session) != before
    undoing.undo(session, submission, by=rosa, at=SOON)
    assert standing(session) == before
    assert submission.stands_at is None


def test_a_decision_and_its_undoing_are_one_event_each(session: Session):
    rosa, submission = person(session), in_review(session)
    decide(session, submission, REJECT)
    undoing.undo(session, submission, by=rosa, at=SOON)
    rejected, undone = events(session, EventName.REJECTED, EventName.DECISION_UNDONE)
    assert (undone.data["undone_event"], undone.data["decision"], undone.person_id) == (rejected.id, "reject", rosa.id)
    decide(session, submission, APPROVE, at=after(minutes=2))
    assert submission.stage is SubmissionStage.APPROVED


def refused(session: Session, submission: Submission, by, at: datetime = SOON) -> str:
    with pytest.raises(MoveRefused) as caught:
        undoing.undo(session, submission, by=by, at=at)
    return str(caught.value)


def test_only_who_decided_or_a_lead_may(session: Session):
    submission = in_review(session)
    decide(session, submission, APPROVE)
    assert "Rosa decided this; ask them, or a lead" in refused(session, submission, person(session, "Per"))
    undoing.undo(session, submission, by=person(session, "Idris", Role.LEAD), at=SOON)
    assert submission.stage is SubmissionStage.IN_REVIEW


def test_not_once_its_time_is_over_nor_twice_nor_one_made_without_time(session: Session):
    rosa, submission = person(session), in_review(session)
    decide(session, submission, APPROVE)
    assert "the time to undo it is over" in refused(session, submission, rosa, NOW + A_MINUTE)
    undoing.undo(session, submission, by=rosa, at=SOON)
    assert "it is in review" in refused(session, submission, rosa)
    decided(session, submission, APPROVE, by=rosa)
    assert "made without time to undo it" in refused(session, submission, rosa)


def test_not_once_somebody_acted_on_it(session: Session):
    rosa, submission = person(session), in_review(session, said={"docs.partner": Outcome.FAILED})
    decide(session, submission, REQUEST_CHANGES)
    noting.note(session, submission, by=rosa, at=SOON, text="They know of it.")
    attesting.waive(
        session, submission, "docs.partner", by=person(session, "Per"), at=SOON, reason="Soon.", until=NOW.date()
    )
    assert "it has gone on since (Per, granted" in refused(session, submission, rosa)
    sender = contact(session, submission)
    submitting.resubmit(session, submission, dossier(notes="Again."), by=sender, at=SOON, vault=VAULT)
    assert "it is in review" in refused(session, submission, rosa)


def test_not_once_another_one_asks_for_the_same_gate(session: Session):
    rosa, submission = person(session), in_review(session)
    decide(session, submission, REJECT)
    again = dossier(external_id="acme-again")
    other = submitting.submit(session, again, by=None, at=SOON, rulebook=V1, vault=VAULT).submission
    assert f"submission {other.id} for the same gate has come in since" in refused(session, submission, rosa)


def test_it_takes_no_effect_before_its_time_is_over(session: Session):
    submission = in_review(session)
    submission.integration.next_run_at = None
    decide(session, submission, APPROVE)
    assert due(submission, SOON) is None
    assert not launching.take_effect(session, submission, at=SOON)
    assert submission.integration.next_run_at == NOW + A_MINUTE
    assert due(submission, NOW + A_MINUTE) is Step.PUBLISH
    assert launching.take_effect(session, submission, at=NOW + A_MINUTE)


def test_an_undone_approval_takes_no_effect_ever(session: Session):
    submission = in_review(session, kind=SubmissionKind.ACCESS)
    decide(session, submission, APPROVE)
    undoing.undo(session, submission, by=person(session), at=SOON)
    assert not launching.grant_access(session, submission, at=after(minutes=5))
    assert approvers(session, submission) == frozenset()


def waiting(session: Session, at: datetime) -> list[Delivery]:
    while plan(session, at=at, programme=PROGRAMME):
        pass
    return claim(session, worker="w", at=at, lease_seconds=60, limit=100)


def test_the_team_hears_at_once_and_the_partner_when_it_stands(session: Session):
    submission = in_review(session)
    waiting(session, NOW)
    for delivery in session.scalars(select(Delivery)):
        settle(session, delivery.id, Sent("1"), NOW, lease=delivery.leased_until, rng=random.Random(1))
    decide(session, submission, REQUEST_CHANGES)
    assert {delivery.channel for delivery in waiting(session, SOON)} == {ChannelName.SLACK}
    told = waiting(session, NOW + A_MINUTE)
    assert [(one.channel, one.message["event"]) for one in told if one.channel is ChannelName.MAIL] == [
        (ChannelName.MAIL, EventName.CHANGES_REQUESTED)
    ]
    assert "the partner is told" in refused(session, submission, person(session))


def test_what_waited_for_the_partner_is_no_longer_true_once_it_is_undone(session: Session):
    submission = in_review(session)
    decide(session, submission, REJECT)
    plan(session, at=NOW, programme=PROGRAMME)
    undoing.undo(session, submission, by=person(session), at=SOON)
    (mail,) = session.scalars(
        select(Delivery).where(Delivery.channel == ChannelName.MAIL, Delivery.next_try_at == NOW + A_MINUTE)
    ).all()
    assert no_longer_true(session, mail, at=SOON) == "the decision was undone before this went out"


def test_other_systems_hear_of_it_when_it_stands_and_never_once_it_is_undone(session: Session):
    session.add(WebhookEndpoint(address="https://hooks.acme.test/", events=["*"], ciphertext=b"sealed", created_at=NOW))
    submission = in_review(session)
    decide(session, submission, APPROVE, at=SOON)
    channels = frozenset({ChannelName.WEBHOOK})
    plan(session, at=SOON, programme=ProgrammeSettings(base_url="http://127.0.0.1", channels=channels))
    told = next(one for one in session.scalars(select(Delivery)) if one.message["event"] == EventName.APPROVED)
    assert told.next_try_at == SOON + A_MINUTE
    assert no_longer_true(session, told, at=SOON) == ""
    undoing.undo(session, submission, by=person(session), at=SOON)
    assert no_longer_true(session, told, at=SOON) == "the decision was undone before this went out"


def test_not_while_a_worker_has_begun_to_tell_it(session: Session):
    submission = in_review(session)
    decide(session, submission, APPROVE)
    plan(session, at=NOW, programme=PROGRAMME)
    told = session.scalars(select(Delivery).where(Delivery.next_try_at == NOW + A_MINUTE)).one()
    told.stage, told.leased_until, told.attempts = DeliveryStage.SENDING, after(minutes=2), 1
    session.flush()
    assert "the partner is told" in refused(session, submission, person(session))


def walk(session: Session, submission: Submission, steps: list[str], at: datetime) -> datetime:
    """As far as the rules allow it; what they refuse is left out."""
    rosa = person(session)
    for step in steps:
        at += timedelta(hours=1)
        try:
            with session.begin_nested():
                TAKE[step](session, submission, rosa, at)
        except MoveRefused:
            session.expire_all()
    return at


Take = Callable[[Session, Submission, Person, datetime], object]


def resubmits(session: Session, submission: Submission, _: Person, at: datetime) -> None:
    sender = contact(session, submission)
    submitting.resubmit(session, submission, dossier(notes=f"At {at}."), by=sender, at=at, vault=VAULT)
    checked(session, submission, at=at)


TAKE: dict[str, Take] = {
    "claim": lambda session, one, by, at: assigning.claim(session, one, by=by, at=at, message="Mine."),
    "release": lambda session, one, by, at: assigning.release(session, one, by=by, at=at),
    "ask": lambda session, one, by, at: asking.ask_partner(session, one, by=by, at=at, text="Why?"),
    "answer": lambda session, one, _, at: asking.answer(session, one, by=contact(session, one), at=at, text="So."),
    "attest": lambda session, one, by, at: attesting.attest(
        session, one, "test.end_to_end", Outcome.FAILED, by=by, at=at, reason="No."
    ),
    "waive": lambda session, one, by, at: attesting.waive(
        session, one, "test.end_to_end", by=by, at=at, reason="Yet.", until=at.date()
    ),
    "message": lambda session, one, by, at: conversing.send_message(session, one, by=by, at=at, text="Hello."),
    "changes": lambda session, one, by, at: deciding.decide(
        session, one, REQUEST_CHANGES, by=by, at=at, reason="Mend it."
    ),
    "resubmit": resubmits,
}


def test_a_partners_calendar_says_that_it_is_their_turn_once_it_stands(session: Session):
    submission = in_review(session)
    sender = contact(session, submission)
    decide(session, submission, REQUEST_CHANGES)
    assert [due.target for due in agenda_of(session, sender, at=SOON).dues] == []
    assert [due.target for due in agenda_of(session, sender, at=NOW + A_MINUTE).dues] == [TargetName.PARTNER_ANSWER]


STEPS = st.lists(st.sampled_from(sorted(TAKE)), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(steps=STEPS, then=STEPS, decision=st.sampled_from(DecisionKind))
@example(["claim", "ask"], ["answer"], REQUEST_CHANGES)
def test_whatever_came_before_undoing_brings_it_back_and_reports_count_nothing_of_it(
    database: Database, steps: list[str], then: list[str], decision: DecisionKind
):
    with database.write() as session:
        submission = in_review(session)
        at = walk(session, submission, steps, NOW) + timedelta(hours=1)
        rosa, before, report = person(session), standing(session), sla(session, at=at + A_MINUTE)
        try:
            decide(session, submission, decision, at=at, by=rosa)
        except MoveRefused:
            session.rollback()
            return
        undoing.undo(session, submission, by=rosa, at=at + timedelta(seconds=59))
        assert standing(session) == before
        assert sla(session, at=at + A_MINUTE) == report
        walk(session, submission, then, at + A_MINUTE)
        session.rollback()
