"""The engine approves a graduation only where the rulebook lets it, and only what held in audit after audit."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from checklist.promises import GraduationPolicy
from models.decision import Decision
from models.enums import EventName, IntegrationStage, Outcome, Role, SubmissionStage
from models.result import Waiver
from review.actions import assigning, graduating, launching, undoing
from review.autopilot import decidable, knowns, withheld
from review.facts import approvers, undoable
from review.lifecycle import MoveRefused
from tests.building import NOW, V1, after, audited, checked, events, live, person

ASKED = ("oauth.button", "customers.active", "launch.holds")
ALL_PASS = dict.fromkeys(ASKED, Outcome.PASSED)
AUTOMATIC = V1.model_copy(update={"graduation": GraduationPolicy(decide="automatically", audits_in_a_row=3, days=3)})
LATER = after(days=4)


def proposed(session, nights=(1, 2, 4), said=None, checks=None):
    """A graduation in review after audits on these days, each saying the same unless `said` knows of a day."""
    integration = live(session)
    for day in nights:
        audited(session, integration, (said or {}).get(day), at=after(days=day))
    graduation = launching.propose_graduation(session, integration, [], rulebook=V1, at=LATER)
    return checked(session, graduation, ALL_PASS | (checks or {}), at=LATER)


def decide(session, graduation, *, rulebook=AUTOMATIC, at=LATER, **more):
    return graduating.approve_unasked(session, graduation, rulebook=rulebook, at=at, **more)


def why(session, graduation, *, rulebook=AUTOMATIC, at=LATER):
    return withheld(knowns(session, [graduation], rulebook=rulebook, at=at)[graduation.id])


def test_what_held_in_three_audits_over_three_days_is_approved_by_nobody_with_its_reason_and_evidence(session):
    graduation = proposed(session)
    assert decidable(session, graduation.integration, rulebook=AUTOMATIC, at=LATER) == [graduation]

    made = decide(session, graduation)

    assert (graduation.stage, made.decided_by, made.decided_by_name) == (SubmissionStage.APPROVED, None, "the engine")
    assert "3 audits in a row" in made.reason
    assert approvers(session, graduation) == frozenset()
    (told,) = events(session, EventName.APPROVED)[1:]
    assert told.person_id is None
    assert [row["item"] for row in told.data["evidence"]] == list(ASKED)
    launching.take_effect(session, graduation, at=LATER)
    assert graduation.integration.stage is IntegrationStage.PUBLIC


def test_without_a_word_in_the_rulebook_a_person_decides(session):
    graduation = proposed(session)

    assert decidable(session, graduation.integration, rulebook=V1, at=LATER) == []
    assert decide(session, graduation, rulebook=V1) is None
    assert why(session, graduation, rulebook=V1) == ["the rulebook leaves graduations to a person"]


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        ({"nights": (3, 4)}, "2 of 3 audits in a row"),
        ({"nights": (3, 3.5, 4)}, "do not yet span 3 days"),
        ({"nights": (1, 2, 3, 4), "said": {3: {"oauth.button": Outcome.UNKNOWN}}}, "1 of 3 audits"),
        ({"nights": (1, 2, 3, 4), "said": {2: {"docs.partner": Outcome.FAILED}}}, "2 of 3 audits"),
        ({"nights": (1, 2, 4), "said": {4: {"oauth.button": Outcome.WARNED}}}, "0 of 3 audits"),
        ({"checks": {"customers.active": Outcome.UNKNOWN}}, "no check saw this pass"),
    ],
)
def test_one_audit_or_one_doubt_leaves_it_to_a_person(session, story, reason):
    graduation = proposed(session, **story)

    assert decide(session, graduation) is None
    assert graduation.stage is SubmissionStage.IN_REVIEW
    assert any(reason in said for said in why(session, graduation))


def test_an_audit_that_is_a_week_old_decides_nothing(session):
    graduation = proposed(session)

    assert decide(session, graduation, at=after(days=12)) is None


def test_a_waiver_leaves_it_to_a_person(session):
    graduation = proposed(session)
    session.add(
        Waiver(
            integration_id=graduation.integration_id,
            item="docs.partner",
            reason="Their site moves.",
            granted_by_id=person(session).id,
            granted_at=NOW,
            until=date(2999, 1, 1),
        )
    )
    session.flush()

    assert why(session, graduation) == ["a waiver covers docs.partner"]
    assert decide(session, graduation) is None


def test_what_a_person_has_taken_on_stays_theirs_also_after_they_let_go(session):
    graduation, rosa = proposed(session), person(session)
    assigning.claim(session, graduation, by=rosa, at=LATER)
    assigning.release(session, graduation, by=rosa, at=LATER)

    assert decide(session, graduation) is None
    assert "Rosa, claimed" in why(session, graduation)[0]


def test_a_gate_that_asks_for_two_approvals_is_never_decided_by_the_engine(session):
    gates = tuple(gate.model_copy(update={"second_approval": True}) for gate in V1.gates)
    graduation = proposed(session)

    assert decide(session, graduation, rulebook=AUTOMATIC.model_copy(update={"gates": gates})) is None


def test_a_lead_can_undo_it_and_then_a_person_decides(session):
    graduation = proposed(session)
    decide(session, graduation, undo_for=timedelta(minutes=1))
    assert undoable(session, graduation).decided_by is None

    with pytest.raises(MoveRefused, match="the engine decided this; ask a lead"):
        undoing.undo(session, graduation, by=person(session), at=LATER)
    undone = undoing.undo(session, graduation, by=person(session, "Lena", Role.LEAD), at=LATER)

    assert (graduation.stage, undone.data["decided_by"]) == (SubmissionStage.IN_REVIEW, "the engine")
    assert decide(session, graduation) is None


def test_it_is_decided_once(session):
    graduation = proposed(session)
    assert decide(session, graduation) is not None
    assert decide(session, graduation) is None
    by_engine = select(Decision).where(Decision.decided_by_id.is_(None))
    assert len(session.scalars(by_engine).all()) == 1
