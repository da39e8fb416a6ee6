"""One trip from its first address to a whole answer: hop by hop, try by try."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import lru_cache

from checklist.fetch.coding import OFFERED
from checklist.fetch.door import Door, Pinned
from checklist.fetch.failure import Failure, Unknown
from checklist.fetch.fetched import Hop
from checklist.fetch.limits import Limits
from checklist.fetch.politeness import AmongWorkers, Turns
from checklist.fetch.reading import REDIRECTS, read_page, read_whole, wants_later
from checklist.fetch.trip import Answer, Trip
from checklist.fetch.url import redirected, target_of
from checklist.fetch.wire import Call, Reply, Wire


class Journey:
    """How the trips of one fetcher go. Everything here raises Failure, which the fetcher turns into a value."""

    def __init__(
        self,
        door: Door,
        wire: Wire,
        *,
        limits: Limits,
        user_agent: str,
        at: Callable[[], datetime],
        among_workers: AmongWorkers | None = None,
    ) -> None:
        self._door = door
        self._wire = wire
        self._limits = limits
        self._user_agent = user_agent
        self._at = at
        self._turns = Turns(limits.spacing_seconds, among_workers)
        self._slots = asyncio.Semaphore(limits.connections)
        self._paced_slots = asyncio.Semaphore(limits.paced_connections)

    async def to(self, trip: Trip, permit: Callable[[Trip], Awaitable[None]] | None = None) -> Answer:
        """Follow redirects to the page; every hop is checked, and permitted, before it is asked."""
        while True:
            pinned = await self._door.pin(trip.target)
            if permit is not None:
                await permit(trip)
            answer = await self._in_turn(trip, pinned)
            location = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or self._leads_out(trip, location):
                return answer
            self._redirect(trip, answer.status, location)

    async def once(self, trip: Trip, method: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Exactly one exchange."""
        pinned = await self._door.pin(trip.target)
        given = {name.lower() for name in headers}
        ours = {"User-Agent": self._user_agent, "Accept-Encoding": OFFERED}
        fields = {name: value for name, value in ours.items() if name.lower() not in given} | dict(headers)

        async def read(reply: Reply) -> Answer:
            return await read_whole(trip, reply, self._limits)

        return await self._exchange(trip, pinned, Call(method, fields, content), read, self._paced_slots)

    def _leads_out(self, trip: Trip, location: str) -> bool:
        """Whether a redirect points out of the domains the trip keeps to."""
        if trip.within is None:
            return False
        try:
            host = target_of(redirected(trip.target, location), longest=self._limits.url_characters).host
        except (ValueError, Failure):
            return False  # whoever follows it tells what is wrong with it
        return not any(host == domain or host.endswith(f".{domain}") for domain in trip.within)

    def _redirect(self, trip: Trip, status: int, location: str) -> None:
        if not location.strip():
            raise Unknown("redirects", f"the answer redirects (status {status}) and names no single place to go to")
        if len(trip.hops) == self._limits.redirects:
            raise Unknown("redirects", f"more than {self._limits.redirects} redirects")
        source = trip.target
        trip.hops.append(Hop(str(source), status, location, trip.address or ""))
        trip.status = trip.address = None
        try:
            trip.goal = redirected(source, location)
        except ValueError:
            raise Unknown("redirects", "the redirect's Location can't be read as an address") from None
        trip.target = target_of(trip.goal, longest=self._limits.url_characters)
        trip.goal = ""
        if (source.scheme, trip.target.scheme) == ("https", "http"):
            trip.notes.append("a redirect leaves HTTPS")

    async def _in_turn(self, trip: Trip, pinned: Pinned) -> Answer:
        """The turn is kept between tries: while a host wants peace, nobody asks it."""
        host = trip.target.host
        if self._turns.is_free(host):
            await self._turns.take(host)
        else:
            async with trip.waiting():
                await self._turns.take(host)
        try:
            return await self._patiently(trip, pinned)
        finally:
            self._turns.leave(host)

    async def _patiently(self, trip: Trip, pinned: Pinned) -> Answer:
        call = Call(
            "GET",
            {
                "User-Agent": self._user_agent,
                "Accept": _accepted(trip.accept),
                "Accept-Encoding": OFFERED,
                "Accept-Language": "en",
                **trip.condition(),
            },
        )

        async def read(reply: Reply) -> Answer:
            return await read_page(trip, reply, self._limits, self._at())

        pause = self._limits.retry_seconds
        tries_left = self._limits.attempts
        while True:
            tries_left -= 1
            wait = pause
            try:
                answer = await self._exchange(trip, pinned, call, read, self._slots)
            except Unknown as trouble:
                if not trouble.passing or not tries_left or wait >= trip.left():
                    raise
            else:
                if not wants_later(answer.status):
                    return answer
                # "At once" is no invitation to hammer.
                wait = pause if trip.retry_after is None else max(trip.retry_after, self._limits.spacing_seconds)
                longest = min(self._limits.retry_after_seconds, trip.left())
                if not tries_left or wait >= longest:
                    raise _asked_to_wait(answer.status, trip.retry_after)
            await asyncio.sleep(wait)
            pause *= 2

    async def _exchange(
        self,
        trip: Trip,
        pinned: Pinned,
        call: Call,
        read: Callable[[Reply], Awaitable[Answer]],
        slots: asyncio.Semaphore,
    ) -> Answer:
        if slots.locked():
            async with trip.waiting():
                await slots.acquire()
        else:
            await slots.acquire()
        started = asyncio.get_running_loop().time()
        try:
            async with self._wire.ask(trip.target, pinned, call) as reply:
                trip.status, trip.address = reply.status, reply.address
                answer = await read(reply)
                trip.answer_seconds = asyncio.get_running_loop().time() - reply.asked_at
                return answer
        finally:
            trip.elapsed_seconds += asyncio.get_running_loop().time() - started
            slots.release()


def _asked_to_wait(status: int, seconds: float | None) -> Unknown:
    when = "" if seconds is None else f" and asks to come back in {seconds:.0f} seconds"
    if status == 429:
        return Unknown("rate_limited", f"the server limits how often it answers (status 429){when}")
    return Unknown("server", f"the server is in trouble (status {status}){when}")


@lru_cache
def _accepted(types: frozenset[str] | None) -> str:
    return "*/*" if types is None else ", ".join([*sorted(types), "*/*;q=0.1"])
