"""Whether robots.txt lets us ask: one look per origin and run."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from checklist.fetch.charset import text_of
from checklist.fetch.failure import Unknown
from checklist.fetch.fetched import Fetched
from checklist.fetch.robots import ALLOW_ALL, Rules, rules_for
from checklist.fetch.trip import Trip
from checklist.fetch.url import Target

# The page would meet the same trouble: no use in asking it as well.
_SAME_TROUBLE: Final = frozenset({"connect", "tls", "deadline", "incomplete", "protocol", "dns"})
# It can't be made sense of, or leads in circles: as if there were none (RFC 9309, 2.3.1.2 and 2.3.1.3).
_UNREADABLE: Final = frozenset({"redirects", "decode", "ratio", "coding", "size", "bot_wall"})
# Characters: a quarter of a second at worst. A path of 100 characters may meet 50,000 rules with a wildcard.
_LOOKED_THROUGH: Final = 5_000_000
# Origins that are remembered: those of all integrations that are looked at together, many times over.
_REMEMBERED: Final = 2_000


@dataclass(frozen=True)
class _Learned:
    rules: Rules
    trouble: Unknown | None
    spent_seconds: float


class Permissions:
    """robots.txt of every origin a run meets. `read` fetches one and tells how many seconds of its deadline that took;
    `product` is our name in it.
    """

    def __init__(self, product: str, read: Callable[[Target], Awaitable[tuple[Fetched, float]]]) -> None:
        self._product = product
        self._read = read
        self._origins: dict[str, asyncio.Task[_Learned]] = {}

    async def ask(self, trip: Trip) -> None:
        """Return when the trip's target may be asked. Raises Unknown (robots, or what hides robots.txt)."""
        origin = trip.target.origin
        task = self._origins.get(origin)
        if task is None:
            self._forget()
            task = self._origins[origin] = asyncio.create_task(self._learn(trip.target))
        if not task.done():
            loop = asyncio.get_running_loop()
            since = loop.time()
            async with trip.waiting():
                await asyncio.shield(task)
            # Its own deadline has held meanwhile, retries and lookups included; both together stay within one.
            trip.charge(min(task.result().spent_seconds, loop.time() - since))
        learned = task.result()
        if learned.trouble is not None:
            raise learned.trouble.with_traceback(None)  # raised once per caller
        if learned.rules.wildcards * len(trip.target.path) > _LOOKED_THROUGH:
            raise Unknown("robots", f"robots.txt of {trip.target.host} has more rules than can be looked through")
        if not learned.rules.allow(trip.target.path):
            raise Unknown("robots", f"robots.txt of {trip.target.host} asks us not to read this page")

    async def aclose(self) -> None:
        tasks = [task for task in self._origins.values() if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self) -> None:
        if len(self._origins) >= _REMEMBERED:
            for origin in [origin for origin, task in self._origins.items() if task.done()][: _REMEMBERED // 2]:
                del self._origins[origin]

    async def _learn(self, page: Target) -> _Learned:
        file, spent = await self._read(Target(page.scheme, page.host, page.port, "/robots.txt", page.is_literal))
        rules = rules_for(self._product, text_of(file.body, "utf-8")[0]) if file.ok else ALLOW_ALL
        return _Learned(rules, _trouble(file), spent)


def _trouble(file: Fetched) -> Unknown | None:
    if file.kind is None or file.kind in _UNREADABLE:
        return None
    if file.kind in _SAME_TROUBLE:
        return Unknown(file.kind, f"{file.reason} (asked for robots.txt)")
    seen = f"status {file.status}" if file.status else file.reason
    return Unknown("robots", f"robots.txt can't be told ({seen}), so the page was not asked")
