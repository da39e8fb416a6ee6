"""What checks ask of a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Protocol, Self

from checklist.browser.rendered import Rendered


class Browser(Protocol):
    """Shows pages. Used with `async with`, also by several runs at once: the last to leave closes it."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def look(self, url: str) -> Rendered:
        """The page as it stands once its scripts have settled. Never raises for what the network or the page does."""
        ...


@asynccontextmanager
async def opened(browser: Browser | None) -> AsyncIterator[Browser | None]:
    """The browser of this installation for one run, or None where it has none."""
    if browser is None:
        yield None
        return
    async with browser:
        yield browser
