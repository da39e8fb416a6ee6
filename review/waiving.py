"""When it is told that a waiver runs out: once, some business days before, never on the day it was granted. Pure.

Days are dates where the team's calendar is.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Let:
    """A waiver that counts: the day it was granted, its last day, and whether its end was told."""

    granted_on: date
    until: date
    told: bool


def is_to_be_told(waiver: Let, *, today: date, horizon: date) -> bool:
    """Whether its end is told on a day. `horizon` is the last day that is near enough."""
    return not waiver.told and waiver.granted_on < today <= waiver.until <= horizon
