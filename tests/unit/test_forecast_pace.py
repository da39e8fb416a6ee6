"""How long a reviewer's next answer takes while something waits."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from review.forecast.pace import Answer, gaps

ROSA, IDRIS = 1, 2
ALWAYS = [(0, 1_000)]
stretches = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted).map(tuple)


def answers(*moments, by=ROSA):
    return [Answer(by, at) for at in moments]


def test_a_gap_lies_between_two_answers_of_one_reviewer():
    assert gaps([*answers(10, 30, 35), *answers(20, 60, by=IDRIS)], ALWAYS) == (20, 5, 40)


def test_time_in_which_nothing_waited_is_nobodys_gap():
    # Nothing waited from 12 to 25.
    assert gaps(answers(10, 30, 35), [(0, 12), (25, 40)]) == (7, 5)


def test_what_waited_at_once_is_counted_once():
    assert gaps(answers(10, 30), [(25, 40), (0, 12), (5, 11), (26, 27)]) == (7,)


def test_several_answers_at_one_moment_lie_no_time_apart():
    assert gaps(answers(10, 10, 10), ALWAYS) == (0, 0)


def test_one_answer_is_no_gap():
    assert gaps([*answers(10), *answers(10, by=IDRIS)], ALWAYS) == ()
    assert gaps([], []) == ()


def test_answers_before_or_after_all_waiting_lie_no_time_apart():
    assert gaps(answers(1, 2, 90, 95), [(10, 20)]) == (0, 10, 0)


@given(st.lists(st.builds(Answer, st.integers(1, 3), st.integers(0, 40)), max_size=12), st.lists(stretches, max_size=6))
def test_gaps_are_counted_second_by_second(given_answers, waiting):
    busy = [any(start <= second < end for start, end in waiting) for second in range(40)]
    expected = []
    for reviewer in (1, 2, 3):
        moments = sorted(answer.at for answer in given_answers if answer.reviewer_id == reviewer)
        expected += [sum(busy[since:until]) for since, until in pairwise(moments)]

    assert gaps(given_answers, waiting) == tuple(expected)
