"""Who may use the proxy: one pass per look, with what it has spent and what was refused to it."""

import secrets
from asyncio import StreamWriter
from dataclasses import dataclass, field
from hmac import compare_digest
from urllib.parse import urlsplit

from checklist.browser.bounds import Bounds
from checklist.fetch.url import DEFAULT_PORTS


@dataclass
class Pass:
    """The name and secret of one look at the proxy, and its account."""

    bounds: Bounds
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    refused: dict[str, str] = field(default_factory=dict)
    """By host and port: why our rules let nobody through there."""
    spent_bytes: int = 0
    connections: int = 0
    overdrawn: str = ""
    """Which bound the look went over; empty while it keeps to them."""
    is_open: bool = True
    _writers: set[StreamWriter] = field(default_factory=set)

    def admits(self, secret: str) -> bool:
        return self.is_open and compare_digest(secret.encode(), self.secret.encode())

    def connect(self) -> bool:
        """Count a connection. False when there have been too many."""
        self.connections += 1
        if self.connections > self.bounds.connections:
            self.overdraw(f"the page opened more than {self.bounds.connections} connections")
        return not self.overdrawn

    def spend(self, count: int) -> bool:
        """Count bytes. False, and all connections end, when there have been too many."""
        self.spent_bytes += count
        if self.spent_bytes > self.bounds.wire_bytes:
            self.overdraw(f"the page moved more than {self.bounds.wire_bytes // 1_000_000} MB")
        return not self.overdrawn

    def overdraw(self, reason: str) -> None:
        self.overdrawn = self.overdrawn or reason
        self._abort()

    def refuse(self, place: str, reason: str) -> None:
        if len(self.refused) < self.bounds.connections:
            self.refused.setdefault(place[:200], reason)

    def holds(self, *writers: StreamWriter) -> None:
        """These connections end with the pass, at once where it has ended already."""
        self._writers.update(writers)
        if not self.is_open:
            self._abort()

    def lets_go(self, *writers: StreamWriter) -> None:
        self._writers.difference_update(writers)

    def close(self) -> None:
        """Nobody uses it any more."""
        self.is_open = False
        self._abort()

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


def place_of(url: str) -> str:
    """The host and port that an address leads to, as refusals are noted by."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port or DEFAULT_PORTS.get(parts.scheme)}"
    except ValueError:
        return url
