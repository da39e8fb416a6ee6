"""One request at a time and a pause in between for each host; how long a host asks us to stay away."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol


class AmongWorkers(Protocol):
    """Turns at hosts among all processes that ask them. Within one process Turns keeps the order."""

    def holds(self, host: str) -> bool:
        """Whether nobody else asks the host now."""

    async def take(self, host: str) -> None:
        """Wait until nobody else asks the host and its pause is over; none do until some time after `leave`."""

    def leave(self, host: str) -> None:
        """The host is not asked at this moment."""

    async def aclose(self) -> None:
        """Let others ask all of them."""


class Turns:
    """Who may talk to which host. Hosts don't wait for each other."""

    def __init__(self, spacing_seconds: float, among_workers: AmongWorkers | None = None) -> None:
        self._spacing_seconds = spacing_seconds
        self._among_workers = among_workers
        self._hosts: dict[str, _Turn] = {}

    async def take(self, host: str) -> None:
        """Wait until nobody talks to the host and its pause is over; `leave` ends the turn."""
        turn = self._hosts.setdefault(host, _Turn())
        await turn.lock.acquire()
        try:
            if (pause := turn.free_at - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(pause)
            if self._among_workers is not None:
                await self._among_workers.take(host)
        except BaseException:
            turn.lock.release()
            raise

    def leave(self, host: str) -> None:
        turn = self._hosts[host]
        turn.free_at = asyncio.get_running_loop().time() + self._spacing_seconds
        if self._among_workers is not None:
            self._among_workers.leave(host)
        turn.lock.release()

    def is_free(self, host: str) -> bool:
        """Whether `take` would return without any wait."""
        if self._among_workers is not None and not self._among_workers.holds(host):
            return False
        turn = self._hosts.get(host)
        return turn is None or (not turn.lock.locked() and turn.free_at <= asyncio.get_running_loop().time())


class _Turn:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.free_at = 0.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the answer asks to wait (RFC 9110 section 10.2.3: seconds or a date), or None when it doesn't say.

    A date is measured against the answer's own Date header where there is one: the two clocks need not agree.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    until = _instant(value)
    if until is None:
        return None
    return max(0.0, (until - (_instant(headers.get("date", "")) or now)).total_seconds())


def _instant(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
