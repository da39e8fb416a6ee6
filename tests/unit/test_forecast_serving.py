"""Who is answered when: many runs at once, beside one run told step by step."""

from itertools import count
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.forecast.serving import Rhythm, answered

gaps = st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any)
moments = st.integers(0, 30)
items = st.lists(st.tuples(st.one_of(moments, st.just(0), st.just(inf)), st.integers(-5, 40)), max_size=7)


def step_by_step(items, gaps, entered, until):
    """The answers of one run, one moment of one reviewer after the other."""
    turns = []
    for start in entered:
        # Somebody who is `start` seconds into a round of their gaps answers at its end, and so on, round after round.
        at, ends = 0, []
        for gap in gaps:
            at += gap
            ends.append(at)
        # The end of a round is the beginning of the next.
        round_of_moments = sorted(end % at for end in ends)
        for number in count():
            turn = round_of_moments[number % len(ends)] + number // len(ends) * at - start
            if turn > until:
                break
            if turn >= 0:
                turns.append(turn)
    answers = [inf] * len(items)
    for turn in sorted(turns):
        waiting = [(due, index) for index, (comes, due) in enumerate(items) if comes <= turn and answers[index] == inf]
        if waiting:
            answers[min(waiting)[1]] = turn
    return answers


def at_once(runs, gaps, until):
    """`runs` are pairs of items and where the reviewers are; all alike in number."""
    comes = np.array([[comes for comes, _ in items] for items, _ in runs], float)
    due = np.array([[due for _, due in items] for items, _ in runs], float)
    entered = np.array([entered for _, entered in runs], float)
    return answered(comes, due, Rhythm.of_gaps(np.array(gaps, float)), entered, until=until)


def test_what_is_due_soonest_is_answered_first():
    # One reviewer, an answer every 10 seconds, the next in 4.
    assert at_once([([(0, 30), (0, 10), (0, 20)], [6])], [10], until=100).tolist() == [[24, 4, 14]]


def test_of_two_due_at_once_the_one_named_first_is():
    assert at_once([([(0, 10), (0, 10)], [6])], [10], until=100).tolist() == [[4, 14]]


def test_what_comes_later_takes_its_turn_by_when_it_is_due():
    assert at_once([([(0, 30), (0, 40), (5, 10)], [6])], [10], until=100).tolist() == [[4, 24, 14]]


def test_a_moment_at_which_nothing_waits_is_lost():
    assert at_once([([(7, 10)], [6])], [10], until=100).tolist() == [[14]]


def test_who_comes_just_then_is_in_time_for_it():
    assert at_once([([(4, 10)], [6])], [10], until=100).tolist() == [[4]]


def test_two_reviewers_answer_twice_as_often():
    assert at_once([([(0, 10), (0, 20), (0, 30)], [6, 1])], [10], until=100).tolist() == [[4, 9, 14]]


def test_nothing_is_answered_after_the_horizon():
    assert at_once([([(0, 10), (0, 20), (0, 30)], [6])], [10], until=14).tolist() == [[4, 14, inf]]


def test_what_never_comes_is_never_answered():
    assert at_once([([(inf, 10), (0, 20)], [6])], [10], until=100).tolist() == [[inf, 4]]


def test_without_reviewers_or_items_nothing_is_answered():
    assert at_once([([(0, 10)], [])], [10], until=100).tolist() == [[inf]]
    assert at_once([([], [6])], [10], until=100).shape == (1, 0)


def test_answers_after_no_time_come_together():
    assert at_once([([(0, 10), (0, 20), (0, 30)], [6])], [10, 0], until=100).tolist() == [[4, 4, 14]]


@given(st.data(), gaps, st.integers(0, 3), st.integers(0, 40))
def test_many_runs_at_once_are_as_one_told_step_by_step(data, gaps, reviewers, until):
    number = data.draw(st.integers(0, 6))
    run = st.tuples(
        st.lists(
            st.tuples(st.one_of(st.just(0), moments, st.just(inf)), st.integers(-5, 40)),
            min_size=number,
            max_size=number,
        ),
        st.lists(st.integers(0, sum(gaps) - 1), min_size=reviewers, max_size=reviewers),
    )
    runs = data.draw(st.lists(run, min_size=1, max_size=4))

    assert at_once(runs, gaps, until).tolist() == [step_by_step(items, gaps, entered, until) for items, entered in runs]


@given(items, gaps, st.lists(moments, min_size=1, max_size=4), st.integers(0, 40))
def test_one_more_reviewer_never_makes_any_answer_come_later(items, gaps, entered, until):
    fewer, more = at_once([(items, entered[:-1])], gaps, until), at_once([(items, entered)], gaps, until)

    assert (more <= fewer).all()


def test_reviewers_keep_the_pace_they_had():
    # From a moment drawn evenly, 6 reviewers with a mean gap of 100 seconds give 6 · 1,000 / 100 answers in 1,000, on
    # average; whatever the gaps. 20,000 runs: the mean has an sd of about 0.05.
    rng = np.random.default_rng(5)
    gaps = np.array([1.0, 1, 2, 396, 0, 200])
    rhythm = Rhythm.of_gaps(gaps)
    entered = rng.random((20_000, 6)) * rhythm.length
    numbers = rhythm.first_from(entered + 1_000) - rhythm.first_from(entered)

    assert numbers.sum(axis=1).mean() == pytest.approx(60, abs=0.2)
