"""One look at one page: opened in a fresh profile, left to settle, read and photographed."""

import asyncio
import base64
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, CDPSession, Error, Page, Request, Response, Route
from playwright.async_api import TimeoutError as NotInTime

from checklist.browser.bounds import Bounds
from checklist.mail_address import registrable_domain

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NOT_LOADED: Final = frozenset({"media"})
_PICTURES: Final = ({"format": "png"}, {"format": "jpeg", "quality": 70}, {"format": "jpeg", "quality": 35})
_READ: Final = """(() => {
    const root = document.documentElement;
    const html = root ? root.outerHTML : "";
    return [String(document.title).slice(0, 500), html.length, html.length > %d ? "" : html];
})()"""
# Chromium's words for a navigation that a script replaced by another: the page that came instead is read.
_REPLACED: Final = ("interrupted by another navigation", "net::ERR_ABORTED")


class NotShown(Exception):
    """The page could not be shown; the message is a plain sentence."""


@dataclass
class Look:
    """What a look gathers on its way."""

    url: str
    bounds: Bounds
    status: int | None = None
    final_url: str = ""
    gone_to: str = ""
    """The last address that the page itself was led to, whether it got there or not."""
    title: str = ""
    html: str = ""
    picture: bytes = b""
    requests: int = 0
    blocked: list[str] = field(default_factory=list)

    async def take(self, context: BrowserContext) -> None:
        """Open the page and read it. Raises NotShown, and playwright's Error when the browser ends."""
        page = await context.new_page()
        await context.route("**/*", lambda route, request: self._decide(page, route, request))
        context.on("page", lambda other: None if other is page else _drop(other))
        page.on("request", lambda request: self._follow(page, request))
        page.on("response", lambda answer: self._note(page, answer))
        await self._open(page)
        with suppress(NotInTime):
            await page.wait_for_load_state("networkidle", timeout=self.bounds.settle_seconds * 1_000)
        self.final_url = page.url
        if urlsplit(page.url).scheme not in {"http", "https"}:
            raise NotShown("the page went where a browser can't follow")
        session = await context.new_cdp_session(page)
        await self._read(session)
        await self._photograph(session)

    async def _open(self, page: Page) -> None:
        try:
            await page.goto(self.url, wait_until="commit", timeout=self.bounds.load_seconds * 1_000)
        except NotInTime:
            raise NotShown(f"nothing came within {self.bounds.load_seconds:g} seconds") from None
        except Error as error:
            if not any(words in error.message for words in _REPLACED):
                raise NotShown(_in_words(error)) from None
        with suppress(NotInTime):  # what stands by then is read
            await page.wait_for_load_state("domcontentloaded", timeout=self.bounds.load_seconds * 1_000)

    async def _read(self, session: CDPSession) -> None:
        frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        # A world of its own: the page's scripts can't reach the functions that read it.
        world = await session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "reading"})
        found = await session.send(
            "Runtime.evaluate",
            {
                "expression": _READ % self.bounds.html_characters,
                "contextId": world["executionContextId"],
                "returnByValue": True,
            },
        )
        value: Any = found["result"].get("value")
        if not isinstance(value, list):
            raise NotShown("the page can't be read")
        self.title, length, self.html = str(value[0]), int(value[1]), str(value[2])
        if length > self.bounds.html_characters:
            raise NotShown(f"the page has more than {self.bounds.html_characters} characters")

    async def _photograph(self, session: CDPSession) -> None:
        for form in _PICTURES:
            try:
                shot = await session.send("Page.captureScreenshot", {**form})
            except Error:
                return  # the page was read; a picture is more than enough, not all
            picture = base64.b64decode(shot["data"])
            if len(picture) <= self.bounds.picture_bytes:
                self.picture = picture
                return

    async def _decide(self, page: Page, route: Route, request: Request) -> None:
        self.requests += 1
        reason = self._trouble_with(page, request)
        with suppress(Error):  # the page may be gone by now
            if reason:
                if len(self.blocked) < self.bounds.requests:
                    self.blocked.append(f"{request.url[:200]}: {reason}")
                await route.abort("blockedbyclient")
            else:
                await route.continue_()

    def _trouble_with(self, page: Page, request: Request) -> str:
        """Why a request is not even handed to the proxy; empty when it is."""
        if self.requests > self.bounds.requests:
            return f"the page made more than {self.bounds.requests} requests"
        if request.resource_type in _NOT_LOADED:
            return "films and sounds are not loaded"
        if request.method in _READING:
            return ""
        if request.method == "POST" and _site(request.url) == _site(page.url):
            return ""
        return f"{request.method} is sent to the page's own site only, and only as POST"

    def _follow(self, page: Page, request: Request) -> None:
        if _is_of_page(page, request):
            self.gone_to = request.url

    def _note(self, page: Page, answer: Response) -> None:
        if _is_of_page(page, answer.request):
            self.status = answer.status


def _is_of_page(page: Page, request: Request) -> bool:
    """Whether it asks for the page itself, not for a part or a frame of it."""
    try:
        return request.is_navigation_request() and request.frame == page.main_frame
    except Error:  # its frame is not there yet, or no more
        return False


def _drop(other: Page) -> None:
    """Close a window that the page opened, without waiting for it."""
    task = asyncio.ensure_future(other.close())
    task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _site(url: str) -> str:
    host = urlsplit(url).hostname or ""
    return registrable_domain(host) or host


def _in_words(error: Error) -> str:
    """The browser's reason without Playwright's log."""
    if "Download is starting" in error.message:
        return "the address offers a file to save, not a page"
    first = error.message.splitlines()[0] if error.message else "no reason given"
    code = next((word for word in first.split() if word.startswith("net::")), "")
    return f"the browser could not open it ({code.removeprefix('net::') or first[:200]})"
