"""How much a browser may send: forms are read whole, before anybody looks at who sends them."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_FORM: Final = 1_000_000
"""Bytes. The longest document that is read anywhere else is as long."""
LARGEST_WITH_FILES: Final = 12_000_000
"""Bytes of a form that takes images: some of them, each within its own bound."""
WITH_FILES: Final = re.compile(r"/partner/(new/|submissions/[0-9]+/revise$)")
"""Forms that take files; nobody who is not signed in has theirs read."""

NUL: Final = re.compile(rb"\0|%00")
TOLD_OF_NUL: Final = (
    "What was sent holds a character that can’t be kept (NUL), so nothing was changed. "
    "Go back, take it out, and send it again."
)


class BodyLimit:
    """Refuses a longer body with 413 once the page begins to read it. `apart` are beginnings of paths that bound theirs
    themselves.
    """

    def __init__(self, app: ASGIApp, apart: Iterable[str], most: int = LARGEST_FORM) -> None:
        self.app = app
        self.apart = tuple(apart)
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.apart):
            await self.app(scope, receive, send)
            return
        announced, came = _announced(scope), 0
        most = max(self.most, LARGEST_WITH_FILES) if WITH_FILES.match(scope["path"]) else self.most

        async def bounded() -> Message:
            nonlocal came
            if announced <= most:
                message = await receive()
                came += len(message.get("body", b""))
                if came <= most:
                    return message
            told = f"What was sent has more than {most:,} bytes, so it was not read and nothing was changed."
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)

        await self.app(scope, bounded, send)


class StorableOnly:
    """Refuses with 400 what holds a NUL, in address or form: one database keeps none, and nobody types one.

    `apart` as in BodyLimit. A form with files is looked through by its page, which takes them out.
    """

    def __init__(self, app: ASGIApp, apart: Iterable[str]) -> None:
        self.app = app
        self.apart = tuple(apart)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.apart):
            await self.app(scope, receive, send)
            return
        if "\0" in scope["path"] or NUL.search(scope["query_string"]):
            await PlainTextResponse(f"{TOLD_OF_NUL}\n", status_code=HTTPStatus.BAD_REQUEST)(scope, receive, send)
            return
        is_form = Headers(scope=scope).get("content-type", "").startswith("application/x-www-form-urlencoded")
        end = b""

        async def without_nul() -> Message:
            nonlocal end
            message = await receive()
            body: bytes = message.get("body", b"")
            # An escape may come in two parts.
            if NUL.search(end + body):
                raise HTTPException(HTTPStatus.BAD_REQUEST, TOLD_OF_NUL)
            end = (end + body)[-2:]
            return message

        await self.app(scope, without_nul if is_form else receive, send)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0
