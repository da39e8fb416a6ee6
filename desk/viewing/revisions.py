"""What a revision changed against the one before: parts of the document, and outcomes that moved."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from desk.viewing.links import excerpt
from desk.viewing.telling.told import Teller
from models.enums import Outcome, ResultSource
from models.result import ItemResult

MOST_CHANGES: Final = 60
LONGEST_VALUE: Final = 400
MOST_LINES: Final = 400
"""A longer text is said to have changed, and not compared line by line: that would take too long."""
SHOWN_LINES: Final = 40


@dataclass(frozen=True, slots=True)
class Change:
    """One value of the document; empty where it was not there. A text of many lines has its differing `lines`."""

    where: str
    was: str
    now: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """An item whose outcome is another one since the partner sent this revision; None: nobody had looked, or does."""

    title: str
    was: Outcome | None
    now: Outcome | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Of the current revision to the last one."""

    since: int
    changes: tuple[Change, ...]
    more: int
    moved: tuple[Moved, ...]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Values that differ, in the order of the newer document, then what is gone."""
    was, now = dict(_values(before)), dict(_values(after))
    return tuple(
        _change(where, was.get(where, ""), now.get(where, ""))
        for where in dict.fromkeys([*now, *was])
        if was.get(where, "") != now.get(where, "")
    )


def moved(past: Iterable[ItemResult], current: Iterable[ItemResult], since: datetime, teller: Teller) -> list[Moved]:
    """Items of which a check, or a person, says something else than it did when this revision came in.

    `past` are results that stepped aside since then. A person's word that fell, because what they read has changed,
    leaves an item that nobody has looked at.
    """
    was: dict[tuple[str, ResultSource], ItemResult] = {}
    for row in sorted(past, key=lambda row: row.id):
        # The first that stepped aside is what stood before; those of before this revision are nobody's news.
        if row.superseded_at is not None and row.superseded_at >= since:
            was.setdefault((row.item, row.source), row)
    now = {(row.item, row.source): row for row in current}
    found = []
    for key, row in was.items():
        outcome = now[key].outcome if key in now else None
        if outcome is not row.outcome:
            found.append(Moved(teller.title(row.item), row.outcome, outcome))
    return sorted(found, key=lambda one: one.title)


def difference(
    revision: int, before: Mapping[str, Any] | None, after: Mapping[str, Any], moves: Sequence[Moved]
) -> Difference | None:
    """None for a first revision."""
    if before is None:
        return None
    found = changes(before, after)
    return Difference(revision - 1, found[:MOST_CHANGES], max(len(found) - MOST_CHANGES, 0), tuple(moves))


def _values(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from _values(value, f"{path} › {key}" if path else str(key))
    elif isinstance(document, list) and any(isinstance(value, Mapping) for value in document):
        for number, value in enumerate(document, 1):
            yield from _values(value, f"{path} {number}")
    elif document is not None:
        yield path.replace("_", " "), document if isinstance(document, str) else json.dumps(document)


def _change(where: str, was: str, now: str) -> Change:
    lines: tuple[str, ...] = ()
    before, after = was.splitlines(), now.splitlines()
    if max(len(before), len(after)) > 1 and max(len(before), len(after)) <= MOST_LINES:
        compared = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]
        lines = tuple(excerpt(line, LONGEST_VALUE) for line in compared[:SHOWN_LINES] if not line.startswith("@@"))
    return Change(where, excerpt(was, LONGEST_VALUE), excerpt(now, LONGEST_VALUE), lines)
