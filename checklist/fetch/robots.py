"""robots.txt as RFC 9309 reads it (pure): the most specific group, the longest matching rule, Allow wins a tie."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final
from urllib.parse import quote, unquote_to_bytes

_LINE = re.compile(r"^[ \t]*(user-agent|allow|disallow)[ \t]*:([^#\r\n]*)", re.IGNORECASE | re.MULTILINE)
_ODD = re.compile(r"%[0-9A-Fa-f]{2}|[^ -~]+")
_STARS = re.compile(r"\*{2,}")
_TOKEN = re.compile(r"[A-Za-z_-]*")
_ALWAYS: Final = "/robots.txt"


@dataclass(frozen=True)
class Rules:
    """The rules for one crawler, as (pattern, allowed) pairs."""

    pairs: tuple[tuple[str, bool], ...] = ()

    @cached_property
    def wildcards(self) -> int:
        """How many of them look through the whole path."""
        return sum("*" in pattern for pattern, _ in self.pairs)

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
        elif agents:
            in_rules = True
            rule = (_STARS.sub("*", _plain(value)), key == "allow")
            if value and wanted in agents:
                ours.append(rule)
            elif value and "*" in agents:
                everyone.append(rule)
    return Rules(tuple(ours if named else everyone))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    # RFC 9309 section 2.2 ends a line with CR, LF or both; to a pattern in several lines only LF does.
    for line in _LINE.finditer(text.replace("\r", "\n")):
        yield line[1].lower(), line[2].strip()


def _plain(path: str) -> str:
    """One spelling for paths and patterns: escapes of ordinary characters undone, all others upper case."""
    if "%" not in path and path.isascii():
        return path
    return _ODD.sub(lambda odd: _octet(odd[0]) if odd[0][0] == "%" else quote(odd[0], errors="replace"), path)


@cache
def _octet(escape: str) -> str:
    octet = unquote_to_bytes(escape)
    return octet.decode() if octet.isalnum() or octet in b"-._~" else escape.upper()


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
