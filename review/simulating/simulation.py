"""What a simulation tells: effects line by line, and what they come to."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from checklist.rulebook_diff import Change
from models.enums import EventName, GateName, IntegrationStage
from notifications.routing import Audience
from review.simulating.dates import Suggestion
from review.simulating.effects import Effect, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLine:
    """One effect on one live integration. `passed`: the item belongs to a gate that it has passed already."""

    slug: str
    name: str
    partner: str
    stage: IntegrationStage
    passed: bool
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """One effect on a submission under way, were it sent under the draft."""

    submission: int
    slug: str
    partner: str
    kept: str
    """The version it keeps."""
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTally:
    """How many integrations an item has which effect on; each counts once."""

    item: str
    title: str
    gate: GateName
    effects: Counter[Effect]
    asked_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTally:
    """How many messages of an event one audience would get; `partner` is empty for the team's."""

    event: EventName
    audience: Audience
    partner: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits for somebody now, and which graduations the next audit would propose, now and under the draft."""

    now: int
    proposed_now: tuple[str, ...]
    proposed_then: tuple[str, ...]

    @property
    def would_be(self) -> int:
        return self.now + len(self.proposed_then)

    @property
    def appear(self) -> tuple[str, ...]:
        return tuple(slug for slug in self.proposed_then if slug not in set(self.proposed_now))

    @property
    def disappear(self) -> tuple[str, ...]:
        return tuple(slug for slug in self.proposed_now if slug not in set(self.proposed_then))


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a draft would do, from stored evidence alone."""

    at: datetime
    on: date
    """The day on which the draft was tried: its first one, or today where that has passed."""
    before: str
    draft: str
    changes: tuple[Change, ...]
    live: int
    never_audited: int
    """Live, and nobody has looked yet: of these nothing can be told."""
    under_way: int
    lines: tuple[LiveLine, ...]
    open_lines: tuple[OpenLine, ...]
    items: tuple[ItemTally, ...]
    would_fall: tuple[str, ...]
    """Slugs: all that they have passed holds now, and something would not."""
    would_recover: tuple[str, ...]
    messages: tuple[MessageTally, ...]
    queue: Queue
    suggestion: Suggestion

    def counted(self, effect: Effect, *, passed: bool | None = None) -> int:
        """Integrations with at least one such effect."""
        return len({line.slug for line in self.lines if line.line.effect is effect and passed in {None, line.passed}})
