"""What a look with the browser says: a frozen value, whatever the page did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from checklist.fetch.fetched import Answer

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Rendered:
    """The result of one look.

    `ok`: the page stands, whatever its status, and `html` is what its scripts made of it. `refused`: the address, or
    the one it led to, is not asked. `unknown`: could not tell; never the partner's failure by itself.
    `reason` is one plain sentence, empty when `ok`.
    """

    outcome: Answer
    url: str
    final_url: str
    at: datetime  # aware, UTC
    reason: str = ""
    status: int | None = None  # of the last document shown
    title: str = ""
    html: str = ""
    picture: bytes = b""  # PNG, or JPEG where a PNG is too large; empty where none could be taken
    elapsed_seconds: float = 0.0
    requests: int = 0  # that the page made, refused ones included
    refused: tuple[str, ...] = ()  # what was not let through, each with its reason


def picture_type(data: bytes) -> str | None:
    """The media type of a picture this browser takes, told by its first bytes; None for anything else."""
    if data.startswith(PNG):
        return "image/png"
    return "image/jpeg" if data.startswith(JPEG) else None


def is_picture(data: bytes) -> bool:
    return picture_type(data) is not None
