"""What the checks of one preflight work with: the real door to the web, and what the settings name."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from checklist.browser import Browser, opened
from checklist.case import Context
from checklist.customers import CustomersSource
from checklist.pages.workers import PageReaders
from desk.fetching import fetcher_for
from settings import Settings


@asynccontextmanager
async def surroundings(
    settings: Settings,
    at: datetime,
    *,
    load: bool,
    reader: PageReaders | None = None,
    browser: Browser | None = None,
) -> AsyncIterator[Context]:
    """The context of one preflight, everything in it real; what it opens is closed afterwards.

    `load`: somebody asked for the load test by its name. `reader` and `browser` are those that several preflights
    share; without them this one starts its own, the browser only where the settings name one. Raises InputWrong,
    CustomersSourceInvalid, BrowserUnusable or SettingUnusable when a setting can't be used.
    """
    async with AsyncExitStack() as stack:
        fetcher = await stack.enter_async_context(fetcher_for(settings))
        if reader is None:
            reader = await stack.enter_async_context(PageReaders())
        looks = await stack.enter_async_context(opened(browser or _browser(settings)))
        yield Context(fetcher, at, _customers(settings), reader=reader, browser=looks, load=load)


def _browser(settings: Settings) -> Browser | None:
    if not settings.browser:
        return None
    from flows.wiring import browser_for  # noqa: PLC0415 - brings databases and channels, which partners have none of

    return browser_for(settings)


def _customers(settings: Settings) -> CustomersSource | None:
    if not (settings.customers_source or settings.customers_query or settings.customers_token):
        return None
    from flows.wiring import customers_of  # noqa: PLC0415 - brings databases and channels, which partners have none of

    return customers_of(settings)
