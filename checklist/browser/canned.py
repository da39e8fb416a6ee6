"""A browser from a table, for tests and rehearsals: the same answers as the real one gives, without a process."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from checklist.browser.rendered import PNG, Rendered
from checklist.fetch.failure import Refused
from checklist.fetch.fetched import Answer
from checklist.fetch.url import target_of

LOOKED_AT: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shown:
    """One canned page as scripts leave it. `trouble` makes the look unknown, or refused, for that reason."""

    html: str = ""
    status: int = 200
    title: str = ""
    final_url: str = ""
    trouble: str = ""
    refused: bool = False


class CannedBrowser:
    """Shows `pages` by address; an address that is not there has no host. `looked_at` lists what was asked."""

    def __init__(self, pages: Mapping[str, Shown | str]) -> None:
        self._pages = pages
        self.looked_at: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def look(self, url: str) -> Rendered:
        self.looked_at.append(url)
        try:
            target_of(url, longest=8_000)
        except Refused as refused:
            return Rendered("refused", url, url, LOOKED_AT, refused.reason)
        found = self._pages.get(url)
        if found is None:
            return Rendered("refused", url, url, LOOKED_AT, "the name has no address")
        page = Shown(found) if isinstance(found, str) else found
        final_url = page.final_url or url
        if page.trouble:
            outcome: Answer = "refused" if page.refused else "unknown"
            return Rendered(outcome, url, final_url, LOOKED_AT, page.trouble)
        return Rendered(
            "ok",
            url,
            final_url,
            LOOKED_AT,
            status=page.status,
            title=page.title,
            html=page.html,
            picture=blank_picture(),
            requests=1,
        )


def blank_picture() -> bytes:
    """A PNG of one white pixel."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\x00\xff")),
        (b"IEND", b""),
    )
    return PNG + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
