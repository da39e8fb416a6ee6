"""Requests that change something come from our own pages."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

CHANGES_NOTHING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class SameSiteOnly:
    """Refuses a change that a page of another site asks for in the name of whoever is signed in.

    Browsers say where a request comes from, in `Sec-Fetch-Site` or at least in `Origin`; what says neither is no
    browser, and carries nobody's cookie unasked. `apart` are beginnings of paths at which no cookie is read.
    """

    def __init__(self, app: ASGIApp, apart: Iterable[str]) -> None:
        self.app = app
        self.apart = tuple(apart)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in CHANGES_NOTHING or self._may(scope):
            await self.app(scope, receive, send)
            return
        refusal = PlainTextResponse(
            "This request comes from another site, so nothing was changed. Open the desk itself and do it there.\n",
            status_code=403,
        )
        await refusal(scope, receive, send)

    def _may(self, scope: Scope) -> bool:
        if scope["path"].startswith(self.apart):
            return True
        headers = Headers(scope=scope)
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site == "same-origin"
        return origin is None or urlsplit(origin).netloc == headers.get("host")
