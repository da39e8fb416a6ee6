"""How long a partner waits for a preflight, beside a bare asyncio loop that asks the same addresses as politely.

    .venv/bin/python bench/preflight.py [--preflights 40] [--at-once 4] [--commands 5]

A full launch (the sample partner Quillharbor: every page on one host, a webhook on another) is checked again and
again, with the limits of production: one request at a time to a host, a fifth of a second between two. The sites answer
over TLS from a process of their own, each time after 20 to 200 ms. Half of the preflights also name a screenshot on a
host that drips a byte at a time and never ends, which costs the whole time one fetch may take. At the end two whole
commands meet a partner all of whose pages drip: that is the worst.

The bare loop is asyncio and httpx over the addresses that a preflight asked: each host by itself, with the same pause
and the same bound of time for what drips; the calls to the webhook five at once without a pause, as the delivery tests
send them. Nothing is parsed or judged. It runs as often, as many at once, in the same run. Some preflights are whole
processes of `launch-review preflight`, from typing the command to its end.

The last line is JSON: seconds at the median, at p95 and the longest; `ratio` is p95 of preflight over p95 of the bare
loop, and `ratio_dripping` the same where one host drips.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import httpcore
import httpx

from checklist.dossier import Dossier
from checklist.fetch import Limits
from checklist.rulebook import Rulebook
from desk.preflighting import running
from desk.preflighting.surroundings import surroundings
from sample.partners import document
from sample.serving import LOOPBACK, Manner, Reply, Request
from sample.sites import SampleSites
from settings import Settings

AIM_P95_SECONDS, AIM_WORST_SECONDS = 10.0, 45.0
PARTNER, HOST = "quillharbor-launch", "www.quillharbor.example"
DRIPS, DRIPS_ALL = "www.mossbeacon.example", "www.larkenfell.example"
"""Other sample sites: one stands for a slow host of pictures, one for a partner's own that is slow."""
CONTENT_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".txt": "text/plain"}
COUNTED = "/.asked"
QUICKEST, SLOWEST = 0.02, 0.2
CALLS_AT_ONCE = 5
AT = datetime.now(UTC)  # noqa: TID251 - a measurement is an entry point
RULEBOOK = Rulebook.load("v1")
LIMITS = Limits()

Asked = list[tuple[str, str, str]]
"""Method, host and path of each request that reached the sites."""


# --- the sites, in a process of their own -----------------------------------------------------------------------------


class SlowSites(SampleSites):
    """The sample sites, which take their time; one host never comes to an end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, at=AT)
        self._asked: Asked = []
        self._chance = random.Random(4711)

    def _answer(self, request: Request) -> Reply:
        if request.path == COUNTED:
            asked, self._asked = self._asked, []
            return Reply(HTTPStatus.OK, json.dumps(asked).encode(), "application/json")
        self._asked.append((request.method, request.host, request.path))
        reply = super()._answer(request)
        if request.host in {DRIPS, DRIPS_ALL} and request.path != "/robots.txt":
            kind = CONTENT_TYPES.get(Path(request.path).suffix, "text/html")
            reply = Reply(HTTPStatus.OK, b"", kind, {"Content-Length": "2000000"}, manner=Manner.DRIPS)
        return replace(reply, after_seconds=self._chance.uniform(QUICKEST, SLOWEST))


async def serve(folder: Path) -> None:
    """Serve until standard input ends; says on standard output where each name is."""
    async with SlowSites(folder) as sites:
        print(json.dumps({"hosts": sites.hosts, "ca": str(sites.ca_file)}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def sites(folder: Path) -> AsyncIterator[Settings]:
    """Settings that lead to the running sites."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--serve", str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        where = json.loads(await process.stdout.readline())
        yield Settings(fetch_hosts=where["hosts"], fetch_ca=where["ca"], data=folder)
    finally:
        process.stdin.close()
        await process.wait()


# --- the preflight ----------------------------------------------------------------------------------------------------


def submission(name: str) -> dict[str, Any]:
    found = document(PARTNER)
    if name == "dripping":
        found["catalog"]["screenshots"].append({"url": f"https://{DRIPS}/huge.png", "caption": "Slow"})
    if name == "worst":
        found = json.loads(json.dumps(found).replace(HOST, DRIPS_ALL))
    return found


async def preflight(settings: Settings, dossier: Dossier) -> tuple[float, Counter[str]]:
    """Seconds, and how many items had each outcome, so that a bench that only fails can't look fast."""
    begun = perf_counter()
    async with surroundings(settings, AT, load=False) as context:
        found = await running.preflight(dossier, RULEBOOK, context)
    return perf_counter() - begun, Counter(result.outcome.value for result in found.results)


async def command(settings: Settings, file: Path) -> float:
    """Seconds of a whole process."""
    pairs = ",".join(f"{name}={at}" for name, at in settings.fetch_hosts.items())
    places = {"LAUNCH_REVIEW_FETCH_HOSTS": pairs, "LAUNCH_REVIEW_FETCH_CA": str(settings.fetch_ca)}
    begun = perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "launch-review"), "preflight", str(file), "--json"),
        env={**os.environ, **places},
        stdout=asyncio.subprocess.DEVNULL,
    )
    code = await process.wait()
    assert code in {0, 1, 3}, f"preflight ended with {code}"
    return perf_counter() - begun


# --- the bare loop ----------------------------------------------------------------------------------------------------


class ToTheSites(httpcore.AnyIOBackend):
    """Leads every name to the port of the sites."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        del host, port
        return await super().connect_tcp(LOOPBACK, self._port, *args, **options)


def client(settings: Settings) -> httpx.AsyncClient:
    tls = httpx.create_ssl_context(verify=str(settings.fetch_ca))
    port = int(next(iter(settings.fetch_hosts.values())).rpartition(":")[2])
    transport = httpx.AsyncHTTPTransport(verify=tls)
    # httpx has no option for where a name leads; its pool does.
    transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001
        ssl_context=tls, max_connections=10, network_backend=ToTheSites(port)
    )
    return httpx.AsyncClient(transport=transport, timeout=LIMITS.total_seconds, trust_env=False)


async def bare(settings: Settings, asked: Asked) -> float:
    """Seconds to ask all of it and nothing else."""
    pages: dict[str, list[str]] = defaultdict(list)
    calls = [(host, path) for method, host, path in asked if method == "POST"]
    for method, host, path in asked:
        if method == "GET":
            pages[host].append(path)
    slots = asyncio.Semaphore(CALLS_AT_ONCE)
    begun = perf_counter()
    async with client(settings) as asking, asyncio.TaskGroup() as group:

        async def read(host: str) -> None:
            for number, path in enumerate(pages[host]):
                await asyncio.sleep(LIMITS.spacing_seconds if number else 0)
                try:
                    async with asyncio.timeout(LIMITS.total_seconds):
                        await asking.get(f"https://{host}{path}")
                except TimeoutError:
                    continue

        async def call(host: str, path: str) -> None:
            async with slots:
                await asking.post(f"https://{host}{path}", content=b"{}")

        for host in pages:
            group.create_task(read(host))
        for host, path in calls:
            group.create_task(call(host, path))
    return perf_counter() - begun


# --- the measurement --------------------------------------------------------------------------------------------------


async def asked_by(settings: Settings, dossier: Dossier) -> Asked:
    """What one preflight asks."""
    async with client(settings) as asking:
        await asking.get(f"https://{DRIPS}{COUNTED}")
        await preflight(settings, dossier)
        answer = await asking.get(f"https://{DRIPS}{COUNTED}")
    return [(method, host, path) for method, host, path in answer.json()]


async def times(number: int, at_once: int, once: Callable[[], Awaitable[Any]]) -> list[Any]:
    places = asyncio.Semaphore(at_once)

    async def one() -> Any:
        async with places:
            return await once()

    return await asyncio.gather(*(one() for _ in range(number)))


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """The median, the time within which 19 of 20 ended, and the longest."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"p50": round(median(ordered), 3), "p95": round(p95, 3), "worst": round(ordered[-1], 3)}


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = {"bench": "preflight", "preflights": options.preflights, "at_once": options.at_once}
    async with sites(folder) as settings:
        for name in ("usual", "dripping"):
            written = submission(name)
            dossier = Dossier.parse(written)
            file = folder / f"{name}.json"
            file.write_text(json.dumps(written))
            asked = await asked_by(settings, dossier)
            half = options.preflights // 2
            found = await times(half, options.at_once, lambda dossier=dossier: preflight(settings, dossier))
            plain = await times(half, options.at_once, lambda asked=asked: bare(settings, asked))
            commands = await times(options.commands, 1, lambda file=file: command(settings, file))
            ours, theirs = spread([seconds for seconds, _ in found]), spread(plain)
            said[name] = {
                "requests": len(asked),
                "preflight": ours,
                "bare": theirs,
                "command": spread(commands) if commands else None,
                "outcomes": dict(found[-1][1]),
            }
            said["ratio" if name == "usual" else f"ratio_{name}"] = round(ours["p95"] / theirs["p95"], 3)
            print(f"{name}: {json.dumps(said[name])}", flush=True)
        file = folder / "worst.json"
        file.write_text(json.dumps(submission("worst")))
        said["worst_command_seconds"] = round(max(await times(2, 2, lambda: command(settings, file))), 3)
    p95 = max(said[name]["preflight"]["p95"] for name in ("usual", "dripping"))
    said["within_aims"] = p95 <= AIM_P95_SECONDS and said["worst_command_seconds"] <= AIM_WORST_SECONDS
    return said


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preflights", type=int, default=40)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--commands", type=int, default=5, help="of each kind, as whole processes one after another")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve is not None:
        asyncio.run(serve(options.serve))
        return
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        print(json.dumps(asyncio.run(measure(options, Path(folder)))))


if __name__ == "__main__":
    main()
