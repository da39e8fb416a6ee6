"""Whether a partner may be nudged about what an integration lacks for Public: one rule, one line when not. Pure.

A nudge is the monthly message, sent when a person asks for it. Days are dates where the team's calendar is.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from review.next_word import APART

NUDGED_APART: Final = timedelta(days=14)
"""A partner hears of no second nudge within it, whichever of their integrations it would be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one integration in Public Beta on a day. `unknown` counts items that nobody could tell."""

    today: date
    partner: str
    is_looked_at: bool
    """Whether an audit has looked so lately that it may be told."""
    seen_once: bool
    """A fall waits for its second look."""
    graduation: int | None
    """Its open graduation."""
    lacks: int
    unknown: int
    hearers: int
    """The partner's active people."""
    deaf: int
    """Those of them who want no such messages."""
    told_on: date | None
    """When a message last said what this integration lacks."""
    nudged_on: date | None
    """When the partner was last nudged, about any integration."""
    nudged_about: str = ""


def refusal(known: Known) -> str:
    """Why not, in one line, and until when where a day is known; empty: they may be nudged."""
    if known.graduation is not None:
        return f"nothing is asked of {known.partner} while its graduation, submission {known.graduation}, is open"
    if not known.is_looked_at:
        return "no audit has looked at it of late; audit it first"
    if known.seen_once:
        return "something of it was seen falling once; the next audit tells whether it did"
    if not known.lacks:
        return "what is open of it nobody could tell, and that is ours" if known.unknown else "it lacks nothing"
    return _of_the_hearers(known) or _too_soon(known)


def after_another(partner: str, about: str, today: date) -> str:
    """Why not, when the partner is nudged about another integration now."""
    return f"{partner} is nudged about {about}, which is nearer to Public; again from {today + NUDGED_APART}"


def _of_the_hearers(known: Known) -> str:
    if not known.hearers:
        return f"nobody at {known.partner} can be told: no active person"
    return f"everybody at {known.partner} has switched such messages off" if known.hearers == known.deaf else ""


def _too_soon(known: Known) -> str:
    if known.nudged_on is not None and known.today < (again := known.nudged_on + NUDGED_APART):
        return f"{known.partner} was nudged about {known.nudged_about} on {known.nudged_on}; again from {again}"
    if known.told_on is not None and known.today < (again := known.told_on + APART):
        return f"{known.partner} was told what it lacks on {known.told_on}; again from {again}"
    return ""
