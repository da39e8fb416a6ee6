"""What the programme promises: opening hours, targets, who is told on the way, how often is looked again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError, model_validator

from checklist.frozen import Frozen, Words
from checklist.mistakes import Mistake, mistakes_of
from models.enums import GATE_OF_KIND, GateName, Hearer, SubmissionKind, TargetName

SECONDS_PER_HOUR = 3_600
HOURS_PER_DAY = 24
MINUTES_PER_HOUR = 60
DEFAULT_BUSINESS_DAY_SECONDS = 28_800
"""Eight hours: a business day as a number of open seconds (ARCHITECTURE.md, SLA arithmetic)."""

LONGEST_DAYS = 366
"""A promise over more than a year of open time is a slip of the pen, and lies beyond the hours of many calendars."""

LEAP_YEAR = 2024


def _closes_after_it_opens(opening: tuple[str, str]) -> tuple[str, str]:
    opens, closes = (f"{time}:00" if time.count(":") == 1 else time for time in opening)
    if opens >= closes:
        raise ValueError("an opening before its close; hours over midnight are two: to '24:00' and from '00:00'")
    return opening


def _is_a_day_of_the_year(month_day: str) -> str:
    try:
        date.fromisoformat(f"{LEAP_YEAR}-{month_day}")
    except ValueError:
        raise ValueError("a day of the year as MM-DD") from None
    return month_day


SOMEBODY = f"at least one of {', '.join(sorted(Hearer))}"


def _is_known(hearer: Any) -> Any:
    if not isinstance(hearer, str) or hearer not in set(Hearer):
        raise ValueError(SOMEBODY)
    return hearer


def _tells_somebody(tells: Any) -> Any:
    if tells in ([], ()):
        raise ValueError(SOMEBODY)
    return tells


TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$|^24:00$")]
Opening = Annotated[tuple[TimeOfDay, TimeOfDay], AfterValidator(_closes_after_it_opens)]
MonthDay = Annotated[str, StringConstraints(pattern=r"^\d\d-\d\d$"), AfterValidator(_is_a_day_of_the_year)]
Region = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,6})?)?$")]
CalendarName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
LadderName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
RungName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]
TierName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
BusinessDays = Annotated[float, Field(gt=0, le=LONGEST_DAYS, allow_inf_nan=False)]
Hearers = Annotated[
    tuple[Annotated[Hearer, BeforeValidator(_is_known)], ...], Field(min_length=1), BeforeValidator(_tells_somebody)
]
Hours = Annotated[float, Field(gt=0, le=LONGEST_DAYS * HOURS_PER_DAY, allow_inf_nan=False)]


class PolicyInvalid(Exception):
    """An SLA policy that can't be used; the message names the source, each key path, what was seen and expected."""

    def __init__(self, source: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{source}: {mistake}" for mistake in self.mistakes))


class CalendarData(Frozen):
    """Opening hours as they are written down; `review.calendar` compiles them.

    A calendar of the programme starts as the rulebook writes it; people change it from then on, version by version.
    """

    region: Region = ""
    """Whose public holidays it keeps: a country as in `US`, or one of its parts as in `US-CA` (ISO 3166)."""
    tz: Words
    week: Mapping[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[Opening, ...]]
    holidays: Mapping[date, Words] = Field(default_factory=dict)
    holidays_yearly: tuple[MonthDay, ...] = ()
    overrides: Mapping[date, tuple[Opening, ...]] = Field(default_factory=dict)
    breaks: Mapping[date, tuple[Opening, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _zone_exists(self) -> Self:
        try:
            ZoneInfo(self.tz)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # unknown; not a relative name; a folder
            raise ValueError(f"a zone of the tz database as in Europe/Berlin, not {self.tz!r}") from error
        return self

    def as_spec(self) -> dict[str, Any]:
        """The `calendar` object of the contract: tz, week, holidays (date to name), overrides, breaks."""
        return self.model_dump(mode="json", exclude={"region"})


class Target(Frozen):
    """A promise: so many business days, or so many hours, of open time in a calendar.

    A row holds for the gates, submission kinds and partner tiers it names; naming none, it holds for all of them.
    """

    name: TargetName
    gates: tuple[GateName, ...] = ()
    kinds: tuple[SubmissionKind, ...] = ()
    tiers: tuple[TierName, ...] = ()
    business_days: BusinessDays | None = None
    hours: Hours | None = None
    calendar: Words
    business_day_seconds: int = Field(default=DEFAULT_BUSINESS_DAY_SECONDS, gt=0, le=HOURS_PER_DAY * SECONDS_PER_HOUR)
    ladder: LadderName = "usual"
    """Which ladder tells of it."""

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.business_days is None) == (self.hours is None):
            raise ValueError("either business_days or hours")
        if not self.seconds:
            raise ValueError("a length of at least one second")
        return self

    @property
    def seconds(self) -> int:
        """The length in open seconds."""
        if self.business_days is not None:
            return round(self.business_days * self.business_day_seconds)
        return round((self.hours or 0) * SECONDS_PER_HOUR)

    @property
    def is_general(self) -> bool:
        """Whether it holds for every submission."""
        return not (self.gates or self.kinds or self.tiers)

    @property
    def holds_for(self) -> str:
        """For which submissions it holds, as people say it; empty for all."""
        named = (("gate", self.gates), ("kind", self.kinds), ("tier", self.tiers))
        return ", ".join(f"{what} {' or '.join(names)}" for what, names in named if names)

    def fits(self, gate: GateName | None, kind: SubmissionKind | None, tier: str) -> bool:
        return (
            (not self.gates or gate in self.gates)
            and (not self.kinds or kind in self.kinds)
            and (not self.tiers or tier in self.tiers)
        )

    def covers(self, other: "Target") -> bool:
        """Whether it holds for every submission that the other one holds for."""
        named: tuple[tuple[Sequence[str], Sequence[str]], ...] = (
            (self.gates, other.gates),
            (self.kinds, other.kinds),
            (self.tiers, other.tiers),
        )
        return all(not mine or (theirs and set(theirs) <= set(mine)) for mine, theirs in named)

    def is_for_nothing(self) -> bool:
        """Whether none of its kinds ever asks to pass one of its gates."""
        kinds = self.kinds or tuple(SubmissionKind)
        return bool(self.gates) and not any(GATE_OF_KIND[kind] in self.gates for kind in kinds)

    def __str__(self) -> str:
        """As people say it: "2 business days"."""
        number, unit = (self.hours, "hour") if self.business_days is None else (self.business_days, "business day")
        return f"{number:g} {unit}{'' if number == 1 else 's'}"


class LadderRung(Frozen):
    """A step of a ladder: at a fraction of the target, or so long after the breach; whom it tells."""

    rung: RungName
    fraction: float | None = Field(default=None, gt=0, le=1)
    after_breach_business_days: BusinessDays | None = None
    tells: Hearers

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if (self.fraction is None) == (self.after_breach_business_days is None):
            raise ValueError("either fraction or after_breach_business_days")
        return self

    @property
    def level(self) -> float:
        """How far up it is: the share of the target, 1 at the breach, and business days after that on top."""
        return self.fraction if self.fraction is not None else 1 + (self.after_breach_business_days or 0)


class SlaPolicy(Frozen):
    """The clocks' promises, who is told on the way, and how long a claim may rest."""

    targets: tuple[Target, ...]
    """Read from the top: of the rows with a name, the first that fits a submission is its promise."""
    ladders: Mapping[LadderName, tuple[LadderRung, ...]]
    claim_lease_minutes: int = Field(gt=0, le=LONGEST_DAYS * HOURS_PER_DAY * MINUTES_PER_HOUR)
    """Working minutes after which a claim without any act falls back into the queue."""

    @classmethod
    def parse(cls, document: Mapping[str, Any], source: str, calendars: Collection[str]) -> Self:
        """A policy over these calendars; PolicyInvalid with every mistake, each naming `source`."""
        try:
            policy = cls.model_validate(document)
        except ValidationError as error:
            raise PolicyInvalid(source, mistakes_of(error, cls)) from error
        if mistakes := tuple(policy.contradictions(calendars)):
            raise PolicyInvalid(source, mistakes)
        return policy

    def target(
        self, name: TargetName, gate: GateName | None = None, kind: SubmissionKind | None = None, tier: str = ""
    ) -> Target:
        """The promise that holds; asked without a gate, kind and tier, the general one."""
        return next(row for row in self.targets if row.name is name and row.fits(gate, kind, tier))

    def contradictions(self, calendars: Collection[str]) -> Iterable[Mistake]:
        """What no single key shows: a promise that is missing, rows that never count, names of nothing."""
        for promised in TargetName:
            yield from self._contradictions_of(promised)
        for row in self.targets:
            where = f"targets.{row.name.value}"
            if row.calendar not in calendars:
                known = ", ".join(sorted(calendars)) or "none is given"
                yield Mistake(f"{where}.calendar", repr(row.calendar), f"a calendar ({known})")
            if row.ladder not in self.ladders:
                yield Mistake(f"{where}.ladder", repr(row.ladder), f"one of {', '.join(self.ladders)}")
        for name, steps in self.ladders.items():
            seen = ", ".join(step.rung for step in steps)
            if any(lower.level >= higher.level for lower, higher in pairwise(steps)):
                yield Mistake(f"ladders.{name}", seen, "each step later than the one before")
            if len({step.rung for step in steps}) < len(steps):
                yield Mistake(f"ladders.{name}", seen, "each name once")

    def _contradictions_of(self, promised: TargetName) -> Iterable[Mistake]:
        where = f"targets.{promised.value}"
        rows = [row for row in self.targets if row.name is promised]
        general = [index for index, row in enumerate(rows) if row.is_general]
        if general != [len(rows) - 1] or not rows:
            seen = f"{len(general)} general rows of {len(rows)}" if rows else "no row"
            expected = "one row without gates, kinds and tiers, below the rows for particular submissions"
            yield Mistake(where, seen, expected)
            return
        for index, row in enumerate(rows):
            if any(earlier.covers(row) for earlier in rows[:index]):
                yield Mistake(where, f"a row for {row.holds_for} below one that holds for all of them", "it above")
            if row.is_for_nothing():
                yield Mistake(where, f"a row for {row.holds_for}", "a gate that submissions of such a kind pass")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **SlaPolicy.model_json_schema()}


class AuditPolicy(Frozen):
    """How often what has launched is looked at again, and when a fall is believed."""

    interval_hours: int = Field(gt=0)
    regression_seen_twice_after_minutes: int = Field(gt=0)
    """A fall counts once a second look this much later says the same: one bad minute is no regression."""
    fix_within_business_days: int = Field(default=10, gt=0, le=250)
    """So long the partner has to mend what fell; after it the team is asked whether to take it out of the catalog."""
    remind_business_days_before: int = Field(default=3, gt=0, le=250)
    """So long before the last day the partner is reminded, once."""
    tell_waiver_ends_business_days_before: int = Field(default=5, gt=0, le=250)
    """So long before a waiver's last day partner and team are told that it runs out, once."""


class GraduationPolicy(Frozen):
    """Who decides a graduation that the engine proposed, and how long everything must have held before it may."""

    decide: Literal["person", "automatically"] = "person"
    """Automatically: the engine approves what passed by check throughout; whatever else waits for a person."""
    audits_in_a_row: int = Field(default=3, ge=2)
    """Latest audits that must all have seen every required item pass: one good night proves nothing."""
    days: int = Field(default=3, ge=1)
    """Days that must lie between the first and the last of them."""
