"""What a fall leads to, day by day: a reminder before its last day, a proposal to delist after it. Pure.

A proposal that the team dismissed comes back when the day it was dismissed until has passed.

Days are dates where the team's calendar is.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from models.enums import Outcome


class NextStep(StrEnum):
    """What is due. REMIND: tell the partner again. PROPOSE: ask the team whether to take it out of the catalog."""

    REMIND = "remind"
    PROPOSE = "propose"


@dataclass(frozen=True, slots=True)
class Open:
    """An open fall: its last day, from when on it is reminded of, which steps were taken, and until when the last one
    was dismissed.
    """

    fix_by: date
    remind_on: date | None
    reminded: bool
    proposed: bool
    dismissed_until: date | None = None


def next_step(fall: Open, today: date) -> NextStep | None:
    """What is due on a day; nothing twice, and no reminder of a day that has passed."""
    if today > fall.fix_by:
        is_settled = fall.proposed and (fall.dismissed_until is None or today <= fall.dismissed_until)
        return None if is_settled else NextStep.PROPOSE
    is_time = fall.remind_on is not None and today >= fall.remind_on
    return NextStep.REMIND if is_time and not fall.reminded else None


@dataclass(frozen=True, slots=True)
class Look:
    """An earlier look of an audit: when, and the items by outcome."""

    at: datetime
    outcomes: Mapping[str, Collection[str]]

    def has(self, item: str, outcome: Outcome) -> bool:
        return item in self.outcomes.get(outcome.value, ())


def seen_twice(item: str, looks: Iterable[Look], long_ago: datetime) -> bool:
    """Whether an earlier look, at `long_ago` or before, saw the item fail too, and none since saw it hold.

    `looks` are the earlier ones, newest first. A look that could not tell is neither.
    """
    for look in looks:
        if look.has(item, Outcome.FAILED):
            if look.at <= long_ago:
                return True
        elif not look.has(item, Outcome.UNKNOWN):
            return False
    return False
