"""Rulebooks as pages show them: gates with their items, and what a version changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from checklist.rulebook import Gate, Item, Rulebook, versions
from checklist.rulebook_diff import Change, diff


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookView:
    """`changes` are against the version before it; none for the first."""

    rulebook: Rulebook
    gates: Sequence[tuple[Gate, Sequence[Item]]]
    before: str
    changes: Sequence[Change]


def rulebooks() -> Sequence[Rulebook]:
    """Newest first."""
    return [Rulebook.load(version) for version in reversed(versions())]


def rulebook_view(version: str) -> RulebookView | None:
    """None when no such version is shipped."""
    known = versions()
    if version not in known:
        return None
    rulebook = Rulebook.load(version)
    place = known.index(version)
    before = known[place - 1] if place else ""
    return RulebookView(
        rulebook=rulebook,
        gates=[(gate, rulebook.items_of(gate.name)) for gate in rulebook.gates],
        before=before,
        changes=diff(Rulebook.load(before), rulebook) if before else (),
    )


def differences(before: str, after: str) -> Sequence[Change] | None:
    """None when one of them is not shipped."""
    known = versions()
    if before not in known or after not in known:
        return None
    return diff(Rulebook.load(before), Rulebook.load(after))
