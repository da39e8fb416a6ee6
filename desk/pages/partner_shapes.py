"""How a value of a submission stands in a form as text, and how that text is read again."""

import json
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from checklist.document import DocumentUnreadable, parse_document


class Shape(StrEnum):
    """LINES are one value a line, PARAGRAPHS one behind each empty line, SETTINGS `name = value` a line, SAMPLES JSON.
    PICTURE is one address or file, PICTURES one address a line, its caption behind a space. SECRET is never shown.
    """

    LINE = "line"
    TEXT = "text"
    LINES = "lines"
    PICTURES = "pictures"
    PARAGRAPHS = "paragraphs"
    PICTURE = "picture"
    CHECK = "check"
    YES_NO = "yes_no"
    SETTINGS = "settings"
    SAMPLES = "samples"
    SECRET = "secret"  # noqa: S105 - a shape, not a secret


def read(shape: Shape, text: str) -> Any:
    """The value that tidy text says; None where it says nothing, or nothing of that shape."""
    return READ.get(shape, _plain)(text)


def written(shape: Shape, value: Any) -> str:
    """The text that `read` reads the value from; empty for None."""
    return "" if value is None else WRITTEN.get(shape, _said)(value)


def tidy(text: str) -> str:
    """With line ends of one kind: browsers send those that the standard of forms asks for."""
    return text.replace("\r\n", "\n").strip()


def _plain(text: str) -> str | None:
    return text or None


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _paragraphs(text: str) -> list[str] | None:
    return [part.strip() for part in re.split(r"\n[ \t]*\n", text) if part.strip()] or None


def _pictures(text: str) -> list[dict[str, str]] | None:
    pairs = [line.partition(" ") for line in _lines(text)]
    return [{"url": url, "caption": caption.strip()} for url, _, caption in pairs] or None


def _settings(text: str) -> dict[str, Any] | None:
    pairs = [line.partition("=") for line in _lines(text)]
    return {name.strip(): _scalar(value.strip()) for name, _, value in pairs} or None


def _json(text: str) -> Any:
    """None for what is no JSON that may be stored: read as a file would be, with its bounds."""
    try:
        found = parse_document(f'{{"it": {text}}}'.encode(), ".json", "it")
    except DocumentUnreadable:
        return None
    return found["it"] if len(found) == 1 else None


def _scalar(text: str) -> Any:
    """What a setting says: a number, yes or no as JSON has them, or else the text."""
    found = _json(text)
    return found if isinstance(found, bool | int | float | str) else text


def _setting(value: Any) -> str:
    is_plain = isinstance(value, str) and _scalar(value) == value and not value.startswith('"')
    return str(value) if is_plain else json.dumps(value)


READ: Final[dict[Shape, Callable[[str], Any]]] = {
    Shape.CHECK: lambda text: True if text else None,
    Shape.YES_NO: {"yes": True, "no": False}.get,
    Shape.LINES: lambda text: _lines(text) or None,
    Shape.PARAGRAPHS: _paragraphs,
    Shape.PICTURES: _pictures,
    Shape.SETTINGS: _settings,
    Shape.SAMPLES: _json,
}
WRITTEN: Final[dict[Shape, Callable[[Any], str]]] = {
    Shape.CHECK: lambda value: "yes" if value else "",
    Shape.YES_NO: lambda value: "yes" if value else "no",
    Shape.LINES: "\n".join,
    Shape.PARAGRAPHS: "\n\n".join,
    Shape.PICTURES: lambda value: "\n".join(f"{one['url']} {one.get('caption', '')}".strip() for one in value),
    Shape.SETTINGS: lambda value: "\n".join(f"{name} = {_setting(one)}" for name, one in value.items()),
    Shape.SAMPLES: lambda value: json.dumps(value, indent=2, ensure_ascii=False),
}
