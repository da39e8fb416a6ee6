"""People's words: attesting items, waiving them for a while, and asking the partner."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models.clock import Pause
from models.enums import (
    EventName,
    FindingStage,
    GateName,
    Outcome,
    ResultSource,
    SubmissionKind,
    TargetName,
)
from models.result import Waiver
from review.actions import asking, attesting
from review.actions.attesting import ItemUnknown
from review.lifecycle import MoveRefused
from review.results import current_results, standing
from tests.building import (
    NOW,
    after,
    attest,
    checked,
    clock_of,
    contact,
    decided,
    events,
    findings,
    in_review,
    live,
    person,
    sent,
    sent_back,
    waive,
)

FAILED, PASSED, UNKNOWN = Outcome.FAILED, Outcome.PASSED, Outcome.UNKNOWN


# --- attestations


def test_a_newer_word_takes_the_place_of_an_older_one(session):
    submission = in_review(session)
    attest(session, submission, "docs.matches", FAILED)
    attest(session, submission, "docs.matches", PASSED, by=person(session, "Priya"))
    words = [row for row in current_results(session, submission) if row.source is ResultSource.PERSON]
    assert [(row.outcome, row.judged_by_id) for row in words] == [(PASSED, person(session, "Priya").id)]
    assert "docs.matches" not in standing(session, submission, at=NOW).unknown


def test_a_word_runs_out_when_the_rulebook_says_so(session):
    submission = in_review(session, said={"security.guidance": UNKNOWN})
    attest(session, submission, "security.guidance")
    assert "security.guidance" not in standing(session, submission, at=after(days=364)).unknown
    assert "security.guidance" in standing(session, submission, at=after(days=365)).unknown


def test_no_word_makes_good_what_a_check_found_failed(session):
    submission = in_review(session, said={"docs.partner": FAILED, "docs.matches": FAILED})
    with pytest.raises(MoveRefused, match=r"attest is refused: the check of docs\.partner failed"):
        attest(session, submission, "docs.partner")
    attest(session, submission, "docs.matches")
    assert standing(session, submission, at=NOW).failed == ("docs.partner",)


def test_unknown_is_no_word_of_a_person(session):
    with pytest.raises(MoveRefused, match="unknown decides nothing; say one of"):
        attest(session, in_review(session), "docs.matches", UNKNOWN)


def test_only_what_the_gate_asks_can_be_attested_or_waived(session):
    submission = in_review(session)
    for verb in (attest, waive):
        with pytest.raises(ItemUnknown, match=r"it has .*docs\.matches"):
            verb(session, submission, "oauth.button")


# --- waivers


def test_a_waiver_says_by_whom_why_and_until_when(session):
    waiver = waive(session, in_review(session, said={"docs.partner": FAILED}), "docs.partner")
    assert (waiver.granted_by_id, waiver.reason, waiver.until) == (
        person(session).id,
        "It is on its way.",
        date(2026, 12, 23),
    )
    assert events(session, EventName.WAIVER_GRANTED)[0].data["until"] == "2026-12-23"


def test_nobody_waives_what_they_or_their_company_sent(session):
    submission = in_review(session, said={"docs.partner": FAILED})
    with pytest.raises(MoveRefused, match="has the role partner"):
        waive(session, submission, "docs.partner", by=contact(session, submission))
    rosa = person(session)
    own = checked(session, sent(session, "other", by=rosa), {"docs.partner": FAILED})
    with pytest.raises(MoveRefused, match="Rosa submitted this"):
        waive(session, own, "docs.partner", by=rosa)


@pytest.mark.parametrize("days", [-1, 367])
def test_a_waiver_is_for_a_while(session, days):
    with pytest.raises(MoveRefused, match=r"waive is refused: until .* choose a day from 2026-11-23 to 2027-11-24"):
        waive(session, in_review(session), "docs.partner", days=days)


def test_a_newer_waiver_takes_the_place_of_an_older_one(session):
    submission = in_review(session, said={"docs.partner": FAILED})
    old, new = waive(session, submission, "docs.partner"), waive(session, submission, "docs.partner", days=60)
    assert (old.ended_at, old.ended_because) == (NOW, "replaced by a newer waiver")
    assert new.ended_at is None


def test_a_waiver_closes_the_finding_and_counts_up_to_its_last_day(session):
    submission = sent_back(session, said={"docs.partner": FAILED})
    waive(session, submission, "docs.partner", days=1)
    assert [finding.item for finding in findings(session, FindingStage.WAIVED)] == ["docs.partner"]
    assert standing(session, submission, at=after(days=1)).waived == ("docs.partner",)
    assert standing(session, submission, at=after(days=2)).failed == ("docs.partner",)


def test_a_waiver_whose_last_day_has_passed_ends_once(session):
    waive(session, in_review(session), "docs.partner", days=1)
    assert attesting.end_expired_waivers(session, at=after(days=1)) == 0
    assert attesting.end_expired_waivers(session, at=after(days=2)) == 1
    assert attesting.end_expired_waivers(session, at=after(days=2)) == 0
    (told,) = events(session, EventName.WAIVER_ENDED)
    assert told.data == {"item": "docs.partner", "because": "its last day has passed"}
    assert session.scalars(select(Waiver.ended_at)).one() == after(days=2)


# --- questions


def test_a_question_is_the_first_response_and_pauses_the_other_clocks(session):
    submission = in_review(session)
    asking.ask_partner(session, submission, by=person(session), at=after(hours=1), text="Which region?")
    assert clock_of(session, submission, TargetName.FIRST_RESPONSE).stopped_at == after(hours=1)
    decision = clock_of(session, submission, TargetName.DECISION)
    assert (decision.stopped_at, decision.next_fire_at) == (None, None)
    assert [(pause.from_at, pause.to_at) for pause in decision.pauses] == [(after(hours=1), None)]


def test_one_question_at_a_time(session):
    submission = in_review(session)
    asking.ask_partner(session, submission, by=person(session), at=NOW, text="Which region?")
    with pytest.raises(MoveRefused, match="a question to the partner is open already"):
        asking.ask_partner(session, submission, by=person(session), at=NOW, text="And which plan?")


def test_an_answer_lets_the_clock_run_on_and_only_an_open_question_is_answered(session):
    submission = in_review(session)
    partner = contact(session, submission)
    with pytest.raises(MoveRefused, match="no question to the partner is open"):
        asking.answer(session, submission, by=partner, at=NOW, text="Europe.")
    before = clock_of(session, submission, TargetName.DECISION).due_at
    asking.ask_partner(session, submission, by=person(session), at=after(hours=1), text="Which region?")
    asking.answer(session, submission, by=partner, at=after(hours=3), text="Europe.")
    assert clock_of(session, submission, TargetName.DECISION).due_at == before + timedelta(hours=2)
    theirs = clock_of(session, submission, TargetName.PARTNER_ANSWER)
    assert (theirs.started_at, theirs.stopped_at, theirs.stopped_because) == (
        after(hours=1),
        after(hours=3),
        "submission.answered",
    )
    assert session.scalars(select(Pause.reason)).all() == [EventName.QUESTION_ASKED]


def test_a_decision_over_an_open_question_ends_the_waiting(session):
    submission = in_review(session)
    asking.ask_partner(session, submission, by=person(session), at=NOW, text="Which region?")
    decided(session, submission, at=after(hours=1))
    assert session.scalars(select(Pause.to_at)).all() == [after(hours=1)]
    assert clock_of(session, submission, TargetName.PARTNER_ANSWER).stopped_at == after(hours=1)


def test_the_public_gate_is_its_own(session):
    integration = live(session)
    graduation = in_review(session, kind=SubmissionKind.GRADUATION)
    update = in_review(session, kind=SubmissionKind.UPDATE)
    assert (graduation.gate, update.gate) == (GateName.PUBLIC, GateName.PUBLIC_BETA)
    assert graduation.integration is update.integration is integration
