"""Who reads what strangers wrote: a protocol, because that is best done in a process that can be killed."""

from typing import Protocol

from checklist.fetch import PLAIN, Fetched
from checklist.images import SvgFacts, svg_facts
from checklist.pages.facts import PageFacts
from checklist.pages.reading import Saved, facts_of


class Unreadable(Exception):
    """It could not be read safely; the message says why, in a part of a sentence. Never the partner's failure."""


class Reader(Protocol):
    """Reads pages and drawings."""

    async def facts_of(self, page: Fetched | Saved) -> PageFacts:
        """Facts of a page. One that could not be read safely has the state TOO_DEEP or UNREADABLE, and says why."""
        ...

    async def svg_facts(self, body: bytes) -> SvgFacts:
        """Facts of an SVG file. Raises NoSvg for anything that is none, and Unreadable."""
        ...

    def close(self) -> None:
        """End what was started for reading."""
        ...


class ReadsHere:
    """Reads in this very process, which a page that keeps the parser busy holds up: where no stranger wrote it."""

    async def facts_of(self, page: Fetched | Saved) -> PageFacts:
        return facts_of(saved_of(page))

    async def svg_facts(self, body: bytes) -> SvgFacts:
        return svg_facts(body)

    def close(self) -> None:
        pass


def saved_of(page: Fetched | Saved) -> Saved:
    """What of an answer of the web its facts are read from."""
    if isinstance(page, Saved):
        return page
    form = "markdown" if page.content_type in PLAIN else "html"
    return Saved(page.text, form, page.final_url, page.status, tuple(sorted(page.headers.items())))
