"""What one fetch gathers on its way, and the Fetched it becomes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from checklist.fetch.charset import text_of
from checklist.fetch.failure import Failure
from checklist.fetch.fetched import Fetched, Hop
from checklist.fetch.media import is_textual
from checklist.fetch.url import Target, mixed_scripts
from checklist.fetch.validators import Validators

NOT_MODIFIED: Final = 304

# What a check may look at. No cookies: they are neither kept nor shown.
_SHOWN: Final = frozenset(
    {"allow", "cache-control", "cf-mitigated", "content-encoding", "content-language", "content-length"}
    | {"content-type", "date", "etag", "last-modified", "link", "location", "refresh", "retry-after", "server"}
    | {"strict-transport-security", "www-authenticate", "x-robots-tag", "access-control-allow-origin"}
)


@dataclass(frozen=True)
class Answer:
    """One answer that was read as far as we wanted it."""

    status: int
    headers: Mapping[str, str]
    content_type: str
    declared_charset: str
    body: bytes
    wire_bytes: int


@dataclass
class Trip:
    """One fetch under way."""

    target: Target
    accept: frozenset[str] | None  # None: whatever comes
    most: int  # decoded bytes
    first_only: bool = False  # stop quietly at `most`
    within: frozenset[str] | None = None  # domains that redirects may lead to; None: any
    known: Validators | None = None  # what the address itself was recognised by, not one that it leads to
    hops: list[Hop] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    status: int | None = None
    address: str | None = None
    retry_after: float | None = None
    goal: str = ""  # where a redirect points, as long as it has not been read as an address
    elapsed_seconds: float = 0.0
    answer_seconds: float = 0.0
    deadline: asyncio.Timeout | None = None
    spent_seconds: float = 0.0  # of the deadline, once the trip is over

    def condition(self) -> Mapping[str, str]:
        """Headers by which the next request is conditional. Validators belong to the address that gave them."""
        return {} if self.known is None or self.hops else self.known.as_headers()

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Stop the deadline: time spent in our own queues is not the other side's."""
        assert self.deadline is not None
        left = self.left()
        self.deadline.reschedule(None)
        try:
            yield
        finally:
            self.deadline.reschedule(asyncio.get_running_loop().time() + left)

    def left(self) -> float:
        """Seconds until the deadline."""
        when = self.deadline.when() if self.deadline is not None else None
        assert when is not None
        return when - asyncio.get_running_loop().time()

    def charge(self, seconds: float) -> None:
        """Count time another fetch spent on our behalf."""
        assert self.deadline is not None
        self.deadline.reschedule(asyncio.get_running_loop().time() + max(0.0, self.left() - seconds))

    def read(self, url: str, answer: Answer, at: datetime) -> Fetched:
        """The Fetched of an answer that was read whole."""
        text, charset = "", ""
        if is_textual(answer.content_type) or not answer.content_type:
            text, charset, notes = text_of(answer.body, answer.declared_charset)
            self.notes.extend(notes)
        return Fetched(
            outcome="ok",
            url=url,
            fetched_at=at,
            status=answer.status,
            headers=MappingProxyType({name: value for name, value in answer.headers.items() if name in _SHOWN}),
            content_type=answer.content_type,
            charset=charset,
            body=answer.body,
            text=text,
            bytes=answer.wire_bytes,
            final_url=str(self.target),
            hops=tuple(self.hops),
            address=self.address,
            notes=self._notes(),
            elapsed_seconds=self.elapsed_seconds,
            unchanged=bool(self.condition()) and answer.status == NOT_MODIFIED,
            answer_seconds=self.answer_seconds,
        )

    def stopped(self, url: str, failure: Failure, at: datetime) -> Fetched:
        """The Fetched of a trip that ended without a whole answer."""
        return Fetched(
            outcome=failure.outcome,
            url=url,
            fetched_at=at,
            kind=failure.kind,
            reason=failure.reason,
            status=self.status,
            retry_after=self.retry_after,
            final_url=self.goal or str(self.target),
            hops=tuple(self.hops),
            address=self.address,
            notes=self._notes(),
            elapsed_seconds=self.elapsed_seconds,
            answer_seconds=self.answer_seconds,
        )

    def _notes(self) -> tuple[str, ...]:
        hosts = dict.fromkeys([*(urlsplit(hop.url).hostname or "" for hop in self.hops), self.target.host])
        return (*self.notes, *filter(None, (mixed_scripts(host) for host in hosts)))
