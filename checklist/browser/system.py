"""SystemBrowser: the system's Chromium, started when the first page needs it and ended when nobody uses it."""

import ssl
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from checklist.browser.bounds import Bounds
from checklist.browser.rendered import Rendered
from checklist.browser.session import Session
from checklist.fetch.door import Door
from checklist.fetch.limits import Limits
from checklist.fetch.resolve import Names, Resolve, system_resolve


def _now() -> datetime:
    # As in the fetcher: when a look was taken is measured here, not decided; `at` replaces it.
    return datetime.now(UTC)  # noqa: TID251


class SystemBrowser:
    """Shows pages with `program`, under the address rules of a fetcher with the same `resolve`, `allow`, `hosts` and
    `own_hosts`. Used with `async with` by any number of runs of one event loop, which share one process.

    `user_agent` is added to the browser's own. `trust`, for development only, replaces the trust store.
    Raises WrongPair when a pair can't be read.
    """

    def __init__(
        self,
        program: Path,
        *,
        resolve: Resolve | None = None,
        allow: Collection[str | tuple[str, int]] = (),
        hosts: Mapping[str, str] | None = None,
        own_hosts: Collection[str] = (),
        user_agent: str = "LaunchReview/0.1",
        trust: ssl.SSLContext | None = None,
        bounds: Bounds | None = None,
        at: Callable[[], datetime] = _now,
    ) -> None:
        limits = Limits()
        self._bounds = bounds or Bounds()

        def session() -> Session:
            names = Names(resolve or system_resolve, slots=limits.lookups, pinned_seconds=limits.names_seconds)
            door = Door(names, allow=allow, hosts=hosts or {}, own_hosts=own_hosts)
            return Session(program, names, door, trust=trust, user_agent=user_agent, bounds=self._bounds, at=at)

        session()  # a pair that can't be read is told now, not at the first page
        self._session = session
        self._users = 0
        self._open: Session | None = None

    async def __aenter__(self) -> Self:
        self._users += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._users -= 1
        if self._users == 0 and self._open is not None:
            former, self._open = self._open, None
            await former.aclose()

    async def look(self, url: str) -> Rendered:
        """The page once its scripts have settled. Never raises for what the network, the page or Chromium does."""
        assert self._users, "use the browser with `async with`: what it starts has to end"
        if self._open is None:
            self._open = self._session()
        return await self._open.look(url)
