"""From when a draft should count: a date with its arithmetic, so that a person can follow or change it. Pure.

The rule. Nobody falls without warning: a draft starts tomorrow at the earliest. Where something would fail that an
integration has passed, or can't be told, its items run in shadow until the partners have had their time: one audit
to look and tell, then as many business days as a partner has to answer (the policy's `partner_answer`), once where at
most a tenth of what is live has to mend something, twice up to a half, three times beyond; then one more audit to see
what was mended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

ROUNDS: Final = ((0.1, 1), (0.5, 2), (1.0, 3))
"""Share of what is live that has to mend something, up to which the partners get so many times their days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the arithmetic: why, and the day it leads to."""

    why: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """`shadow_until` is None where nothing has to wait."""

    valid_from: date
    shadow_until: date | None
    steps: tuple[Step, ...]


def suggest(
    *,
    at: datetime,
    written: date,
    affected: int,
    untold: int,
    live: int,
    interval_hours: int,
    answer: str,
    answer_seconds: int,
    moved_on: Callable[[datetime, float], datetime],
) -> Suggestion:
    """A date for a draft that writes `written` as its first day.

    `affected` of `live` integrations would have to mend something they have passed, of `untold` more it can't be told.
    `answer` are the words of the time that a partner has, `answer_seconds` its open seconds; `moved_on` counts those
    on from an instant, by the programme's calendar.
    """
    tomorrow = at.date() + timedelta(days=1)
    first = max(written, tomorrow)
    why = f"the draft's own date, {written}" if written >= tomorrow else "tomorrow: nothing counts backwards"
    steps = [Step(why=why, day=first)]
    if not affected and not untold:
        steps.append(Step(why="nothing that was passed would fail, so nothing has to wait", day=first))
        return Suggestion(valid_from=first, shadow_until=None, steps=tuple(steps))
    hours = timedelta(hours=interval_hours)
    start = datetime.combine(first, at.timetz())
    told = start + hours
    steps.append(Step(why=f"one audit ({interval_hours} h) looks at all of it and tells", day=told.date()))
    if affected:
        share = affected / live
        rounds = next(times for most, times in ROUNDS if share <= most)
        told = moved_on(told, rounds * answer_seconds)
        times = f"{rounds} times {answer}" if rounds > 1 else answer
        why = f"{affected} of {live} live ({share:.0%}) have to mend something: {times} to do so"
        steps.append(Step(why=why, day=told.date()))
        told += hours
        steps.append(Step(why=f"one more audit ({interval_hours} h) sees what was mended", day=told.date()))
    until = (told + timedelta(days=1)).date() if told.time() > datetime.min.time() else told.date()
    steps.append(Step(why="the first whole day after that", day=until))
    return Suggestion(valid_from=first, shadow_until=until, steps=tuple(steps))
