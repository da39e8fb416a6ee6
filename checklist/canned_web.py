"""A web from a table, for tests and rehearsals: the same answers as a Fetcher gives, without a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from checklist.fetch import PAGES, Fetched, Kind

ASKED_AT: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """One canned answer. Text is sent as UTF-8; `trouble` makes it unknown, or refused, for that reason."""

    body: str | bytes = ""
    status: int = 200
    content_type: str = "text/html"
    trouble: Kind | None = None
    refused: bool = False


class CannedWeb:
    """Answers from `pages` by address; an address that is not there has no host. `asked` lists what was asked."""

    def __init__(self, pages: Mapping[str, Page | str]) -> None:
        self._pages = pages
        self.asked: list[str] = []

    async def get(self, url: str, *, accept: frozenset[str] = PAGES, robots: bool = True) -> Fetched:  # noqa: ARG002
        self.asked.append(url)
        found = self._pages.get(url)
        if found is None:
            return Fetched("refused", url, url, ASKED_AT, kind="dns", reason="the name has no address")
        page = Page(found) if isinstance(found, str) else found
        if page.trouble is not None:
            reason = f"trouble: {page.trouble}"
            return Fetched(
                "refused" if page.refused else "unknown", url, url, ASKED_AT, kind=page.trouble, reason=reason
            )
        if 200 <= page.status < 300 and page.content_type not in accept:
            told = f"saw the content type {page.content_type}"
            return Fetched("unknown", url, url, ASKED_AT, kind="content_type", reason=told, status=page.status)
        body = page.body.encode() if isinstance(page.body, str) else page.body
        return Fetched(
            "ok",
            url,
            url,
            ASKED_AT,
            status=page.status,
            content_type=page.content_type,
            body=body,
            text=body.decode("utf-8", "replace"),
            bytes=len(body),
        )
