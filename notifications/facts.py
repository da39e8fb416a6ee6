"""What a message may say about an event's subject: plain values, read once in planning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.enums import (
    EventName,
    GateName,
    IntegrationStage,
    Outcome,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)


class Turn(StrEnum):
    """Who has to do something next."""

    PARTNER = "partner"
    TEAM = "team"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Trouble:
    """An item that holds a submission up."""

    item: str
    outcome: Outcome
    summary: str


@dataclass(frozen=True, slots=True)
class Promise:
    """The running clock that is due first. While it is paused its due date is not yet known for good."""

    target: TargetName
    due_at: datetime
    paused: bool


@dataclass(frozen=True, slots=True)
class SubmissionFacts:
    id: int
    kind: SubmissionKind
    gate: GateName
    stage: SubmissionStage
    revision: int
    version: int = 1
    """Counts changes; a button pressed on an older one is refused."""
    newest_event: int = 0
    """Id of the last thing that happened to it."""
    assignee: str = ""
    """Name of the person who has it; empty when it is free."""
    lapsed: bool = False
    """They did nothing about it for so long that anybody may take it over."""
    turn: Turn = Turn.TEAM
    promise: Promise | None = None
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    """Items by outcome; a waived item counts in `waived` alone."""
    waived: int = 0
    trouble: tuple[Trouble, ...] = ()
    """Failed ones first, then unknown ones."""
    approved_by: tuple[str, ...] = ()
    """Who approved this revision of what is still open: the gate asks for a second one."""


@dataclass(frozen=True, slots=True)
class IntegrationFacts:
    slug: str
    name: str
    partner: str
    stage: IntegrationStage


@dataclass(frozen=True, slots=True)
class Facts:
    """One event and how its subject stands. `actor` is empty when the engine did it."""

    name: EventName
    at: datetime
    subject: str
    actor: str = ""
    integration: IntegrationFacts | None = None
    submission: SubmissionFacts | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0
    """The event's own: of two about one subject the later one has the higher."""
