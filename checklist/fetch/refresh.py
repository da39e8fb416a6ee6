"""Where a page sends browsers on by itself (pure). Such a goal is told, never followed."""

import re
from typing import Final

_SCANNED: Final = 16 * 1024  # bytes; such a tag stands in the head
_TAG = re.compile(rb"<meta\b([^>]{0,600})>", re.IGNORECASE)
_IS_REFRESH = re.compile(rb"http-equiv\s{0,9}=\s{0,9}[\"']?\s{0,9}refresh", re.IGNORECASE)
_GOAL = re.compile(rb"url\s{0,9}=\s{0,9}[\"']?([^\s\"'>]{1,300})", re.IGNORECASE)


def refresh_goal(header: str, body: bytes) -> str:
    """The address of a Refresh header or of a <meta http-equiv=refresh>, as written; empty when there is none."""
    places = [header.encode("utf-8", "replace")] if header else []
    places += [tag[1] for tag in _TAG.finditer(body[:_SCANNED]) if _IS_REFRESH.search(tag[1])]
    goals = (_GOAL.search(place) for place in places)
    goal = next((goal[1].decode("utf-8", "replace") for goal in goals if goal), "")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in goal)
