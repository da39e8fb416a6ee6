"""Puts an endpoint under a bounded load, and stops by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from checklist.delivery.load import Gauge, LoadRule, Stop, schedule

Send = Callable[[int], Awaitable[int | None]]
"""Sends the call of that number and gives its status; None when no answer came. Never raises, always ends."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a load came to. `rate` is in calls a second."""

    rate: int
    stop: Stop | None
    is_evidence: bool
    """Whether it stopped on what the endpoint answered, and not on silence."""
    plateaus: tuple[dict[str, Any], ...]
    """For each rate: calls due, sent and ended, how many failed, and the 95th percentile in seconds."""

    @property
    def sent(self) -> int:
        return sum(plateau["sent"] for plateau in self.plateaus)


async def put_under_load(send: Send, rule: LoadRule) -> Held:
    """Send the calls of the schedule when they are due, until its end or the first reason to stop.

    The calls that are open then are waited for, because what they come to shows whose fault it was.
    """
    loop = asyncio.get_running_loop()
    gauge = Gauge(rule)
    began = loop.time()
    calls: set[asyncio.Task[None]] = set()

    async def call(number: int) -> None:
        status = await send(number)
        gauge.ended(number, loop.time() - began, status)

    stop: Stop | None = None
    try:
        for number, due in enumerate(schedule(rule)):
            await asyncio.sleep(max(0.0, began + due.at - loop.time()))
            if (stop := gauge.stop(loop.time() - began)) is not None:
                break
            gauge.sent(number, due, loop.time() - began)
            task = asyncio.create_task(call(number))
            calls.add(task)
            task.add_done_callback(calls.discard)
        if calls:
            await asyncio.wait(calls)
        stop = stop or gauge.stop(loop.time() - began)
    finally:
        for task in calls:
            task.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    return Held(gauge.held_rate(), stop, gauge.is_evidence(), tuple(_as_json(gauge)))


def _as_json(gauge: Gauge) -> list[dict[str, Any]]:
    return [
        {
            "rate": plateau.rate,
            "due": plateau.due,
            "sent": plateau.sent,
            "ended": plateau.ended,
            "failed": plateau.refused + plateau.silent,
            "p95_seconds": round(plateau.p95(), 3),
        }
        for plateau in gauge.plateaus
    ]
