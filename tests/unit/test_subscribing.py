"""Which words an endpoint may ask with, and what they mean."""

import random
from datetime import timedelta

import pytest

from models.enums import EventName
from notifications.message import Category
from notifications.outbox.patience import PATIENCE, next_pause
from notifications.public_events import PUBLIC_EVENTS
from notifications.routing import audible_to_partners
from notifications.subscribing import EventsInvalid, asks_for, checked_events


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["submission.approved"], True),
        (["submission.*"], True),
        (["*"], True),
        (["integration.*", "submission.approved"], True),
        (["integration.*"], False),
        (["submission.rejected"], False),
        ([], False),
    ],
)
def test_a_word_means_an_event_or_all_that_begin_alike(words, meant):
    assert asks_for(words, EventName.APPROVED) is meant


def test_words_are_kept_once_in_their_order_whatever_their_capitals():
    assert checked_events([" Submission.* ", "integration.launched", "submission.*", ""]) == [
        "submission.*",
        "integration.launched",
    ]


@pytest.mark.parametrize("words", [["submission.abducted"], ["sub*"], ["submission"], ["secret.revealed"], ["x.*"]])
def test_a_word_that_means_nothing_is_refused_by_name_with_what_there_is(words):
    with pytest.raises(EventsInvalid, match="expected some of") as refused:
        checked_events(["*", *words])
    assert repr(words[0]) in str(refused.value)
    assert "submission.approved" in str(refused.value)


def test_no_word_at_all_is_refused():
    with pytest.raises(EventsInvalid, match="no event is named"):
        checked_events(["", "  "])


def test_a_partner_may_not_ask_for_what_its_mails_never_say():
    with pytest.raises(EventsInvalid):
        checked_events([EventName.PARTNER_SILENT], audible_to_partners())
    assert audible_to_partners() < set(PUBLIC_EVENTS)


def test_a_webhook_is_tried_over_three_days_further_and_further_apart():
    patience, rng = PATIENCE[Category.SUBSCRIBED], random.Random(7)
    pauses = [next_pause(tries, rng, patience) for tries in range(1, patience.attempts)]
    assert pauses == sorted(pauses)
    assert timedelta(seconds=5) <= pauses[0] <= timedelta(seconds=6)
    assert timedelta(days=3) <= sum(pauses, timedelta()) <= timedelta(days=4)


def test_two_that_failed_together_come_back_apart():
    patience, rng = PATIENCE[Category.SUBSCRIBED], random.Random(7)
    assert next_pause(4, rng, patience) != next_pause(4, rng, patience)
