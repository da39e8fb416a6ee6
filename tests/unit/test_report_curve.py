"""The curve of answers agrees with the single points that `waiting` tells, and is a stair."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from review.reports.curve import curve
from review.waiting import Wait, quantile

waits = st.lists(st.builds(Wait, st.integers(0, 50), st.booleans()), max_size=40)


def ended(*seconds):
    return [Wait(second, ended=True) for second in seconds]


def still_open(*seconds):
    return [Wait(second, ended=False) for second in seconds]


def test_without_anything_open_it_counts_those_that_ended():
    assert curve(ended(1, 2, 2, 4)) == ((1, 25), (2, 75), (4, 100))


def test_nothing_waited_for_has_no_curve():
    assert curve([]) == ()


def test_it_ends_at_the_longest_wait_so_far():
    assert curve([*ended(1), *still_open(9)]) == ((1, 50), (9, 50))
    assert curve(still_open(3, 9)) == ((9, 0),)


def test_the_estimate_agrees_with_one_computed_by_hand():
    # As in test_waiting: S(6) = 7/10, S(7) = 7/12, S(13) = 7/18, and S(16) = 7/36.
    points = curve([*ended(6, 6, 6, 7, 13, 16), *still_open(6, 9, 10, 17)])

    assert [(seconds, round(percent, 2)) for seconds, percent in points] == [
        (6, 30),
        (7, 41.67),
        (13, 61.11),
        (16, 80.56),
        (17, 80.56),
    ]


def test_it_has_about_a_hundred_points_however_many_waits_there_are():
    points = curve([*ended(*range(5_000)), *still_open(*range(0, 5_000, 7))])

    assert len(points) <= 102
    assert points[-1].seconds == 4_999


@given(waits, st.integers(1, 100))
def test_it_reaches_each_whole_percent_when_the_quantile_does(times, percent):
    reached = next((point.seconds for point in curve(times) if point.percent >= percent), None)

    assert reached == quantile(times, Fraction(percent, 100))


@given(waits)
def test_it_never_falls(times):
    points = curve(times)

    assert list(points) == sorted(points)
    assert [point.percent for point in points] == sorted(point.percent for point in points)
