"""How many questions a source is asked at once, and work that blocks, under a time limit."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

Result = TypeVar("Result")

_LOOK_AGAIN_SECONDS: Final = 0.02


class Turns:
    """So many at once, over all event loops and threads: a process may have several, and one source."""

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    async def take(self) -> None:
        """Wait for a turn; whoever has one gives it back."""
        while not self._free.acquire(blocking=False):  # noqa: ASYNC110 - an asyncio.Event belongs to one loop
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def give_back(self) -> None:
        self._free.release()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        await self.take()
        try:
            yield
        finally:
            self.give_back()


async def in_a_thread(work: Callable[[], Result], *, turns: Turns, seconds: float) -> Result:
    """What `work` returns or raises; TimeoutError when it takes longer, waiting for its turn not counted.

    Work that is given up keeps its turn until it really ends, so that a dead server can't pile up threads.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Result] = loop.create_future()

    def settle(results: list[Result], error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(results[0])
        else:
            answer.set_exception(error)

    def do() -> None:
        results: list[Result] = []
        trouble: Exception | None = None
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            trouble = error
        finally:
            turns.give_back()
        with suppress(RuntimeError):  # the loop is closed by now: nobody waits any more
            loop.call_soon_threadsafe(settle, results, trouble)

    await turns.take()
    # A daemon, not a pool's worker: a server that never answers must not keep the program from ending.
    threading.Thread(target=do, name="customers", daemon=True).start()
    async with asyncio.timeout(seconds):
        return await answer
