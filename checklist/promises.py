"""What the programme promises: opening hours, targets, who is told on the way, how often is looked again."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, model_validator

from checklist.frozen import Frozen, Words
from models.enums import Role, Rung, TargetName

SECONDS_PER_HOUR = 3_600
DEFAULT_BUSINESS_DAY_SECONDS = 28_800
"""Eight hours: a business day as a number of open seconds (ARCHITECTURE.md, SLA arithmetic)."""

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$|^24:00$")]
Opening = tuple[TimeOfDay, TimeOfDay]


class CalendarData(Frozen):
    """Opening hours as they are written down; `review.calendar` compiles them."""

    tz: Words
    week: Mapping[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[Opening, ...]]
    holidays: Mapping[date, Words] = Field(default_factory=dict)
    holidays_yearly: tuple[Annotated[str, StringConstraints(pattern=r"^\d\d-\d\d$")], ...] = ()
    overrides: Mapping[date, tuple[Opening, ...]] = Field(default_factory=dict)
    breaks: Mapping[date, tuple[Opening, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _zone_exists(self) -> Self:
        try:
            ZoneInfo(self.tz)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"a zone of the tz database as in Europe/Berlin, not {self.tz!r}") from error
        return self

    def as_spec(self) -> dict[str, Any]:
        """The `calendar` object of the contract: tz, week, holidays (date to name), overrides, breaks."""
        return self.model_dump(mode="json")


class Target(Frozen):
    """A promise: so many business days, or so many hours, of open time in a calendar."""

    name: TargetName
    business_days: float | None = Field(default=None, gt=0)
    hours: float | None = Field(default=None, gt=0)
    calendar: Words
    business_day_seconds: int = Field(default=DEFAULT_BUSINESS_DAY_SECONDS, gt=0)

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.business_days is None) == (self.hours is None):
            raise ValueError("either business_days or hours")
        return self

    @property
    def seconds(self) -> int:
        """The length in open seconds."""
        if self.business_days is not None:
            return round(self.business_days * self.business_day_seconds)
        return round((self.hours or 0) * SECONDS_PER_HOUR)


class LadderRung(Frozen):
    """A step of the escalation: at a fraction of the target, or so long after the breach; whom it tells."""

    rung: Rung
    fraction: float | None = Field(default=None, gt=0, le=1)
    after_breach_business_days: float | None = Field(default=None, gt=0)
    tells: tuple[Role, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if (self.fraction is None) == (self.after_breach_business_days is None):
            raise ValueError("either fraction or after_breach_business_days")
        return self


class SlaPolicy(Frozen):
    """The clocks' promises, who is told on the way, and how long a claim and a partner's answer may take."""

    targets: tuple[Target, ...]
    ladder: tuple[LadderRung, ...]
    claim_lease_minutes: int = Field(gt=0)
    """Working minutes after which a claim without any act falls back into the queue."""
    partner_answer_business_days: float = Field(gt=0)
    """Business days without an answer after which the partner is reminded."""
    partner_answer_calendar: Words

    def target(self, name: TargetName) -> Target:
        return next(target for target in self.targets if target.name is name)


class AuditPolicy(Frozen):
    """How often what has launched is looked at again, and when a fall is believed."""

    interval_hours: int = Field(gt=0)
    regression_seen_twice_after_minutes: int = Field(gt=0)
    """A fall counts once a second look this much later says the same: one bad minute is no regression."""
