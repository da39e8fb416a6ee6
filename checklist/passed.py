"""What passed stays passed: what a newer rulebook asks of integrations that passed a gate under an older one. Pure.

Items that a version adds or tightens reach what has passed only from the day that its rulebook names (`grandfather`).
What a version takes away or eases reaches everybody at once.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from checklist.rulebook import Grandfather, Item, Rulebook, Threshold
from models.enums import GateName, ItemMode, Severity

NEVER: Final = date.max
"""A day that does not come: until then an item runs along and decides nothing."""

_WEIGHT: Final = {Severity.BONUS: 0, Severity.ADVISED: 1, Severity.REQUIRED: 2}
_DECIDED_BY: Final = {ItemMode.AUTOMATIC: 0, ItemMode.ASSISTED: 1, ItemMode.MANUAL: 1}
_MORE_IS_STRICTER: Final = ("at_least", "min_")
_LESS_IS_STRICTER: Final = ("max_", "most_", "square_within", "error_share", "p95_seconds", "max_requests")
"""How the names of thresholds begin whose direction is known. Any other change of one is taken for a stricter rule."""


def asked_of_passed(line: Sequence[Rulebook], passed_under: Mapping[GateName, str], *, on: date) -> Rulebook:
    """The newest rulebook of the line as it is asked on a day of what passed these gates under these versions.

    `line` is oldest first (`rulebook.until`). A new item that is not asked yet is in shadow until its day, so that it
    runs and is shown; a tightened one keeps the older form. A version that is not in the line, or is its last one,
    is asked as it is.
    """
    newest, names = line[-1], [book.version for book in line]
    items: dict[str, Item] = {item.id: item for item in newest.items}
    for gate, version in passed_under.items():
        if version in names[:-1]:
            items |= _of_gate(line[names.index(version) :], gate, on)
    kept = tuple(items[item.id] for item in newest.items)
    return newest if kept == newest.items else newest.model_copy(update={"items": kept})


def is_tightened(before: Item | None, after: Item) -> bool:
    """Whether the item asks more of somebody than it did, or may."""
    if before is None:
        return after.severity is Severity.REQUIRED
    return (
        before.check != after.check
        or _DECIDED_BY[after.mode] > _DECIDED_BY[before.mode]
        or _WEIGHT[after.severity] > _WEIGHT[before.severity]
        or _is_wider(before.applies_to, after.applies_to)
        or _is_wider(before.submissions, after.submissions)
        or (after.live and not before.live)
        or (before.shadow_until or date.min) > (after.shadow_until or date.min)
        or any(
            _is_stricter(name, before.thresholds.get(name), after.thresholds.get(name))
            for name in {*before.thresholds, *after.thresholds}
        )
    )


def _of_gate(line: Sequence[Rulebook], gate: GateName, on: date) -> dict[str, Item]:
    """The gate's items, version by version: what is kept at one stays kept as long as no later one tightens it more."""
    base, *later = line
    asked = {item.id: item for item in base.items_of(gate)}
    written = dict(asked)
    for book in later:
        now = {item.id: item for item in book.items_of(gate)}
        asked = {
            name: _step(asked.get(name), written.get(name), item, item.grandfather or book.grandfather, on)
            for name, item in now.items()
        }
        written = now
    return asked


def _step(asked: Item | None, before: Item | None, after: Item, policy: Grandfather, on: date) -> Item:
    if asked is not None and before is not None and not is_tightened(before, after):
        is_kept = asked != before and is_tightened(asked, after)
        return asked if is_kept else after
    if not is_tightened(asked, after):
        return after
    if policy == "ask" or (isinstance(policy, date) and on >= policy):
        return after
    if asked is not None:
        return asked
    day = policy if isinstance(policy, date) else NEVER
    return after.model_copy(update={"shadow_until": max(day, after.shadow_until or day)})


def _is_wider(before: Sequence[str], after: Sequence[str]) -> bool:
    """Naming none means all."""
    return bool(before) and (not after or not set(after) <= set(before))


def _is_stricter(name: str, before: Threshold | None, after: Threshold | None) -> bool:
    if before == after:
        return False
    if isinstance(before, int | float) and isinstance(after, int | float):
        if name.startswith(_MORE_IS_STRICTER):
            return after > before
        if name.startswith(_LESS_IS_STRICTER):
            return after < before
    return True
