"""robots.txt as RFC 9309 reads it (pure): the most specific group, the longest matching rule, Allow wins a tie."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes

_LINE = re.compile(r"\s*([A-Za-z-]{1,40})\s*:([^#\r\n]*)")
_TOKEN = re.compile(r"[A-Za-z_-]*")
_ALWAYS: Final = "/robots.txt"


@dataclass(frozen=True)
class Rules:
    """The rules for one crawler, as (pattern, allowed) pairs."""

    pairs: tuple[tuple[str, bool], ...] = ()

    def allow(self, path: str) -> bool:
        """Whether the path (with its query) may be asked."""
        if path == _ALWAYS or not self.pairs:
            return True
        path = _plain(path)
        best = (-1, True)
        for pattern, allowed in self.pairs:
            # Matching costs more than comparing, and a shorter rule can't win any more.
            if (len(pattern), allowed) > best and _matches(pattern, path):
                best = (len(pattern), allowed)
        return best[1]


ALLOW_ALL: Final = Rules()


def rules_for(product: str, text: str) -> Rules:
    """The rules of the groups that name the product token, else of the groups for every crawler."""
    wanted = product.lower()
    ours: list[tuple[str, bool]] = []
    everyone: list[tuple[str, bool]] = []
    named = False
    agents: set[str] = set()
    in_rules = False
    for key, value in _lines(text):
        if key == "user-agent":
            if in_rules:
                agents, in_rules = set(), False
            token = _TOKEN.match(value)
            agents.add("*" if value == "*" else token[0].lower() if token else "")
            named = named or wanted in agents
        elif key in {"allow", "disallow"} and agents:
            in_rules = True
            rule = (_plain(value), key == "allow")
            if value and wanted in agents:
                ours.append(rule)
            elif value and "*" in agents:
                everyone.append(rule)
    return Rules(tuple(ours if named else everyone))


def _lines(text: str) -> list[tuple[str, str]]:
    found = (_LINE.match(line) for line in text.splitlines())
    return [(line[1].lower(), line[2].strip()) for line in found if line]


def _plain(path: str) -> str:
    """One spelling for paths and patterns: escapes of ordinary characters undone, all others upper case."""
    if "%" not in path and path.isascii():
        return path
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", path)
    return "".join(_respelled(piece) for piece in pieces)


def _respelled(piece: str) -> str:
    if not re.fullmatch(r"%[0-9A-Fa-f]{2}", piece):
        return quote(piece, safe="/:@!$&'()*+,;=-._~%?[]|\"<>^`{}\\ ")
    octet = unquote_to_bytes(piece)
    return octet.decode() if octet.isalnum() or octet in b"-._~" else piece.upper()


def _matches(pattern: str, path: str) -> bool:
    anchored = pattern.endswith("$")
    first, *rest = (pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(first):
        return False
    if not rest:
        return not anchored or path == first
    # Leftmost matches of the middle pieces leave most room for the last one; no backtracking needed.
    at = len(first)
    for piece in rest[:-1]:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    last = rest[-1]
    return len(path) - len(last) >= at and path.endswith(last) if anchored else path.find(last, at) >= 0
