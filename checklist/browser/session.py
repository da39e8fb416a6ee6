"""What is running while a browser is used: the proxy, the process, and who looks at what."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from checklist.browser.bounds import Bounds
from checklist.browser.passes import Pass, place_of
from checklist.browser.proxy import FilteringProxy
from checklist.browser.rendered import Rendered
from checklist.fetch.door import Door
from checklist.fetch.failure import Failure
from checklist.fetch.fetched import Answer
from checklist.fetch.resolve import Names
from checklist.fetch.url import target_of

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

    from checklist.browser.chromium import Chromium
    from checklist.browser.looking import Look

LOG = logging.getLogger(__name__)
_URL_CHARACTERS = 8_000


class Session:
    """One proxy and one process of Chromium at a time, started by the first look."""

    def __init__(
        self,
        program: Path,
        names: Names,
        door: Door,
        *,
        trust: ssl.SSLContext | None,
        user_agent: str,
        bounds: Bounds,
        at: Callable[[], datetime],
    ) -> None:
        self._program = program
        self._names = names
        self._door = door
        self._proven = trust is not None
        self._proxy = FilteringProxy(door, bounds, trust)
        self._user_agent = user_agent
        self._bounds = bounds
        self._at = at
        self._chromium: Chromium | None = None
        self._changing = asyncio.Lock()
        self._renewing: set[asyncio.Task[Chromium]] = set()
        self._places = asyncio.Semaphore(bounds.pages)
        self._looking = 0

    async def look(self, url: str) -> Rendered:
        try:
            target = target_of(url, longest=_URL_CHARACTERS)
            async with asyncio.timeout(self._bounds.total_seconds):
                await self._door.pin(target)
        except Failure as failure:
            return Rendered(failure.outcome, url, url, self._at(), failure.reason)
        except TimeoutError:
            return Rendered("unknown", url, url, self._at(), "the name could not be looked up in time")
        try:
            async with asyncio.timeout(self._bounds.turn_seconds):
                await self._places.acquire()
        except TimeoutError:
            return Rendered("unknown", url, url, self._at(), "the browser was busy with other pages")
        self._looking += 1
        try:
            return await self._looked_at(url)
        finally:
            self._looking -= 1
            self._places.release()

    async def aclose(self) -> None:
        """End the process and the proxy."""
        await asyncio.gather(*self._renewing, return_exceptions=True)
        async with self._changing:
            if self._chromium is not None:
                await self._chromium.close(self._bounds.close_seconds)
                self._chromium = None
        await self._proxy.aclose()
        await self._names.aclose()

    async def _looked_at(self, url: str) -> Rendered:
        try:
            chromium = await self._running()
        except Exception:
            LOG.exception("%s did not start", self._program)
            return Rendered("unknown", url, url, self._at(), "our browser did not start")
        from checklist.browser.looking import Look  # noqa: PLC0415 - imports Playwright

        clock = asyncio.get_running_loop().time
        began = clock()
        look, holder = Look(url, self._bounds), self._proxy.admit()
        reason = await self._take(look, holder, chromium)
        return _rendered(look, holder, reason, at=self._at(), seconds=clock() - began)

    async def _take(self, look: "Look", holder: Pass, chromium: "Chromium") -> str:
        """Why there is nothing to show; empty when there is."""
        from playwright.async_api import Error  # noqa: PLC0415

        from checklist.browser.looking import NotShown  # noqa: PLC0415

        context: BrowserContext | None = None
        chromium.looks += 1
        watching = asyncio.create_task(self._watch(chromium))
        try:
            async with asyncio.timeout(self._bounds.total_seconds):
                context = await chromium.context(
                    holder, self._proxy.address, self._bounds, user_agent=self._user_agent, proven=self._proven
                )
                await look.take(context)
        except TimeoutError:
            return chromium.ended or f"the page did not come to rest within {self._bounds.total_seconds:g} seconds"
        except NotShown as trouble:
            return chromium.ended or str(trouble)
        except Error:
            return chromium.ended or "the browser ended while it showed the page"
        except Exception:
            LOG.exception("the look at %s broke", look.url)
            return "our own look broke here"
        finally:
            watching.cancel()
            self._proxy.dismiss(holder)
            await self._leave(chromium, context)
        return ""

    async def _leave(self, chromium: "Chromium", context: "BrowserContext | None") -> None:
        from playwright.async_api import Error  # noqa: PLC0415

        if context is None or not chromium.is_running:
            return
        try:
            async with asyncio.timeout(self._bounds.close_seconds):
                await context.close()
        except (TimeoutError, Error):
            chromium.kill("a page could not be closed")

    async def _running(self) -> "Chromium":
        """The process, a new one where the former has ended or has looked at enough.

        Starting and ending go on when the look that asked gives up: half of either would leave a process behind.
        """
        renewing = asyncio.create_task(self._renewed())
        self._renewing.add(renewing)
        renewing.add_done_callback(self._renewing.discard)
        return await asyncio.shield(renewing)

    async def _renewed(self) -> "Chromium":
        from checklist.browser.chromium import Chromium  # noqa: PLC0415 - imports Playwright

        async with self._changing:
            former = self._chromium
            is_worn = former is not None and former.looks >= self._bounds.looks and self._looking == 1
            if former is not None and (is_worn or not former.is_running):
                self._chromium = None
                await former.close(self._bounds.close_seconds)
            if self._chromium is None:
                if not self._proxy.is_running:
                    await self._proxy.start()
                self._chromium = await Chromium.start(self._program, self._proxy.address, self._bounds)
            return self._chromium

    async def _watch(self, chromium: "Chromium") -> None:
        """Kill the browser once it uses too much memory."""
        while True:
            await asyncio.sleep(self._bounds.memory_seconds)
            if chromium.used_bytes > self._bounds.memory_bytes:
                chromium.kill(f"the page needs more than {self._bounds.memory_bytes // 1_000_000} MB of memory")
                return


def _rendered(look: "Look", holder: Pass, reason: str, *, at: datetime, seconds: float) -> Rendered:
    outcome: Answer = "ok"
    final_url = look.final_url or look.url
    if reason := holder.overdrawn or reason:
        outcome = "unknown"
        if (refusal := holder.refused.get(place_of(look.gone_to))) is not None:
            outcome, reason, final_url = "refused", refusal, look.gone_to
    return Rendered(
        outcome,
        look.url,
        final_url,
        at,
        reason,
        look.status,
        title="" if reason else look.title,
        html="" if reason else look.html,
        picture=b"" if reason else look.picture,
        elapsed_seconds=seconds,
        requests=look.requests,
        refused=tuple(f"{target}: {why}" for target, why in holder.refused.items()) + tuple(look.blocked),
    )
