"""How commands write: data to standard output, words to standard error, instants as the contract has them."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter

from notifications.plain import visible

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
AsPerson = Annotated[str, Parameter(name="--as", help="Who acts: an e-mail address or name that `people list` shows.")]
Reason = Annotated[str, Parameter(name="--reason", help="Why, in words that the reader understands.")]
SeenVersion = Annotated[
    int | None, Parameter(name="--version", help="The version you looked at; refused when it has changed since.")
]


def instant(at: datetime | None) -> str | None:
    """2026-11-23T09:00:00Z, or nothing."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def say_json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def say(*lines: str) -> None:
    """Words as data, to standard output."""
    sys.stdout.writelines(f"{_harmless(line)}\n" for line in lines)


def tell(*lines: str) -> None:
    """Words about what was done, to standard error."""
    sys.stderr.writelines(f"{_harmless(line)}\n" for line in lines)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Columns aligned with spaces, readable without colour and easy to cut; a row is one line, whatever is in it."""
    cells = [list(head), *[["" if cell is None else visible(str(cell)) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _harmless(text: str) -> str:
    """Its lines, without what a terminal would obey: whoever wrote a name or a reason doesn't steer the reader's."""
    return "\n".join(visible(line) for line in text.split("\n"))


def duration(seconds: float) -> str:
    """Open seconds in the largest two units that matter, such as 7 h 10 min; a minus sign once it is late."""
    whole = int(abs(seconds))
    hours, minutes = whole // 3600, whole % 3600 // 60
    words = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"-{words}" if seconds < 0 else words
