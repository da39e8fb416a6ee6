"""The engine approves a graduation only where the rulebook lets it, and only what held in audit after audit."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from checklist.promises import GraduationPolicy
from desk.reporting.graduation import present
from models.decision import Decision
from models.enums import EventName, IntegrationStage, Outcome, Role, SubmissionStage
from models.result import Waiver
from review.actions import assigning, auditing, graduating, launching, undoing
from review.autopilot import decidable, knowns, withheld
from review.facts import approvers, undoable
from review.lifecycle import MoveRefused
from review.reports.graduation import graduation as graduation_report
from tests.building import NOW, V1, after, audited, checked, events, live, person
from tests.integration.test_desk_pages import counting

ASKED = ("oauth.button", "customers.active", "launch.holds")
ALL_PASS = dict.fromkeys(ASKED, Outcome.PASSED)
AUTOMATIC = V1.model_copy(update={"graduation": GraduationPolicy(decide="automatically", audits_in_a_row=3, days=3)})
LATER = after(days=4)


def proposed(session, nights=(1, 2, 4), said=None, checks=None, slug="acme"):
    """A graduation in review after audits on these days, each saying the same unless `said` knows of a day."""
    integration = live(session, slug)
    for day in nights:
        audited(session, integration, (said or {}).get(day), at=after(days=day))
    graduation = launching.propose_graduation(session, integration, [], rulebook=V1, at=LATER)
    return checked(session, graduation, ALL_PASS | (checks or {}), at=LATER)


def decide(session, graduation, *, rulebook=AUTOMATIC, at=LATER, **more):
    return graduating.approve_unasked(session, graduation, rulebook=rulebook, at=at, **more)


def why(session, graduation, *, rulebook=AUTOMATIC, at=LATER):
    return [one.why for one in withheld(knowns(session, [graduation], rulebook=rulebook, at=at)[graduation.id])]


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


# --- what releases it, for whoever waits


def held(session, graduation, *, rulebook=AUTOMATIC, at=LATER):
    return withheld(knowns(session, [graduation], rulebook=rulebook, at=at)[graduation.id])


def test_a_short_streak_says_how_many_audits_are_missing_and_when_that_can_be(session):
    (one,) = held(session, proposed(session, nights=(3, 4)))
    assert one.why == "2 of 3 audits in a row saw everything pass"
    assert one.frees == "1 more audit in a row that sees everything pass"
    assert one.at == after(days=6), "three days after the first of them"


def test_a_broken_streak_says_what_broke_it(session):
    story = {"nights": (1, 2, 3, 4), "said": {3: {"oauth.button": Outcome.UNKNOWN}}}
    (one,) = held(session, proposed(session, **story))
    assert one.why == (
        f"1 of 3 audits in a row saw everything pass; the one of {after(days=3):%Y-%m-%d} did not: "
        f"{V1.item('oauth.button').title}"
    )
    assert one.frees == "2 more audits in a row that see everything pass"


def test_the_turn_that_a_run_has_given_it_is_when_the_next_audit_looks(session):
    graduation = proposed(session, nights=(1, 2, 3.5, 4))
    due = {graduation.integration_id: LATER + timedelta(hours=7)}
    auditing.begin_run(session, [graduation.integration_id], rulebook=V1, asked_by="schedule", at=LATER, due=due)
    session.flush()
    known = knowns(session, [graduation], rulebook=AUTOMATIC, at=LATER)[graduation.id]
    assert known.next_look_at == LATER + timedelta(hours=7)
    assert known.interval == timedelta(hours=V1.audit.interval_hours)


def test_what_a_person_has_to_end_names_no_instant(session):
    graduation = proposed(session)
    assigning.claim(session, graduation, by=person(session), at=LATER)
    (one,) = held(session, graduation)
    assert (one.frees, one.at) == ("a person decides it", None)


def test_the_report_says_it_with_as_many_queries_for_one_as_for_many(session, database):
    person(session)
    proposed(session, nights=(3, 4))
    session.commit()
    with counting(database) as few:
        (line,) = graduation_report(session, rulebook=AUTOMATIC, at=LATER).lines
    assert [one.why for one in line.withheld] == ["2 of 3 audits in a row saw everything pass"]
    (said,) = present(graduation_report(session, rulebook=V1, at=LATER)).document["integrations"]
    assert said["withheld"] == [
        {"why": "the rulebook leaves graduations to a person", "frees": "a person decides it", "at": None}
    ]
    for number in range(3):
        proposed(session, slug=f"partner-{number}")
    session.commit()
    with counting(database) as more:
        report = graduation_report(session, rulebook=AUTOMATIC, at=LATER)
    assert len(more) <= len(few) <= 11
    assert [len(line.withheld) for line in report.lines].count(0) == 3
    words = "\n".join(present(report).lines)
    assert "Not decided by itself: 2 of 3 audits in a row saw everything pass. What releases it: 1 more audit" in words
