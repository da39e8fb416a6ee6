"""Who reads a page for the checks: a protocol, because pages of strangers are best read in another process."""

from typing import Protocol

from checklist.fetch import Fetched
from checklist.pages.facts import PageFacts
from checklist.pages.reading import Saved, facts_of


class PageReader(Protocol):
    """Reads pages. It never raises for what a page holds: what could not be read safely is a state of the page."""

    async def facts_of(self, page: Fetched | Saved) -> PageFacts: ...


class ReadsHere:
    """Reads in this very process, which a page that keeps the parser busy then waits for: for pages one trusts."""

    async def facts_of(self, page: Fetched | Saved) -> PageFacts:
        return facts_of(page)
