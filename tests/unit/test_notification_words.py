"""How far a clock is, in words."""

import pytest

from notifications.words import level_in_words, moments_in_words


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (0.5, "half of the time is used"),
        (0.75, "three quarters of the time are used"),
        (0.9, "nine tenths of the time are used"),
        (0.6, "60 % of the time is used"),
        (1.0, "the time is used up"),
        (1.5, "the time was used up more than half a business day ago"),
        (2.0, "the time was used up more than a business day ago"),
        (4.0, "the time was used up more than 3 business days ago"),
        (1.1, "the time was used up more than 0.1 business days ago"),
    ],
)
def test_a_level_reads_as_people_say_it(level, words):
    assert level_in_words(level) == words


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ([0.5], "at half of the time"),
        ([0.5, 0.75], "at half and three quarters of the time"),
        ([0.5, 0.6, 0.9], "at half, 60 % and nine tenths of the time"),
        ([0.75, 1.0], "at three quarters of the time and when it was used up"),
        ([1.0], "when it was used up"),
        ([0.5, 1.0, 2.0], "at half of the time, when it was used up and a business day late"),
        ([1.5, 4.0], "half a business day late and 3 business days late"),
    ],
)
def test_moments_at_which_nothing_was_said_read_as_people_say_them(levels, words):
    assert moments_in_words(levels) == words
