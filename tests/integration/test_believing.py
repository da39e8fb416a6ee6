"""What was believed of a clock at an instant: its terms, pauses and due date as they were known then."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from models.clock import ClockRevision
from models.enums import DecisionKind, Role, TargetName
from models.submission import Submission
from review import clock as rules
from review.actions import asking, revising
from review.actions.clocks import state_of
from review.believing import believed
from review.calendars import compiled
from review.lifecycle import MoveRefused
from tests.building import NOW, V1, after, clock_of, contact, decided, in_review, person

MOMENT = timedelta(seconds=1)


def team(*free_days):
    spec = V1.calendars["team"].as_spec()
    return {**spec, "holidays": spec["holidays"] | dict.fromkeys(free_days, "Free")}


def change(session, document, at, because="Free this year."):
    revising.change_calendar(session, "team", document, by=person(session, "Lena", Role.LEAD), at=at, because=because)


def decision_of(session, submission):
    return clock_of(session, submission, TargetName.DECISION)


def test_nothing_is_believed_of_a_clock_before_it_starts(session):
    clock = decision_of(session, in_review(session))
    assert believed(session, clock, NOW - MOMENT) is None
    assert believed(session, clock, NOW).due_at == clock.due_at


def test_each_belief_has_the_terms_of_its_time_and_says_why(session):
    clock = decision_of(session, in_review(session))
    change(session, team("2026-11-27"), after(days=1))
    change(session, team("2026-11-27", "2026-11-30"), after(days=2), "And the Monday.")
    held = [believed(session, clock, at) for at in (after(hours=1), after(days=1), after(days=5))]
    assert [(one.calendar.version, one.revision, one.because) for one in held] == [
        (1, 1, "started"),
        (2, 2, "Free this year."),
        (3, 3, "And the Monday."),
    ]
    assert [one.due_at for one in held] == [after(days=8), after(days=9), after(days=10)]
    assert [one.since for one in held] == [NOW, after(days=1), after(days=2)]
    assert {one.policy.version for one in held} == {1}


def test_a_pause_that_had_not_ended_was_open_and_hid_the_due_date(session):
    submission = in_review(session)
    clock = decision_of(session, submission)
    asking.ask_partner(session, submission, by=person(session), at=after(days=1), text="Which region?")
    asking.answer(session, submission, by=contact(session, submission), at=after(days=2), text="Europe.")
    before, within, later = (believed(session, clock, after(days=day)) for day in (0.9, 1.5, 2))
    assert (before.due_at, before.state.pauses) == (after(days=8), ())
    assert (within.due_at, within.breach_at, within.state.pauses) == (None, None, ((after(days=1), None),))
    assert later.due_at == clock.due_at == after(days=9)


def test_what_stopped_later_was_running(session):
    submission = in_review(session)
    decided(session, submission, DecisionKind.REJECT, at=after(days=1))
    clock = decision_of(session, submission)
    assert believed(session, clock, after(hours=23)).state.stopped_at is None
    assert believed(session, clock, after(days=1)).state.stopped_at == after(days=1)
    assert believed(session, clock, after(days=1)).due_at == clock.due_at


def test_a_clock_without_any_kept_terms_has_those_it_still_has(session):
    clock = decision_of(session, in_review(session))
    session.execute(delete(ClockRevision))
    held = believed(session, clock, after(hours=1))
    assert (held.revision, held.because, held.due_at, held.calendar) == (1, "started", clock.due_at, clock.calendar)


def test_a_figure_that_was_kept_is_what_was_believed_also_when_it_comes_out_otherwise_today(session):
    submission = in_review(session)
    clock = decision_of(session, submission)
    row = session.get_one(ClockRevision, (clock.id, 1))
    row.due_at, row.breach_at = after(days=7), after(days=7)  # under the time zone data of that day
    assert believed(session, clock, after(hours=1)).due_at == after(days=7)
    asking.ask_partner(session, submission, by=person(session), at=after(hours=2), text="Which region?")
    assert believed(session, clock, after(hours=2)).due_at is None
    assert believed(session, clock, after(hours=1)).due_at == after(days=7)


ACTS = {
    "ask": lambda session, one, at: asking.ask_partner(session, one, by=person(session), at=at, text="Which region?"),
    "answer": lambda session, one, at: asking.answer(session, one, by=contact(session, one), at=at, text="Europe."),
    "decide": lambda session, one, at: decided(session, one, DecisionKind.REJECT, at=at),
    "free friday": lambda session, one, at: change(session, team("2026-11-27"), at),
    "free monday": lambda session, one, at: change(session, team("2026-11-23", "2026-11-30"), at),
    "three days": lambda session, one, at: promise_in(session, 3, at),
    "eight days": lambda session, one, at: promise_in(session, 8, at),
}
STEPS = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 40)), max_size=8)


def promise_in(session, days, at):
    document = V1.sla.model_dump(mode="json")
    next(row for row in document["targets"] if row["name"] == "decision")["business_days"] = days
    by = person(session, "Lena", Role.LEAD)
    revising.change_policy(session, "v1", document, by=by, at=at, because="So it shall be.")


def says(clock):
    """What the clock itself says now."""
    calendar, state = compiled(clock.calendar), state_of(clock)
    versions = clock.calendar.version, clock.policy.version, clock.revision
    return versions, state, rules.due_at(calendar, state), rules.breach_at(calendar, state)


def test_any_belief_is_what_the_clock_said_at_that_time(database):
    with database.write.begin() as session:
        submission_id = in_review(session).id

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(steps=STEPS)
    def holds(steps):
        with database.write() as session:
            submission = session.get_one(Submission, submission_id)
            clock = decision_of(session, submission)
            at, said = NOW, {NOW: says(clock)}
            for act, hours in steps:
                at += timedelta(hours=hours)
                with suppress(MoveRefused):
                    ACTS[act](session, submission, at)
                said[at] = says(clock)
            for instant, (versions, state, due, breach) in said.items():
                held = believed(session, clock, instant)
                assert (held.calendar.version, held.policy.version, held.revision) == versions
                assert (held.state, held.due_at, held.breach_at) == (state, due, breach)
            session.rollback()

    holds()
