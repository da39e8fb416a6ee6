"""What changes between two rulebooks, as values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checklist.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two rulebooks; None on the side where the key is missing."""

    path: str
    before: Any
    after: Any


def diff(before: Rulebook, after: Rulebook) -> tuple[Change, ...]:
    """What changed, by key path; lists of named things are compared by name, not by position."""
    return tuple(_changes("", _keyed(before.model_dump(mode="json")), _keyed(after.model_dump(mode="json"))))


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
        if value and None not in names:
            return {name: _keyed(inner) for name, inner in zip(names, value, strict=True)}
    return value


def _name_of(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((value[key] for key in ("id", "name", "rung") if key in value), None)
