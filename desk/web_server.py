"""The desk's web server, as one part of a process tree."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from desk.stopping import unless_stopped

CONNECTIONS_CLOSE_WITHIN_SECONDS = 2


class Desk(uvicorn.Server):
    """The web server, without signal handlers of its own: signals belong to the whole tree."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Event streams end first: pages hold them open for as long as somebody looks."""
        if changes := getattr(getattr(self.config.app, "state", None), "changes", None):
            changes.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def desk_server(app: Any) -> Desk:
    return Desk(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            # Open event streams would otherwise hold up the stop for as long as somebody looks at a page.
            timeout_graceful_shutdown=CONNECTIONS_CLOSE_WITHIN_SECONDS,
        )
    )


async def serve(desk: Desk, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop`; a desk that ends by itself stops everything, half a system helps nobody."""
    serving = asyncio.create_task(desk.serve(sockets=[listener]))
    await unless_stopped(serving, stop)
    desk.should_exit = True
    stop.set()
    await serving


async def started(desk: Desk) -> None:
    while True:
        if desk.started:
            return
        await asyncio.sleep(0.02)
