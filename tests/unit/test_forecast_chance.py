"""The chance of a breach and the range of an answer, from how past clocks went."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import SubmissionKind as Kind
from models.enums import TargetName as Target
from review.forecast.chance import COMPARABLE_AT_LEAST, Basis, Chance, History, Past, Remaining, breach_chance
from review.waiting import Wait

times = st.integers(0, 20)
crowds = st.tuples(times, st.integers(0, 15), st.integers(0, 5)).map(
    lambda drawn: [*ended(*[drawn[0]] * drawn[1]), *still_open(*[drawn[0]] * drawn[2])]
)
waits = st.lists(crowds, max_size=12).map(lambda drawn: [wait for crowd in drawn for wait in crowd])
"""Many of few times, so that there is mostly enough to compare with, and ties."""


def ended(*seconds):
    return [Wait(second, ended=True) for second in seconds]


def still_open(*seconds):
    return [Wait(second, ended=False) for second in seconds]


def past(*waits):
    return Past.of(Basis.SAME_KIND, waits)


def chance(waits, *, target, used):
    return past(*waits).chance(target_seconds=target, used_seconds=used)


def test_the_chance_is_the_share_that_took_longer_of_those_open_as_long_with_half_a_clock_on_each_side():
    # 20 of 100 took more than 80; of the 50 open after 50 they are 20 too.
    hundred = ended(*range(1, 101))

    assert chance(hundred, target=80, used=0).probability == pytest.approx(20.5 / 101)
    assert chance(hundred, target=80, used=50).probability == pytest.approx(20.5 / 51)
    assert chance(hundred, target=80, used=50).comparable == 50


def test_none_late_of_ten_is_not_never_and_all_late_of_ten_is_not_for_certain():
    never, always = chance(ended(*[5] * 10), target=9, used=0), chance(ended(*[15] * 10), target=9, used=0)

    assert never.probability == pytest.approx(0.5 / 11)
    assert always.probability == pytest.approx(10.5 / 11)
    assert (never.low, always.high) == (0, 1)


def test_the_range_is_wilsons_around_what_was_seen():
    said = chance(ended(*[5] * 15, *[15] * 5), target=9, used=0)

    # (x + z²/2) / (n + z²) ± z / (n + z²) · sqrt(x (n - x) / n + z² / 4) with x = 5, n = 20, z = 1.2816
    assert (said.low, said.high) == pytest.approx((0.1482, 0.3898), abs=0.0001)
    assert said.low < said.probability < said.high


def test_with_fewer_than_ten_to_compare_with_nothing_is_told_but_how_few_they_are():
    assert chance(ended(*[5] * 9), target=9, used=0) == Chance(
        probability=None, low=None, high=None, comparable=9, basis=Basis.SAME_KIND
    )
    assert chance(ended(*[5] * 100, *[7] * 4), target=9, used=6).comparable == 4


def test_without_history_nothing_is_told():
    assert chance([], target=9, used=0).comparable == 0
    assert chance([], target=9, used=0).probability is None


def test_those_still_open_count_as_late_once_they_are_and_not_before():
    # Nobody has answered. Who is past the target is late; who is not there yet says nothing of it.
    assert chance(still_open(*[20] * 30), target=9, used=0).probability == pytest.approx(30.5 / 31)
    assert chance(still_open(*[5] * 30), target=9, used=0).probability is None


def test_those_watched_for_a_part_count_for_that_part():
    # Of 20, 10 are answered at 2 and 5 leave at 3; of the 5 watched on, 4 are answered at 6. With the imagined one:
    said = chance([*ended(*[2] * 10), *still_open(*[3] * 5), *ended(*[6] * 4, 12)], target=9, used=0)

    assert said.probability == pytest.approx(11 / 21 * 2 / 6 * 1.5 / 2)
    # Greenwood: (1/11 - 1/21) + (1/2 - 1/6) + 1/2 / (2 · 3/2) = 0.543, and 0.869 / (0.131 · 0.543) - 1 = 11.2. It
    # hangs on the five that went on; had the five that left gone on too and come out alike, it would be 20.
    assert said.comparable == 11


def test_nothing_is_told_when_nobody_was_watched_as_far_as_the_target():
    # Ten answers came early; the others have all been watched for less than the target.
    assert chance([*ended(*[5] * 10), *still_open(*[6] * 990)], target=80, used=0).probability is None


def test_who_used_exactly_the_target_is_in_time():
    assert chance(ended(*[9] * 20), target=9, used=0).probability == pytest.approx(0.5 / 21)
    assert chance(ended(*[9] * 20), target=8, used=0).probability == pytest.approx(20.5 / 21)


def test_what_is_past_its_target_is_breached_whatever_the_history():
    said = breach_chance([past()], target_seconds=9, used_seconds=9.5)

    assert said == Chance(probability=1, low=1, high=1, comparable=0, basis=Basis.BREACHED)
    assert breach_chance([past()], target_seconds=9, used_seconds=9).basis is not Basis.BREACHED


@given(waits, times, times)
def test_a_chance_lies_within_its_range_and_that_within_never_and_always(waits, one, other):
    used, target = sorted((one, other))
    said = chance(waits, target=target, used=used)

    assert said.comparable >= 0
    assert (said.probability is None) == (said.comparable < COMPARABLE_AT_LEAST)
    if said.probability is not None:
        assert 0 <= said.low <= said.probability <= said.high <= 1
        assert 0 < said.probability < 1


@given(waits, times, times, times)
def test_a_clock_that_has_used_more_never_has_a_lower_chance_of_a_breach(waits, one, other, third):
    less, more, target = sorted((one, other, third))
    before, after = (chance(waits, target=target, used=used).probability for used in (less, more))

    assert before is None or after is None or before <= after * (1 + 1e-12)


@given(waits, times, times, times)
def test_a_longer_target_never_has_a_higher_chance_of_a_breach(waits, one, other, third):
    used, shorter, longer = sorted((one, other, third))
    before, after = (chance(waits, target=target, used=used).probability for target in (shorter, longer))

    assert before is None or after is None or before * (1 + 1e-12) >= after


@given(st.lists(times, max_size=60), times, times)
def test_when_nothing_is_open_it_is_counted_by_hand(seconds, one, other):
    used, target = sorted((one, other))
    comparable = sum(second > used for second in seconds)
    late = sum(second > target for second in seconds)
    said = chance(ended(*seconds), target=target, used=used)

    assert said.comparable == comparable
    if said.probability is not None:
        assert said.probability == pytest.approx((late + 0.5) / (comparable + 1))


@given(waits, times, times)
def test_who_had_left_by_then_does_not_matter(waits, one, other):
    used, target = sorted((one, other))
    later = [wait for wait in waits if wait.seconds > used]
    said, of_the_others = chance(waits, target=target, used=used), chance(later, target=target, used=used)

    assert said.comparable == of_the_others.comparable
    assert said.probability == (None if of_the_others.probability is None else pytest.approx(of_the_others.probability))


@pytest.mark.parametrize(("number", "at_least"), [(10, 0.6), (20, 0.7), (50, 0.74), (200, 0.74)])
def test_four_ranges_in_five_hold_the_true_chance(number, at_least):
    # Exactly, over every number of late ones that luck may bring. Counts are whole, so no range holds every true
    # chance equally often; on average it is four in five.
    said = [chance(ended(*[5] * (number - late), *[15] * late), target=9, used=0) for late in range(number + 1)]
    held = [
        sum(
            comb(number, late) * true**late * (1 - true) ** (number - late)
            for late in range(number + 1)
            if said[late].low <= true <= said[late].high
        )
        for true in np.linspace(0.05, 0.95, 19)
    ]

    assert min(held) > at_least
    assert np.mean(held) == pytest.approx(0.8, abs=0.01)


def test_the_range_of_an_answer_leaves_out_a_tenth_on_each_side():
    # Counting this one, 10 of 101 answers come before 10 and 10 after 91.
    said = past(*ended(*range(1, 101))).remaining(used_seconds=0)

    assert said == Remaining(low_seconds=10, high_seconds=91, comparable=100, basis=Basis.SAME_KIND)


def test_with_few_answers_the_range_goes_from_the_first_to_the_last_of_them():
    said = past(*ended(*range(1, 11))).remaining(used_seconds=0)

    assert (said.low_seconds, said.high_seconds) == (1, 10)


def test_the_range_of_an_answer_counts_from_now():
    said = past(*ended(*range(1, 101))).remaining(used_seconds=80)

    # Twenty took longer, from 81 to 100. Of 21 with this one, two come by 82, and two after 99, the nineteenth.
    assert (said.low_seconds, said.high_seconds, said.comparable) == (2, 19, 20)


def test_an_answer_may_come_at_once_when_too_many_came_at_the_same_moment():
    assert past(*ended(*[5] * 20)).remaining(used_seconds=4).low_seconds == 0
    assert past(*ended(*[5] * 20)).remaining(used_seconds=4).high_seconds == 1


def test_how_long_it_may_take_is_not_told_while_too_many_are_open():
    said = past(*ended(*range(1, 21)), *still_open(*[30] * 20)).remaining(used_seconds=0)

    assert said.low_seconds == 4
    assert said.high_seconds is None


def test_no_range_is_told_with_fewer_than_ten_answers():
    said = past(*ended(*range(1, 10)), *still_open(*[30] * 200)).remaining(used_seconds=0)

    assert said == Remaining(low_seconds=None, high_seconds=None, comparable=9, basis=Basis.SAME_KIND)


@given(waits, times)
def test_a_range_never_lies_in_the_past_and_never_backwards(waits, used):
    said = past(*waits).remaining(used_seconds=used)

    if said.low_seconds is not None:
        assert said.low_seconds >= 0
        assert said.high_seconds is None or said.low_seconds <= said.high_seconds


@pytest.mark.parametrize("number", [10, 15, 40, 150])
def test_the_next_answer_comes_within_its_range_four_times_in_five_or_more(number):
    # 4,000 histories of exponential times, each with the one that came next: sd of the share is 0.006.
    rng = np.random.default_rng(number)
    within = 0
    for _ in range(4_000):
        *seconds, following = rng.exponential(10, number + 1)
        said = past(*ended(*seconds)).remaining(used_seconds=0)
        within += said.low_seconds <= following <= said.high_seconds

    assert 0.78 < within / 4_000 < 0.88


def history(**waits):
    """Waits for a decision, by kind."""
    return History((Target.DECISION, Kind(kind), wait) for kind, found in waits.items() for wait in found)


def decision(history, kind, *, target=9, used=0):
    return history.chance(Target.DECISION, kind, target_seconds=target, used_seconds=used)


def test_clocks_of_the_same_kind_are_compared_with_when_there_are_enough():
    said = decision(history(launch=ended(*[15] * 10), update=ended(*[5] * 90)), Kind.LAUNCH)

    assert (said.basis, said.comparable) == (Basis.SAME_KIND, 10)
    assert said.probability == pytest.approx(10.5 / 11)


def test_else_all_kinds_are_and_it_says_so():
    said = decision(history(launch=ended(*[15] * 9), update=ended(*[5] * 90)), Kind.LAUNCH)

    assert (said.basis, said.comparable) == (Basis.ALL_KINDS, 99)
    assert said.probability == pytest.approx(9.5 / 100)


def test_a_kind_without_history_rests_on_the_others():
    assert decision(history(update=ended(*[5] * 90)), Kind.LAUNCH).basis is Basis.ALL_KINDS


def test_too_few_of_all_kinds_are_counted_together():
    said = decision(history(launch=ended(*[15] * 4), update=ended(*[5] * 5)), Kind.LAUNCH)

    assert (said.probability, said.basis, said.comparable) == (None, Basis.ALL_KINDS, 9)


def test_another_target_says_nothing_of_this_one():
    only_decisions = history(launch=ended(*[15] * 50))
    said = only_decisions.chance(Target.FIRST_RESPONSE, Kind.LAUNCH, target_seconds=9, used_seconds=0)
    nothing = only_decisions.remaining(Target.FIRST_RESPONSE, Kind.LAUNCH, used_seconds=0)

    assert (said.probability, said.comparable) == (None, 0)
    assert (nothing.low_seconds, nothing.comparable) == (None, 0)


def test_the_range_of_an_answer_rests_on_the_same_kind_or_else_on_all():
    both = history(launch=ended(*[15] * 9), update=ended(*[5] * 90))

    assert both.remaining(Target.DECISION, Kind.UPDATE, used_seconds=0).basis is Basis.SAME_KIND
    assert both.remaining(Target.DECISION, Kind.LAUNCH, used_seconds=0).basis is Basis.ALL_KINDS
    assert both.remaining(Target.DECISION, Kind.LAUNCH, used_seconds=0).comparable == 99
