"""How many open items will be breached by then, and what one more reviewer would change."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.forecast.simulation import (
    GAPS_AT_LEAST,
    Arrival,
    ItemOutlook,
    Lately,
    OpenItem,
    QueueInvalid,
    Spread,
    simulate,
)
from review.waiting import Curve, Wait

HOUR, DAY = 3_600, 28_800
HOURLY = [HOUR] * GAPS_AT_LEAST
"""A reviewer who answers every hour, the next time somewhere within the coming hour."""

LUCK = 0.05
"""Three standard deviations of a share over a thousand runs, at most."""


def lately(**changes):
    return Lately(**{"gaps": HOURLY, "partner": Curve.of([]), "arrivals": (), "seconds": 20 * DAY, **changes})


def items(*remaining):
    """Items that wait for a reviewer with so many hours left."""
    return [OpenItem(id=number, remaining_seconds=hours * HOUR) for number, hours in enumerate(remaining, 1)]


def forecast(items, *, reviewers=1, horizon=DAY, seed=7, runs=1_000, **changes):
    return simulate(items, lately(**changes), reviewers=reviewers, horizon_seconds=horizon, seed=seed, runs=runs)


def chances(forecast):
    return [item.probability for item in forecast.items]


def with_one_more(forecast):
    return [item.with_one_more for item in forecast.items]


def test_an_item_is_breached_when_the_answers_before_it_and_its_own_take_too_long():
    # The first answer comes evenly within the hour: after the half of it in half of the runs. The second comes an
    # hour after the first: after 1.25 hours when the first came after 0.25.
    said = forecast(items(0.5, 1.25))

    assert chances(said) == pytest.approx([0.5, 0.75], abs=LUCK)


def test_one_more_reviewer_halves_the_wait():
    # Two answers within the hour, evenly drawn: both in its second half in a quarter of the runs; the later of them
    # is always in time for the second item.
    said = forecast(items(0.5, 1.25))

    assert with_one_more(said) == [pytest.approx(0.25, abs=LUCK), 0]


def test_numbers_are_told_for_the_reviewers_there_are_and_for_one_more():
    # 14 items due in 4.5 hours; each reviewer gives an answer in each of the first four hours. In half of the runs a
    # reviewer gives a fifth in time: of three, one or two in most runs.
    said = forecast(items(*[4.5] * 14), reviewers=2)

    assert (said.as_it_is.reviewers, said.with_one_more.reviewers) == (2, 3)
    assert said.as_it_is.open_now == Spread(median=5, low=4, high=6)
    assert said.with_one_more.open_now == Spread(median=pytest.approx(0.5, abs=0.5), low=0, high=2)
    assert said.spared == Spread(median=pytest.approx(4.5, abs=0.5), low=4, high=5)


def test_a_day_off_now_and_then_widens_the_range_and_moves_no_median():
    # One in 200 gaps is a day, so 12 of 207 stretches of 4 hours touch one: at least one of two reviewers in 11 % of
    # the runs, just above a tenth.
    said = forecast(items(*[4] * 14), reviewers=2, gaps=[*[HOUR] * 199, DAY])

    assert (said.as_it_is.open_now.low, said.as_it_is.open_now.median) == (6, 6)
    assert 6 < said.as_it_is.open_now.high <= 10


def test_only_what_is_breached_at_the_horizon_counts():
    said = forecast(items(3, 4, 5), reviewers=0, horizon=4 * HOUR)

    assert chances(said) == [1, 0, 0]
    assert said.as_it_is.open_now == Spread(median=1, low=1, high=1)


def test_without_reviewers_everything_due_by_then_is_breached():
    said = forecast(items(1, 2, 3), reviewers=0)

    assert said.as_it_is.open_now.median == 3
    assert said.with_one_more.open_now.median == 0


def test_what_is_breached_already_is_no_news_but_takes_the_next_answer():
    late = OpenItem(id=9, remaining_seconds=-HOUR)
    said = forecast([*items(1), late])

    assert said.already == 1
    assert said.items[1] == ItemOutlook(id=9, probability=1, with_one_more=1)
    # The first answer goes to the late one; the second never comes within the hour.
    assert chances(said)[0] == 1
    assert said.as_it_is.open_now == Spread(median=1, low=1, high=1)


def test_what_has_used_all_of_its_target_is_not_breached_yet():
    assert forecast(items(0)).already == 0
    assert chances(forecast(items(0))) == [1]


def test_an_item_that_waits_for_its_partner_stands_still_until_the_answer():
    # Partners answer after 6 hours; this one has been asked 4 hours ago. It comes back in 2 hours, with half an hour.
    asked = OpenItem(id=1, remaining_seconds=HOUR / 2, partner_since=4 * HOUR)
    partner = Curve.of([Wait(6 * HOUR, ended=True)] * 30)

    assert chances(forecast([asked], partner=partner)) == [pytest.approx(0.5, abs=LUCK)]
    assert chances(forecast([asked], partner=partner, horizon=2.5 * HOUR)) == [0]


def test_a_partner_who_may_not_answer_may_not_come_back():
    asked = OpenItem(id=1, remaining_seconds=0, partner_since=4 * HOUR)
    half = Curve.of([*[Wait(6 * HOUR, ended=True)] * 30, *[Wait(9 * DAY, ended=False)] * 30])

    assert chances(forecast([asked], partner=half, reviewers=0)) == [pytest.approx(0.5, abs=LUCK)]


def test_a_partner_who_answers_after_the_horizon_breaches_nothing_before_it():
    asked = OpenItem(id=1, remaining_seconds=0, partner_since=4 * HOUR)
    late_or_not = Curve.of([Wait(hours * HOUR, ended=True) for hours in (6, 20) for _ in range(30)])

    assert chances(forecast([asked], partner=late_or_not, reviewers=0)) == [pytest.approx(0.5, abs=LUCK)]


def test_without_a_partners_answer_in_the_past_none_is_expected():
    asked = OpenItem(id=1, remaining_seconds=0, partner_since=4 * HOUR)

    assert chances(forecast([asked], reviewers=0)) == [0]


def test_an_item_that_comes_back_takes_the_turn_of_what_is_due_later():
    # It comes back at once, already late; the other one gets the second answer.
    back = OpenItem(id=2, remaining_seconds=-HOUR, partner_since=6 * HOUR - 1)
    partner = Curve.of([Wait(6 * HOUR, ended=True)] * 30)

    assert chances(forecast([*items(0.999), back], partner=partner))[0] == pytest.approx(1, abs=LUCK)


def test_what_comes_in_takes_the_turn_of_what_is_due_later_and_is_counted_by_itself():
    # Every hour something comes in that must be answered within a minute. It takes every answer; but in half of the
    # runs the first answer is given before the first of them is there.
    urgent = [Arrival(at_seconds=hour * HOUR, target_seconds=60) for hour in range(20)]
    said = forecast(items(4), arrivals=urgent, seconds=20 * HOUR)
    calm = forecast(items(4))

    assert chances(said) == [pytest.approx(0.5, abs=LUCK)]
    assert chances(calm) == [0]
    assert said.as_it_is.coming_in == Spread(median=8, low=8, high=8)
    assert calm.as_it_is.coming_in == Spread(median=0, low=0, high=0)


def test_what_comes_in_with_more_time_takes_nobodys_turn():
    patient = [Arrival(at_seconds=hour * HOUR / 2, target_seconds=5 * DAY) for hour in range(40)]

    assert forecast(items(1, 2, 3), arrivals=patient) == forecast(items(1, 2, 3))


def test_as_much_comes_in_as_came_before_also_when_it_is_looked_farther_ahead():
    # Three in 10 hours, all at their beginning; without reviewers each is breached after a minute.
    rush = [Arrival(at_seconds=0, target_seconds=60)] * 3

    assert forecast([], arrivals=rush, seconds=10 * HOUR, reviewers=0, horizon=100 * HOUR).as_it_is.coming_in == Spread(
        median=30, low=30, high=30
    )
    assert forecast([], arrivals=rush, seconds=10 * HOUR, reviewers=0, horizon=2 * HOUR).as_it_is.coming_in == Spread(
        median=0, low=0, high=3
    )


def test_an_empty_queue_has_nothing_to_breach():
    said = forecast([])

    assert (said.already, said.items, said.as_it_is.open_now) == (0, (), Spread(median=0, low=0, high=0))


def test_with_too_few_gaps_nothing_is_told():
    assert forecast(items(1), gaps=[HOUR] * (GAPS_AT_LEAST - 1)) is None
    assert forecast(items(1), gaps=[0] * GAPS_AT_LEAST) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reviewers": -1}, "-1 reviewers"),
        ({"horizon": -1}, "-1 seconds ahead"),
        ({"seed": -1}, "seed -1"),
        ({"runs": 0}, "0 runs"),
        ({"gaps": [*HOURLY, -5]}, "a gap of -5 seconds"),
        ({"arrivals": [Arrival(at_seconds=20 * DAY, target_seconds=DAY)]}, f"came in at second {20 * DAY}"),
    ],
)
def test_what_cannot_be_is_refused(changes, said):
    with pytest.raises(QueueInvalid, match=said):
        forecast(items(1), **changes)


SOME = settings(max_examples=settings().max_examples // 4)
gap_lists = st.lists(st.integers(0, 3 * HOUR), min_size=GAPS_AT_LEAST, max_size=30).filter(any)
queues = st.lists(
    st.tuples(st.integers(-HOUR, 2 * DAY), st.none() | st.integers(0, DAY)),
    max_size=12,
).map(
    lambda drawn: [
        OpenItem(id=number, remaining_seconds=remaining, partner_since=since)
        for number, (remaining, since) in enumerate(drawn)
    ]
)
arrivals = st.lists(
    st.builds(Arrival, at_seconds=st.integers(0, 20 * DAY - 1), target_seconds=st.integers(60, 2 * DAY)), max_size=10
)
PARTNER = Curve.of([*[Wait(hours * HOUR, ended=True) for hours in range(1, 40)], Wait(9 * DAY, ended=False)])


@SOME
@given(queues, gap_lists, arrivals, st.integers(0, 5))
def test_one_more_reviewer_never_makes_anything_worse(queue, gaps, arrivals, reviewers):
    said = forecast(queue, reviewers=reviewers, gaps=gaps, arrivals=arrivals, partner=PARTNER, runs=20)

    assert said.with_one_more.open_now.median <= said.as_it_is.open_now.median
    assert said.with_one_more.coming_in.median <= said.as_it_is.coming_in.median
    assert said.spared.low >= 0
    for item in said.items:
        assert 0 <= item.with_one_more <= item.probability <= 1


@SOME
@given(queues, gap_lists, arrivals, st.integers(0, 2**40))
def test_the_same_seed_and_input_give_the_same_answer(queue, gaps, arrivals, seed):
    once, again = (forecast(queue, gaps=gaps, arrivals=arrivals, partner=PARTNER, seed=seed, runs=20) for _ in range(2))

    assert once == again


@SOME
@given(queues, gap_lists, st.integers(1, 4))
def test_one_more_is_what_it_will_be_once_they_are_there(queue, gaps, reviewers):
    before = forecast(queue, gaps=gaps, partner=PARTNER, reviewers=reviewers, runs=20)
    after = forecast(queue, gaps=gaps, partner=PARTNER, reviewers=reviewers + 1, runs=20)

    assert before.with_one_more == after.as_it_is
    assert with_one_more(before) == chances(after)


@SOME
@given(queues, gap_lists)
def test_what_is_due_later_changes_nothing_for_what_is_due_before(queue, gaps):
    asked_too = OpenItem(id=100, remaining_seconds=2 * DAY + 1, partner_since=HOUR)
    ours_too = OpenItem(id=101, remaining_seconds=4 * DAY)
    kept = [item for item in queue if item.partner_since is None]
    alone = forecast(kept, gaps=gaps, partner=PARTNER, horizon=3 * DAY, runs=20)
    among_more = forecast([asked_too, *kept, ours_too], gaps=gaps, partner=PARTNER, horizon=3 * DAY, runs=20)

    assert among_more.items[1:-1] == alone.items


def test_another_seed_is_another_draw_and_says_much_the_same():
    one, other = (forecast(items(0.5, 1.25), seed=seed) for seed in (1, 2))

    assert one != other
    assert chances(one) == pytest.approx(chances(other), abs=LUCK)


def test_the_order_in_which_items_are_given_does_not_matter():
    queue = [*items(1, 3, 0.5), OpenItem(id=9, remaining_seconds=HOUR / 7, partner_since=HOUR)]
    one, other = (forecast(given, partner=PARTNER) for given in (queue, queue[::-1]))

    assert one.items == other.items[::-1]
    assert replace(one, items=()) == replace(other, items=())
