"""Fetcher: one run's door to the web."""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Final, Self

from checklist.fetch.door import Door
from checklist.fetch.failure import Failure, Refused, Unknown
from checklist.fetch.fetched import Fetched
from checklist.fetch.journey import Journey
from checklist.fetch.limits import Limits
from checklist.fetch.media import PAGES
from checklist.fetch.permission import Permissions
from checklist.fetch.politeness import AmongWorkers
from checklist.fetch.records import NameServers, Texts, TextsOf, texts_at
from checklist.fetch.resolve import Names, Resolve, system_resolve
from checklist.fetch.trip import Answer, Trip
from checklist.fetch.url import Target, target_of
from checklist.fetch.validators import Validators
from checklist.fetch.wire import Wire

PRODUCT: Final = "LaunchReview"
VERSION: Final = "0.1"

# What makes two questions the same: address, types, robots, domains, condition.
_Question = tuple[str, frozenset[str], bool, frozenset[str] | None, Validators | None]


def honest_user_agent(base_url: str) -> str:
    """Who asks, and where its operator is found."""
    return f"{PRODUCT}/{VERSION} (+{base_url})"


_ANSWER_BYTES: Final = 2_000
"""What a remembered answer takes besides its body: without it, a long run would keep every answer that has none."""


def _now() -> datetime:
    # The package's one clock: when an answer came is measured here, not decided; `at` replaces it.
    return datetime.now(UTC)  # noqa: TID251


class Fetcher:
    """Asks addresses that strangers named, safely and politely. One per run and event loop, with `async with`.

    `resolve` brings another name server (see checklist.fetch.resolve.Resolve), `records` another one for TXT
    records (see checklist.fetch.records.TextsOf). `own_hosts` are our own public
    addresses ("host", "host:port" or a whole base address), never asked. `at` tells the instant for
    `fetched_at`. `tls` replaces the trust store. `among_workers` keeps turns at hosts over several processes.

    Development only: `allow` holds "host:port" pairs (or tuples) reachable although private; `hosts` leads
    a made-up name, at its scheme's own port, to "address:port". Raises WrongPair when one can't be read.

    No proxy, netrc or cookie is ever used.
    """

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        records: TextsOf | None = None,
        allow: Collection[str | tuple[str, int]] = (),
        hosts: Mapping[str, str] | None = None,
        own_hosts: Collection[str] = (),
        limits: Limits | None = None,
        user_agent: str = f"{PRODUCT}/{VERSION}",
        at: Callable[[], datetime] = _now,
        tls: ssl.SSLContext | None = None,
        among_workers: AmongWorkers | None = None,
    ) -> None:
        self._limits = bounds = limits or Limits()
        self._names = Names(resolve or system_resolve, slots=bounds.lookups, pinned_seconds=bounds.names_seconds)
        self._records = records or NameServers()
        # Made-up names are in no public DNS, and whoever develops may have none at all.
        self._made_up = () if records else tuple(name.lower().removesuffix(".") for name in hosts or {})
        self._wire = Wire(bounds, tls)
        self.user_agent = user_agent
        self._door = Door(self._names, allow=allow, hosts=hosts or {}, own_hosts=own_hosts)
        self._among_workers = among_workers
        self._journey = Journey(
            self._door, self._wire, limits=bounds, user_agent=user_agent, at=at, among_workers=among_workers
        )
        self._permissions = Permissions(user_agent.partition("/")[0], self._robots_txt)
        self._at = at
        self._asked: dict[_Question, asyncio.Task[Fetched]] = {}
        self._answered: deque[tuple[_Question, int]] = deque()  # with their bytes, oldest first
        self._kept_bytes = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop what is under way and close all connections."""
        tasks = [task for task in self._asked.values() if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._permissions.aclose()
        await self._names.aclose()
        if self._among_workers is not None:
            await self._among_workers.aclose()
        self._wire.close()
        await asyncio.sleep(0)  # aborted transports let go of their sockets in the loop's next turn

    async def get(
        self,
        url: str,
        *,
        accept: frozenset[str] = PAGES,
        robots: bool = True,
        within: frozenset[str] | None = None,
        known: Validators | None = None,
    ) -> Fetched:
        """Read a page: follows redirects, obeys robots.txt, waits and tries again when asked to.

        `accept` are the content types wanted of a 2xx answer (checklist.fetch.media). A redirect out of the domains
        `within` is not followed: it is the answer itself, its `location` tells where it points. The same question
        asked twice in one run is one request; who asks meanwhile shares it. `known` makes the request conditional:
        an answer that is `unchanged` has no body, because it is the one those validators came with.
        """
        try:
            target = target_of(url, longest=self._limits.url_characters)
        except Refused as refused:
            return self._never_asked(url, refused)
        question = (str(target), accept, robots, within, known)
        task = self._asked.get(question)
        if task is None:
            trip = Trip(target, accept, self._limits.decoded_bytes, within=within, known=known)
            task = asyncio.create_task(
                self._travel(url, trip, partial(self._journey.to, trip, self._permissions.ask if robots else None))
            )
            self._asked[question] = task
            task.add_done_callback(partial(self._remember, question))
        fetched = await asyncio.shield(task)
        return fetched if fetched.url == url else replace(fetched, url=url)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        within_seconds: float | None = None,
        first_bytes: int | None = None,
    ) -> Fetched:
        """Exactly one exchange with an endpoint its owner gave us for tests.

        Address rules and bounds hold; robots.txt, redirects, retries, turns and the memo don't apply: every whole
        answer is `ok`, and the caller sets the pace. `elapsed_seconds` is the time on the wire. `within_seconds`
        shortens the time it may take. With `first_bytes` an answer is whole once so much of its body was read:
        the rest is left unread, and the connection closed.
        """
        try:
            target = target_of(url, longest=self._limits.url_characters)
        except Refused as refused:
            return self._never_asked(url, refused)
        most = self._limits.decoded_bytes if first_bytes is None else min(first_bytes, self._limits.decoded_bytes)
        trip = Trip(target, None, most, first_only=first_bytes is not None)
        way = partial(self._journey.once, trip, method.upper(), headers or {}, content)
        longest = self._limits.total_seconds
        return await self._travel(url, trip, way, longest if within_seconds is None else min(within_seconds, longest))

    async def texts_of(self, name: str) -> Texts:
        """The TXT records at a name. What is no name has none, and neither have the made-up names of `hosts`."""
        try:
            target = target_of(f"https://{name}/", longest=self._limits.url_characters)
        except Refused:
            return Texts(name)
        is_name = not target.is_literal and str(target) == f"https://{target.host}/"
        if not is_name or any(f".{target.host}".endswith(f".{made_up}") for made_up in self._made_up):
            return Texts(name)
        return await texts_at(target.host, self._records, within_seconds=self._limits.records_seconds)

    def lacks_tls(self, url: str) -> bool:
        """Whether the address has no TLS and no development pair that excuses it."""
        try:
            target = target_of(url, longest=self._limits.url_characters)
        except Refused:
            return False  # it is not asked at all
        return target.scheme != "https" and not self._door.is_for_development(target)

    async def why_not(self, url: str) -> str:
        """Why the address would not be asked, as one sentence; empty when it would, or when nobody can tell now."""
        try:
            target = target_of(url, longest=self._limits.url_characters)
            async with asyncio.timeout(self._limits.total_seconds):
                await self._door.pin(target)
        except Refused as refused:
            return refused.reason
        except (Unknown, TimeoutError):
            return ""
        return ""

    def _never_asked(self, url: str, refused: Refused) -> Fetched:
        return Fetched("refused", url, url, self._at(), kind=refused.kind, reason=refused.reason)

    def _remember(self, question: _Question, task: asyncio.Task[Fetched]) -> None:
        if task.cancelled() or task.exception() is not None:
            del self._asked[question]
            return
        fetched = task.result()
        weight = _ANSWER_BYTES + len(fetched.body) + len(fetched.text)
        self._answered.append((question, weight))
        self._kept_bytes += weight
        # The oldest answers leave first; in practice the checks that share a page run together.
        while self._kept_bytes > self._limits.memo_bytes:
            oldest, weight = self._answered.popleft()
            del self._asked[oldest]
            self._kept_bytes -= weight

    async def _robots_txt(self, target: Target) -> tuple[Fetched, float]:
        trip = Trip(target, None, self._limits.robots_bytes, first_only=True)
        file = await self._travel(str(target), trip, partial(self._journey.to, trip))
        return file, trip.spent_seconds

    async def _travel(
        self, url: str, trip: Trip, way: Callable[[], Awaitable[Answer]], within_seconds: float | None = None
    ) -> Fetched:
        """Go under one deadline, and turn whatever the network does into a value."""
        seconds = self._limits.total_seconds if within_seconds is None else within_seconds
        try:
            async with asyncio.timeout(seconds) as trip.deadline:
                try:
                    answer = await way()
                finally:
                    trip.spent_seconds = seconds - trip.left()
        except TimeoutError:
            late = Unknown("deadline", f"no whole answer within {seconds:g} seconds")
            return trip.stopped(url, late, self._at())
        except Failure as failure:
            return trip.stopped(url, failure, self._at())
        return trip.read(url, answer, self._at())
