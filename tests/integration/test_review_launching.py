"""What an approval leads to, taking an integration out and putting it back, and the way to Public."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models.enums import (
    DecisionKind,
    EventName,
    IntegrationStage,
    Outcome,
    Role,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from models.submission import Submission
from review.actions import launching, submitting
from review.lifecycle import MoveRefused
from review.path import Step, due
from tests.building import (
    NOW,
    V1,
    after,
    as_result,
    checked,
    clock_of,
    contact,
    decided,
    events,
    in_review,
    live,
    person,
    sent,
)

EFFECTS = {
    SubmissionKind.LAUNCH: (EventName.LAUNCHED, IntegrationStage.PUBLIC_BETA),
    SubmissionKind.UPDATE: (EventName.UPDATED, IntegrationStage.PUBLIC_BETA),
    SubmissionKind.GRADUATION: (EventName.GRADUATED, IntegrationStage.PUBLIC),
}


def manager(session):
    return person(session, "Mara", Role.MANAGER)


def propose(session, integration, *, at=NOW):
    found = [as_result("customers.active", Outcome.PASSED)]
    return launching.propose_graduation(session, integration, found, rulebook=V1, at=at)


# --- an approval takes effect


def test_a_granted_access_lets_the_partner_build_once(session):
    submission = decided(session, in_review(session, kind=SubmissionKind.ACCESS))
    assert launching.grant_access(session, submission, at=after(hours=1))
    assert not launching.grant_access(session, submission, at=after(hours=2))
    integration = submission.integration
    assert (integration.stage, integration.stage_since) == (IntegrationStage.BUILDING, after(hours=1))
    assert len(events(session, EventName.ACCESS_GRANTED)) == 1


def test_a_declined_access_takes_effect_once_with_its_reason(session):
    submission = decided(session, in_review(session, kind=SubmissionKind.ACCESS), DecisionKind.REJECT)
    assert not launching.grant_access(session, submission, at=NOW)
    assert launching.decline_access(session, submission, at=NOW, reason="Not a fit.")
    assert not launching.decline_access(session, submission, at=NOW, reason="Not a fit.")
    assert submission.integration.stage is IntegrationStage.DECLINED
    assert [event.data["reason"] for event in events(session, EventName.ACCESS_DECLINED)] == ["Not a fit."]


@pytest.mark.parametrize("kind", EFFECTS)
def test_what_was_seen_live_takes_effect_once(session, kind):
    name, stage = EFFECTS[kind]
    if kind is not SubmissionKind.LAUNCH:
        live(session)
    submission = decided(session, in_review(session, kind=kind))
    assert launching.take_effect(session, submission, at=after(hours=1))
    assert not launching.take_effect(session, submission, at=after(hours=2))
    assert submission.integration.stage is stage
    assert (submission.applied_at, submission.integration.verified_at) == (after(hours=1), after(hours=1))
    assert len(events(session, name)) == 1


@pytest.mark.parametrize("decision", [DecisionKind.REJECT, DecisionKind.REQUEST_CHANGES])
def test_only_an_approval_takes_effect(session, decision):
    submission = decided(session, in_review(session), decision)
    assert not launching.take_effect(session, submission, at=NOW)
    assert not launching.grant_access(session, submission, at=NOW)
    assert submission.integration.stage is IntegrationStage.BUILDING


def test_nothing_takes_effect_before_it_is_decided(session):
    submission = in_review(session)
    assert not launching.take_effect(session, submission, at=NOW)
    assert submission.applied_at is None


def test_a_launch_is_listed_as_it_was_approved_and_says_what_public_asks(session):
    integration = live(session)
    assert integration.listing["external_id"] == "acme-launch"
    missing = events(session, EventName.LAUNCHED)[0].data["missing_for_public"]
    assert [item["item"] for item in missing] == ["oauth.button", "customers.active"]


def test_an_update_changes_the_listing_and_the_components_and_a_graduation_neither(session):
    integration = live(session)
    update = in_review(
        session, kind=SubmissionKind.UPDATE, integration={"slug": "acme", "name": "Acme Two"}, components=[]
    )
    launching.take_effect(session, decided(session, update), at=NOW)
    assert (integration.name, integration.components) == ("Acme Two", [])
    graduation = decided(session, checked(session, propose(session, integration)))
    launching.take_effect(session, graduation, at=NOW)
    assert integration.listing["external_id"] == "acme-update"
    assert events(session, EventName.GRADUATED)[0].data["missing_for_public"] == []


# --- taking it out, putting it back


@pytest.mark.parametrize("stage", [IntegrationStage.PUBLIC_BETA, IntegrationStage.PUBLIC])
def test_a_delisted_integration_goes_back_to_where_it_was(session, stage):
    integration = live(session)
    if stage is IntegrationStage.PUBLIC:
        launching.take_effect(session, decided(session, checked(session, propose(session, integration))), at=NOW)
    launching.delist(session, integration, by=manager(session), at=after(days=1), reason="Broken.")
    session.flush()
    assert (integration.stage, integration.delisted_from) == (IntegrationStage.DELISTED, stage)
    assert (integration.verified_at, integration.next_run_at) == (None, after(days=1))
    launching.relist(session, integration, by=manager(session), at=after(days=2), reason="Mended.")
    session.flush()
    assert (integration.stage, integration.delisted_from) == (stage, None)
    assert integration.stage_since == after(days=2)
    assert events(session, EventName.DELISTED)[0].data == {"reason": "Broken.", "was": stage.value}
    assert events(session, EventName.RELISTED)[0].data == {"reason": "Mended.", "stage": stage.value}


def test_delisting_and_relisting_twice_is_refused(session):
    integration = live(session)
    launching.delist(session, integration, by=manager(session), at=NOW, reason="Broken.")
    with pytest.raises(MoveRefused, match="it is delisted; this needs it to be public or public beta"):
        launching.delist(session, integration, by=manager(session), at=NOW, reason="Broken.")
    launching.relist(session, integration, by=manager(session), at=NOW, reason="Mended.")
    with pytest.raises(MoveRefused, match="it is public beta; this needs it to be delisted"):
        launching.relist(session, integration, by=manager(session), at=NOW, reason="Mended.")


def test_delisting_needs_a_reason_and_somebody_of_the_programme(session):
    integration = live(session)
    with pytest.raises(MoveRefused, match="a reason is needed"):
        launching.delist(session, integration, by=manager(session), at=NOW, reason=" ")
    with pytest.raises(MoveRefused, match="Rosa has the role reviewer; this needs admin or lead or manager"):
        launching.delist(session, integration, by=person(session), at=NOW, reason="Broken.")


@pytest.mark.parametrize("kind", [SubmissionKind.UPDATE, SubmissionKind.GRADUATION])
def test_an_approval_waits_until_a_delisted_integration_is_back(session, kind):
    integration = live(session)
    submission = decided(session, in_review(session, kind=kind))
    assert due(submission) is Step.PUBLISH
    launching.delist(session, integration, by=manager(session), at=NOW, reason="Broken.")
    assert due(submission) is None
    assert not launching.take_effect(session, submission, at=NOW)
    launching.relist(session, integration, by=manager(session), at=NOW, reason="Mended.")
    assert launching.take_effect(session, submission, at=NOW)


# --- the way to Public


def test_a_graduation_is_proposed_with_its_evidence_a_clock_and_no_submitter(session):
    integration = live(session)
    graduation = propose(session, integration)
    assert (graduation.kind, graduation.stage, graduation.submitted_by_id) == (
        SubmissionKind.GRADUATION,
        SubmissionStage.SUBMITTED,
        None,
    )
    assert clock_of(session, graduation, TargetName.FIRST_RESPONSE).stopped_at is None
    (told,) = events(session, EventName.GRADUATION_PROPOSED)
    assert [evidence["item"] for evidence in told.data["evidence"]] == ["customers.active"]
    assert not submitting.acknowledge(session, graduation, at=NOW)


def test_a_graduation_is_proposed_once(session):
    integration = live(session)
    assert propose(session, integration) is not None
    assert propose(session, integration) is None


def test_a_graduation_that_was_approved_is_not_proposed_again_while_it_is_carried_out(session):
    integration = live(session)
    decided(session, checked(session, propose(session, integration)))
    assert propose(session, integration, at=after(days=40)) is None


@pytest.mark.parametrize("no", ["reject", "withdraw"])
def test_after_a_no_a_graduation_is_not_proposed_for_thirty_days(session, no):
    integration = live(session)
    first = checked(session, propose(session, integration))
    if no == "reject":
        decided(session, first, DecisionKind.REJECT)
    else:
        someone = contact(session, session.scalars(select(Submission).order_by(Submission.id)).first())
        submitting.withdraw(session, first, by=someone, at=NOW)
    assert propose(session, integration, at=after(days=30) - timedelta(seconds=1)) is None
    second = propose(session, integration, at=after(days=30))
    assert second.external_id == "graduation-acme-2"


@pytest.mark.parametrize("stage", [IntegrationStage.PUBLIC, IntegrationStage.DELISTED])
def test_only_what_is_in_public_beta_is_proposed(session, stage):
    integration = live(session)
    if stage is IntegrationStage.PUBLIC:
        launching.take_effect(session, decided(session, checked(session, propose(session, integration))), at=NOW)
    else:
        launching.delist(session, integration, by=manager(session), at=NOW, reason="Broken.")
    assert propose(session, integration, at=after(days=60)) is None


def test_an_external_id_that_a_partner_chose_is_stepped_over(session):
    integration = live(session)
    sent(session, "other", external_id="graduation-acme-1")
    assert propose(session, integration).external_id == "graduation-acme-2"


def test_a_partner_may_ask_for_the_graduation_too(session):
    integration = live(session)
    sent(session, kind=SubmissionKind.GRADUATION)
    assert propose(session, integration) is None
