"""What changes in a document, printed: a line per key, and all of it for other programs."""

from collections.abc import Iterable
from typing import Any

from checklist.rulebook_diff import Change

WIDEST = 100
"""Characters of a value."""


def change_in_words(change: Change) -> str:
    """Such as "~ week.fri: [['09:00', '17:00']] -> []"."""
    if change.before is None:
        return f"+ {change.path}: {_short(change.after)}"
    if change.after is None:
        return f"- {change.path}: {_short(change.before)}"
    return f"~ {change.path}: {_short(change.before)} -> {_short(change.after)}"


def changes_as_document(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [{"path": change.path, "before": change.before, "after": change.after} for change in changes]


def _short(value: Any) -> str:
    if isinstance(value, dict) and "title" in value:
        return str(value["title"])
    text = str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
