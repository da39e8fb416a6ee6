"""Telling open pages that something happened: one question to the database, however many of them listen."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

LOG = logging.getLogger(__name__)

ASKED_EVERY_SECONDS: Final = 2.0
MOST_LISTENERS: Final = 400
"""Each holds a connection open. Pages that find no room ask from time to time instead."""

LISTENED_SECONDS: Final = 600.0
"""Then the browser comes again by itself, so that somebody who was signed out meanwhile is noticed."""


class Changes:
    """The version that `read` gives, and everybody who waits for another one. Used in one event loop.

    `read` asks the database, in a thread. It is asked while somebody listens, and by nobody else.
    """

    def __init__(
        self,
        read: Callable[[], str],
        *,
        every_seconds: float = ASKED_EVERY_SECONDS,
        for_seconds: float = LISTENED_SECONDS,
        most: int = MOST_LISTENERS,
    ) -> None:
        self._read = read
        self._every_seconds = every_seconds
        self._for_seconds = for_seconds
        self._most = most
        self._version = ""
        self._changed = asyncio.Event()
        self._listeners = 0
        self._asking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def has_room(self) -> bool:
        return not self._closed and self._listeners < self._most

    async def listen(self) -> AsyncIterator[str]:
        """The version now, and each new one; ends after a while, and when the desk stops."""
        until = asyncio.get_running_loop().time() + self._for_seconds
        self._enter()
        try:
            told = ""
            while not self._closed:
                changed = self._changed
                if self._version != told:
                    told = self._version
                    yield told
                    continue
                try:
                    async with asyncio.timeout_at(until):
                        await changed.wait()
                except TimeoutError:
                    return
        finally:
            self._leave()

    def close(self) -> None:
        """End every stream; none begins any more."""
        self._closed = True
        self._tell()
        if self._asking is not None:
            self._asking.cancel()

    def _enter(self) -> None:
        self._listeners += 1
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())

    def _leave(self) -> None:
        self._listeners -= 1
        if self._listeners == 0 and self._asking is not None:
            self._asking.cancel()
            self._asking, self._version = None, ""

    async def _ask(self) -> None:
        while True:
            try:
                version = await asyncio.to_thread(self._read)
            except SQLAlchemyError as error:
                LOG.warning("whether something changed is not known: %s", error)
            else:
                if version != self._version:
                    self._version = version
                    self._tell()
            await asyncio.sleep(self._every_seconds)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
