"""How many requests of a costly kind are let through: preflights ask strangers' addresses, intake is for forms."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from desk.rendering import Desk
from desk.signing.rate import Rate

WINDOW: Final = timedelta(minutes=1)
SOON_SECONDS: Final = 10
"""When to come back to a full house: about as long as a preflight takes."""

Who = tuple[str, int]
"""A company or a person of the team, and its number."""


class Full(Exception):
    """Nobody is let through now; the message says why, and `retry_after` in how many whole seconds to come back."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Bounds:
    """`a_minute` and `at_once` are for each company, or each person of the team.

    `a_minute` holds over all desks of one database. What runs at once is bounded for each process, whose memory and
    connections those bounds protect; one that dies takes its count along.
    """

    a_minute: int = 6
    at_once: int = 2
    at_once_of_all: int = 4


class Turnstile:
    """Who came through in the last minute, counted in the database, and who is inside of this process."""

    def __init__(self, bounds: Bounds | None = None, *, of: str = "preflights") -> None:
        """`of` names what is counted."""
        self._of = of
        self._bounds = bounds or Bounds()
        self._inside: Counter[Who] = Counter()

    @asynccontextmanager
    async def through(self, who: Who, desk: Desk) -> AsyncIterator[None]:
        """Be inside for the time of the block. Raises Full, which counts for nothing."""
        self._enter(who)
        try:
            await asyncio.to_thread(self._count, who, desk)
            yield
        finally:
            self._inside[who] -= 1
            if not self._inside[who]:
                del self._inside[who]

    def _enter(self, who: Who) -> None:
        bounds = self._bounds
        if self._inside[who] >= bounds.at_once:
            raise Full(f"{bounds.at_once} {self._of} of yours are running, which is the most at once", SOON_SECONDS)
        if self._inside.total() >= bounds.at_once_of_all:
            told = f"{bounds.at_once_of_all} {self._of} are running here, which is the most this server runs at once"
            raise Full(told, SOON_SECONDS)
        self._inside[who] += 1

    def _count(self, who: Who, desk: Desk) -> None:
        rate = Rate(self._of, self._bounds.a_minute, WINDOW)
        if wait := desk.wait(rate, "{} {}".format(*who)):
            told = f"there were {rate.most} {self._of} of yours in the last minute, which is the most"
            raise Full(told, wait)
