"""Text for Slack: what others wrote is never read as a command, and nothing is longer than Slack takes."""

from collections.abc import Mapping, Sequence
from typing import Any

SECTION_CHARACTERS = 3_000  # text object of a section: Slack's reference of block kit
HEADER_CHARACTERS = 150
FIELD_CHARACTERS = 2_000
FIELDS = 10
BLOCKS = 50
MESSAGE_CHARACTERS = 4_000  # the `text` of a message: Slack cuts longer ones on its own

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str, limit: int) -> str:
    """At most `limit` characters as Slack counts them, with `&`, `<` and `>` as entities, never cut inside one."""
    pieces = [ENTITIES.get(character, character) for character in text]
    if sum(map(len, pieces)) <= limit:
        return "".join(pieces)
    room = limit - 1
    kept: list[str] = []
    for piece in pieces:
        if len(piece) > room:
            break
        kept.append(piece)
        room -= len(piece)
    return "".join(kept).rstrip() + "…"


def plain(text: str, limit: int = SECTION_CHARACTERS) -> dict[str, Any]:
    """A text object that Slack shows as it is: no mentions, no links, no emphasis, no emoji codes."""
    return {"type": "plain_text", "text": escaped(text, limit), "emoji": False}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": plain(text)}


def bounded(blocks: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """At most as many blocks as Slack takes; the last one then says that there is more."""
    if len(blocks) <= BLOCKS:
        return tuple(blocks)
    return (*blocks[: BLOCKS - 1], section(f"… and {len(blocks) - BLOCKS + 1} more. Open it in the desk."))
