"""What people decide: approvals, one or two, findings, and what checks do to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from checklist.rulebook import Rulebook, also_from
from models.decision import Decision
from models.enums import (
    DecisionKind,
    EventName,
    FindingStage,
    Outcome,
    Role,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from review.actions import assigning, checking, launching, submitting
from review.actions.attesting import ItemUnknown
from review.actions.requesting_changes import PersonsFinding
from review.facts import active_assignment
from review.lifecycle import MoveRefused
from review.results import current_results
from tests.building import (
    NOW,
    VAULT,
    after,
    attest,
    checked,
    clock_of,
    contact,
    decided,
    dossier,
    events,
    findings,
    in_review,
    live,
    person,
    results,
    rulebook_file,
    sent,
    sent_back,
    waive,
)

APPROVE, REQUEST_CHANGES, REJECT = DecisionKind.APPROVE, DecisionKind.REQUEST_CHANGES, DecisionKind.REJECT
FAILED, PASSED, UNKNOWN = Outcome.FAILED, Outcome.PASSED, Outcome.UNKNOWN


@pytest.fixture
def two_approvals(tmp_path: Path) -> Iterator[Rulebook]:
    """A rulebook whose gates ask for a second approval."""
    rulebook_file(tmp_path, "v902", second_approval="true")
    with also_from(tmp_path):
        yield Rulebook.load("v902")


def resubmit(session, submission, *, at=NOW, **changed):
    changed = changed or {"notes": f"Revision {submission.revision + 1}."}
    sender = contact(session, submission)
    submitting.resubmit(session, submission, dossier(**changed), by=sender, at=at, vault=VAULT)
    return submission


# --- decisions


def test_an_approval_closes_it_and_wakes_the_path(session):
    submission = in_review(session)
    assigning.claim(session, submission, by=person(session), at=NOW)
    decided(session, submission, at=after(hours=1), reason="  Well done.  ")
    assert (submission.stage, submission.closed_at) == (SubmissionStage.APPROVED, after(hours=1))
    assert submission.integration.next_run_at == after(hours=1)
    assert active_assignment(session, submission) is None
    assert clock_of(session, submission, TargetName.DECISION).stopped_because == EventName.APPROVED
    (told,) = events(session, EventName.APPROVED)
    assert told.data["reason"] == "Well done."
    assert told.data["open_items"] == ["test.end_to_end", "docs.matches", "marketing.brand_kit"]
    (decision,) = session.scalars(select(Decision))
    assert decision.verdict["open"] == told.data["open_items"]


def test_a_failed_item_stands_against_an_approval_until_it_is_waived(session):
    submission = in_review(session, said={"docs.partner": FAILED})
    with pytest.raises(MoveRefused, match=r"required items failed: docs\.partner"):
        decided(session, submission)
    waive(session, submission, "docs.partner")
    decided(session, submission)
    assert events(session, EventName.APPROVED)[0].data["waived"] == ["docs.partner"]


def test_a_rejection_closes_it_without_passing_the_gate(session):
    submission = decided(session, in_review(session), REJECT)
    assert (submission.stage, submission.closed_at) == (SubmissionStage.REJECTED, NOW)
    assert events(session, EventName.REJECTED)[0].data["reason"] == "So it shall be."


@pytest.mark.parametrize("decision", DecisionKind)
def test_a_decision_twice_is_refused_with_who_made_the_first(session, decision):
    submission = decided(session, in_review(session), decision)
    with pytest.raises(MoveRefused, match=r"it is [a-z ]+ \(Rosa, [a-z ]+, 2026-11-23 18:00 UTC\); this needs"):
        decided(session, submission, decision, by=person(session, "Priya"))
    assert len(session.scalars(select(Decision)).all()) == 1


@pytest.mark.parametrize("decision", DecisionKind)
def test_a_decision_needs_a_reason_and_finished_checks(session, decision):
    submission = resubmit(session, sent_back(session))
    with pytest.raises(MoveRefused) as refused:
        decided(session, submission, decision, reason=" ")
    assert [reason.partition(";")[0] for reason in refused.value.reasons] == [
        "the checks of revision 2 have not finished",
        "a reason is needed",
    ]


def test_who_looked_before_a_waiver_was_given_looks_again(session):
    submission = in_review(session, said={"docs.partner": FAILED})
    session.flush()
    seen = submission.version
    waive(session, submission, "docs.partner", by=person(session, "Mara", Role.MANAGER))
    with pytest.raises(MoveRefused, match=rf"you saw {seen}\): Mara, granted, .*look again"):
        decided(session, submission, seen_version=seen)
    decided(session, submission, seen_version=submission.version)


def test_who_looked_before_somebody_attested_looks_again(session):
    submission = in_review(session)
    session.flush()
    seen = submission.version
    attest(session, submission, "docs.matches", by=person(session, "Priya"))
    with pytest.raises(MoveRefused, match="look again, then decide"):
        decided(session, submission, seen_version=seen)


def test_an_update_of_a_delisted_integration_is_not_approved(session):
    integration = live(session)
    update = in_review(session, kind=SubmissionKind.UPDATE)
    launching.delist(session, integration, by=person(session, "Idris", Role.LEAD), at=NOW, reason="Broken.")
    with pytest.raises(MoveRefused, match="the integration is delisted; this needs it to be public beta or public"):
        decided(session, update)
    decided(session, update, REJECT)


# --- two approvals


def test_where_two_have_to_approve_the_first_approval_is_recorded_and_another_person_closes_it(session, two_approvals):
    submission = in_review(session, rulebook=two_approvals)
    rosa, priya = person(session), person(session, "Priya")
    assigning.claim(session, submission, by=rosa, at=NOW)
    session.flush()
    seen = submission.version
    decided(session, submission, by=rosa)
    session.flush()
    assert submission.stage is SubmissionStage.IN_REVIEW
    assert submission.version > seen
    assert len(events(session, EventName.APPROVAL_RECORDED)) == 1
    assert clock_of(session, submission, TargetName.DECISION).stopped_at is None
    decided(session, submission, by=priya, at=after(minutes=5))
    assert submission.stage is SubmissionStage.APPROVED


def test_where_two_have_to_approve_nobody_approves_twice(session, two_approvals):
    submission = decided(session, in_review(session, rulebook=two_approvals))
    with pytest.raises(MoveRefused, match="Rosa has approved this already"):
        decided(session, submission)
    assert len(events(session, EventName.APPROVAL_RECORDED)) == 1


def test_an_approval_of_an_earlier_revision_does_not_count(session, two_approvals):
    submission = decided(session, in_review(session, rulebook=two_approvals))
    decided(session, submission, REQUEST_CHANGES, by=person(session, "Priya"))
    checked(session, resubmit(session, submission))
    decided(session, submission, by=person(session, "Priya"))
    assert submission.stage is SubmissionStage.IN_REVIEW
    decided(session, submission)
    assert submission.stage is SubmissionStage.APPROVED


# --- requested changes and findings


def test_requested_changes_open_a_finding_for_each_failed_item_and_tell_the_fix(session):
    submission = sent_back(session, said={"docs.partner": FAILED, "catalog.mark": FAILED})
    assert submission.stage is SubmissionStage.CHANGES_REQUESTED
    assert [(found.item, found.opened_by_id) for found in findings(session)] == [
        ("docs.partner", None),
        ("catalog.mark", None),
    ]
    (told,) = events(session, EventName.CHANGES_REQUESTED)
    assert [finding["fix"] for finding in told.data["findings"]] == ["mend it", "mend it"]


def test_a_reviewer_adds_what_no_check_found_and_the_items_help_stands_in_for_a_missing_fix(session):
    found = [PersonsFinding("docs.matches", "the key is elsewhere")]
    submission = decided(session, in_review(session), REQUEST_CHANGES, findings=found)
    assert [(row.item, row.opened_by_id) for row in findings(session)] == [("docs.matches", person(session).id)]
    (told,) = events(session, EventName.CHANGES_REQUESTED)[0].data["findings"]
    assert told["fix"] == Rulebook.load(submission.rulebook).item("docs.matches").help


def test_a_finding_about_what_the_gate_does_not_ask_is_unknown(session):
    with pytest.raises(ItemUnknown, match=r"'oauth\.button' is no item of submission 1"):
        decided(session, in_review(session), REQUEST_CHANGES, findings=[PersonsFinding("oauth.button", "missing")])


def test_a_checks_finding_is_fixed_by_the_check(session):
    submission = resubmit(session, sent_back(session, said={"docs.partner": FAILED}))
    checked(session, submission)
    (fixed,) = findings(session, FindingStage.FIXED)
    assert (fixed.item, fixed.closed_by_id) == ("docs.partner", None)
    assert [event.data["item"] for event in events(session, EventName.FINDING_CLOSED)] == ["docs.partner"]


@pytest.mark.parametrize("outcome", [FAILED, UNKNOWN])
def test_a_checks_finding_stays_open_while_the_check_can_not_say_that_it_is_fixed(session, outcome):
    submission = resubmit(session, sent_back(session, said={"docs.partner": FAILED}))
    checked(session, submission, {"docs.partner": outcome})
    assert [finding.item for finding in findings(session)] == ["docs.partner"]
    assert events(session, EventName.FINDING_CLOSED) == []


def test_a_finding_of_what_is_no_longer_asked_is_closed(session):
    submission = sent_back(session, said={"test.auth": FAILED})
    checked(session, resubmit(session, submission, components=[{"kind": "plugin", "methods": ["track"]}]))
    assert findings(session) == []
    assert not [row.item for row in current_results(session, submission) if row.item == "test.auth"]


def test_a_persons_finding_waits_for_a_person(session):
    submission = decided(
        session, in_review(session), REQUEST_CHANGES, findings=[PersonsFinding("docs.partner", "the wrong page")]
    )
    checked(session, resubmit(session, submission))
    assert [finding.item for finding in findings(session)] == ["docs.partner"]
    attest(session, submission, "docs.partner")
    (fixed,) = findings(session, FindingStage.FIXED)
    assert fixed.closed_by_id == person(session).id


def test_a_person_who_says_that_an_item_fails_is_the_one_who_found_it(session):
    submission = in_review(session, said={"docs.matches": PASSED})
    attest(session, submission, "docs.matches", FAILED, reason="The key is elsewhere.")
    decided(session, submission, REQUEST_CHANGES)
    (found,) = findings(session)
    assert (found.what, found.opened_by_id) == ("The key is elsewhere.", person(session).id)


def test_an_item_that_still_fails_has_one_finding(session):
    submission = sent_back(session, said={"docs.partner": FAILED})
    checked(session, resubmit(session, submission), {"docs.partner": FAILED})
    decided(session, submission, REQUEST_CHANGES)
    assert len(findings(session)) == 1


def test_an_approval_closes_what_was_still_open(session):
    submission = sent_back(session, said={"docs.partner": FAILED})
    checked(session, resubmit(session, submission), {"docs.partner": UNKNOWN})
    decided(session, submission)
    (fixed,) = findings(session, FindingStage.FIXED)
    assert fixed.closed_by_id == person(session).id


# --- what the checks found


def test_results_of_a_revision_are_taken_once(session):
    submission = sent(session)
    found = results(submission)
    assert checking.take_results(session, submission, found, revision=1, inputs={}, at=NOW)
    assert not checking.take_results(session, submission, found, revision=1, inputs={}, at=NOW)
    assert len(events(session, EventName.SUBMISSION_CHECKED)) == 1


def test_results_of_an_older_revision_come_too_late(session):
    submission = resubmit(session, sent_back(session))
    assert not checking.take_results(session, submission, [], revision=1, inputs={}, at=NOW)
    assert submission.checked_revision == 1


def test_results_of_what_was_withdrawn_meanwhile_are_dropped(session):
    submission = sent(session)
    submitting.withdraw(session, submission, by=contact(session, submission), at=NOW)
    assert not checking.take_results(session, submission, results(submission), revision=1, inputs={}, at=NOW)
    assert events(session, EventName.SUBMISSION_CHECKED) == []


def test_the_review_opens_once_and_not_before_the_checks_have_finished(session):
    submission = sent(session)
    with pytest.raises(MoveRefused, match="the checks of revision 1 have not finished"):
        checking.open_review(session, submission, at=NOW)
    checking.take_results(session, submission, results(submission), revision=1, inputs={}, at=NOW)
    assert checking.open_review(session, submission, at=NOW)
    assert not checking.open_review(session, submission, at=NOW)
    assert len(events(session, EventName.REVIEW_OPENED)) == 1
