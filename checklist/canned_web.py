"""A web from a table, for tests and rehearsals: the same answers as a Fetcher gives, without a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from checklist.fetch import PAGES, Answer, Fetched, Kind

ASKED_AT: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


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
    lists what was sent.
    """

    user_agent = "LaunchReview/test"

    def __init__(
        self,
        pages: Mapping[str, Page | str],
        endpoints: Mapping[str, Callable[[Sent], Page]] | None = None,
    ) -> None:
        self._pages = pages
        self._endpoints = endpoints or {}
        self.asked: list[str] = []
        self.sent: list[Sent] = []

    async def get(self, url: str, *, accept: frozenset[str] = PAGES, robots: bool = True) -> Fetched:  # noqa: ARG002
        self.asked.append(url)
        return _fetched(url, self._pages.get(url), accept)

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
