"""What changes between two rulebooks, or two documents such as calendars and policies, as values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checklist.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents; None on the side where the key is missing."""

    path: str
    before: Any
    after: Any


def diff(before: Rulebook, after: Rulebook) -> tuple[Change, ...]:
    """What changed, by key path; lists of named things are compared by name, not by position."""
    return tuple(_changes("", _keyed(before.model_dump(mode="json")), _keyed(after.model_dump(mode="json"))))


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What changed in a document whose rows are read in their order: as `diff`, and which rows change places."""
    was, now = _keyed(dict(before)), _keyed(dict(after))
    return (*_changes("", was, now), *_changed_places(before, was, now))


def _changed_places(before: Mapping[str, Any], was: Any, now: Any) -> Iterator[Change]:
    for key, rows in before.items():
        if isinstance(rows, list) and isinstance(was[key], dict) and isinstance(now.get(key), dict):
            old, new = [name for name in was[key] if name in now[key]], [name for name in now[key] if name in was[key]]
            if old != new:
                yield Change(f"{key} (order)", old, new)


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _changes(f"{path}.{key}" if path else key, before.get(key), after.get(key))
    elif before != after:
        yield Change(path, before, after)


def _keyed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _keyed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        names = [_name_of(inner) for inner in value]
        if value and None not in names and len(set(names)) == len(names):
            return {name: _keyed(inner) for name, inner in zip(names, value, strict=True)}
    return value


def _name_of(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    name = next((value[key] for key in ("id", "name", "rung") if key in value), None)
    whom = [one for key in ("gates", "kinds", "tiers") for one in value.get(key, ())]
    return f"{name} ({', '.join(whom)})" if name is not None and whom else name
