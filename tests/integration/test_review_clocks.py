"""Claims as leases of working time, the promises' clocks, the watch over them, reminders, and the queue."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from models.clock import Clock
from models.decision import Assignment
from models.enums import DecisionKind, EventName, Outcome, Role, SubmissionKind, TargetName
from review.actions import asking, assigning, attesting, submitting, watching
from review.facts import active_assignment
from review.lifecycle import MoveRefused
from review.worklist import Asked, queue, row_of, sliced, whose_turn
from tests.building import (
    NOW,
    VAULT,
    after,
    checked,
    clock_of,
    contact,
    decided,
    dossier,
    events,
    in_review,
    person,
    sent,
    sent_back,
)

OPENS = timedelta(hours=23)
"""From NOW, ten in the morning, until nine the next morning."""

FRIDAY_EVENING = datetime(2026, 12, 5, 1, tzinfo=UTC)
"""The close of the Friday after next: five in the afternoon of 4 December in Los Angeles."""


def lead(session):
    return person(session, "Idris", Role.LEAD)


def sweep(session, at, limit=100):
    return watching.sweep(session, at=at, limit=limit)


def told(session) -> list[tuple[str, str, list[float]]]:
    """What the watch said: event, rung, and the levels of those it stands for."""
    names = (EventName.CLOCK_WARNED, EventName.CLOCK_BREACHED, EventName.CLOCK_ESCALATED)
    return [(event.name, event.data["rung"], event.data["missed"]) for event in events(session, *names)]


# --- claims


def test_a_claim_is_a_lease_of_working_time_that_others_are_told_of(session):
    submission = in_review(session)
    first = assigning.claim(session, submission, by=person(session), at=after(hours=5))
    assert first.leased_until == NOW + OPENS + timedelta(hours=2)
    with pytest.raises(MoveRefused, match="Rosa has it until 2026-11-24 19:00 UTC; ask them, or a lead"):
        assigning.claim(session, submission, by=person(session, "Priya"), at=after(hours=6))


def test_a_claim_twice_renews_the_lease_and_says_nothing_new(session):
    submission = in_review(session)
    first = assigning.claim(session, submission, by=person(session), at=NOW)
    second = assigning.claim(session, submission, by=person(session), at=after(hours=1))
    assert second is first
    assert second.leased_until == after(hours=5)
    assert len(events(session, EventName.CLAIMED)) == 1


def test_a_lease_that_ran_out_lets_anybody_take_it_over(session):
    submission = in_review(session)
    first = assigning.claim(session, submission, by=person(session), at=NOW)
    second = assigning.claim(session, submission, by=person(session, "Priya"), at=first.leased_until)
    assert first.ended_at == first.leased_until
    assert active_assignment(session, submission) is second


@pytest.mark.parametrize("act", ["attest", "waive", "ask"])
def test_every_act_of_the_holder_renews_the_lease(session, act):
    submission = in_review(session)
    rosa = person(session)
    lease = assigning.claim(session, submission, by=rosa, at=NOW)
    at, until = after(hours=2), after(days=9).date()
    if act == "attest":
        attesting.attest(session, submission, "docs.matches", Outcome.PASSED, by=rosa, at=at, reason="Tried.")
    elif act == "waive":
        attesting.waive(session, submission, "docs.partner", by=rosa, at=at, reason="Soon.", until=until)
    else:
        asking.ask_partner(session, submission, by=rosa, at=at, text="Which region?")
    assert lease.leased_until == after(hours=6)


def test_a_lead_acts_on_what_somebody_else_has_and_leaves_the_lease_alone(session):
    submission = in_review(session)
    lease = assigning.claim(session, submission, by=person(session), at=NOW)
    attesting.attest(
        session, submission, "docs.matches", Outcome.PASSED, by=lead(session), at=after(hours=1), reason="Tried."
    )
    assert lease.leased_until == after(hours=4)


def test_a_lead_gives_it_to_somebody_who_can_decide_on_it(session):
    submission = in_review(session)
    assigning.claim(session, submission, by=person(session), at=NOW)
    assigning.assign(session, submission, to=person(session, "Priya"), by=lead(session), at=NOW)
    assigning.assign(session, submission, to=person(session, "Priya"), by=lead(session), at=NOW)
    assert active_assignment(session, submission).person.name == "Priya"
    assert len(session.scalars(select(Assignment)).all()) == 2
    assert len(events(session, EventName.ASSIGNED)) == 1


def test_it_is_not_given_to_who_may_not_decide_on_it(session):
    rosa = person(session)
    submission = checked(session, sent(session, by=rosa))
    for to, why in (
        (rosa, "Rosa submitted this"),
        (person(session, "Gone", active=False), "no longer active"),
        (person(session, "Mara", Role.MANAGER), "can't decide on submissions; choose a admin or lead or reviewer"),
    ):
        with pytest.raises(MoveRefused, match=why):
            assigning.assign(session, submission, to=to, by=lead(session), at=NOW)
    assert active_assignment(session, submission) is None


def test_letting_go_twice_says_that_nobody_had_it(session):
    submission = in_review(session)
    assigning.claim(session, submission, by=person(session), at=NOW)
    assert assigning.release(session, submission, by=person(session), at=NOW)
    assert not assigning.release(session, submission, by=person(session), at=NOW)
    assert len(events(session, EventName.RELEASED)) == 1


# --- promises


def test_a_claim_is_a_first_response_only_with_words_that_the_partner_sees(session):
    submission = in_review(session)
    for words in ("", "  "):
        assigning.claim(session, submission, by=person(session), at=after(hours=1), message=words)
        assert clock_of(session, submission, TargetName.FIRST_RESPONSE).stopped_at is None
    assigning.claim(session, submission, by=person(session), at=after(hours=2), message="Having a look.")
    first = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    assert (first.stopped_at, first.stopped_because, first.breached) == (after(hours=2), EventName.CLAIMED, False)
    assert clock_of(session, submission, TargetName.DECISION).stopped_at is None


def test_an_attestation_is_no_first_response(session):
    submission = in_review(session)
    attesting.attest(session, submission, "docs.matches", Outcome.PASSED, by=person(session), at=NOW, reason="Tried.")
    assert clock_of(session, submission, TargetName.FIRST_RESPONSE).stopped_at is None


def test_requested_changes_pause_the_decision_and_a_resubmission_resumes_it_and_promises_an_answer(session):
    submission = sent_back(session, at=NOW)
    decision = clock_of(session, submission, TargetName.DECISION)
    due = decision.due_at
    assert decision.next_fire_at is None
    sender = contact(session, submission)
    back = after(days=7)
    submitting.resubmit(session, submission, dossier(notes="Mended."), by=sender, at=back, vault=VAULT)
    assert [(pause.from_at, pause.to_at) for pause in decision.pauses] == [(NOW, back)]
    assert decision.due_at > due
    assert decision.next_fire_at is not None
    again = clock_of(session, submission, TargetName.RE_REVIEW)
    assert (again.started_at, again.target_seconds, again.stopped_at) == (back, 2 * 28_800, None)
    checked(session, submission, at=back)
    decided(session, submission, at=back + timedelta(hours=1))
    assert again.stopped_at == decision.stopped_at == back + timedelta(hours=1)


def test_each_resubmission_has_an_answer_of_its_own_promised(session):
    submission = sent_back(session)
    for day in (1, 2):
        sender = contact(session, submission)
        changed = dossier(notes=f"Mended {day}.")
        submitting.resubmit(session, submission, changed, by=sender, at=after(days=day), vault=VAULT)
        checked(session, submission, at=after(days=day))
        decided(session, submission, DecisionKind.REQUEST_CHANGES, at=after(days=day, hours=1))
    promised = select(Clock.started_at).where(Clock.target == TargetName.RE_REVIEW).order_by(Clock.id)
    assert session.scalars(promised).all() == [after(days=1), after(days=2)]


def test_a_promise_that_was_broken_before_anybody_watched_is_kept_as_broken_with_its_cause(session):
    submission = in_review(session)
    late = datetime(2026, 12, 1, 18, tzinfo=UTC)
    assigning.claim(session, submission, by=person(session), at=late, message="Sorry to be late.")
    first = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    assert (first.breached, first.breach_cause) == (True, "nobody had taken it")


# --- the watch


def test_a_rung_is_told_once_it_has_passed_and_once_only(session):
    submission = in_review(session)
    half = clock_of(session, submission, TargetName.FIRST_RESPONSE).next_fire_at
    assert half == after(days=1)
    assert not watching.anything_due(session, at=half)
    assert sweep(session, half).total == 0
    assert watching.anything_due(session, at=half + timedelta(seconds=1))
    assert sweep(session, half + timedelta(seconds=1)).fired == 1
    assert sweep(session, half + timedelta(seconds=1)).total == 0
    assert told(session) == [(EventName.CLOCK_WARNED, "50", [])]


def test_a_missed_stretch_is_one_message_that_names_what_it_stands_for(session):
    in_review(session)
    monday = datetime(2026, 11, 30, 18, tzinfo=UTC)
    sweep(session, monday)
    assert told(session) == [(EventName.CLOCK_ESCALATED, "breach_plus_1bd", [0.5, 0.75, 0.9, 1.0])]


def test_what_was_missed_by_day_is_not_told_at_night_but_when_the_team_is_back(session):
    submission = in_review(session, at=FRIDAY_EVENING - timedelta(hours=6))
    night = FRIDAY_EVENING + timedelta(hours=8)
    monday = datetime(2026, 12, 7, 17, tzinfo=UTC)
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    clock.next_fire_at = FRIDAY_EVENING - timedelta(minutes=5)
    assert sweep(session, night).fired == 0
    assert clock.next_fire_at == monday
    assert not watching.anything_due(session, at=monday)
    assert told(session) == []


def test_nothing_is_ever_told_while_nobody_is_at_work(session):
    submission = in_review(session)
    calendar_open = range(17, 25)
    for hour in range(24 * 9):
        at = NOW + timedelta(hours=hour, minutes=1)
        before = len(told(session))
        sweep(session, at)
        if len(told(session)) > before:
            assert (at - timedelta(hours=8)).weekday() < 5
            assert (at.hour or 24) in calendar_open
    assert clock_of(session, submission, TargetName.FIRST_RESPONSE).last_rung == "breach_plus_1bd"
    assert [rung for _, rung, _ in told(session)].count("breach") == 2


def test_a_stopped_clock_never_fires(session):
    decided(session, in_review(session))
    assert not watching.anything_due(session, at=after(days=30))
    assert sweep(session, datetime(2026, 12, 21, 18, tzinfo=UTC)).total == 0


def test_a_clock_does_not_go_on_while_the_partner_is_waited_for(session):
    submission = in_review(session)
    asking.ask_partner(session, submission, by=person(session), at=after(hours=1), text="Which region?")
    swept = sweep(session, datetime(2026, 12, 4, 18, tzinfo=UTC))
    assert swept.fired == 0
    assert not clock_of(session, submission, TargetName.DECISION).breached


def test_a_breach_is_kept_with_what_stood_open(session):
    submission = in_review(session)
    assigning.claim(session, submission, by=person(session), at=NOW)
    sweep(session, datetime(2026, 11, 25, 18, 1, tzinfo=UTC))
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    assert (clock.breached, clock.breach_cause, clock.last_rung) == (True, "with Rosa", "breach")
    (event,) = events(session, EventName.CLOCK_BREACHED)
    assert (event.data["cause"], event.data["waiting_on"]) == ("with Rosa", "reviewer")


def test_a_breach_while_the_checks_run_is_ours(session):
    submission = sent(session)
    sweep(session, datetime(2026, 11, 25, 18, 1, tzinfo=UTC))
    assert clock_of(session, submission, TargetName.FIRST_RESPONSE).breach_cause == "its checks had not finished"


def test_a_sweep_takes_the_soonest_first_and_no_more_than_its_limit(session):
    for slug in ("one", "two", "three"):
        in_review(session, slug)
    at = after(days=1, minutes=1)
    assert [sweep(session, at, limit=2).fired for _ in range(3)] == [2, 1, 0]


def test_an_expired_waiver_is_something_to_do_for_the_watch(session):
    submission = decided(session, in_review(session))
    update_of = submission.integration
    other = in_review(session, "other")
    until = NOW.date()
    attesting.waive(session, other, "docs.partner", by=person(session), at=NOW, reason="Soon.", until=until)
    decided(session, other)
    assert not watching.anything_due(session, at=after(hours=5))
    assert watching.anything_due(session, at=after(days=1))
    assert sweep(session, after(days=1)).waivers_ended == 1
    assert not watching.anything_due(session, at=after(days=1))
    assert update_of.slug == "acme"


# --- the partner's answer


def test_a_partner_is_reminded_three_times_at_most_and_then_the_managers_hear_who_is_silent(session):
    submission = sent_back(session, said={"docs.partner": Outcome.FAILED})
    theirs = clock_of(session, submission, TargetName.PARTNER_ANSWER)
    at = NOW
    for _ in range(5):
        at = (theirs.next_fire_at or at + timedelta(days=30)) + timedelta(seconds=1)
        sweep(session, at)
    reminders = events(session, EventName.PARTNER_REMINDED)
    assert [event.data["count"] for event in reminders] == [1, 2, 3]
    assert [event.data["tells"] for event in reminders] == [["partner"], ["partner"], ["manager", "partner"]]
    assert [finding["item"] for finding in reminders[0].data["findings"]] == ["docs.partner"]
    assert reminders[0].data["since"] == NOW.isoformat()
    assert theirs.next_fire_at is None
    assert (theirs.breached, theirs.breach_cause) == (True, "the partner has not answered")


def test_a_reminder_comes_after_the_policys_business_days_and_once(session):
    submission = sent_back(session)
    due = clock_of(session, submission, TargetName.PARTNER_ANSWER).next_fire_at
    assert due == datetime(2026, 12, 8, 18, tzinfo=UTC)  # ten business days, one of them Thanksgiving's
    assert sweep(session, due).fired == 0
    assert sweep(session, due + timedelta(seconds=1)).fired == 1
    assert sweep(session, due + timedelta(seconds=1)).fired == 0


def test_the_partners_time_runs_only_while_it_is_their_turn(session):
    submission = in_review(session)
    asking.ask_partner(session, submission, by=person(session), at=NOW, text="Which region?")
    theirs = clock_of(session, submission, TargetName.PARTNER_ANSWER)
    assert (theirs.started_at, theirs.stopped_at, theirs.pauses) == (NOW, None, [])
    asking.answer(session, submission, by=contact(session, submission), at=after(hours=1), text="Europe.")
    assert (theirs.stopped_at, theirs.stopped_because) == (after(hours=1), EventName.ANSWERED)
    back = sent_back(session, "other")
    submitting.withdraw(session, back, by=contact(session, back), at=NOW)
    sweep(session, after(days=60))
    assert events(session, EventName.PARTNER_REMINDED) == []


def test_the_partners_time_is_no_due_date_of_ours(session):
    submission = sent_back(session)
    row = row_of(session, submission, at=after(days=40))
    assert (row.turn, row.target, row.paused, row.breached) == ("partner", TargetName.DECISION, True, False)
    sweep(session, after(days=40))
    assert queue(session, at=after(days=40), breaching=True) == []


# --- one message for one subject


def test_two_promises_missed_at_once_are_one_message_that_names_both(session):
    submission = in_review(session)
    monday = datetime(2026, 11, 30, 18, tzinfo=UTC)
    swept = sweep(session, monday)
    (event,) = events(session, EventName.CLOCK_WARNED, EventName.CLOCK_BREACHED, EventName.CLOCK_ESCALATED)
    assert swept.fired == 1
    assert (event.name, event.data["target"]) == (EventName.CLOCK_ESCALATED, TargetName.FIRST_RESPONSE)
    (other,) = event.data["also"]
    assert (other["target"], other["level"]) == (TargetName.DECISION, 0.75)
    assert event.data["tells"] == ["assignee", "channel", "lead", "manager"]
    assert clock_of(session, submission, TargetName.DECISION).last_rung == "75"
    assert sweep(session, monday).looked_at == 0


def test_a_breach_offers_who_could_take_it_least_loaded_first(session):
    rosa, priya = person(session), person(session, "Priya")
    person(session, "Gone", active=False)
    person(session, "Mara", Role.MANAGER)
    assigning.claim(session, in_review(session, "other"), by=priya, at=NOW)
    sent_by = in_review(session, "mine")
    assigning.claim(session, sent_by, by=rosa, at=NOW)
    sweep(session, datetime(2026, 11, 25, 18, 1, tzinfo=UTC))
    (event,) = [one for one in events(session, EventName.CLOCK_BREACHED) if one.submission_id == sent_by.id]
    assert [(one["name"], one["open"]) for one in event.data["offers"]] == [("Priya", 1)]


def test_a_warning_has_nobody_to_offer_yet(session):
    in_review(session)
    sweep(session, after(days=1, minutes=1))
    assert events(session, EventName.CLOCK_WARNED)[0].data["offers"] == []


# --- the queue


def test_the_queue_is_soonest_due_first_and_says_whose_turn_it_is_and_why(session):
    later = in_review(session, "later", at=after(hours=3))
    sooner = in_review(session, "sooner", at=after(hours=1))
    access = in_review(session, "access", SubmissionKind.ACCESS, at=after(hours=2))
    fresh = sent(session, "fresh", at=after(hours=4))
    back = sent_back(session, "back", at=NOW)
    decided(session, in_review(session, "done"))
    assigning.claim(session, sooner, by=person(session), at=after(hours=4))
    rows = queue(session, at=after(hours=5))
    assert [(row.slug, row.turn, row.reason) for row in rows] == [
        ("access", "reviewer", "nobody has taken it"),
        ("sooner", "reviewer", "with Rosa"),
        ("later", "reviewer", "nobody has taken it"),
        ("fresh", "engine", "being checked"),
        ("back", "partner", "waiting on the partner"),
    ]
    ticking = [row.due_at for row in rows[:-1]]
    assert ticking == sorted(ticking)
    assert rows[-1].due_at is None  # it moves for as long as the partner takes
    assert [row.submission_id for row in rows] == [access.id, sooner.id, later.id, fresh.id, back.id]
    assert rows[1].target is TargetName.FIRST_RESPONSE
    assert rows[4].paused


def test_the_queue_shows_mine_a_page_at_a_time_and_what_is_about_to_break(session):
    first, second = in_review(session, "first"), in_review(session, "second", at=after(hours=6))
    assigning.claim(session, second, by=person(session), at=after(hours=6))
    assert [row.slug for row in queue(session, at=NOW, mine=person(session).id)] == ["second"]
    begin = sliced(session, Asked(), at=NOW, limit=1)
    assert [row.slug for row in begin.rows] == ["first"]
    assert [row.slug for row in sliced(session, Asked(), at=NOW, limit=1, after=begin.after).rows] == ["second"]
    at = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    sweep(session, at - timedelta(minutes=1))
    assert [row.slug for row in queue(session, at=at, breaching=True)] == ["first"]
    assert first.id == row_of(session, first, at=at).submission_id


def test_a_promise_that_waits_for_the_partner_is_not_about_to_break(session):
    submission = in_review(session)
    asking.ask_partner(session, submission, by=person(session), at=after(hours=1), text="Which region?")
    long_after = datetime(2026, 12, 14, 18, tzinfo=UTC)
    assert queue(session, at=long_after, breaching=True) == []
    assert not row_of(session, submission, at=long_after).breached


def test_what_somebody_let_lie_is_nobodys(session):
    submission = in_review(session)
    assigning.claim(session, submission, by=person(session), at=NOW)
    assert row_of(session, submission, at=after(hours=3)).reason == "with Rosa"
    assert row_of(session, submission, at=after(hours=4)).reason == "nobody has taken it"


def test_a_closed_submission_is_nobodys_turn(session):
    submission = decided(session, in_review(session))
    assert whose_turn(submission, paused=False) == ""
    row = row_of(session, submission, at=NOW)
    assert (row.turn, row.due_at, row.remaining_seconds, row.assignee) == ("", None, None, None)
