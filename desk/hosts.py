"""Which names the desk answers to. Which addresses it may be bound to is its process's business (desk/holding.py)."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def answered_names(base_url: str) -> frozenset[str]:
    """The names that a request may give as its host: this machine's own, and the one people use."""
    named = urlsplit(base_url).hostname
    return LOOPBACK_NAMES | ({named} if named else frozenset())


class HostCheck:
    """Refuses a request whose Host header names another site.

    A page of another site can make its own name lead to this machine (DNS rebinding); the browser would then
    let it read what the desk answers. The header still carries that site's name.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self.names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _name_of(Headers(scope=scope).getlist("host")) in self.names:
            await self.app(scope, receive, send)
            return
        refusal = PlainTextResponse(
            f"This desk answers to {', '.join(sorted(self.names))}. The request named another host. "
            "If people reach it by another name, set LAUNCH_REVIEW_BASE_URL to that address.\n",
            status_code=421,
        )
        await refusal(scope, receive, send)


def _name_of(hosts: list[str]) -> str | None:
    """The host without its port; None when it is missing, given twice, or no host at all."""
    if len(hosts) != 1 or not hosts[0].isascii() or set(hosts[0]) & set("/@?#\\ "):
        return None
    try:
        return urlsplit(f"//{hosts[0]}").hostname
    except ValueError:
        return None
