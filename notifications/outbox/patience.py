"""How often and how far apart a message is tried."""

import random
from dataclasses import dataclass
from datetime import timedelta

from models.delivery import Delivery
from notifications.message import Category


@dataclass(frozen=True, slots=True)
class Patience:
    """A message is tried `attempts` times. A dead critical one is a fault that somebody must see."""

    attempts: int
    critical: bool


PATIENCE = {
    Category.STATUS: Patience(attempts=30, critical=True),  # about a day
    Category.ESCALATION: Patience(attempts=30, critical=True),
    Category.WORK: Patience(attempts=14, critical=False),  # about six hours
    Category.REMINDER: Patience(attempts=14, critical=False),
    Category.CARD: Patience(attempts=14, critical=False),
    Category.NARRATION: Patience(attempts=2, critical=False),
}

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)


def patience_of(delivery: Delivery) -> Patience:
    return PATIENCE[Category(delivery.message["category"])]


def next_pause(attempts: int, rng: random.Random) -> timedelta:
    """The pause after the given number of tries: doubles up to an hour, shortened by up to half at random.

    Without chance, all that failed in one outage would come back in the same second.
    """
    doublings: int = 2 ** min(attempts - 1, 20)
    longest = min(FIRST_PAUSE * doublings, LONGEST_PAUSE)
    return longest * rng.uniform(0.5, 1.0)
