"""Documents coming in: once, by whom they may, again when changes were asked for, and taken back."""

import pytest
from sqlalchemy import select

from models.enums import (
    DecisionKind,
    EventName,
    IntegrationStage,
    Outcome,
    ResultSource,
    Role,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from models.people import Partner, Person
from models.result import ItemResult
from models.submission import AccessRequest, Revision, Secret, Submission
from review.actions import attesting, deciding, launching, submitting
from review.actions.companies import IntegrationUnknown
from review.kept_secrets import kept_secrets
from review.lifecycle import MoveRefused
from tests.building import (
    NOW,
    V1,
    VAULT,
    after,
    checked,
    clock_of,
    contact,
    decided,
    dossier,
    events,
    in_review,
    live,
    person,
    sent,
    sent_back,
)

PLAIN = {"kind": "subscription", "endpoint": "https://acme.example/hook", "methods": ["track"]}
REQUEST_CHANGES = DecisionKind.REQUEST_CHANGES
WITH_KEY = [{**PLAIN, "api_key": "sample-key-1"}]


def send(session, document, *, by=None, at=NOW):
    return submitting.submit(session, document, by=by, at=at, rulebook=V1, vault=VAULT)


def reasons(refused) -> str:
    return "; ".join(refused.value.reasons)


def test_a_document_that_comes_in_is_kept_with_its_sender_its_clocks_and_one_event(session):
    received = send(session, dossier(components=WITH_KEY))
    submission = received.submission
    assert received.is_new
    assert (submission.stage, submission.revision, submission.rulebook) == (SubmissionStage.SUBMITTED, 1, "v1")
    assert contact(session, submission).email == "contact@acme.example"
    assert contact(session, submission).roles == {Role.PARTNER}
    assert clock_of(session, submission, TargetName.FIRST_RESPONSE).target_seconds == 2 * 28_800
    assert clock_of(session, submission, TargetName.DECISION).target_seconds == 5 * 28_800
    assert [event.name for event in events(session)] == [EventName.INTEGRATION_CREATED, EventName.SUBMISSION_RECEIVED]
    assert submission.integration.next_run_at == NOW
    assert [component.endpoint for component in submission.integration.components] == ["https://acme.example/hook"]


def test_secrets_are_encrypted_and_stand_in_no_document(session):
    submission = send(session, dossier(components=WITH_KEY)).submission
    (secret,) = session.scalars(select(Secret))
    assert VAULT.open(secret.ciphertext) == "sample-key-1"
    assert b"sample-key-1" not in secret.ciphertext
    assert "sample-key-1" not in str(submission.document)
    assert "sample-key-1" not in str(session.scalars(select(Revision.document)).all())


def test_the_same_document_twice_is_one_submission_and_one_event(session):
    first, second = send(session, dossier(components=WITH_KEY)), send(session, dossier(components=WITH_KEY))
    assert second.submission is first.submission
    assert not second.is_new
    assert len(events(session, EventName.SUBMISSION_RECEIVED)) == 1
    assert len(session.scalars(select(Revision)).all()) == 1


def test_another_document_under_the_same_external_id_is_refused_while_it_is_under_review(session):
    in_review(session)
    with pytest.raises(MoveRefused) as refused:
        send(session, dossier(notes="Something else."))
    assert reasons(refused) == (
        "it is in review and this document says something else; wait for the review, or withdraw it"
    )


def test_a_new_secret_is_something_else_too(session):
    send(session, dossier(components=WITH_KEY))
    with pytest.raises(MoveRefused, match="says something else"):
        send(session, dossier(components=[{**PLAIN, "api_key": "sample-key-2"}]))


def test_an_external_id_of_a_closed_submission_is_not_used_again(session):
    decided(session, in_review(session), DecisionKind.REJECT)
    assert not send(session, dossier()).is_new
    with pytest.raises(MoveRefused, match="use a new external id"):
        send(session, dossier(notes="Once more, please."))


def test_an_external_id_stands_for_one_integration_and_one_kind(session):
    sent(session, external_id="one")
    with pytest.raises(MoveRefused, match="is taken by submission 1, the launch of acme; choose another"):
        send(session, dossier(external_id="one", integration={"slug": "acme-two", "name": "Two"}))


def test_another_partner_does_not_learn_what_an_external_id_stands_for(session):
    sent(session, external_id="one")
    with pytest.raises(MoveRefused) as refused:
        send(session, dossier("other", external_id="one"))
    assert reasons(refused) == "the external id 'one' is taken by another partner; choose another"


def test_a_slug_belongs_to_the_partner_who_came_first(session):
    sent(session)
    with pytest.raises(MoveRefused, match="'acme' belongs to another partner"):
        send(session, dossier("other", integration={"slug": "acme", "name": "Acme"}))


def test_a_partner_is_the_same_whatever_its_capitals(session):
    sent(session)
    upper = dossier().partner.model_dump() | {"name": "ACME INC"}
    sent(session, external_id="second", integration={"slug": "second", "name": "Second"}, partner=upper)
    assert session.scalars(select(Partner.name)).all() == ["Acme Inc"]


def test_a_person_of_another_company_sends_nothing_for_this_one(session):
    other = contact(session, sent(session, "other"))
    with pytest.raises(MoveRefused, match="Contact of other belongs to another company"):
        send(session, dossier(), by=other)


def test_a_partners_person_of_no_company_sends_nothing(session):
    with pytest.raises(MoveRefused, match="belongs to no partner yet"):
        send(session, dossier(), by=person(session, "Nemo", Role.PARTNER))


def test_an_inactive_person_sends_nothing(session):
    with pytest.raises(MoveRefused, match="no longer active"):
        send(session, dossier(), by=person(session, "Gone", active=False))


def test_a_document_that_names_nobody_comes_in_and_comes_back(session):
    nameless = dossier(partner={"name": "Acme Inc"})
    submission = send(session, nameless).submission
    assert submission.submitted_by_id is None
    decided(session, checked(session, submission), DecisionKind.REQUEST_CHANGES)
    assert send(session, nameless.model_copy(update={"notes": "Mended."})).is_new
    assert submission.stage is SubmissionStage.IN_REVIEW


def test_one_submission_at_a_time_asks_for_the_same_gate(session):
    sent(session)
    with pytest.raises(MoveRefused, match="submission 1 for the same gate is not finished"):
        send(session, dossier(external_id="second"))


def test_a_gate_stays_taken_until_the_approval_has_taken_effect(session):
    submission = decided(session, in_review(session))
    with pytest.raises(MoveRefused, match="wait until its decision has taken effect"):
        send(session, dossier(external_id="second"))
    launching.take_effect(session, submission, at=NOW)
    update = send(session, dossier(kind=SubmissionKind.UPDATE, external_id="second")).submission
    assert update.stage is SubmissionStage.SUBMITTED


def test_an_update_of_what_is_not_there_is_unknown(session):
    with pytest.raises(IntegrationUnknown, match="'acme'"):
        send(session, dossier(kind=SubmissionKind.UPDATE))


def test_a_kind_that_makes_no_sense_in_the_integrations_stage_is_refused(session):
    live(session)
    with pytest.raises(MoveRefused, match="the integration is public beta; this needs it to be building"):
        send(session, dossier(external_id="second"))


def test_an_access_request_keeps_its_answers_and_what_was_agreed(session):
    access = {"survey": {"data_in": "An SDK."}, "agreements": {"partner_agreement": True}}
    submission = sent(session, kind=SubmissionKind.ACCESS, access=access)
    row = session.get_one(AccessRequest, submission.id)
    assert row.answers["data_in"] == "An SDK."
    assert (row.partner_agreement_at, row.privacy_policy_at) == (NOW, None)
    assert clock_of(session, submission, TargetName.ACCESS).target_seconds == 28_800


def test_after_a_declined_request_access_can_be_asked_for_again(session):
    first = decided(session, in_review(session, kind=SubmissionKind.ACCESS), DecisionKind.REJECT)
    with pytest.raises(MoveRefused, match="is not finished"):
        sent(session, kind=SubmissionKind.ACCESS, external_id="again")
    assert launching.decline_access(session, first, at=NOW, reason="Not yet.")
    assert first.integration.stage is IntegrationStage.DECLINED
    sent(session, kind=SubmissionKind.ACCESS, external_id="again", at=after(days=1))
    assert first.integration.stage is IntegrationStage.REQUESTED
    assert first.integration.stage_since == after(days=1)


def test_a_receipt_is_acknowledged_once(session):
    submission = sent(session)
    assert submitting.acknowledge(session, submission, at=NOW)
    assert not submitting.acknowledge(session, submission, at=after(hours=1))
    (told,) = events(session, EventName.SUBMISSION_ACKNOWLEDGED)
    assert told.data["target"] == "first_response"
    assert told.data["due_at"] == clock_of(session, submission, TargetName.FIRST_RESPONSE).due_at.isoformat()


def test_the_acknowledgement_is_no_first_response(session):
    submission = sent(session)
    submitting.acknowledge(session, submission, at=NOW)
    assert clock_of(session, submission, TargetName.FIRST_RESPONSE).stopped_at is None


def test_a_resubmission_is_the_next_revision_and_is_checked_again(session):
    submission = sent_back(session)
    received = send(session, dossier(notes="Mended."), at=after(days=1))
    assert received.is_new
    assert received.submission is submission
    assert (submission.revision, submission.checked_revision) == (2, 1)
    assert submission.stage is SubmissionStage.IN_REVIEW
    (told,) = events(session, EventName.RESUBMITTED)
    assert told.data == {"revision": 2, "changed": ["notes"]}
    assert submission.integration.next_run_at == after(days=1)
    assert not send(session, dossier(notes="Mended.")).is_new


def test_the_same_document_once_more_says_that_what_had_to_change_lies_elsewhere(session):
    submission = sent_back(session)
    assert send(session, dossier()).is_new
    assert (submission.stage, submission.revision) == (SubmissionStage.IN_REVIEW, 2)
    assert events(session, EventName.RESUBMITTED)[0].data["changed"] == []
    assert not send(session, dossier()).is_new


def test_a_resubmission_speaks_of_the_same_integration_kind_and_id(session):
    submission = sent_back(session)
    for wrong in (
        dossier(kind=SubmissionKind.UPDATE),
        dossier(integration={"slug": "acme-two", "name": "Two"}),
        dossier(external_id="other"),
        dossier("other", external_id="acme-launch"),
    ):
        with pytest.raises(MoveRefused):
            submitting.resubmit(session, submission, wrong, by=contact(session, submission), at=NOW, vault=VAULT)
    assert submission.revision == 1


def test_a_secret_that_is_sent_again_unchanged_changes_nothing(session):
    submission = sent(session, components=WITH_KEY)
    decided(session, checked(session, submission), DecisionKind.REQUEST_CHANGES)
    send(session, dossier(components=WITH_KEY, notes="Mended."))
    assert events(session, EventName.RESUBMITTED)[0].data["changed"] == ["notes"]


def test_a_new_secret_changes_its_part_and_a_missing_one_keeps_what_was_stored(session):
    submission = sent(session, components=WITH_KEY)
    decided(session, checked(session, submission), DecisionKind.REQUEST_CHANGES)
    send(session, dossier(components=[{**PLAIN, "api_key": "sample-key-2"}]))
    decided(session, checked(session, submission), DecisionKind.REQUEST_CHANGES)
    send(session, dossier(notes="Mended."))
    assert [event.data["changed"] for event in events(session, EventName.RESUBMITTED)] == [["components"], ["notes"]]
    assert VAULT.open(session.scalars(select(Secret.ciphertext)).one()) == "sample-key-2"


def test_a_kept_key_goes_to_the_endpoint_it_was_handed_over_for_and_to_no_other(session):
    def usable(document):
        return kept_secrets(session, submission.integration_id, document, VAULT)

    elsewhere = [{**PLAIN, "endpoint": "https://mallory.example/in"}]
    submission = sent(session, components=WITH_KEY)
    assert usable(dossier(components=[PLAIN])) == {"components.0.api_key": "sample-key-1"}
    assert usable(dossier(components=elsewhere)) == {}
    for hours in (1, 2):  # also once the other address is the last that was sent
        decided(session, checked(session, submission, at=after(hours=hours)), REQUEST_CHANGES, at=after(hours=hours))
        later = after(hours=hours, minutes=1)
        send(session, dossier(components=elsewhere, notes=f"Mended at {hours}."), at=later)
        assert usable(dossier(components=elsewhere)) == {}
    assert usable(dossier(components=[PLAIN])) == {"components.0.api_key": "sample-key-1"}
    decided(session, checked(session, submission, at=after(hours=3)), REQUEST_CHANGES, at=after(hours=3))
    send(session, dossier(components=[{**elsewhere[0], "api_key": "theirs"}]), at=after(hours=4))
    assert usable(dossier(components=elsewhere)) == {"components.0.api_key": "theirs"}
    assert usable(dossier(components=[PLAIN])) == {}


def persons_words(session) -> set[str]:
    return set(
        session.scalars(
            select(ItemResult.item).where(ItemResult.source == ResultSource.PERSON, ItemResult.superseded_at.is_(None))
        )
    )


@pytest.mark.parametrize(
    ("changed", "still_stand"),
    [
        ({"notes": "Mended."}, {"test.end_to_end", "docs.matches"}),
        ({"documentation": {"partner_url": "https://acme.example/docs"}}, set()),
        ({"test_account": {"secret": "sample-secret-2"}}, {"docs.matches"}),
        ({"components": [{**PLAIN, "endpoint": "https://acme.example/new"}]}, set()),
        ({"catalog": {"description": "What Acme does with events."}}, {"test.end_to_end", "docs.matches"}),
    ],
)
def test_a_persons_word_falls_when_what_they_read_has_changed(session, changed, still_stand):
    submission = in_review(session)
    for item in ("test.end_to_end", "docs.matches"):
        attesting.attest(session, submission, item, Outcome.PASSED, by=person(session), at=NOW, reason="Tried.")
    decided(session, submission, DecisionKind.REQUEST_CHANGES)
    send(session, dossier(**changed))
    session.flush()
    assert persons_words(session) == still_stand


def test_who_sent_any_revision_does_not_decide_on_it(session):
    submission = sent_back(session)
    rosa = person(session)
    submitting.resubmit(session, submission, dossier(notes="Mended."), by=rosa, at=NOW, vault=VAULT)
    checked(session, submission)
    with pytest.raises(MoveRefused, match="Rosa submitted this; somebody else has to decide"):
        decided(session, submission, by=rosa)
    decided(session, submission, by=person(session, "Priya"))


def test_a_withdrawal_closes_it_stops_its_clocks_and_lets_go_of_it(session):
    submission = sent_back(session)
    submitting.withdraw(session, submission, by=contact(session, submission), at=after(hours=2), reason="Later.")
    assert (submission.stage, submission.closed_at) == (SubmissionStage.WITHDRAWN, after(hours=2))
    assert clock_of(session, submission, TargetName.PARTNER_ANSWER).stopped_at == after(hours=2)
    clock = clock_of(session, submission, TargetName.DECISION)
    assert (clock.stopped_at, clock.next_fire_at) == (after(hours=2), None)
    assert all(pause.to_at == after(hours=2) for pause in clock.pauses)
    assert events(session, EventName.WITHDRAWN)[0].data == {"reason": "Later."}


def test_a_withdrawal_twice_is_refused_with_who_did_it(session):
    submission = sent(session)
    sender = contact(session, submission)
    submitting.withdraw(session, submission, by=sender, at=NOW)
    with pytest.raises(MoveRefused, match=r"it is withdrawn \(Contact of acme, withdrawn, 2026-11-23 18:00 UTC\)"):
        submitting.withdraw(session, submission, by=sender, at=NOW)


def test_after_a_withdrawal_the_gate_is_free(session):
    submission = sent(session)
    submitting.withdraw(session, submission, by=contact(session, submission), at=NOW)
    assert send(session, dossier(external_id="second")).is_new


def test_a_refused_document_leaves_nothing_but_what_the_caller_keeps(session):
    sent(session)
    session.commit()
    with pytest.raises(MoveRefused):
        send(session, dossier(external_id="second"))
    session.rollback()
    assert session.scalars(select(Submission.external_id)).all() == ["acme-launch"]
    assert len(session.scalars(select(Person)).all()) == 1


def test_what_was_changed_before_a_verb_is_kept_by_its_lock(session):
    submission = in_review(session)
    submission.external_id = "renamed"
    deciding.decide(session, submission, DecisionKind.REJECT, by=person(session), at=NOW, reason="No.")
    assert submission.external_id == "renamed"
