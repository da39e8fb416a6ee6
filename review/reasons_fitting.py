"""Which reasons of the library fit a submission, in which order, and what each says.

Pure; desk, Slack and the command line share it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from notifications.instants import date_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryReason:
    """A reason in one version of its words."""

    key: str
    version: int
    title: str
    """One line, as reviewers choose it."""
    text: str
    """What the partner reads."""
    items: tuple[str, ...] = ()
    """Ids of the items it speaks of; none: of anything."""
    links: tuple[str, ...] = ()
    fix_by_days: int | None = None
    """Business days from the decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """The items of one submission that matter here, in the rulebook's order."""

    asked: Sequence[str]
    failed: Collection[str] = ()
    """Those that do not hold, whether they hold the gate or not."""
    unknown: Collection[str] = ()
    """Those that nobody could tell yet."""


class Fit(IntEnum):
    """How well a reason fits, best first."""

    FAILED = 0
    """It speaks of an item that failed."""
    UNKNOWN = 1
    """Of one that a person must look at."""
    ASKED = 2
    """Of one that this gate asks."""
    ANYTHING = 3
    """Of no item."""
    ELSEWHERE = 4
    """Only of items that this gate does not ask."""


def fit(reason: LibraryReason, items: Items) -> Fit:
    if not reason.items:
        return Fit.ANYTHING
    for how, among in ((Fit.FAILED, items.failed), (Fit.UNKNOWN, items.unknown), (Fit.ASKED, items.asked)):
        if any(item in among for item in reason.items):
            return how
    return Fit.ELSEWHERE


def in_order(reasons: Iterable[LibraryReason], items: Items) -> list[LibraryReason]:
    """What fits first; of equal fit in the rulebook's order of what each speaks of, then by title."""
    place = {item: index for index, item in enumerate(items.asked)}

    def rank(reason: LibraryReason) -> tuple[int, int, str, str]:
        how = fit(reason, items)
        among = {Fit.FAILED: items.failed, Fit.UNKNOWN: items.unknown}.get(how, items.asked)
        first = min((place.get(item, len(place)) for item in reason.items if item in among), default=len(place))
        return how, first, reason.title.casefold(), reason.key

    return sorted(reasons, key=rank)


def tells_of(reason: LibraryReason, items: Items) -> tuple[str, ...]:
    """The items that a decision with this reason makes or keeps a finding of.

    Every one that failed; where none has, the one that nobody could tell, else the first that is asked: whoever
    chose the reason has seen what no check did. None for a reason that speaks of nothing that is asked here.
    """
    spoken_of = [item for item in items.asked if item in reason.items]
    failed = tuple(item for item in spoken_of if item in items.failed)
    unknown = [item for item in spoken_of if item in items.unknown]
    return failed or tuple((unknown or spoken_of)[:1])


def said(words: str, chosen: Iterable[tuple[LibraryReason, date | None]]) -> str:
    """The whole of what the partner reads as plain text: the reviewer's words, then each reason with its last day."""
    parts = [words.strip()]
    for reason, last_day in chosen:
        lines = [f"{reason.title}: {reason.text}", *reason.links]
        if last_day is not None:
            lines.append(f"Please do this by {date_in_words(last_day)}.")
        parts.append("\n".join(lines))
    return "\n\n".join(part for part in parts if part)
