"""How often and how far apart a message is tried."""

import random
from dataclasses import dataclass
from datetime import timedelta

from models.delivery import Delivery
from notifications.message import Category


@dataclass(frozen=True, slots=True)
class Patience:
    """A message is tried `attempts` times. A dead critical one is a fault that somebody must see.

    `pauses` between the tries, one for each but the last; without them the usual ones.
    """

    attempts: int
    critical: bool
    pauses: tuple[timedelta, ...] = ()


THREE_DAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""Source: the example of the Standard Webhooks specification."""

PATIENCE = {
    Category.STATUS: Patience(attempts=30, critical=True),  # about a day
    Category.ESCALATION: Patience(attempts=30, critical=True),
    Category.DIGEST: Patience(attempts=30, critical=True),  # what it joined comes nowhere else
    Category.WORK: Patience(attempts=14, critical=False),  # about six hours
    Category.REMINDER: Patience(attempts=14, critical=False),
    Category.CARD: Patience(attempts=14, critical=False),
    Category.NARRATION: Patience(attempts=2, critical=False),
    Category.SUBSCRIBED: Patience(attempts=len(THREE_DAYS) + 1, critical=False, pauses=THREE_DAYS),
}

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)


def patience_of(delivery: Delivery) -> Patience:
    return PATIENCE[Category(delivery.message["category"])]


def next_pause(attempts: int, rng: random.Random, patience: Patience | None = None) -> timedelta:
    """The pause after the given number of tries: doubles up to an hour, shortened by up to half at random.

    A patience with pauses of its own has those, each lengthened by up to a fifth. Without chance, all that failed
    in one outage would come back in the same second.
    """
    if patience is not None and patience.pauses:
        return patience.pauses[min(attempts, len(patience.pauses)) - 1] * rng.uniform(1.0, 1.2)
    doublings: int = 2 ** min(attempts - 1, 20)
    longest = min(FIRST_PAUSE * doublings, LONGEST_PAUSE)
    return longest * rng.uniform(0.5, 1.0)
