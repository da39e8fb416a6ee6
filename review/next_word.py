"""Which message about the way to Public an integration in Public Beta is owed on a day, if any.

Told once a month, and no third time while nothing changes; the request for the button once, a week after the launch,
whose own message has named it; nothing of it within a week of another message that said what lacks. The days are
dates in the zone of the team's calendar.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

APART: Final = timedelta(days=7)
"""A partner is not told what lacks twice within a week, whichever message says it."""

TOLD_UNCHANGED: Final = 2
"""Monthly messages with the same content, after which it is quiet until something changes."""


class NextWord(StrEnum):
    """What to tell. BUTTON: please build the enable button. MISSING: all that lacks, once a month."""

    BUTTON = "button"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one integration in Public Beta on a day."""

    today: date
    in_beta_since: date
    told_on: date | None
    """When a message last said what lacks: at the launch, after a fall, as a request, or monthly."""
    months: tuple[tuple[date, str], ...] = ()
    """The monthly messages since it is in Public Beta, oldest first: day and digest of what lacked then."""
    lacks: str
    """Digest of what lacks now; empty when nothing does."""
    lacks_button: bool = False
    asked_for_button: bool = False


def next_word(known: Known) -> NextWord | None:
    """What is due. The monthly message names the button too, so that after one the request would repeat it."""
    if not known.lacks or (known.told_on is not None and known.today < known.told_on + APART):
        return None
    if is_month_due(known):
        return NextWord.MISSING
    asks = known.lacks_button and not known.asked_for_button and not known.months
    return NextWord.BUTTON if asks and known.today >= known.in_beta_since + APART else None


def is_month_due(known: Known) -> bool:
    """Whether a month has passed, and the last messages did not say the same in vain."""
    if tells_unchanged(known) >= TOLD_UNCHANGED:
        return False
    last = known.months[-1][0] if known.months else known.in_beta_since
    return known.today >= month_after(last)


def tells_unchanged(known: Known) -> int:
    """How many of the latest monthly messages said just what lacks now."""
    count = 0
    for _, digest in reversed(known.months):
        if digest != known.lacks:
            break
        count += 1
    return count


def month_after(day: date) -> date:
    """The same day of the next month, or its last one."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))
