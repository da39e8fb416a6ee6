from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.waiting import Curve, Wait, quantile

HALF, NINE_IN_TEN = Fraction(1, 2), Fraction(9, 10)

waits = st.lists(st.builds(Wait, st.integers(0, 50), st.booleans()), max_size=40)
shares = st.fractions(Fraction(1, 20), 1, max_denominator=20)


def ended(*seconds):
    return [Wait(second, ended=True) for second in seconds]


def still_open(*seconds):
    return [Wait(second, ended=False) for second in seconds]


def test_without_anything_open_it_is_the_ordinary_median():
    assert quantile(ended(1, 2, 3, 4, 100), HALF) == 3
    assert quantile(ended(*range(1, 11)), NINE_IN_TEN) == 9


def test_nothing_waited_for_has_no_quantile():
    assert quantile([], HALF) is None


def test_open_ones_count_as_waiting_so_long_already():
    # Of the ended ones alone the median would be 2; six more have already waited longer than all of them.
    assert quantile(ended(1, 2, 3), HALF) == 2
    assert quantile([*ended(1, 2, 3), *still_open(9, 9, 9, 9, 9, 9)], HALF) is None


def test_the_estimate_agrees_with_one_computed_by_hand():
    # 10 waited for; S(6) = 7/10, one leaves at 6, S(7) = 7/10 * 5/6, one leaves at 9 and one at 10,
    # S(13) = 7/12 * 2/3 = 7/18, the first below a half.
    times = [*ended(6, 6, 6, 7, 13, 16), *still_open(6, 9, 10, 17)]

    assert quantile(times, HALF) == 13
    assert quantile(times, Fraction(3, 10)) == 6
    assert quantile(times, Fraction(4, 10)) == 7
    assert quantile(times, NINE_IN_TEN) is None


def test_who_leaves_when_another_ends_was_still_waited_for():
    assert quantile([*ended(5), *still_open(5)], HALF) == 5


@given(waits, shares)
def test_the_order_of_the_waits_does_not_matter(times, share):
    assert quantile(times, share) == quantile(list(reversed(times)), share)


@given(waits, shares, shares)
def test_a_larger_share_never_takes_less_time(times, one, other):
    less, more = (quantile(times, share) for share in sorted((one, other)))

    assert more is None or (less is not None and less <= more)


@given(waits, shares)
def test_an_answer_is_a_time_at_which_something_ended(times, share):
    assert quantile(times, share) in {None, *(time.seconds for time in times if time.ended)}


@given(waits, shares, st.integers(0, 50))
def test_one_more_that_is_open_never_makes_it_look_faster(times, share, seconds):
    before, after = quantile(times, share), quantile([*times, Wait(seconds, ended=False)], share)

    assert after is None or (before is not None and before <= after)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), shares)
def test_without_anything_open_it_is_the_smallest_time_that_enough_have_reached(times, share):
    enough = min(time for time in times if Fraction(sum(other <= time for other in times), len(times)) >= share)

    assert quantile(ended(*times), share) == enough


def share_open_as_defined(times, seconds):
    """Kaplan and Meier's product, in whole fractions."""
    ends = Counter(time.seconds for time in times if time.ended)
    still_open = Fraction(1)
    for moment in sorted(ends):
        waited_for = sum(time.seconds >= moment for time in times)
        if moment <= seconds:
            still_open *= Fraction(waited_for - ends[moment], waited_for)
    return still_open


@given(waits, st.integers(-1, 51))
def test_the_curve_is_the_product_as_it_is_defined(times, seconds):
    assert Curve.of(times).share_open(seconds) == pytest.approx(float(share_open_as_defined(times, seconds)))


@given(waits, shares)
def test_rounding_never_moves_a_quantile(times, share):
    reached = (moment for moment in range(51) if share_open_as_defined(times, moment) <= 1 - share)

    assert quantile(times, share) == next(reached, None)


@given(waits, st.integers(0, 50), st.integers(0, 50))
def test_the_share_still_open_never_rises(times, one, other):
    curve = Curve.of(times)
    earlier, later = sorted((one, other))

    assert 1 >= curve.share_open(earlier) >= curve.share_open(later) >= 0


@given(waits, st.integers(0, 50))
def test_who_took_longer_is_seen_beyond(times, seconds):
    curve = Curve.of(times)

    assert curve.ended_by(seconds) == sum(time.ended and time.seconds <= seconds for time in times)
    assert curve.longer_than(seconds) == sum(time.seconds > seconds for time in times)


@given(waits, st.integers(0, 50), shares)
def test_what_is_still_open_is_asked_about_alone(times, after, share):
    later = [time for time in times if time.seconds > after]
    alone = quantile(later, share)
    moment = Curve.of(times).ends_by(np.array([float(share)]), after=after)[0]

    assert moment == (np.inf if alone is None else alone)


@given(waits, st.integers(0, 50), st.fractions(0, Fraction(19, 20), max_denominator=20))
def test_the_last_moment_by_which_at_most_a_share_has_ended(times, after, share):
    later = [time for time in times if time.seconds > after]
    moments = {time.seconds for time in later if time.ended}
    few = [moment for moment in moments if share_open_as_defined(later, moment) >= 1 - share]

    assert Curve.of(times).ends_before(float(share), after=after) == max(few, default=after)


def test_imagined_ones_outlast_everybody():
    curve = Curve.of(ended(1, 2), outlasting=2)

    assert [curve.share_open(seconds) for seconds in (0, 1, 2, 1_000)] == pytest.approx([1, 3 / 4, 2 / 4, 2 / 4])
    assert curve.longer_than(0) == 2
    assert curve.longer_than(2) == 0


def test_of_none_everything_is_open_for_ever():
    curve = Curve.of([])

    assert curve.share_open(10) == 1
    assert curve.ends_by(np.array([0.1, 1.0])).tolist() == [np.inf, np.inf]
    assert curve.ends_before(0.1, after=3) == 3
