"""How a process tree stops: in order after the first signal, at once after the second."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any

GONE_WITHIN_SECONDS = 10.0
KILLED_BY_SECOND_SIGNAL = 130


async def unless_stopped(waiting_for: Coroutine[Any, Any, None] | asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait for it or for `stop`, whichever comes first; raises what it raises."""
    task = waiting_for if isinstance(waiting_for, asyncio.Task) else asyncio.create_task(waiting_for)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if task.done():
        task.result()
    elif task is not waiting_for:
        task.cancel()


def stop_on_signals(stop: asyncio.Event) -> None:
    """The first Ctrl-C or SIGTERM stops everything in order, the second one, or taking too long, at once."""

    def on_signal() -> None:
        if stop.is_set():
            _leave(KILLED_BY_SECOND_SIGNAL)
        print("stopping ... (again to stop at once)", file=sys.stderr)  # noqa: T201 - answers the key press
        stop.set()
        deadline = threading.Timer(GONE_WITHIN_SECONDS, _leave, [1])
        deadline.daemon = True
        deadline.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)


def _leave(exit_code: int) -> None:
    """End this process now; its Prefect server is on a leash and follows."""
    os._exit(exit_code)
