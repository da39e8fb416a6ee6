"""One process of the system's Chromium, driven by Playwright. Imports Playwright: only what looks may import this."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, BrowserContext, Error, Playwright, async_playwright

from checklist.browser import memory
from checklist.browser.bounds import Bounds
from checklist.browser.flags import FLAGS, NOT_WANTED
from checklist.browser.passes import Pass

_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "LD_LIBRARY_PATH")
"""What the browser gets of our environment: none of our secrets."""


class Chromium:
    """A running browser. It ends with `kill`, with a crash, and with this program: it hangs on our pipe."""

    def __init__(self, playwright: Playwright, browser: Browser, home: "TemporaryDirectory[str]") -> None:
        self._playwright = playwright
        self._browser = browser
        self._home = home
        self._pid = 0
        self._user_agent = ""
        self.looks = 0
        self.ended = ""
        """Why it was killed; empty while it runs, and after a crash."""

    @classmethod
    async def start(cls, program: Path, proxy: str, bounds: Bounds) -> "Chromium":
        """Raises playwright's Error, or TimeoutError, when it does not come up."""
        home = TemporaryDirectory(prefix="launch-review-browser-", ignore_cleanup_errors=True)
        playwright: Playwright | None = None
        try:
            async with asyncio.timeout(bounds.start_seconds):
                playwright = await async_playwright().start()
                browser = await playwright.chromium.launch(
                    executable_path=program,
                    args=list(FLAGS),
                    ignore_default_args=list(NOT_WANTED),
                    chromium_sandbox=os.geteuid() != 0,  # root can't have one
                    headless=True,
                    # Whatever is no look's has no pass, so it gets nowhere.
                    proxy={"server": proxy, "bypass": "<-loopback>"},
                    env={
                        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
                        "HOME": home.name,
                        "TMPDIR": home.name,
                    },
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                    timeout=bounds.start_seconds * 1_000,
                )
                started = cls(playwright, browser, home)
                await started._ask_who_it_is()
        except BaseException:
            if playwright is not None:
                await playwright.stop()
            home.cleanup()
            raise
        return started

    @property
    def is_running(self) -> bool:
        return not self.ended and self._browser.is_connected()

    @property
    def used_bytes(self) -> int:
        return memory.used_by(self._pid)

    async def context(
        self, holder: Pass, proxy: str, bounds: Bounds, *, user_agent: str, proven: bool
    ) -> BrowserContext:
        """A fresh profile that nothing is kept of. `proven`: the proxy verifies certificates, Chromium doesn't."""
        return await self._browser.new_context(
            proxy={"server": proxy, "bypass": "<-loopback>", "username": holder.name, "password": holder.secret},
            viewport={"width": bounds.width, "height": bounds.height},
            user_agent=f"{self._user_agent} {user_agent}",
            locale="en-US",
            timezone_id="UTC",
            reduced_motion="reduce",
            accept_downloads=False,
            service_workers="block",
            permissions=[],
            ignore_https_errors=proven,
        )

    async def close(self, within_seconds: float) -> None:
        """End it politely, or else not."""
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._browser.close()
        self.kill(self.ended or "it was closed")
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._playwright.stop()
        self._home.cleanup()

    def kill(self, reason: str) -> None:
        """End the whole family of processes now."""
        self.ended = self.ended or reason
        if self._pid:
            for member in memory.family_of(self._pid):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(member, signal.SIGKILL)
            self._pid = 0

    async def _ask_who_it_is(self) -> None:
        session = await self._browser.new_browser_cdp_session()
        processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        self._pid = next(process["id"] for process in processes if process["type"] == "browser")
        self._user_agent = (await session.send("Browser.getVersion"))["userAgent"]
        await session.detach()
