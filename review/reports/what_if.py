"""What if another policy had been in force: history replayed, with the same starts, pauses and answers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.promises import SECONDS_PER_HOUR
from models.clock import CalendarVersion
from models.enums import TargetName
from review import clock as rules
from review.calendar import Calendar
from review.reports.promises import Promise, Tally, tally, tally_as


class Unit(StrEnum):
    """What an amount of open time is told in. A business day has the length that a clock's own policy gives it."""

    BUSINESS_DAY = "bd"
    HOUR = "h"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of open time, as in 1.5 business days."""

    number: float
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """Another policy: other targets, other hours in place of those of a calendar's name; the rest as it was."""

    targets: Mapping[TargetName, Amount] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    def concerns(self, promise: Promise) -> bool:
        return promise.target in self.targets or promise.hours.name in self.calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The same promises as they were and as they would have been.

    `met_to_missed` and `missed_to_met` count what was answered. `would_be_past` and `would_be_in_time` count what is
    open: in time now and past the other target, and the other way round.
    """

    was: Tally
    would_be: Tally
    met_to_missed: int
    missed_to_met: int
    would_be_past: int
    would_be_in_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPast:
    """An open promise that is in time now and would be past. Open seconds, as they would be counted."""

    submission_id: int
    slug: str
    target: TargetName
    used_seconds: float
    target_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChange:
    target: TargetName
    change: Change
    cohorts: tuple[tuple[str, Change], ...]
    """By the month in which the clock started, as in 2026-11, in the zone of its own calendar; oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    targets: tuple[TargetChange, ...]
    """Those that the other policy concerns and that were ever promised."""
    open_past: tuple[OpenPast, ...]
    """The longest past first."""


@dataclass(frozen=True, slots=True)
class _Replayed:
    promise: Promise
    used: float
    target_seconds: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.target_seconds


def what_if(promises: Iterable[Promise], supposed: Supposed, *, at: datetime) -> WhatIf:
    """Every promise that the other policy concerns, replayed. Nothing is written."""
    replayed: dict[TargetName, list[_Replayed]] = defaultdict(list)
    for promise in promises:
        if supposed.concerns(promise):
            replayed[promise.target].append(_replayed(promise, supposed, at))
    past = [one for of_target in replayed.values() for one in of_target if _turns_past(one)]
    return WhatIf(
        targets=tuple(_target(target, replayed[target]) for target in TargetName if target in replayed),
        open_past=tuple(
            OpenPast(
                submission_id=one.promise.submission_id,
                slug=one.promise.slug,
                target=one.promise.target,
                used_seconds=one.used,
                target_seconds=one.target_seconds,
            )
            for one in sorted(past, key=lambda one: (one.target_seconds - one.used, one.promise.clock_id))
        ),
    )


def calendar_names(session: Session) -> frozenset[str]:
    """The calendars by which something was ever promised."""
    return frozenset(session.scalars(select(CalendarVersion.name).distinct()))


def _replayed(promise: Promise, supposed: Supposed, at: datetime) -> _Replayed:
    used, target_seconds = promise.used, promise.state.target_seconds
    if (calendar := supposed.calendars.get(promise.hours.name)) is not None:
        used = rules.elapsed(calendar, promise.state, at)
    if (amount := supposed.targets.get(promise.target)) is not None:
        unit = promise.business_day_seconds if amount.unit is Unit.BUSINESS_DAY else SECONDS_PER_HOUR
        target_seconds = round(amount.number * unit)
    return _Replayed(promise, used, target_seconds)


def _target(target: TargetName, replayed: Sequence[_Replayed]) -> TargetChange:
    months: dict[str, list[_Replayed]] = defaultdict(list)
    for one in replayed:
        months[one.promise.month].append(one)
    return TargetChange(
        target=target,
        change=_change(replayed),
        cohorts=tuple((month, _change(months[month])) for month in sorted(months)),
    )


def _change(replayed: Sequence[_Replayed]) -> Change:
    promises = [one.promise for one in replayed]
    answered = [one for one in replayed if not one.promise.running and not one.promise.withdrawn]
    return Change(
        was=tally(promises),
        would_be=tally_as(promises, [one.exceeded for one in replayed]),
        met_to_missed=sum(one.exceeded and not one.promise.exceeded for one in answered),
        missed_to_met=sum(one.promise.exceeded and not one.exceeded for one in answered),
        would_be_past=sum(_turns_past(one) for one in replayed),
        would_be_in_time=sum(one.promise.running and one.promise.exceeded and not one.exceeded for one in replayed),
    )


def _turns_past(one: _Replayed) -> bool:
    return one.promise.running and one.exceeded and not one.promise.exceeded
