"""What an earlier look rested on, so that what did not change is not judged again.

A check reads a part of the listing and pages of the web. Where both are as they were, and so are the rules and this
release, it would say what it said. Pages are asked all the same, each time: with the validators they came with, or
whole and compared by their content.

Never from memory: an outcome other than passed or warned (what counts against a partner is looked at in full, and
what could not be told may be told now), a check that is not declared to last, and anything a week after it was
judged, whatever servers say. So one that answers 304 to everything gains days at most.
"""

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, Self

from checklist.fetch import PAGES, Fetched, Texts, Validators
from checklist.outcome import CheckResult
from models.enums import Outcome

JUDGED_AFRESH_AFTER: Final = timedelta(days=7)
SPREAD_OVER: Final = 7
"""Days over which integrations are spread after that, so that they don't all come due in one night."""

GOOD: Final = frozenset({Outcome.PASSED, Outcome.WARNED})

LONGEST_KEPT: Final = 4_096
"""Characters of an address that is remembered."""

_PASSING: Final = frozenset(
    {"cache-control", "content-encoding", "content-length", "date", "etag", "last-modified", "retry-after", "server"}
)
"""Headers that tell of the delivery, not of what is delivered."""


class Asks(Protocol):
    """The part of the fetcher that is needed here."""

    @property
    def user_agent(self) -> str: ...

    async def get(
        self,
        url: str,
        *,
        accept: frozenset[str] = PAGES,
        robots: bool = True,
        within: frozenset[str] | None = None,
        known: Validators | None = None,
    ) -> Fetched: ...

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
class Asking:
    """What was asked of the web: an address, and how."""

    url: str
    accept: frozenset[str] = PAGES
    robots: bool = True
    within: frozenset[str] | None = None

    def as_json(self) -> dict[str, Any]:
        within = None if self.within is None else sorted(self.within)
        return {"url": self.url, "accept": sorted(self.accept), "robots": self.robots, "within": within}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        within = document["within"]
        return cls(
            document["url"],
            frozenset(document["accept"]),
            document["robots"],
            None if within is None else frozenset(within),
        )

    @property
    def is_plain(self) -> bool:
        """Whether any database can store it: links of strangers' pages hold whatever they like."""
        return all(text.isprintable() and len(text) <= LONGEST_KEPT for text in (self.url, *(self.within or ())))

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was last seen: what it was recognised by, and a digest of all that a check could read of it."""

    asking: Asking
    validators: Validators
    content: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Basis:
    """What a result rests on: a digest of what was read of the listing, and pages' keys with their contents."""

    inputs: str
    pages: Mapping[str, str]
    judged_at: datetime

    def as_json(self) -> dict[str, Any]:
        return {"inputs": self.inputs, "pages": dict(self.pages), "judged_at": self.judged_at.isoformat()}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        return cls(document["inputs"], document["pages"], datetime.fromisoformat(document["judged_at"]))

    def is_fresh(self, at: datetime, spread: int) -> bool:
        """Whether the result may still be taken from memory. `spread` is any number that is the integration's own."""
        return timedelta(0) <= at - self.judged_at < JUDGED_AFRESH_AFTER + timedelta(days=spread % SPREAD_OVER)


def content_of(fetched: Fetched) -> str:
    """A digest of all that a check can read of an answer, or of the trouble there was instead of one."""
    head = {
        "outcome": [fetched.outcome, fetched.kind, fetched.reason, fetched.retry_after],
        "status": fetched.status,
        "type": [fetched.content_type, fetched.charset],
        "final_url": fetched.final_url,
        "hops": [[hop.url, hop.status, hop.location] for hop in fetched.hops],
        "headers": {name: value for name, value in sorted(fetched.headers.items()) if name not in _PASSING},
        "notes": list(fetched.notes),
        "body": fetched.digest,
    }
    return hashlib.sha256(json.dumps(head, sort_keys=True).encode("utf-8", "replace")).hexdigest()


@dataclass(slots=True)
class Recall:
    """Memory of one integration during one look at it.

    `results` and `bases` are by item, from earlier looks; `pages` by key. `inputs` are the digests of now. Afterwards
    `learnt` and `seen` are what the next look may go by.
    """

    web: Asks
    at: datetime
    inputs: Mapping[str, str]
    results: Mapping[str, CheckResult] = field(default_factory=dict)
    bases: Mapping[str, Basis] = field(default_factory=dict)
    pages: Mapping[str, Seen] = field(default_factory=dict)
    spread: int = 0
    learnt: dict[str, Basis] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    reused: set[str] = field(default_factory=set)
    _wanted_whole: set[str] = field(default_factory=set)
    _now: dict[str, str] = field(default_factory=dict)
    _whole: dict[str, Fetched] = field(default_factory=dict)
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def __post_init__(self) -> None:
        # What is judged anyway needs its pages whole; to ask for them twice would cost more than it saves.
        self._wanted_whole = {
            key for item, basis in self.bases.items() if not self._may_be_reused(item) for key in basis.pages
        }

    async def still(self, item: str) -> CheckResult | None:
        """The item's earlier result, if all that it rests on is as it was; None when it has to be judged."""
        if not self._may_be_reused(item):
            return None
        basis = self.bases[item]
        contents = await asyncio.gather(*(self._content_now(key) for key in basis.pages))
        if not all(map(str.__eq__, contents, basis.pages.values())):
            return None
        self.learnt[item] = basis
        self.reused.add(item)
        return self.results[item]

    def watching(self) -> "Watch":
        """A door to the web for one check, which remembers what was asked through it."""
        return Watch(self)

    def learn(self, item: str, watch: "Watch") -> None:
        """The check of an item was run: keep what it read, if that can be looked at again."""
        if item in self.inputs and watch.leaves_a_trace:
            self.learnt[item] = Basis(self.inputs[item], dict(watch.pages), self.at)

    async def whole(self, asking: Asking) -> tuple[Fetched, str]:
        """The page itself as this look sees it, and the digest of its content."""
        key = asking.key
        if (fetched := self._whole.get(key)) is None:
            fetched = await self.web.get(asking.url, accept=asking.accept, robots=asking.robots, within=asking.within)
            return fetched, self._note(key, asking, fetched)
        return fetched, self._now[key]

    def _may_be_reused(self, item: str) -> bool:
        result, basis = self.results.get(item), self.bases.get(item)
        return (
            result is not None
            and basis is not None
            and result.outcome in GOOD
            and basis.inputs == self.inputs.get(item)
            and basis.is_fresh(self.at, self.spread)
            and all(key in self.pages for key in basis.pages)
        )

    async def _content_now(self, key: str) -> str:
        async with self._turns[key]:
            if key not in self._now:
                before = self.pages[key]
                known = before.validators if before.validators and key not in self._wanted_whole else None
                asking = before.asking
                fetched = await self.web.get(
                    asking.url, accept=asking.accept, robots=asking.robots, within=asking.within, known=known
                )
                if fetched.unchanged:
                    self._now[key] = before.content
                    self.seen[key] = Seen(asking, before.validators, before.content, self.at)
                else:
                    self._whole[key] = fetched
                    self._note(key, asking, fetched)
            return self._now[key]

    def _note(self, key: str, asking: Asking, fetched: Fetched) -> str:
        content = self._now[key] = content_of(fetched)
        if not asking.is_plain:
            return content  # without it, what rests on it is judged again
        # Validators belong to the address that gave them, and only a good answer is worth recognising.
        validators = Validators.of(fetched.headers) if fetched.ok and not fetched.hops else Validators()
        self.seen[key] = Seen(asking, validators, content, self.at)
        return content


class Watch:
    """The web as one check sees it. What can't be asked again in the same words leaves no trace to go by."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self.pages: dict[str, str] = {}
        self.leaves_a_trace = True

    @property
    def user_agent(self) -> str:
        return self._recall.web.user_agent

    async def get(
        self,
        url: str,
        *,
        accept: frozenset[str] = PAGES,
        robots: bool = True,
        within: frozenset[str] | None = None,
    ) -> Fetched:
        asking = Asking(url, accept, robots, within)
        fetched, self.pages[asking.key] = await self._recall.whole(asking)
        return fetched

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
        self.leaves_a_trace = False
        return await self._recall.web.request(
            method, url, headers=headers, content=content, within_seconds=within_seconds, first_bytes=first_bytes
        )

    async def texts_of(self, name: str) -> Texts:
        self.leaves_a_trace = False
        return await self._recall.web.texts_of(name)
