"""Stages and turns, read off events that are told by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.enums import EventName as E
from models.enums import SubmissionStage as S
from review.reports.course import Stay, Told, Turn, stages, turns
from review.reports.period import EVER, Period

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
PACIFIC = ZoneInfo("America/Los_Angeles")


def at(hours):
    return NOON + timedelta(hours=hours)


def told(*events):
    """Events as pairs of name and hours after noon."""
    return [Told(name, at(hours)) for name, hours in events]


def stay(what, since, until=None):
    return Stay(what, at(since), None if until is None else at(until))


COMES_IN = ((E.SUBMISSION_RECEIVED, 0), (E.SUBMISSION_CHECKED, 1), (E.REVIEW_OPENED, 1))


def test_stages_follow_the_events_that_move():
    events = told(*COMES_IN, (E.CHANGES_REQUESTED, 3), (E.RESUBMITTED, 7), (E.APPROVED, 8))

    assert list(stages(events)) == [
        stay(S.SUBMITTED, 0, 1),
        stay(S.IN_REVIEW, 1, 3),
        stay(S.CHANGES_REQUESTED, 3, 7),
        stay(S.IN_REVIEW, 7, 8),
    ]


def test_the_last_stage_goes_on_until_it_is_closed():
    assert list(stages(told(*COMES_IN)))[-1] == stay(S.IN_REVIEW, 1)


def test_a_graduation_comes_in_when_the_engine_proposes_it():
    assert list(stages(told((E.GRADUATION_PROPOSED, 0)))) == [stay(S.SUBMITTED, 0)]
    assert list(turns(told((E.GRADUATION_PROPOSED, 0)))) == [stay(Turn.ENGINE, 0)]


def test_the_engine_has_it_until_the_review_is_open_and_the_reviewer_until_the_end():
    assert list(turns(told(*COMES_IN, (E.REJECTED, 5)))) == [stay(Turn.ENGINE, 0, 1), stay(Turn.REVIEWER, 1, 5)]


def test_a_question_is_the_partners_turn_until_the_answer():
    events = told(*COMES_IN, (E.QUESTION_ASKED, 2), (E.ANSWERED, 4))

    assert list(turns(events)) == [
        stay(Turn.ENGINE, 0, 1),
        stay(Turn.REVIEWER, 1, 2),
        stay(Turn.PARTNER, 2, 4),
        stay(Turn.REVIEWER, 4),
    ]


def test_a_question_while_checks_run_is_the_partners_turn_because_no_clock_counts():
    events = told((E.SUBMISSION_RECEIVED, 0), (E.QUESTION_ASKED, 1), (E.SUBMISSION_CHECKED, 2), (E.REVIEW_OPENED, 2))

    assert list(turns(events)) == [stay(Turn.ENGINE, 0, 1), stay(Turn.PARTNER, 1)]


def test_an_answer_before_the_checks_are_done_gives_it_back_to_the_engine():
    events = told((E.SUBMISSION_RECEIVED, 0), (E.QUESTION_ASKED, 1), (E.ANSWERED, 2), (E.SUBMISSION_CHECKED, 3))

    assert list(turns(events)) == [stay(Turn.ENGINE, 0, 1), stay(Turn.PARTNER, 1, 2), stay(Turn.ENGINE, 2)]


def test_requested_changes_go_on_from_an_open_question_without_a_new_stretch():
    events = told(*COMES_IN, (E.QUESTION_ASKED, 2), (E.CHANGES_REQUESTED, 3), (E.RESUBMITTED, 5))

    assert list(turns(events))[2:] == [stay(Turn.PARTNER, 2, 5), stay(Turn.ENGINE, 5)]


def test_a_resubmission_is_the_engines_until_it_is_checked_though_in_review():
    events = told(*COMES_IN, (E.CHANGES_REQUESTED, 2), (E.RESUBMITTED, 3), (E.SUBMISSION_CHECKED, 4))

    assert list(turns(events))[2:] == [stay(Turn.PARTNER, 2, 3), stay(Turn.ENGINE, 3, 4), stay(Turn.REVIEWER, 4)]
    assert list(stages(events))[-1] == stay(S.IN_REVIEW, 3)


@pytest.mark.parametrize("closed", [E.APPROVED, E.REJECTED, E.WITHDRAWN])
def test_nothing_waits_for_anybody_after_the_end(closed):
    assert list(turns(told(*COMES_IN, (E.QUESTION_ASKED, 2), (closed, 3))))[-1] == stay(Turn.PARTNER, 2, 3)


def test_clocks_of_two_machines_that_disagree_make_no_stretch_shorter_than_nothing():
    assert list(stages(told((E.SUBMISSION_RECEIVED, 0), (E.REVIEW_OPENED, -1)))) == [
        stay(S.SUBMITTED, 0, 0),
        stay(S.IN_REVIEW, -1),
    ]


def test_a_period_has_both_its_days_and_is_open_where_none_is_given():
    november = Period(since=date(2026, 11, 1), until=date(2026, 11, 30))

    assert [november.has(date(2026, *day)) for day in ((10, 31), (11, 1), (11, 30), (12, 1))] == [
        False,
        True,
        True,
        False,
    ]
    assert EVER.has(date(1, 1, 1))
    assert Period(since=date(2026, 11, 1)).has(date(9999, 12, 31))


def test_a_period_begins_and_ends_at_the_midnights_of_the_zone():
    monday = Period(since=date(2026, 11, 16), until=date(2026, 11, 16))
    midnight = datetime(2026, 11, 16, 8, tzinfo=UTC)

    part = monday.part_of(midnight - timedelta(days=3), midnight + timedelta(days=3), PACIFIC)
    assert part == (midnight, midnight + timedelta(days=1))
    assert monday.part_of(midnight + timedelta(hours=1), midnight + timedelta(hours=2), PACIFIC) == (
        midnight + timedelta(hours=1),
        midnight + timedelta(hours=2),
    )


def test_nothing_of_another_day_lies_in_a_period():
    tuesday = Period(since=date(2026, 11, 17))

    low, high = tuesday.part_of(NOON, NOON + timedelta(hours=1), PACIFIC)
    assert low == high
