"""Lists in pages: a cursor says behind which entry the next page begins, so nothing that comes in shifts it."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from pydantic import with_config
from typing_extensions import TypedDict

from desk.api.parameters import LARGEST_ID
from desk.api.problems import Problem

Entry = TypeVar("Entry")
Row = TypeVar("Row")


@with_config(extra="forbid")
class Page(TypedDict, Generic[Entry]):
    """Some entries of a list; `next` is the cursor of the following page, empty on the last one."""

    items: list[Entry]
    next: str | None


def cursor(of: str, *place: int | str | None) -> str:
    """The place behind an entry of the list `of`, as a text that only we read."""
    return base64.urlsafe_b64encode(json.dumps([of, *place]).encode()).decode().rstrip("=")


def place(of: str, text: str, *kinds: type) -> tuple[Any, ...]:
    """What `cursor` wrote of this list, each value of its kind; Problem for any other text."""
    try:
        padded = text + "=" * (-len(text) % 4)
        read = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        read = None
    if isinstance(read, list) and len(read) == len(kinds) + 1 and read[0] == of:
        values = read[1:]
        if all(_is(value, kind) for value, kind in zip(values, kinds, strict=True)):
            return tuple(values)
    raise Problem("unknown-cursor", "saw a cursor that no answer of this list gave")


def number_in(of: str, text: str | None) -> int | None:
    """The number behind which a page begins; None for the first page."""
    return None if text is None else int(place(of, text, int)[0])


def page(rows: Sequence[Row], limit: int, shown: Callable[[Row], Entry], behind: Callable[[Row], str]) -> Page[Entry]:
    """A page out of `limit + 1` rows that were asked for: one more than is shown tells that there are more."""
    kept = rows[:limit]
    return {"items": [shown(row) for row in kept], "next": behind(kept[-1]) if len(rows) > limit else None}


def _is(value: object, kind: type) -> bool:
    if kind is int:
        return type(value) is int and 0 <= value <= LARGEST_ID
    return isinstance(value, kind)
