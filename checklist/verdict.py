"""What a gate says, and why: outcomes and waivers in, one word and its reasons out. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from checklist.outcome import CheckResult
from checklist.rulebook import Item, Rulebook
from models.enums import ComponentKind, GateName, GateSays, ItemMode, Outcome, Severity, SubmissionKind

SKIPPED_BECAUSE = "skipped_because"
"""The fact a skipped item carries: the id of the item that had to hold first."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person let an item pass although it does not hold; good up to and including `until`."""

    item: str
    until: date
    reason: str = ""
    by: str = ""

    def holds(self, on: date) -> bool:
        return on <= self.until


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's answer. Each tuple holds item ids in the rulebook's order; no id is in two of them."""

    says: GateSays
    reasons: tuple[str, ...]
    failed: tuple[str, ...]
    """Required, does not hold, not waived: the partner's turn."""
    unknown: tuple[str, ...]
    """Required and nobody knows yet: a person has to look."""
    waived: tuple[str, ...]
    """Would be failed or unknown were it not for a waiver."""
    warned: tuple[str, ...]
    """Worth a look: warned, or advised and not holding."""
    shadow: tuple[str, ...]
    """Would be failed or unknown once the item leaves its shadow."""


def verdict(
    rulebook: Rulebook,
    gate: GateName,
    kinds: Collection[ComponentKind],
    results: Iterable[CheckResult],
    waivers: Iterable[Waiver] = (),
    attestations: Iterable[CheckResult] = (),
    *,
    on: date,
    submission: SubmissionKind | None = None,
) -> Verdict:
    """FAILS when a required item failed and is not waived, OPEN when one is unknown or missing, else HOLDS.

    A person's word (`attestations`, only those still good) decides assisted and manual items, and automatic ones
    that nobody could tell; an automatic item that failed needs a waiver. Results of items that are not asked
    here are ignored. A skipped item is quiet while the item it waits for is itself failed or unknown.
    """
    said = settled(rulebook, results, attestations)
    waived_until = {waiver.item for waiver in waivers if waiver.holds(on)}
    lists: dict[str, list[str]] = {name: [] for name in ("failed", "unknown", "waived", "warned", "shadow")}
    reasons: list[str] = []
    for item in rulebook.items_of(gate, kinds, submission):
        result = said.get(item.id)
        trouble = _trouble(result, lists)
        place = _place(item, trouble, waived=item.id in waived_until, on=on)
        if trouble is None and result is not None and result.outcome is Outcome.WARNED:
            place = "warned"
        if place is None:
            continue
        lists[place].append(item.id)
        if place in {"failed", "unknown"}:
            reasons.append(f"{item.id} {place}: {result.summary if result else 'nobody has looked yet'}")
    says = GateSays.FAILS if lists["failed"] else GateSays.OPEN if lists["unknown"] else GateSays.HOLDS
    return Verdict(says, tuple(reasons), **{name: tuple(ids) for name, ids in lists.items()})


def settled(
    rulebook: Rulebook, results: Iterable[CheckResult], attestations: Iterable[CheckResult]
) -> Mapping[str, CheckResult]:
    """One result per item: the latest of the checks, and a person's word where a person decides."""
    modes = {item.id: item.mode for item in rulebook.items}
    said = {result.item: result for result in results}
    for word in attestations:
        checked = said.get(word.item)
        decided_by_check = modes.get(word.item) is ItemMode.AUTOMATIC
        if not decided_by_check or checked is None or checked.outcome is Outcome.UNKNOWN:
            said[word.item] = word
    return said


def _trouble(result: CheckResult | None, lists: Mapping[str, list[str]]) -> str | None:
    """Which list the result belongs to were it required and unwaived: failed, unknown or none."""
    if result is None or result.outcome is Outcome.UNKNOWN:
        return "unknown"
    if result.outcome is Outcome.FAILED:
        return "failed"
    waits_for = result.facts.get(SKIPPED_BECAUSE)
    if result.outcome is Outcome.NOT_APPLICABLE and waits_for is not None:
        told = waits_for in lists["failed"] or waits_for in lists["unknown"]
        return None if told else "unknown"
    return None


def _place(item: Item, trouble: str | None, *, waived: bool, on: date) -> str | None:
    if trouble is None or item.severity is Severity.BONUS:
        return None
    if item.is_shadow(on):
        return "shadow"
    if item.severity is Severity.ADVISED:
        return "warned"
    return "waived" if waived else trouble
