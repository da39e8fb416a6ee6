"""Why a clock is due when it is, in sentences: what was promised, what counted on the way, what did not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from desk.viewing.team_time import TeamTime
from desk.words import HOUR, counted, listed, said
from models.clock import Clock
from models.enums import EventName, Hearer, TargetName
from models.event import Event
from notifications.words import level_in_words
from review import clock as rules
from review.actions.clocks import ladder_of, state_of, steps_of
from review.calendar import Reason
from review.calendars import compiled
from review.clock import ClockState
from review.explaining import Account, Day
from review.forecast.chance import COMPARABLE_AT_LEAST, Basis
from review.outlook import Outlook

SHOWN_DAYS: Final = 5
"""More counted days than these are summed up; the account lists each."""

STARTED: Final = {
    TargetName.ACCESS: "the request came in",
    TargetName.FIRST_RESPONSE: "the submission came in",
    TargetName.DECISION: "the submission came in",
    TargetName.RE_REVIEW: "the partner sent it again",
    TargetName.PARTNER_ANSWER: "it became the partner’s turn",
}
RESTS_ON: Final = {Basis.SAME_KIND: "of its kind", Basis.ALL_KINDS: "of every kind"}

HEARERS: Final = {
    Hearer.ASSIGNEE: "who has it",
    Hearer.CHANNEL: "the reviewers",
    Hearer.LEAD: "the leads",
    Hearer.MANAGER: "the programme managers",
    Hearer.PARTNER: "the partner",
}

CLOSED: Final = {
    Reason.OVERRIDE: "other hours on this day",
    Reason.HOLIDAY: "holiday",
    Reason.BREAK: "break",
    Reason.PAUSE: "waiting on the partner",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a due date rests on, by name: as in "version 2 of the calendar team" and "version 1 of the policy v1"."""

    target: TargetName
    calendar: str
    policy: str


def sentences(terms: Terms, state: ClockState, account: Account, time: TeamTime) -> tuple[str, ...]:
    """The answer to "why is this due then?", most important first. `time` is in the calendar's zone."""
    return tuple(_sentences(terms, state, account, time))


def _sentences(terms: Terms, state: ClockState, account: Account, time: TeamTime) -> Iterator[str]:
    name, promised = said(terms.target), _amount(state.target_seconds, time)
    if state.stopped_at is not None:
        yield f"{name}: answered {time.shown(state.stopped_at)}, after {time.business(account.used)} of {promised}."
    elif account.due_at is None:
        yield (
            f"{name}: not due while the partner is waited for. {_rest(account, time)} of {promised} once they answer."
        )
    else:
        yield f"{name}: due {time.shown(account.due_at)}, when {promised} are used up."
        if account.breached:
            yield f"It is {time.business(-account.remaining)} late by now."
    yield f"Time has counted since {time.shown(state.started_at)}, when {STARTED[terms.target]}."
    if days := [day for day in account.days if day.counted]:
        yield f"Counted on the way: {_counted(days, time)}."
    if closed := [day for day in account.days if any(reason is not Reason.PAUSE for reason, _ in day.closed)]:
        yield f"Not counted: {_closed(closed)}; nights and days without hours have no line."
    if account.paused or account.paused_since is not None:
        yield _paused(state, account, time)
    # A pause that begins as the time is used up, and has no end yet, puts the breach off and not the due date.
    if state.stopped_at is None and account.breach_at is not None and account.breach_at != account.due_at:
        yield (
            f"That is a closing time: it is late only once the team is open again, after "
            f"{time.shown(account.breach_at)}."
        )
    if account.clock_changes:
        yield f"Clocks there change on {_changes(account)}; hours are those of the wall clock."
    yield f"Hours and holidays are {terms.calendar}, in {time.zone_name}; the promise is {terms.policy}."


def foreseen(outlook: Outlook, state: ClockState, time: TeamTime) -> tuple[str, ...]:
    """What will probably become of a running clock, and what that rests on."""
    return tuple(_foreseen(outlook, state, time))


def moves(revised: Iterable[Event], clock: Clock, time: TeamTime) -> tuple[str, ...]:
    """Each time that other hours or another promise moved the due date: from when to when, and why; oldest first."""
    return tuple(
        f"Moved on {time.shown(event.at)} from {time.read(event.data.get('was_due_at'))} to "
        f"{time.read(event.data.get('due_at'))}: {event.data.get('because', '')}."
        for event in sorted(revised, key=lambda event: event.id)
        if event.name == EventName.CLOCK_REVISED
        and event.data.get("target") == clock.target
        and clock.started_at <= event.at <= (clock.stopped_at or time.at)
    )


def next_told(clock: Clock, time: TeamTime) -> tuple[str, ...]:
    """Who hears of a running clock next, and when; nothing while it is paused, and when nobody is left to tell."""
    fire = rules.next_fire(compiled(clock.calendar), state_of(clock), ladder_of(clock), clock.last_level)
    if clock.stopped_at is not None or fire is None:
        return ()
    step = next(step for step in steps_of(clock) if step.rung == fire.rung.name)
    who = listed(HEARERS[hearer] for hearer in step.tells)
    if fire.at <= time.at:
        return (f"Told next: {who}, within moments, as {level_in_words(step.level)} (from {time.shown(fire.at)} on).",)
    return (f"Told next: {who}, once {level_in_words(step.level)}, after {time.shown(fire.at)}.",)


def _foreseen(outlook: Outlook, state: ClockState, time: TeamTime) -> Iterator[str]:
    chance = outlook.chance
    if chance.basis is Basis.BREACHED:
        pass
    elif chance.probability is None or chance.low is None or chance.high is None:
        few = f"only {counted(chance.comparable, 'past clock')}" if chance.comparable else "no past clock"
        needed = f"{COMPARABLE_AT_LEAST} are needed"
        yield f"Whether it will be late can’t be told yet: {few} to compare with, {needed}."
    else:
        yield (
            f"It will be late with a chance of {chance.probability:.0%} (between {chance.low:.0%} and "
            f"{chance.high:.0%}), going by {counted(chance.comparable, 'past clock')} {RESTS_ON[chance.basis]}."
        )
    if state.paused_since is not None or outlook.earliest_at is None:
        return
    earliest = time.shown(outlook.earliest_at)
    if outlook.latest_at is None:
        yield f"The answer probably comes after {earliest}; nobody knows yet how long it may take."
    else:
        yield f"The answer probably comes between {earliest} and {time.shown(outlook.latest_at)}."


def _amount(seconds: float, time: TeamTime) -> str:
    words, hours = time.business(seconds), seconds / HOUR
    return f"{words} ({hours:g} open hours)" if "business day" in words else words


def _rest(account: Account, time: TeamTime) -> str:
    if account.remaining < 0:
        return f"It is {time.business(-account.remaining)} over"
    return f"{time.business(account.remaining)} are left"


def _counted(days: list[Day], time: TeamTime) -> str:
    if len(days) <= SHOWN_DAYS:
        return listed(f"{_short(day.day)} {time.business(day.counted)}" for day in days)
    total = sum(day.counted for day in days)
    first, last = _short(days[0].day), _short(days[-1].day)
    return f"{time.business(total)} on {counted(len(days), 'day')} from {first} to {last}"


def _closed(days: Iterable[Day]) -> str:
    return listed(f"{_short(day.day)} ({_why(day)})" for day in days)


def _why(day: Day) -> str:
    reasons = [(reason, name) for reason, name in day.closed if reason is not Reason.PAUSE]
    return ", ".join(name or CLOSED[reason] for reason, name in reasons)


def _paused(state: ClockState, account: Account, time: TeamTime) -> str:
    stretches = [
        f"from {time.shown(since)} {f'to {time.shown(until)}' if until is not None else 'on, and still'}"
        for since, until in state.pauses
        if until is None or until > since
    ]
    moved = "" if account.paused_since is not None else "; the due date moved by as much"
    if not account.paused:
        return f"Waiting on the partner {listed(stretches)}: no open time has passed meanwhile."
    return f"Waiting on the partner {listed(stretches)}: {time.business(account.paused)} did not count{moved}."


def _changes(account: Account) -> str:
    return listed(
        f"{_short(day)} ({'forward' if moved > timedelta() else 'back'} {abs(moved) // timedelta(minutes=1)} min)"
        for day, moved in account.clock_changes
    )


def _short(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
