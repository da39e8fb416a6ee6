"""The loop that wakes flows as soon as our own tables say that something is due.

A deployment run starts a process and takes seconds; awaited in this process the same flow takes a tenth of one.
The deployments of `flows.serving` are the safety net below it. Flows are idempotent, so every doubt is resolved
by running one again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.reach import PrefectApi

LOG = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0
LET_FINISH_SECONDS = 2.0
LONGEST_RUN_SECONDS = 900.0

Parameters = Mapping[str, Any]


class AsyncFlow(Protocol):
    """An async Prefect flow: called it records a run, `fn` is the plain function."""

    # Said this way it fits every signature a flow may have.
    def __call__(self, *args: Any, **parameters: Any) -> Any: ...

    @property
    def fn(self) -> Callable[..., Awaitable[Any]]: ...


@dataclass(frozen=True)
class Beat:
    """One flow, and the question whether there is work for it.

    `due` blocks (a cheap indexed query), is asked in a thread every `every_seconds` and returns the
    parameters of each run that is wanted now; `at_once` runs of the flow may be under way together, never two
    with the same parameters.
    """

    name: str
    flow: AsyncFlow
    due: Callable[[], Sequence[Parameters]]
    every_seconds: float = IDLE_SECONDS
    at_once: int = 1


async def pulse(beats: Sequence[Beat], stop: asyncio.Event, api: PrefectApi, *, heartbeats: bool = False) -> int:
    """Run what is due until `stop` is set, then give what is under way a moment to finish.

    Returns how many runs Prefect was too busy to record.

    `heartbeats` lets the runs give signs of life (see `flows.zombies`); for a shared server.
    """
    quiet = {} if heartbeats else {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(updates=quiet):
        async with asyncio.TaskGroup() as group:
            hearts = [_Heart(beat, api) for beat in beats]
            for heart in hearts:
                group.create_task(heart.beat_until(stop), name=f"pulse of {heart.beat.name}")
    return sum(heart.unrecorded for heart in hearts)


@dataclass
class _Heart:
    beat: Beat
    api: PrefectApi
    under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    retries: dict[str, "_Retry"] = field(default_factory=dict)
    unrecorded: int = 0

    async def beat_until(self, stop: asyncio.Event) -> None:
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                await self._start_what_is_due()
                await asyncio.wait(
                    {stopping, *self.under_way.values()},
                    timeout=self.beat.every_seconds,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            if self.under_way:
                await asyncio.wait(self.under_way.values(), timeout=LET_FINISH_SECONDS)
        finally:
            unfinished = [stopping, *self.under_way.values()]
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def _start_what_is_due(self) -> None:
        asking = f"asking what is due for {self.beat.name}"
        if not self._may_try(asking):
            return
        try:
            wanted = await asyncio.to_thread(self.beat.due)
        except Exception as error:  # noqa: BLE001 - a bad row, or a database that is away, never stops the loop
            self._failed(asking, error)
            return
        labelled = {_label(self.beat.name, parameters): parameters for parameters in wanted}
        self.retries = {label: retry for label, retry in self.retries.items() if label in labelled}
        for label, parameters in labelled.items():
            if len(self.under_way) >= self.beat.at_once:
                return
            if label not in self.under_way and self._may_try(label):
                self.under_way[label] = asyncio.create_task(self._attempt(label, parameters), name=label)

    async def _attempt(self, label: str, parameters: Parameters) -> None:
        try:
            async with asyncio.timeout(LONGEST_RUN_SECONDS):
                await self._run(parameters)
        except Exception as error:  # noqa: BLE001 - one flow that fails never stops the loop
            self._failed(label, error)
        else:
            # Still due right after a run means more of the same; it waits one interval, never spins.
            self.retries[label] = _Retry(self._now() + self.beat.every_seconds, failures=0)
        finally:
            del self.under_way[label]

    async def _run(self, parameters: Parameters) -> None:
        if await self.api.answers():
            try:
                await self.beat.flow(**parameters)
            except PrefectHTTPStatusError as error:
                if not error.response.is_server_error:
                    raise
                # The server answers and can't record: the work is done all the same, and flows can be run again.
                status = error.response.status_code
                LOG.warning("Prefect is too busy to record %s (%d): it runs unrecorded", self.beat.name, status)
            except Exception:
                if await self.api.answers(ask_again=True):
                    raise
            else:
                return
        self.unrecorded += 1
        await self.beat.flow.fn(**parameters)

    def _may_try(self, label: str) -> bool:
        retry = self.retries.get(label)
        return retry is None or self._now() >= retry.not_before

    def _failed(self, label: str, error: Exception) -> None:
        failures = self.retries[label].failures + 1 if label in self.retries else 1
        wait = min(FIRST_RETRY_SECONDS * 2 ** (failures - 1), LONGEST_RETRY_SECONDS)
        self.retries[label] = _Retry(self._now() + wait, failures)
        LOG.error("%s failed (%d in a row), tried again in %.0f s", label, failures, wait, exc_info=error)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


@dataclass(frozen=True)
class _Retry:
    not_before: float
    failures: int


def _label(name: str, parameters: Parameters) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in sorted(parameters.items()))})"
