"""Names to addresses: the system's resolver, and the bounded, pinned lookups of one fetcher."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from checklist.fetch.failure import Failure, Refused, Unknown

Resolve = Callable[[str], Awaitable[Iterable[str]]]
"""Name to IP addresses. No address: an empty answer, LookupError or gaierror. Other OSErrors: could not tell."""

_NO_ADDRESS: Final = frozenset(
    {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None), getattr(socket, "EAI_ADDRFAMILY", None), None}
)


async def system_resolve(name: str) -> list[str]:
    """What the operating system says, in its order. Raises socket.gaierror."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: OSError | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(addresses)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        addresses: list[str] = []
        error: OSError | None = None
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        except UnicodeError:
            error = socket.gaierror(socket.EAI_NONAME, "not a name")
        except OSError as trouble:
            error = trouble
        with suppress(RuntimeError):  # the loop is closed by now: nobody waits any more
            loop.call_soon_threadsafe(settle, addresses, error)

    # A daemon, not a pool's worker: a name server that never answers must not keep the program from ending.
    threading.Thread(target=look_up, name="name lookup", daemon=True).start()
    return await answer


class Names:
    """Each name is looked up once and stays pinned for `pinned_seconds`; who asks meanwhile shares the lookup.

    A lookup goes on when the fetch that started it has given up, and keeps its slot until it really ends, so
    that a dead name server can't pile up threads.
    """

    def __init__(self, resolve: Resolve, *, slots: int, pinned_seconds: float) -> None:
        self._resolve = resolve
        self._slots = asyncio.Semaphore(slots)
        self._pinned_seconds = pinned_seconds
        self._pinned: dict[str, tuple[float, asyncio.Task[tuple[str, ...] | Failure]]] = {}

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The name's addresses, at least one. Raises Refused when it has none, Unknown when nobody can tell."""
        now = asyncio.get_running_loop().time()
        until, lookup = self._pinned.get(name, (0.0, None))
        if lookup is None or (lookup.done() and until < now):
            self._forget(now)
            lookup = asyncio.create_task(self._look_up(name))
            self._pinned[name] = (now + self._pinned_seconds, lookup)
        found = await asyncio.shield(lookup)
        if isinstance(found, Unknown):
            self._pinned.pop(name, None)
        if isinstance(found, Failure):
            raise found.with_traceback(None)  # raised once per caller
        return found

    async def aclose(self) -> None:
        lookups = [lookup for _, lookup in self._pinned.values() if not lookup.done()]
        for lookup in lookups:
            lookup.cancel()
        await asyncio.gather(*lookups, return_exceptions=True)
        self._pinned.clear()

    async def _look_up(self, name: str) -> tuple[str, ...] | Failure:
        async with self._slots:
            try:
                found = tuple(dict.fromkeys(str(address) for address in await self._resolve(name)))
            except LookupError:
                found = ()
            except OSError as trouble:
                if not isinstance(trouble, TimeoutError) and trouble.errno in _NO_ADDRESS:
                    found = ()
                else:
                    return Unknown("dns", f"the name {name} could not be looked up: {trouble.strerror or trouble}")
            except Exception as trouble:  # noqa: BLE001 - the resolver is somebody else's; what breaks in it is our trouble
                return Unknown("dns", f"the name {name} could not be looked up: {type(trouble).__name__}")
        return found or Refused("dns", f"the name {name} has no address")

    def _forget(self, now: float) -> None:
        if len(self._pinned) >= 1_000:
            for name in [name for name, (until, task) in self._pinned.items() if task.done() and until < now]:
                del self._pinned[name]
