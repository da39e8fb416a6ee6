"""The rulebook: what the programme asks at each gate, as versioned, dated, validated data.

Rules change over the years, so they are data under `rulebooks/`; a submission keeps the version it was
submitted under. Everything here is a frozen value; nothing here knows how a check works.
"""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, ValidationError, model_validator

from checklist.frozen import Frozen, Words
from checklist.mistakes import Mistake, mistakes_of
from checklist.programme import DeliveryRule, OAuthRule, Programme, SpecRule, TemplateRule, UtmRule
from checklist.promises import AuditPolicy, CalendarData, CalendarName, GraduationPolicy, SlaPolicy
from models.enums import (
    ComponentKind,
    GateName,
    ItemMode,
    Severity,
    SubmissionKind,
)

__all__ = [
    "CalendarData",
    "Gate",
    "Item",
    "Rulebook",
    "RulebookInvalid",
    "RulebookUnknown",
    "Threshold",
    "also_from",
    "current",
    "json_schema",
    "until",
    "versions",
]

ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z0-9_]+$")]
Threshold = bool | int | float | str | tuple[int, ...] | tuple[str, ...]
Value = TypeVar("Value")
Grandfather = Literal["keep", "ask"] | date
"""Of what a version adds or tightens, for integrations that passed the gate under an older one: never asked (`keep`),
asked from the version's first day on (`ask`), or asked from a day on."""


class RulebookInvalid(Exception):
    """A rulebook that cannot be used; the message names the source, each key path, what was seen and expected."""

    def __init__(self, source: str, mistakes: Iterable[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(f"{source}: {mistake}" for mistake in self.mistakes))


class RulebookUnknown(Exception):
    """No rulebook of that version is there; the message lists those that are."""


class Gate(Frozen):
    """A step of the path that items guard."""

    name: GateName
    title: Words
    second_approval: bool = False
    """Whether a second person has to approve before the gate is passed."""
    open_items: Literal["decided_by_approval", "attested"] = "decided_by_approval"
    """Whether an approval, with its reason, settles what no check could decide, or each item needs its own word."""


class Item(Frozen):
    """One line of the checklist."""

    id: ItemId
    gate: GateName
    title: Words
    help: Words
    """What a partner reads to get it right."""
    mode: ItemMode = ItemMode.AUTOMATIC
    severity: Severity = Severity.REQUIRED
    applies_to: tuple[ComponentKind, ...] = ()
    """Component kinds it is asked of; empty asks it of all."""
    submissions: tuple[SubmissionKind, ...] = ()
    """Submission kinds it is asked of; empty asks it of all that pass its gate."""
    needs: tuple[ItemId, ...] = ()
    """Items that must not have failed before this one makes sense."""
    check: ItemId | None = None
    """The check that decides or gathers evidence; none for a manual item."""
    reads: tuple[Words, ...] = ()
    """For a manual item: the parts of the submission whose change asks the person again."""
    thresholds: Mapping[str, Threshold] = Field(default_factory=dict)
    attested_by: Literal["team", "partner"] | None = None
    attestation_days: int | None = Field(default=None, gt=0)
    """Days after which a person's word has to be given again; none keeps it."""
    shadow_until: date | None = None
    """Up to but not including this day the item runs and is shown and decides nothing."""
    grandfather: Grandfather | None = None
    """From when this item, where it is new or tightened, is asked of what has passed; none: as the version says."""
    live: bool = False
    """Whether audits look at it again after the launch."""

    @model_validator(mode="after")
    def _mode_has_what_it_needs(self) -> Self:
        if self.mode is ItemMode.MANUAL:
            if self.check is not None or self.attested_by is None:
                raise ValueError("a manual item has attested_by and no check")
        elif self.check is None:
            raise ValueError(f"an {self.mode.value} item names its check")
        elif self.reads:
            raise ValueError("only a manual item lists what it reads; a check declares it")
        return self

    @model_validator(mode="after")
    def _an_audit_looks_at_it(self) -> Self:
        if self.live and self.gate is GateName.ACCESS:
            raise ValueError("live has no effect at the gate access: audits look at what has launched")
        return self

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]

    def is_shadow(self, on: date) -> bool:
        return self.shadow_until is not None and on < self.shadow_until

    def threshold(self, name: str, kind: type[Value]) -> Value:
        """A threshold of the given kind; TypeError when the rulebook holds none or another kind."""
        value = self.thresholds.get(name)
        if not isinstance(value, kind):
            raise TypeError(f"items.{self.id}.thresholds.{name}: saw {value!r}, expected {kind.__name__}")
        return value


class Rulebook(Frozen):
    """One version of the rules."""

    version: Annotated[str, StringConstraints(pattern=r"^v[0-9]+$")]
    valid_from: date
    grandfather: Grandfather = "keep"
    """From when items that are new or tightened in this version are asked of what has passed (`checklist.passed`)."""
    programme: Programme
    families: Mapping[str, Words]
    """What stands above the items of a family, by the first part of their ids; in the order shown."""
    categories: tuple[Words, ...]
    utm: UtmRule
    oauth: OAuthRule
    template: TemplateRule
    spec: SpecRule
    delivery: DeliveryRule
    calendars: Mapping[CalendarName, CalendarData]
    sla: SlaPolicy
    audit: AuditPolicy
    graduation: GraduationPolicy = Field(default_factory=GraduationPolicy)
    """Without it a person decides every graduation."""
    gates: tuple[Gate, ...]
    items: tuple[Item, ...]

    @classmethod
    def parse(cls, document: Mapping[str, Any], source: str = "the rulebook") -> Self:
        """A rulebook from its document; RulebookInvalid with every mistake, each naming `source`."""
        try:
            rulebook = cls.model_validate(document)
        except ValidationError as error:
            raise RulebookInvalid(source, mistakes_of(error, cls)) from error
        if mistakes := tuple(_contradictions(rulebook)):
            raise RulebookInvalid(source, mistakes)
        return rulebook

    @classmethod
    def load(cls, version: str) -> "Rulebook":
        """The rulebook of that version, shipped or of an `also_from` folder; RulebookUnknown when there is none."""
        return _load(version)

    def gate(self, name: GateName) -> Gate:
        return next(gate for gate in self.gates if gate.name is name)

    def item(self, item_id: str) -> Item:
        """KeyError with the id when the rulebook has no such item."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def items_of(
        self,
        gate: GateName,
        kinds: Collection[ComponentKind] = (),
        submission: SubmissionKind | None = None,
    ) -> tuple[Item, ...]:
        """The gate's items in the rulebook's order that these component and submission kinds are asked.

        Without any component kind every item is asked: naming no component avoids no rule.
        """
        return tuple(
            item
            for item in self.items
            if item.gate is gate
            and (not kinds or not item.applies_to or any(kind in item.applies_to for kind in kinds))
            and (submission is None or not item.submissions or submission in item.submissions)
        )


@contextmanager
def also_from(folder: Traversable) -> Iterator[None]:
    """Read the rulebooks of a folder beside the shipped ones: how a programme brings its own, without new code.

    RulebookInvalid when one of them can't be used, or has a version that is there already.
    """
    for name in _names_in(folder):
        if any((known / name).is_file() for known in _FOLDERS):
            raise RulebookInvalid(name, [Mistake("version", name.removesuffix(".toml"), "one that is not there yet")])
        _read(folder / name)
    _FOLDERS.append(folder)
    _forget()
    try:
        yield
    finally:
        _FOLDERS.remove(folder)
        _forget()


def versions() -> tuple[str, ...]:
    """The known versions, oldest first."""
    return tuple(rulebook.version for rulebook in _known())


def current(on: date) -> Rulebook:
    """The rulebook in force on a day; RulebookUnknown before the first one."""
    in_force = [rulebook for rulebook in _known() if rulebook.valid_from <= on]
    if not in_force:
        raise RulebookUnknown(f"no rulebook is in force on {on}: the first one starts {_known()[0].valid_from}")
    return in_force[-1]


def until(rulebook: Rulebook) -> tuple[Rulebook, ...]:
    """The versions that came before this one, which may be a draft, and itself: oldest first."""
    return (*(one for one in _known() if one.version != rulebook.version and _older(one, rulebook)), rulebook)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a rulebook file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Rulebook.model_json_schema()}


def _contradictions(rulebook: Rulebook) -> Iterable[Mistake]:
    """What no single key shows: references to things that don't exist, doubles, circles."""
    gates = {gate.name for gate in rulebook.gates}
    before: set[str] = set()
    for item in rulebook.items:
        where = f"items.{item.id}"
        if item.id in before:
            yield Mistake(where, "the same id twice", "one item of each id")
        if item.gate not in gates:
            yield Mistake(f"{where}.gate", repr(item.gate.value), f"one of {', '.join(sorted(gates))}")
        if item.family not in rulebook.families:
            yield Mistake(where, f"the family {item.family!r}", f"one of {', '.join(rulebook.families)}")
        for need in item.needs:
            if need not in before:
                yield Mistake(
                    f"{where}.needs", repr(need), "an item listed before this one, so that none wait in a circle"
                )
        before.add(item.id)
    if rulebook.graduation.decide == "automatically" and any(
        gate.second_approval for gate in rulebook.gates if gate.name is GateName.PUBLIC
    ):
        yield Mistake(
            "graduation.decide", "'automatically'", "'person', while the gate public asks for a second approval"
        )
    for mistake in rulebook.sla.contradictions(rulebook.calendars):
        yield Mistake(f"sla.{mistake.where}", mistake.seen, mistake.expected)


_FOLDERS: list[Traversable] = [files("checklist") / "rulebooks"]


@cache
def _load(version: str) -> Rulebook:
    for folder in _FOLDERS:
        if version.isalnum() and (source := folder / f"{version}.toml").is_file():
            return _read(source)
    raise RulebookUnknown(f"there is no rulebook {version!r}; there are: {', '.join(versions())}")


def _read(source: Traversable) -> Rulebook:
    rulebook = Rulebook.parse(tomllib.loads(source.read_text("utf-8")), source.name)
    if f"{rulebook.version}.toml" != source.name:
        named = source.name.removesuffix(".toml")
        raise RulebookInvalid(source.name, [Mistake("version", repr(rulebook.version), f"{named!r}, as its name")])
    return rulebook


@cache
def _known() -> tuple[Rulebook, ...]:
    names = [name for folder in _FOLDERS for name in _names_in(folder)]
    rulebooks = [_load(name.removesuffix(".toml")) for name in names]
    return tuple(sorted(rulebooks, key=lambda rulebook: (rulebook.valid_from, rulebook.version)))


def _older(one: Rulebook, than: Rulebook) -> bool:
    return (one.valid_from, one.version) < (than.valid_from, than.version)


def _forget() -> None:
    _load.cache_clear()
    _known.cache_clear()


def _names_in(folder: Traversable) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
