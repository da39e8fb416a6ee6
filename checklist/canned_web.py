"""A web from a table, for tests and rehearsals: the same answers as a Fetcher gives, without a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urljoin

from checklist.fetch import PAGES, Answer, Fetched, Hop, Kind, Texts
from checklist.mentions import is_within

ASKED_AT: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MOST_HOPS: Final = 5


@dataclass(frozen=True, slots=True)
class Page:
    """One canned answer. Text is sent as UTF-8; `trouble` makes it unknown, or refused, for that reason."""

    body: str | bytes = ""
    status: int = 200
    content_type: str = "text/html"
    trouble: Kind | None = None
    refused: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    leads_to: str | None = None
    """The address that answered in the end, after redirects."""
    seconds: float = 0.0
    """How long it took to answer."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that was made to an endpoint."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes


class CannedWeb:
    """Answers from `pages` by address; an address that is not there has no host. `asked` lists what was asked.

    An endpoint answers for itself: `endpoints` has a function from what was sent to the page it answers with. `sent`
    lists what was sent. `records` has the TXT records of a name, or why nobody can tell them; `looked_up` lists what
    was asked for.
    """

    user_agent = "LaunchReview/test"

    def __init__(
        self,
        pages: Mapping[str, Page | str],
        endpoints: Mapping[str, Callable[[Sent], Page]] | None = None,
        records: Mapping[str, tuple[str, ...] | str] | None = None,
    ) -> None:
        self._pages = pages
        self._endpoints = endpoints or {}
        self._records = records or {}
        self.asked: list[str] = []
        self.sent: list[Sent] = []
        self.looked_up: list[str] = []

    async def get(
        self,
        url: str,
        *,
        accept: frozenset[str] = PAGES,
        robots: bool = True,  # noqa: ARG002
        within: frozenset[str] | None = None,
    ) -> Fetched:
        hops: list[Hop] = []
        here = url
        while True:
            self.asked.append(here)
            fetched = replace(_fetched(here, self._pages.get(here), accept), url=url, hops=tuple(hops))
            location = fetched.headers.get("location")
            if fetched.status not in REDIRECTS or location is None or len(hops) == MOST_HOPS:
                return fetched
            goal = urljoin(here, location)
            if within is not None and not is_within(goal, within):
                return fetched
            hops.append(Hop(here, fetched.status, location, "192.0.2.1"))
            here = goal

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
        sent = Sent(method, url, headers or {}, content)
        self.sent.append(sent)
        page = self._endpoints[url](sent) if url in self._endpoints else self._pages.get(url)
        if isinstance(page, Page) and within_seconds is not None and page.seconds > within_seconds:
            page = Page(trouble="deadline")
        return _fetched(url, page, None, first_bytes)

    async def texts_of(self, name: str) -> Texts:
        self.looked_up.append(name)
        found = self._records.get(name, ())
        return Texts(name, trouble=found) if isinstance(found, str) else Texts(name, found)


def _fetched(url: str, found: Page | str | None, accept: frozenset[str] | None, first: int | None = None) -> Fetched:
    if found is None:
        return Fetched("refused", url, url, ASKED_AT, kind="dns", reason="the name has no address")
    page = Page(found) if isinstance(found, str) else found
    if page.trouble is not None:
        outcome: Answer = "refused" if page.refused else "unknown"
        return Fetched(outcome, url, url, ASKED_AT, kind=page.trouble, reason=f"trouble: {page.trouble}")
    if accept is not None and 200 <= page.status < 300 and page.content_type not in accept:
        told = f"saw the content type {page.content_type}"
        return Fetched("unknown", url, url, ASKED_AT, kind="content_type", reason=told, status=page.status)
    body = (page.body.encode() if isinstance(page.body, str) else page.body)[:first]
    return Fetched(
        "ok",
        url,
        page.leads_to or url,
        ASKED_AT,
        status=page.status,
        headers=page.headers,
        content_type=page.content_type,
        body=body,
        text=body.decode("utf-8", "replace"),
        bytes=len(body),
        elapsed_seconds=page.seconds,
        answer_seconds=page.seconds,
    )
