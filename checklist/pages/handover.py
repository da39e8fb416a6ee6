"""How a page and its facts pass between two processes: as JSON, and whatever comes back is checked value by value.

What comes back was made by a process that strangers' markup may have taken over, so nothing of it is believed to be
more than text, numbers and lists of them.
"""

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, TypeVar

from checklist.images import SvgFacts
from checklist.pages.facts import Control, Link, PageFacts, PageState, Published
from checklist.pages.reading import Saved

Value = TypeVar("Value")


class Malformed(Exception):
    """What came back is no answer."""


def packed(value: Any) -> bytes:
    """Text that is no Unicode (lone surrogates) passes too."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def unpacked(message: bytes | bytearray) -> Any:
    """Raises Malformed for anything but JSON."""
    try:
        return json.loads(message.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no JSON ({type(error).__name__})") from error


def page_values(page: Saved) -> list[Any]:
    return [page.text, page.form, page.url, page.status, page.headers]


def page_from(values: list[Any]) -> Saved:
    """The page again; `values` come from our own process."""
    text, form, url, status, headers = values
    return Saved(text, form, url, status, tuple((name, value) for name, value in headers))


def facts_values(facts: PageFacts) -> list[Any]:
    return [given(getattr(facts, name)) for name, (given, _) in _FIELDS.items()]


def facts_from(values: Any) -> PageFacts:
    """The facts again; raises Malformed unless every value is what it has to be."""
    rows = zip(_FIELDS.items(), _row(values, len(_FIELDS)), strict=True)
    return PageFacts(**{name: made(value) for (name, (_, made)), value in rows})


def svg_values(facts: SvgFacts) -> list[Any]:
    return [facts.aspect, facts.troubles]


def svg_from(values: Any) -> SvgFacts:
    """Facts of a drawing again; raises Malformed unless every value is what it has to be."""
    aspect, troubles = _row(values, 2)
    return SvgFacts(None if aspect is None else _a(float, aspect), _texts(troubles))


def _link(values: Any) -> Link:
    href, text, in_navigation = _row(values, 3)
    return Link(_a(str, href), _a(str, text), _a(bool, in_navigation))


def _control(values: Any) -> Control:
    text, method, href, fields = _row(values, 4)
    pairs = (_row(pair, 2) for pair in _a(list, fields))
    return Control(
        _a(str, text), _a(str, method), _a(str, href), tuple((_a(str, name), _a(str, value)) for name, value in pairs)
    )


def _published(values: Any) -> Published:
    on, declared_by = _row(values, 2)
    return Published(_made(date.fromisoformat, on), _a(str, declared_by))


def _row(values: Any, length: int) -> list[Any]:
    if type(values) is list and len(values) == length:
        return values
    raise Malformed(f"expected {length} values, saw {type(values).__name__}")


def _a(kind: type[Value], value: Any) -> Value:
    # Exactly this type: to isinstance a bool is a number.
    if type(value) is kind:
        return value
    raise Malformed(f"expected {kind.__name__}, saw {type(value).__name__}")


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(_a(str, value) for value in _a(list, values))


def _made(make: Callable[[str], Value], value: Any) -> Value:
    try:
        return make(_a(str, value))
    except ValueError as error:
        raise Malformed(str(error)[:200]) from error


def _optional(made: Callable[[Any], Value]) -> Callable[[Any], Value | None]:
    return lambda value: None if value is None else made(value)


def _each(made: Callable[[Any], Value]) -> Callable[[Any], tuple[Value, ...]]:
    return lambda values: tuple(made(value) for value in _a(list, values))


_AsValue = Callable[[Any], Any]
_TEXT: tuple[_AsValue, _AsValue] = (lambda text: text, partial(_a, str))
_TEXTS: tuple[_AsValue, _AsValue] = (list, _texts)
_NUMBER: tuple[_AsValue, _AsValue] = (lambda number: number, partial(_a, int))
_FIELDS: dict[str, tuple[_AsValue, _AsValue]] = {
    "state": (lambda state: state.value, partial(_made, PageState)),
    "state_reason": _TEXT,
    "url": (lambda url: url, _optional(partial(_a, str))),
    "title": _TEXT,
    "description": _TEXT,
    "headings": _TEXTS,
    "main_heading": _TEXT,
    "text": _TEXT,
    "links": (lambda links: [[link.href, link.text, link.in_navigation] for link in links], _each(_link)),
    "controls": (
        lambda controls: [[each.text, each.method, each.href, each.fields] for each in controls],
        _each(_control),
    ),
    "labels": _TEXTS,
    "pictures": _TEXTS,
    "script_urls": _TEXTS,
    "scripts": _TEXT,
    "published": (lambda date: date and [date.on.isoformat(), date.declared_by], _optional(_published)),
    "ordered_steps": _NUMBER,
    "samples": _NUMBER,
    "prose": _NUMBER,
}
"""What passes of PageFacts: each field as a JSON value, and back."""
