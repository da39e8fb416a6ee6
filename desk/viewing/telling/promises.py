"""Promises, in words: clocks, calendars, the policy, and partners who are waited for."""

from typing import Final

from desk.viewing.telling.told import Data, Sentences, Tell, Teller, Told, member_of, rows_in, text_in
from desk.words import within
from models.enums import EventName, TargetName
from notifications.words import level_in_words, moments_in_words


def _clock(did: str) -> Tell:
    def tell(teller: Teller, data: Data) -> Told:
        cause = text_in(data, "cause")
        also = (f"Also {_how_far(teller, one)}" for one in rows_in(data, "also"))
        lines = (*([f"Cause: {cause}"] if cause else ()), *also)
        return Told(f"{did} {_how_far(teller, data)}", lines=lines)

    return tell


def _how_far(teller: Teller, told: Data) -> str:
    """A promise, and how much of its time was used when that was told."""
    target, level = member_of(TargetName, told.get("target")), told.get("level")
    due = teller.time.read(told.get("due_at"))
    promise = f"({within(target) if target else 'a promise'}{f', due {due}' if due else ''})"
    missed = told.get("missed")
    levels = [one for one in missed if isinstance(one, int | float)] if isinstance(missed, list) else []
    unsaid = f"; no word went out {moments_in_words(levels)}" if levels else ""
    return f"{promise}{f': {level_in_words(level)}' if isinstance(level, int | float) else ''}{unsaid}"


def _revised(teller: Teller, data: Data) -> Told:
    target = member_of(TargetName, data.get("target"))
    was, due = teller.time.read(data.get("was_due_at")), teller.time.read(data.get("due_at"))
    return Told(
        f"moved a due date ({within(target) if target else 'a promise'}): {was} is now {due}",
        text_in(data, "because"),
        lines=(f"By {source}",) if (source := text_in(data, "source")) else (),
    )


def _summed_up(did: str) -> Tell:
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        summary = text_in(data, "summary")
        return Told(f"{did}{f': {summary}' if summary else ''}", text_in(data, "because"))

    return tell


def _tiered(teller: Teller, data: Data) -> Told:
    del teller
    return Told(f"made {text_in(data, 'partner')} a partner of the tier {text_in(data, 'tier')}")


def _reminded(teller: Teller, data: Data) -> Told:
    since, count = teller.time.read(data.get("since")), data.get("count")
    waited = f", waited for since {since}" if since else ""
    return Told(f"reminded the partner{f' (reminder {count})' if count else ''}{waited}", text_in(data, "text"))


def _silent(teller: Teller, data: Data) -> Told:
    since = teller.time.read(data.get("since"))
    return Told(f"told the team that the partner has not answered{f' since {since}' if since else ''}")


OF_PROMISES: Final[Sentences] = {
    EventName.CLOCK_WARNED: _clock("warned"),
    EventName.CLOCK_BREACHED: _clock("told of a breach"),
    EventName.CLOCK_ESCALATED: _clock("escalated"),
    EventName.CLOCK_REVISED: _revised,
    EventName.CALENDAR_CHANGED: _summed_up("changed a calendar"),
    EventName.POLICY_CHANGED: _summed_up("changed the SLA policy"),
    EventName.CLOCKS_DRIFTED: _summed_up("saw due dates that would move"),
    EventName.PARTNER_TIER_CHANGED: _tiered,
    EventName.PARTNER_REMINDED: _reminded,
    EventName.PARTNER_SILENT: _silent,
}
