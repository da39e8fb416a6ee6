"""The bare loop: asyncio and httpx ask for what somebody else asked for, and do nothing else with it.

A client of ten connections for each integration: with larger ones httpx slows down, and with shared ones the hosts
push each other's connections out. Of an integration all hosts are asked at the same time; of a host one page after
another, as polite programs do, and its calls (POST) five at a time once the pages before are there.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time
from typing import Any

import httpcore
import httpx
import psutil

from bench.loopback.sites import LOOPBACK, Asked, Served, number_of

CONNECTIONS = 10
CALLS_AT_ONCE = 5

Strand = list[Asked]
"""What one host is asked, in this order."""


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one side on the clock and of computing, and what the sites computed meanwhile."""

    seconds: float
    cpu_seconds: float
    sites_cpu_seconds: float


class Stopwatch:
    """Starts when it is made. `helpers` are processes that work for this one."""

    def __init__(self, served: Served, helpers: Collection[int] = ()) -> None:
        self._sites = psutil.Process(served.pid)
        self._helpers = [psutil.Process(pid) for pid in helpers]
        self._began = self._read()

    def took(self) -> Took:
        return Took(*(now - then for now, then in zip(self._read(), self._began, strict=True)))

    def _read(self) -> tuple[float, float, float]:
        helpers = sum(map(_computed, self._helpers))
        return perf_counter(), process_time() + helpers, _computed(self._sites)


def _computed(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


class _ToTheSites(httpcore.AnyIOBackend):
    """Leads every name to the port of the sites."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        del host, port
        return await super().connect_tcp(LOOPBACK, self._port, *args, **options)


def _client(port: int, tls: ssl.SSLContext) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(verify=tls)
    # httpx has no option for where a name leads; its pool does.
    transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001
        ssl_context=tls, max_connections=CONNECTIONS, network_backend=_ToTheSites(port)
    )
    return httpx.AsyncClient(transport=transport, timeout=30, trust_env=False)


async def bare(
    asked: Sequence[Asked], served: Served, *, at_once: int, read: Callable[[httpx.Response], None] | None = None
) -> Took:
    """Ask all of it, of so many integrations at once. `read` gets each answer."""
    strands: dict[int, dict[str, Strand]] = defaultdict(lambda: defaultdict(list))
    for one in asked:
        strands[number_of(one.host)][one.host].append(one)
    waiting = [list(of_hosts.values()) for _, of_hosts in sorted(strands.items(), reverse=True)]
    tls = served.tls
    stopwatch = Stopwatch(served)
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(_one_after_another(waiting, served.port, tls, read))
    return stopwatch.took()


async def _one_after_another(
    waiting: list[list[Strand]], port: int, tls: ssl.SSLContext, read: Callable[[httpx.Response], None] | None
) -> None:
    while waiting:
        strands = waiting.pop()
        async with _client(port, tls) as client, asyncio.TaskGroup() as group:
            ask = partial(_ask, client, read)
            for strand in strands:
                group.create_task(_along(strand, ask))


async def _ask(client: httpx.AsyncClient, read: Callable[[httpx.Response], None] | None, one: Asked) -> None:
    answer = await client.request(one.method, one.url, headers=one.headers, content=one.body or None)
    if read is not None:
        read(answer)


async def _along(strand: Strand, ask: Callable[[Asked], Awaitable[None]]) -> None:
    calls = []
    for one in strand:
        if one.method == "POST":
            calls.append(one)
        else:
            await ask(one)
    calls.reverse()

    async def some() -> None:
        while calls:
            await ask(calls.pop())

    if calls:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(CALLS_AT_ONCE, len(calls))):
                group.create_task(some())
