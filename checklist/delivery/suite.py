"""The test calls to one endpoint in one run: each is made once, whichever check asks for its answer first.

Everything goes through the one safe door. Nothing but one plain GET request is sent before the endpoint has shown
whose it is. The pace is polite: a few calls at a time, an end after two calls in a row without an answer or when the
endpoint asks for peace, and an end to the whole after a while.
"""

import asyncio
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from checklist.delivery import calls, ownership
from checklist.delivery.calls import CASINGS, Facts, TestCall
from checklist.delivery.endpoint import Endpoint, headers
from checklist.delivery.exchange import Exchange, exchange_of
from checklist.delivery.shapes import part_of_customers
from checklist.fetch import Fetched, Texts
from checklist.outcome import Evidence
from checklist.programme import DeliveryRule
from models.enums import SpecCall

Answer = TypeVar("Answer")

READ_BYTES: Final = 16_384
"""So much of an answer is read; its status is what counts."""
SILENT_CALLS: Final = 2
"""Calls in a row without an answer, after which no more are sent."""
WORTH_ANOTHER_TRY: Final = frozenset({"connect", "incomplete"})
"""Trouble that a second try may not meet again, as when a kept connection was just being closed."""


class Door(Protocol):
    """The part of the fetcher that is needed here."""

    @property
    def user_agent(self) -> str: ...

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        within_seconds: float | None = None,
        first_bytes: int | None = None,
    ) -> Fetched: ...

    async def texts_of(self, name: str) -> Texts: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard an endpoint is asked."""

    at_once: int = 5
    again_after_seconds: float = 1.0
    """A call that met a 5xx, or asked for peace without saying how long, is sent once more after this pause."""
    longest_pause_seconds: float = 3.0
    """A longer Retry-After is told, not waited for."""
    budget_seconds: float = 30.0
    """All of an endpoint's calls; what is left then is not sent."""


class Shown(StrEnum):
    """Whether an endpoint shows whose it is."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    """No whole answer came, so nobody knows."""
    NEVER_ASKED = "never_asked"
    """Its address can't be asked at all."""
    IN_THE_CLEAR = "in_the_clear"
    """It does, and the key would travel unencrypted."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What the endpoint showed. `kind` is that of the door when it did not ask."""

    shown: Shown
    seen: str
    evidence: tuple[Evidence, ...]
    kind: str | None = None


class Suite:
    """The calls of one run to one endpoint. Bound to the event loop it is used in."""

    def __init__(
        self,
        door: Door,
        endpoint: Endpoint,
        rule: DeliveryRule,
        *,
        marketplace: str,
        at: datetime,
        pace: Pace,
    ) -> None:
        self.endpoint = endpoint
        self.text = ownership.text_for(endpoint, marketplace)
        self._door = door
        self._rule = rule
        self._pace = pace
        self._facts = Facts(secrets.token_hex(6), at)
        self._wrong_key = f"wrong-{secrets.token_hex(12)}"
        self._slots = asyncio.Semaphore(pace.at_once)
        self._answers: dict[str, Any] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._began: float | None = None
        self._under_way = 0
        self._one_ended = asyncio.Event()
        self._silent = 0
        self._wants_peace = False

    async def owner(self) -> Owner:
        """Whether the endpoint shows whose it is: by a file on its host or, where that doesn't, by a DNS record."""
        return await self._once("owner", self._look_for_owner)

    async def each_type(self) -> tuple[Exchange, ...]:
        """Every call of the Spec: those that are declared, then the others."""
        declared = [self.declared(call) for call in self.endpoint.methods]
        return tuple(await asyncio.gather(*declared, *map(self._undeclared, self.endpoint.undeclared())))

    async def declared(self, call: SpecCall) -> Exchange:
        return await self._send(calls.plain(call, self._facts, declared=True))

    async def with_a_wrong_key(self) -> tuple[Exchange, ...]:
        return await self._compared(calls.wrong_key(self.endpoint.methods[0], self._facts))

    async def malformed(self) -> tuple[Exchange, ...]:
        first = self.endpoint.methods[0]
        return await self._compared(calls.unreadable(first, self._facts), calls.incomplete(first, self._facts))

    async def repeated(self) -> tuple[Exchange, ...]:
        """A call that was taken, sent again; empty when none was."""
        taken = await self._taken(self.endpoint.methods)
        return () if taken is None else (await self._send(calls.repeated(taken, self._facts)),)

    async def in_any_casing(self) -> tuple[Exchange, ...] | None:
        """A call that was taken, with its customer's fields in each casing; empty when none was, None when none of the
        declared calls has such fields.
        """
        with_fields = tuple(call for call in self.endpoint.methods if part_of_customers(call) is not None)
        taken = await self._taken(with_fields)
        if taken is None:
            return () if with_fields else None
        return tuple(await asyncio.gather(*(self._send(calls.cased(taken, casing, self._facts)) for casing in CASINGS)))

    async def deliver(self, number: int) -> Fetched:
        """One fresh, valid, declared call of a load, sent at once and only once; the caller sets the pace."""
        methods = self.endpoint.methods
        call = methods[number % len(methods)]
        body = calls.encoded(calls.valid(call, self._facts, message=f"load-{number}"))
        return await self._post(body, self.endpoint.key.get_secret_value())

    async def _undeclared(self, call: SpecCall) -> Exchange:
        return await self._send(calls.plain(call, self._facts, declared=False))

    async def _compared(self, *sent: TestCall) -> tuple[Exchange, ...]:
        """Calls that should be refused. Where a server fails over them, it may do so over every call."""
        exchanges = tuple(await asyncio.gather(*map(self._send, sent)))
        if not any(exchange.breaks for exchange in exchanges):
            return exchanges
        fails_always = (await self.declared(self.endpoint.methods[0])).breaks
        return tuple(replace(exchange, is_like_all=fails_always) for exchange in exchanges)

    async def _taken(self, methods: tuple[SpecCall, ...]) -> SpecCall | None:
        """The first of these declared calls that the endpoint takes."""
        for call in methods:
            if (await self.declared(call)).is_taken:
                return call
        return None

    async def _once(self, name: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask once a run; who asks meanwhile waits for the same answer, and asks again if the first one gave up."""
        async with self._asking.setdefault(name, asyncio.Lock()):
            if name not in self._answers:
                self._answers[name] = await ask()
        answer: Answer = self._answers[name]
        return answer

    async def _look_for_owner(self) -> Owner:
        by_file = await self._owner_by_file()
        record = ownership.record_of(self.endpoint)
        if by_file.shown not in {Shown.NO, Shown.UNCLEAR} or record is None:
            return by_file
        found = await self._door.texts_of(record)
        evidence = (*by_file.evidence, _recorded(found, self.text, self._facts.at))
        if ownership.is_recorded(found.texts, self.text):
            return Owner(Shown.YES if self.endpoint.is_https else Shown.IN_THE_CLEAR, "", evidence)
        if found.trouble:
            return Owner(Shown.UNCLEAR, f"{by_file.seen}; {found.trouble}", evidence)
        return Owner(by_file.shown, f"{by_file.seen}; no TXT record of {record} does so either", evidence)

    async def _owner_by_file(self) -> Owner:
        file = ownership.place_of(self.endpoint)
        found = await self._door.request(
            "GET",
            file,
            headers={"Accept": "text/plain, */*"},
            within_seconds=self._rule.answer_seconds,
            first_bytes=ownership.MOST_BYTES,
        )
        evidence = (_seen(file, found),)
        if found.outcome == "refused" and found.status is None:
            return Owner(Shown.NEVER_ASKED, found.reason, evidence, found.kind)
        if found.outcome == "unknown" or found.status is None or found.status >= 500 or found.status in {408, 429}:
            told = found.reason or f"it answers {found.status}"
            return Owner(Shown.UNCLEAR, f"{file}: {told}", evidence)
        if found.status != 200:
            return Owner(Shown.NO, f"{file} answers {found.status}", evidence)
        if not ownership.shows(found.body, self.text):
            return Owner(Shown.NO, f"{file} holds something else", evidence)
        is_clear = not self.endpoint.is_https and not _is_loopback(found.address)
        return Owner(Shown.IN_THE_CLEAR if is_clear else Shown.YES, "", evidence)

    async def _send(self, call: TestCall) -> Exchange:
        return await self._once(f"{call.probe}: {call.name}", lambda: self._in_turn(call))

    async def _in_turn(self, call: TestCall) -> Exchange:
        async with self._slots:
            # After one call without an answer, the others under way tell whether it is worth sending another.
            while self._silent and self._under_way:
                await self._one_ended.wait()
            if (reason := self._why_not()) is not None:
                return Exchange(call.probe, call.name, trouble=reason)
            self._under_way += 1
            try:
                exchange = await self._patiently(call)
                self._note(exchange)
            finally:
                self._under_way -= 1
                self._one_ended.set()
                self._one_ended = asyncio.Event()
            return exchange

    async def _patiently(self, call: TestCall) -> Exchange:
        """One call, sent again where that may go better. What ends with a 5xx has met one twice."""
        key = self._wrong_key if call.has_wrong_key else self.endpoint.key.get_secret_value()
        broke_first: int | None = None
        for is_first in (True, False, False):
            exchange, pause = await self._sent(call, key)
            is_seen_again = exchange.breaks and broke_first is not None
            if pause is None or is_seen_again or not (is_first or exchange.breaks):
                break
            broke_first = exchange.status if exchange.breaks else broke_first
            await asyncio.sleep(pause)
        return replace(exchange, broke_first=broke_first) if exchange.status is not None else exchange

    async def _sent(self, call: TestCall, key: str) -> tuple[Exchange, float | None]:
        """One try, and after which pause it is worth another one."""
        fetched = await self._post(call.body, key)
        exchange = exchange_of(call.probe, call.name, fetched, self.endpoint)
        if exchange.wants_peace:
            asked = _seconds(fetched.headers.get("retry-after", ""))
            pause = self._pace.again_after_seconds if asked is None else asked
            return exchange, pause if pause <= self._pace.longest_pause_seconds else None
        is_worth_it = exchange.breaks or fetched.kind in WORTH_ANOTHER_TRY
        return exchange, self._pace.again_after_seconds if is_worth_it else None

    async def _post(self, body: bytes, key: str) -> Fetched:
        return await self._door.request(
            "POST",
            self.endpoint.url,
            headers=headers(self.endpoint, self._rule, key=key, sender=self._door.user_agent),
            content=body,
            within_seconds=self._rule.answer_seconds,
            first_bytes=READ_BYTES,
        )

    def _why_not(self) -> str | None:
        """Why no more calls are sent; None while they are."""
        now = asyncio.get_running_loop().time()
        self._began = now if self._began is None else self._began
        if self._wants_peace:
            return "not sent, because the endpoint asked to come back later"
        if self._silent >= SILENT_CALLS:
            return f"not sent, because {SILENT_CALLS} calls in a row got no answer"
        if now - self._began > self._pace.budget_seconds:
            return f"not sent, because the calls before took {self._pace.budget_seconds:g} seconds"
        return None

    def _note(self, exchange: Exchange) -> None:
        self._silent = self._silent + 1 if exchange.status is None else 0
        self._wants_peace = self._wants_peace or exchange.wants_peace


def _seen(url: str, found: Fetched) -> Evidence:
    seen = f"{found.status} {found.content_type}".strip() if found.status else found.reason
    return Evidence(
        "request", f"looked for the line that shows whose it is: {seen}", url, found.status, found.fetched_at
    )


def _recorded(found: Texts, text: str, at: datetime) -> Evidence:
    line = "one is the line" if ownership.is_recorded(found.texts, text) else "none is the line"
    seen = found.trouble or f"{found.name} has {len(found.texts)}, {line}"
    return Evidence("request", f"looked for a TXT record that shows whose it is: {seen}", at=at)


def _seconds(value: str) -> float | None:
    return float(value[:6]) if value.isascii() and value.isdigit() else None


def _is_loopback(address: str | None) -> bool:
    """Reached only where a development setting lets the door through."""
    return address is not None and ipaddress.ip_address(address).is_loopback
