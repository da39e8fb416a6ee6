"""The schedule of a load and the rules by which it stops, on a clock of the test's own."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.checks.loading import load_rule
from checklist.delivery.load import ENOUGH_ANSWERS, Due, Gauge, LoadRule, Stop, schedule
from checklist.rulebook import Rulebook

V1 = load_rule(Rulebook.load("v1").item("test.volume"))


def rule(**change):
    given = {
        "ramp": (10, 20),
        "plateau_seconds": 10.0,
        "most_calls": 2_500,
        "most_seconds": 180.0,
        "failures_in_a_row": 5,
        "error_share": 0.05,
        "p95_seconds": 2.5,
    }
    return LoadRule(**{**given, **change})


def played(rule, answer, *, until=math.inf):
    """Plays the load: `answer(number, due)` gives seconds and status of each call. Returns the gauge, why it stopped
    and how many calls were sent.
    """
    gauge = Gauge(rule)
    under_way = []
    sent = 0

    def settle(now):
        for end, number, status in sorted(under_way):
            if end <= now:
                gauge.ended(number, end, status)
                under_way.remove((end, number, status))

    for number, due in enumerate(schedule(rule)):
        settle(due.at)
        if (stop := gauge.stop(due.at)) is not None or due.at > until:
            return gauge, stop, sent
        gauge.sent(number, due, due.at)
        sent += 1
        seconds, status = answer(number, due)
        under_way.append((due.at + seconds, number, status))
    now = due.at
    while under_way:
        now += 0.1
        settle(now)
        if (stop := gauge.stop(now)) is not None:
            return gauge, stop, sent
    return gauge, gauge.stop(now), sent


def good(number, due):
    return 0.05, 200


# --- the schedule ------------------------------------------------------------------------------------------------


def test_the_rulebooks_load_stays_within_its_own_bounds():
    calls = list(schedule(V1))
    assert V1.ramp == (1, 5, 10, 25, 50)
    assert len(calls) == 2_275 <= V1.most_calls == 2_500
    assert calls[-1].at < 125 < V1.most_seconds == 180
    assert [sum(due.plateau == plateau for due in calls) for plateau in range(5)] == [25, 125, 250, 625, 1_250]


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=6),
    st.floats(0.1, 30),
    st.integers(1, 3_000),
    st.floats(1, 200),
)
def test_no_schedule_passes_a_bound_and_each_plateau_has_its_rate(ramp, plateau_seconds, most_calls, most_seconds):
    bounds = rule(ramp=tuple(ramp), plateau_seconds=plateau_seconds, most_calls=most_calls, most_seconds=most_seconds)
    calls = list(schedule(bounds))
    assert len(calls) <= most_calls
    assert all(due.at < most_seconds for due in calls)
    assert all(earlier.at <= later.at + 1e-9 for earlier, later in pairwise(calls))
    for earlier, later in pairwise(calls):
        if earlier.plateau == later.plateau:
            assert later.at - earlier.at == pytest.approx(1 / ramp[later.plateau])


@pytest.mark.parametrize("change", [{"ramp": ()}, {"ramp": (5, 0)}, {"plateau_seconds": 0.0}])
def test_a_ramp_without_rates_is_none(change):
    with pytest.raises(ValueError, match="expected rates above zero"):
        rule(**change)


# --- when it stops -----------------------------------------------------------------------------------------------


def test_a_good_endpoint_holds_the_last_rate():
    gauge, stop, sent = played(V1, good)
    assert (gauge.held_rate(), stop, sent) == (50, None, 2_275)
    assert [plateau.p95() for plateau in gauge.plateaus] == pytest.approx([0.05] * 5)


def test_one_429_is_enough():
    gauge, stop, sent = played(rule(), lambda number, _due: (0.01, 429 if number == 120 else 200))
    assert (stop, sent, gauge.held_rate()) == (Stop.LIMITED, 121, 10)
    assert not gauge.is_evidence()


@pytest.mark.parametrize(("status", "is_evidence"), [(500, True), (404, True), (None, False)])
def test_five_failures_in_a_row_are_enough_and_silence_is_no_evidence(status, is_evidence):
    gauge, stop, sent = played(rule(), lambda number, _due: (0.01, 200 if number < 10 else status))
    assert (stop, sent, gauge.is_evidence()) == (Stop.FAILURES, 15, is_evidence)


def test_failures_with_a_success_in_between_are_not_in_a_row():
    _, stop, _ = played(rule(error_share=1.0), lambda number, _due: (0.01, 200 if number % 5 == 0 else 500))
    assert stop is None


@pytest.mark.parametrize(("status", "is_evidence"), [(500, True), (None, False)])
def test_more_failures_than_the_share_allows_stop_it(status, is_evidence):
    gauge, stop, sent = played(rule(), lambda number, _due: (0.01, status if number % 10 == 0 else 200))
    assert (stop, sent, gauge.is_evidence()) == (Stop.ERRORS, ENOUGH_ANSWERS, is_evidence)
    assert gauge.held_rate() == 0


def test_failures_within_the_share_are_held():
    gauge, stop, _ = played(rule(), lambda number, _due: (0.01, 500 if number % 40 == 7 else 200))
    assert (stop, gauge.held_rate()) == (None, 20)


def test_a_share_of_failures_is_of_one_rate_and_not_of_all():
    gauge, stop, sent = played(
        rule(ramp=(20, 20)), lambda number, due: (0.01, 500 if due.plateau and number % 4 else 200)
    )
    assert (stop, gauge.held_rate()) == (Stop.ERRORS, 20)
    assert sent <= 200 + ENOUGH_ANSWERS + 1


def test_slow_answers_stop_it_as_soon_as_they_are_waited_for_too_long():
    gauge, stop, sent = played(rule(ramp=(20,)), lambda _number, due: (4.0 if due.at > 5 else 0.1, 200))
    assert stop is Stop.SLOW
    assert sent < 20 * 8
    assert gauge.held_rate() == 0


def test_slow_answers_that_came_are_evidence_and_those_still_waited_for_are_not():
    waited_for, stop, _ = played(rule(), lambda _number, _due: (9.0, 200))
    assert (stop, waited_for.is_evidence()) == (Stop.SLOW, False)
    came, stop, _ = played(rule(p95_seconds=0.5), lambda number, _due: (0.6 if number % 4 == 0 else 0.1, 200))
    assert (stop, came.is_evidence()) == (Stop.SLOW, True)


def test_a_few_slow_answers_are_held():
    gauge, stop, _ = played(rule(), lambda number, _due: (3.0 if number % 25 == 0 else 0.1, 200))
    assert (stop, gauge.held_rate()) == (None, 20)


def test_its_time_ends_it_and_what_was_held_counts():
    gauge, stop, sent = played(rule(most_seconds=15.0), good)
    assert (stop, gauge.held_rate(), sent) == (Stop.TIME, 10, 200)


def test_a_plateau_that_a_bound_cuts_short_was_not_held():
    gauge, _, sent = played(rule(most_calls=150), good)
    assert (gauge.held_rate(), sent) == (10, 150)


def test_calls_that_we_send_too_late_say_nothing_of_the_endpoint():
    gauge = Gauge(rule())
    gauge.sent(0, Due(1.0, 0), 2.5)
    assert gauge.stop(2.5) is Stop.OURS
    assert not gauge.is_evidence()


@given(
    st.lists(st.tuples(st.floats(0, 5), st.sampled_from([200, 200, 200, 404, 500, 429, None])), min_size=1, max_size=60)
)
def test_whatever_comes_back_it_stays_within_its_bounds_and_stops_in_time(answers):
    gauge, stop, sent = played(rule(most_calls=400), lambda number, _due: answers[number % len(answers)])
    assert sent <= 400
    assert gauge.held_rate() in {0, 10, 20}
    if any(status == 429 for _, status in answers) and sent > len(answers):
        assert stop is not None
