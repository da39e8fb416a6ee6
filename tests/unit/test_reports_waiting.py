from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from review.reports.waiting import Wait, quantile

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
