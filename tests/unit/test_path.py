"""The path as a question: what the engine does next for a submission, and where an integration stands."""

from typing import Any

import pytest

from models.enums import GATE_OF_KIND, IntegrationStage, SubmissionKind, SubmissionStage
from models.integration import Integration
from models.submission import Submission
from review.lifecycle import LAUNCHES_FROM
from review.path import STANDS, Step, came_to, due
from tests.building import NOW

K, S, I = SubmissionKind, SubmissionStage, IntegrationStage  # noqa: E741 - as in the table


def integration(stage: I = I.BUILDING) -> Integration:
    return Integration(id=1, slug="acme", name="Acme", stage=stage)


def submission(stage: S, kind: K = K.LAUNCH, **known: Any) -> Submission:
    facts = {"id": 1, "acknowledged_at": NOW, "revision": 1, "checked_revision": 1, **known}
    facts.setdefault("integration", integration(LAUNCHES_FROM[kind][0]))
    return Submission(stage=stage, kind=kind, gate=GATE_OF_KIND[kind], **facts)


def test_what_comes_in_is_acknowledged_then_checked_then_brought_to_the_reviewers():
    assert due(submission(S.SUBMITTED, acknowledged_at=None, checked_revision=0)) is Step.ACKNOWLEDGE
    assert due(submission(S.SUBMITTED, checked_revision=0)) is Step.CHECK
    assert due(submission(S.SUBMITTED)) is Step.OPEN_REVIEW


def test_a_resubmission_is_checked_while_it_is_in_review():
    assert due(submission(S.IN_REVIEW, revision=2)) is Step.CHECK
    assert due(submission(S.IN_REVIEW)) is None


@pytest.mark.parametrize("stage", [S.DRAFT, S.CHANGES_REQUESTED, S.WITHDRAWN])
@pytest.mark.parametrize("kind", K)
def test_nothing_is_due_while_the_partner_writes_and_after_they_took_it_back(stage, kind):
    assert due(submission(stage, kind, checked_revision=0)) is None


def test_the_decision_on_an_access_request_takes_effect_both_ways():
    assert due(submission(S.APPROVED, K.ACCESS)) is Step.GRANT_ACCESS
    assert due(submission(S.REJECTED, K.ACCESS)) is Step.DECLINE_ACCESS


@pytest.mark.parametrize("kind", [K.LAUNCH, K.UPDATE, K.GRADUATION])
def test_an_approval_is_published_once_and_a_rejection_never(kind):
    assert due(submission(S.APPROVED, kind)) is Step.PUBLISH
    assert due(submission(S.APPROVED, kind, applied_at=NOW)) is None
    assert due(submission(S.REJECTED, kind)) is None


@pytest.mark.parametrize("kind", [K.UPDATE, K.GRADUATION])
def test_an_approval_waits_while_the_integration_is_delisted(kind):
    assert due(submission(S.APPROVED, kind, integration=integration(I.DELISTED))) is None


@pytest.mark.parametrize(
    ("stage", "name"),
    [(S.SUBMITTED, "Submitted"), (S.IN_REVIEW, "In review"), (S.CHANGES_REQUESTED, "Waiting on partner")],
)
def test_the_newest_open_submission_says_where_the_path_stands(stage, name):
    old = submission(S.IN_REVIEW, id=3)
    said = came_to(integration(), [old, submission(stage, id=7), submission(S.WITHDRAWN, id=9)])
    assert said[0] == name
    assert "launch submission 7 " in said[1]


@pytest.mark.parametrize("stage", I)
def test_without_an_open_submission_the_stage_says_it(stage):
    name, sentence = came_to(integration(stage), [submission(S.APPROVED)])
    assert name == STANDS[stage]
    assert sentence == f"Acme is {stage.value.replace('_', ' ')}"
