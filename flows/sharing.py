"""Working through an audit beside other workers: batch after batch is taken, judged and given back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

from flows.wiring import Ports
from models.audit import AuditRun
from review.actions import batching

BATCH = 250
"""Integrations in one task: what Prefect costs for a task is then a fraction of a percent of the work."""

SIGN_OF_LIFE_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 1.0
"""How often a worker that waits for the others' last batches looks whether they are done, or died."""

Judge = Callable[[Sequence[int], Callable[[], None]], Awaitable[None]]
"""Judges a batch, and calls the function it was given once nothing of the batch waits for its beginning any more."""


async def work_through(here: Ports, run_id: int, judge: Judge, *, most: int = BATCH, to_the_end: bool = True) -> None:
    """Judge what is free of the run, in batches; `to_the_end` waits for what other workers have, and takes over what
    they leave. Without it, this ends as soon as nothing is free.

    The next batch is taken as soon as all of the last one has begun: a batch ends with its slowest sites, and nobody
    should wait for them. The first batch that fails ends the others, and its error is raised.
    """
    under_way: set[asyncio.Task[None]] = set()
    try:
        while True:
            batch = await asyncio.to_thread(_take, here, run_id, most)
            if batch:
                has_begun = asyncio.Event()
                task = asyncio.create_task(_judged(here, run_id, batch, judge, has_begun))
                under_way.add(task)
                await has_begun.wait()
                under_way = _without_done(under_way)
            elif under_way:
                await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                under_way = _without_done(under_way)
            elif to_the_end and not await asyncio.to_thread(is_all_done, here, run_id):
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            else:
                return
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _judged(here: Ports, run_id: int, batch: Sequence[int], judge: Judge, has_begun: asyncio.Event) -> None:
    try:
        async with _held(here, run_id, batch):
            await judge(batch, has_begun.set)
    finally:
        has_begun.set()


def _without_done(tasks: Iterable[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Those still under way. Raises what one that is done has failed with."""
    left = set()
    for task in tasks:
        if task.done():
            task.result()
        else:
            left.add(task)
    return left


def is_all_done(here: Ports, run_id: int) -> bool:
    """Whether nothing is left of that whose turn has come."""
    with here.database.read() as session:
        return batching.is_all_done(session, run_id, at=here.now())


def runs_to_share(here: Ports) -> list[int]:
    """Runs that another worker began and that this one can help with, or end."""
    with here.database.read() as session:
        return batching.runs_to_share(session, at=here.now())


@asynccontextmanager
async def _held(here: Ports, run_id: int, batch: Sequence[int]) -> AsyncIterator[None]:
    """The batch stays ours inside. After a failure its lease runs out, so that a batch that fails is not tried again
    at once; who is told to stop gives it back.
    """
    alive = asyncio.create_task(_give_signs_of_life(here, run_id, batch))
    try:
        yield
    except asyncio.CancelledError:
        await asyncio.shield(asyncio.to_thread(_give_back, here, run_id, batch))
        raise
    else:
        await asyncio.to_thread(_give_back, here, run_id, batch)
    finally:
        alive.cancel()
        await asyncio.gather(alive, return_exceptions=True)


async def _give_signs_of_life(here: Ports, run_id: int, batch: Sequence[int]) -> None:
    while True:
        await asyncio.sleep(SIGN_OF_LIFE_SECONDS)
        await asyncio.to_thread(_keep, here, run_id, batch)


def _take(here: Ports, run_id: int, most: int) -> list[int]:
    with here.database.write.begin() as session:
        run = session.get_one(AuditRun, run_id)
        return batching.take_batch(session, run, worker=here.worker, at=here.now(), most=most)


def _keep(here: Ports, run_id: int, batch: Sequence[int]) -> None:
    with here.database.write.begin() as session:
        batching.keep_batch(session, run_id, batch, worker=here.worker, at=here.now())


def _give_back(here: Ports, run_id: int, batch: Sequence[int]) -> None:
    with here.database.write.begin() as session:
        batching.give_back(session, run_id, batch, worker=here.worker)
