"""What an audit costs above the requests it makes: the real flow beside a bare asyncio loop over the same addresses.

    .venv/bin/python bench/audit.py [--integrations 503] [--rounds 2] [--latency-ms 0] [--profile FILE]

Made-up listings are looked at by the flow `audit`, recorded by a Prefect server of its own, against made-up sites
that one other process serves over TLS on the loopback address. The bare loop then asks the same addresses: 50 at
once, through five httpx clients of 10 connections, one site after another, nothing parsed and nothing kept. Neither
waits between two requests to one host. Rounds alternate; every database is new and thrown away.

The last line is JSON: `ratio` is the median over the rounds of the audit's time over the bare loop's, for a first
audit, in which every result is new; `ratio_again` is that of the night after, when nothing has changed.
"""

import argparse
import asyncio
import cProfile
import json
import logging
import os
import shutil
import ssl
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import httpcore
import httpx
from sqlalchemy import select

from checklist.customers.file import CustomersFile
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits
from checklist.rulebook import Rulebook
from flows.catalog import FileCatalog
from flows.environment import prepare_client
from flows.server import EmbeddedServer
from flows.wiring import Ports, using
from migrations import apply
from models.audit import AuditEntry
from models.database import Database
from models.enums import IntegrationStage
from models.integration import Integration
from models.people import Partner
from notifications.programme import ProgrammeSettings
from review.actions.companies import set_components
from review.vault import Vault
from sample.certificates import SampleAuthority
from sample.pictures import Box, png

AIM = 1.5
AT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
DOMAIN = "bench.example"
COUNTED_AT = f"log.{DOMAIN}"
LOOPBACK = "127.0.0.1"
CLIENTS, CONNECTIONS = 5, 10
RULEBOOK = Rulebook.load("v1")

PAGE_BYTES = 100_000
"""About what a real page weighs; most of it is style and data, which nobody reads."""

PAGE_LINKS = 200
"""About as many links as a real page has, navigation and footer included."""

HTML, SVG, PNG = "text/html; charset=utf-8", "image/svg+xml", "image/png"

Asked = list[tuple[str, str]]
"""Host and path of each request that reached the sites."""


# --- the sites, in a process of their own -----------------------------------------------------------------------------


def page(title: str, content: str) -> bytes:
    """A page with the content in its middle, and as much around it as real pages have."""
    row = '<li class="entry"><a href="/more/{0}" data-list="{0}">Reading no. {0}</a> <span>some words</span></li>'
    around = "".join(row.format(number) for number in range(PAGE_LINKS))
    rest = f".w {{ margin: 0 }} {'.w li a:hover { color: #123456; padding: 1px 2px } ' * 2_000}"[
        : PAGE_BYTES - len(around)
    ]
    head = f"<head><meta charset=utf-8><title>{title}</title><style>{rest}</style></head>"
    body = f"<body><nav><ul>{around}</ul></nav><main><h1>{title}</h1>{content}</main></body>"
    return f"<!doctype html><html lang=en>{head}{body}</html>".encode()


def contents() -> dict[str, tuple[str, bytes]]:
    """Path to content type and body: the same for every host."""
    steps = "<ol><li>Open the catalog and choose the tool.</li><li>Click Add.</li><li>Paste the API key.</li></ol>"
    button = (
        '<a href="https://id.segmentapis.com/oauth2/auth?response_type=code&client_id=made-up&scope=destination/SLUG'
        '&redirect_uri=https://www.bench.example/back&state=4711">Enable with Segment</a>'
    )
    day = '<meta property="article:published_time" content="2026-03-02T09:00:00Z">'
    link = '<a href="https://segment.com/?utm_source=bench&utm_medium=partners&utm_campaign=list">Segment</a>'
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} 40"><rect width="{0}" height="40"/></svg>'
    return {
        "/": (HTML, page("A tool that does not exist", "<p>It sends and it receives.</p>")),
        "/docs/segment": (HTML, page("Set up the Segment integration of SLUG", steps)),
        "/integrations": (HTML, page("Integrations of SLUG", f"<h2>Partners</h2><h3>Segment</h3>{link}")),
        "/blog/segment": (HTML, page("SLUG and Segment", f"{day}<p>Today we launch our integration with Segment.</p>")),
        "/connect": (HTML, page("Enable with Segment", button)),
        "/logo.svg": (SVG, svg.format(120).encode()),
        "/mark.svg": (SVG, svg.format(40).encode()),
        "/shot.png": (PNG, png(1280, 800, [(20, 20, 20)] * 6, [Box(0, 0, 640, 400, 1)])),
    }


class Sites(asyncio.Protocol):
    """Every made-up site on one port, as fast as this language can; answers after `latency` seconds."""

    contents = contents()
    asked: Asked = []  # noqa: RUF012 - one list for the whole process

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            first, *fields = head.decode("latin-1").split("\r\n")
            hosts = [field.partition(":")[2].strip() for field in fields if field.lower().startswith("host:")]
            answer = self._answer(hosts[0].partition(":")[0], first.split()[1])
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)

    def _answer(self, host: str, path: str) -> bytes:
        if host == COUNTED_AT:
            found = "application/json", json.dumps(Sites.asked).encode()
            Sites.asked = []
            return _reply(200, *found)
        Sites.asked.append((host, path))
        if (known := self.contents.get(path)) is None:
            return _reply(404, HTML, b"<title>Not found</title>")
        kind, body = known
        return _reply(200, kind, body.replace(b"SLUG", host.partition(".")[0].encode()))


def _reply(status: int, kind: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def serve(authority: SampleAuthority, latency: float) -> None:
    """Serve until standard input ends; says the port on standard output."""
    loop = asyncio.get_running_loop()
    tls = authority.server_context([f"*.{DOMAIN}"])
    server = await loop.create_server(lambda: Sites(latency), LOOPBACK, 0, ssl=tls, backlog=1_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


@asynccontextmanager
async def sites(folder: Path, latency: float) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    """The port of the running sites, and whom to trust there."""
    ca_file = folder / "ca.pem"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--serve", str(ca_file), "--latency-ms", str(latency * 1_000)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port = int(await process.stdout.readline())
        yield port, ssl.create_default_context(cafile=str(ca_file))
    finally:
        process.stdin.close()
        await process.wait()


# --- the bare loop ----------------------------------------------------------------------------------------------------


class ToTheSites(httpcore.AnyIOBackend):
    """Leads every name to the port of the sites."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        del host, port
        return await super().connect_tcp(LOOPBACK, self._port, *args, **options)


def client(port: int, tls: ssl.SSLContext) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(verify=tls)
    # httpx has no option for where a name leads; its pool does.
    transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001
        ssl_context=tls, max_connections=CONNECTIONS, network_backend=ToTheSites(port)
    )
    return httpx.AsyncClient(transport=transport, timeout=30, trust_env=False)


async def bare(asked: Asked, port: int, tls: ssl.SSLContext) -> float:
    """Seconds to ask all of it and nothing else."""
    paths: dict[str, list[str]] = defaultdict(list)
    for host, path in asked:
        paths[host].append(path)
    hosts = list(paths)

    async def work(asking: httpx.AsyncClient) -> None:
        while hosts:
            host = hosts.pop()
            for path in paths[host]:
                answer = await asking.get(f"https://{host}{path}")
                assert answer.status_code in {200, 404}

    clients = [client(port, tls) for _ in range(CLIENTS)]
    begun = perf_counter()
    async with asyncio.TaskGroup() as group:
        for asking in clients:
            for _ in range(CONNECTIONS):
                group.create_task(work(asking))
    seconds = perf_counter() - begun
    for asking in clients:
        await asking.aclose()
    return seconds


async def counted(port: int, tls: ssl.SSLContext) -> Asked:
    """What the sites were asked since the last time."""
    async with client(port, tls) as asking:
        answer = await asking.get(f"https://{COUNTED_AT}/")
    return [(host, path) for host, path in answer.json()]


# --- the audit --------------------------------------------------------------------------------------------------------


def listing(number: int) -> Dossier:
    """What is live of one made-up integration: everything an audit looks at is there."""
    slug = f"tool-{number:04}"
    site = f"https://{slug}.{DOMAIN}"
    guide = (
        f"---\ntitle: Tool {number} Destination\n---\n\n[Tool {number}]({site}/?utm_source=segmentio&utm_medium=docs"
        "&utm_campaign=partners) does nothing at all.\n\nThis destination is maintained by the tool. [Contact support]"
        "(mailto:support@bench.example).\n\n## Getting started\n\n1. Add the destination.\n2. Enter the key.\n\n"
        "## Supported methods\n\n### Identify\n\nSends Identify calls.\n\n### Track\n\nSends Track calls.\n"
    )
    return Dossier.parse(
        {
            "external_id": f"bench:{slug}",
            "kind": "update",
            "partner": {"name": slug, "website": f"{site}/"},
            "integration": {"slug": slug, "name": f"Tool {number}"},
            "components": [{"kind": "plugin", "methods": ["identify", "track"]}],
            "documentation": {"segment": guide, "partner_url": f"{site}/docs/segment"},
            "catalog": {
                "description": "A made-up tool that is looked at every night.",
                "categories": ["Analytics"],
                "logo": f"{site}/logo.svg",
                "mark": f"{site}/mark.svg",
                "website": f"{site}/",
                "screenshots": [{"url": f"{site}/shot.png", "caption": "The tool"}],
            },
            "marketing": {"integrations_page": f"{site}/integrations", "blog_post": f"{site}/blog/segment"},
            "oauth": {"page": f"{site}/connect"},
        }
    )


def filled(file: Path, integrations: int) -> None:
    """A migrated SQLite database with so many integrations in Public Beta."""
    apply.upgrade(f"sqlite:///{file}")
    database = Database(f"sqlite:///{file}")
    with database.write.begin() as session:
        for dossier in map(listing, range(integrations)):
            integration = Integration(
                slug=dossier.integration.slug,
                name=dossier.integration.name,
                partner=Partner(name=dossier.partner.name, website=dossier.partner.website, created_at=AT),
                stage=IntegrationStage.PUBLIC_BETA,
                stage_since=AT - timedelta(days=455),
                listing=dossier.public_document(),
            )
            set_components(integration, dossier)
            session.add(integration)
    database.close()


def customers(folder: Path, integrations: int) -> Path:
    """Three customers of each integration that count."""
    file = folder / "customers.json"
    rows = [
        {"integration": f"tool-{number:04}", "customer": customer, "last_success_at": "2026-11-20T09:00:00Z"}
        for number in range(integrations)
        for customer in ("north", "south", "west")
    ]
    file.write_text(json.dumps(rows))
    return file


@dataclass(slots=True)
class Bench:
    """What stays the same over all rounds."""

    folder: Path
    integrations: int
    port: int
    tls: ssl.SSLContext

    def ports(self, database: Database, at: datetime) -> Ports:
        hosts = {f"tool-{number:04}.{DOMAIN}": f"{LOOPBACK}:{self.port}" for number in range(self.integrations)}
        return Ports(
            database=database,
            fetcher=lambda: Fetcher(hosts=hosts, tls=self.tls, limits=Limits(spacing_seconds=0.0), at=lambda: at),
            channels={},
            programme=ProgrammeSettings(base_url="http://127.0.0.1:8300", channels=frozenset()),
            catalog=FileCatalog(self.folder / "catalog.json"),
            vault=Vault("a key for the bench"),
            customers=CustomersFile(self.folder / "customers.json"),
            rulebook=lambda _: RULEBOOK,
            now=lambda: at,
            worker="bench",
        )

    async def audit(self, database: Database, at: datetime) -> float:
        """Seconds of one whole audit, as the schedule runs it."""
        from flows.audit import audit

        begun = perf_counter()
        with using(self.ports(database, at)):
            await audit()
        return perf_counter() - begun

    async def round(self, profile: cProfile.Profile | None) -> "Round":
        file = self.folder / "round.sqlite"
        shutil.copyfile(self.folder / "filled.sqlite", file)
        database = Database(f"sqlite:///{file}")
        if profile is not None:
            profile.enable()
        first = await self.audit(database, AT)
        if profile is not None:
            profile.disable()
        asked = await counted(self.port, self.tls)
        again = await self.audit(database, AT + timedelta(days=1))
        asked_again = await counted(self.port, self.tls)
        assert Counter(asked) == Counter(asked_again), "the second night asked something else"
        outcomes = self.outcomes(database)
        database.close()
        file.unlink()
        alone = await bare(asked, self.port, self.tls)
        assert Counter(await counted(self.port, self.tls)) == Counter(asked), "the bare loop asked something else"
        return Round(first, again, alone, len(asked), outcomes)

    def outcomes(self, database: Database) -> Counter[str]:
        """How many items had each outcome, so that a bench that only fails can't look fast."""
        with database.read() as session:
            entries = session.scalars(select(AuditEntry).where(AuditEntry.done_at == AT))
            return Counter(outcome for entry in entries for outcome, items in entry.outcomes.items() for _ in items)


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of the first audit, of the one the night after, and of the bare loop."""

    first: float
    again: float
    bare: float
    requests: int
    outcomes: Counter[str]


async def measure(options: argparse.Namespace, folder: Path) -> list[Round]:
    latency = options.latency_ms / 1_000
    filled(folder / "filled.sqlite", options.integrations)
    customers(folder, options.integrations)
    prefect = EmbeddedServer(folder, port=0)
    await prefect.start()
    try:
        async with sites(folder, latency) as (port, tls):
            await prefect.healthy()
            prepare_client(prefect.home, api_url=prefect.api_url, auth_string=prefect.auth_string)
            import_module("flows.audit")  # brings Prefect, so after its environment and before the first round
            bench = Bench(folder, options.integrations, port, tls)
            profile = cProfile.Profile() if options.profile else None
            rounds = []
            for number in range(options.rounds):
                rounds.append(await bench.round(profile if number == 0 else None))
                said(rounds[-1])
            if profile is not None:
                profile.dump_stats(options.profile)
            return rounds
    finally:
        await prefect.stop()


def said(done: Round) -> None:
    judged = ", ".join(f"{number} {outcome}" for outcome, number in sorted(done.outcomes.items()))
    print(
        f"audit {done.first:.2f} s, the night after {done.again:.2f} s, bare loop {done.bare:.2f} s for "
        f"{done.requests} requests: {done.first / done.bare:.2f} and {done.again / done.bare:.2f} times ({judged})",
        flush=True,
    )


def summary(options: argparse.Namespace, rounds: Collection[Round]) -> dict[str, object]:
    first = median(done.first for done in rounds)
    ratio = median(done.first / done.bare for done in rounds)
    return {
        "bench": "audit",
        "integrations": options.integrations,
        "requests": median(done.requests for done in rounds),
        "latency_ms": options.latency_ms,
        "rounds": len(rounds),
        "audit_seconds": round(first, 3),
        "again_seconds": round(median(done.again for done in rounds), 3),
        "bare_seconds": round(median(done.bare for done in rounds), 3),
        "integrations_an_hour": round(3_600 * options.integrations / first),
        "ratio": round(ratio, 3),
        "ratio_again": round(median(done.again / done.bare for done in rounds), 3),
        "aim": AIM,
        "within_aim": ratio <= AIM,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--integrations", type=int, default=503)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="how long each site thinks before it answers")
    parser.add_argument("--profile", type=Path, help="write a profile of the first audit's event loop to this file")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve is not None:
        authority = SampleAuthority()
        options.serve.write_bytes(authority.pem)
        asyncio.run(serve(authority, options.latency_ms / 1_000))
        return
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.environ.pop("PREFECT_API_URL", None)
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        rounds = asyncio.run(measure(options, Path(folder)))
    print(json.dumps(summary(options, rounds)))


if __name__ == "__main__":
    main()
