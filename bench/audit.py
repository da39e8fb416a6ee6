"""What an audit costs above the requests it makes: the real flow beside a bare asyncio loop over the same addresses.

    .venv/bin/python bench/audit.py [--sizes 100,1000] [--rounds 1] [--latency-ms 20-200] [--profile FILE]

For each size so many made-up listings are looked at by the flow `audit`, recorded by a Prefect server of its own,
against made-up sites that one other process serves over TLS on the loopback address; then once more as the night
after, when nothing has changed. The bare loop (bench/loopback/bare.py) then makes the requests of the first night, with
as many exchanges at once, nothing parsed and nothing kept. None of them waits between two requests to one host, and
each asks a host one thing at a time. Every database is new and thrown away. Sites are ready in 20 to 200 ms, another
time for each address. Computing counts this process and those that read pages for it; memory is this process's, at its
highest during the first night.

The last line is JSON. `ratio` is the first audit's time over the bare loop's; `again_cheaper` says how many times less
the night after took: of computing, of bytes of pages, and on the clock. `prefect_share` is the most that Prefect can
have taken: all of the first night before the first question to a site and after the last result.
"""

import argparse
import asyncio
import cProfile
import json
import logging
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Self

import psutil
from sqlalchemy import select

from bench.loopback.bare import bare
from bench.loopback.sites import Asked, Latency, Served, contents, customers, site_of, sites, slug_of
from checklist.customers.file import CustomersFile
from checklist.dossier import Dossier
from checklist.fetch import Fetched, Fetcher, Limits
from checklist.pages.workers import PageReaders
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

AIM = 1.3
AT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
AT_ONCE = Limits().connections
"""Exchanges of the bare loop that are under way together: as many as the fetcher has."""
RULEBOOK = Rulebook.load("v1")


# --- the audit --------------------------------------------------------------------------------------------------------


def listing(number: int) -> Dossier:
    """What is live of one made-up integration: everything an audit looks at is there."""
    slug, site = slug_of(number), site_of(number)
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


class Timed(Fetcher):
    """The fetcher of a worker, which knows how long it was from its first question to its end."""

    used_seconds = 0.0
    _began: float | None = None

    async def get(self, *args: Any, **options: Any) -> Fetched:
        if self._began is None:
            self._began = perf_counter()
        return await super().get(*args, **options)

    async def aclose(self) -> None:
        await super().aclose()
        if self._began is not None:
            Timed.used_seconds += perf_counter() - self._began


@dataclass(frozen=True, slots=True)
class Night:
    """One audit: seconds on the clock, of computing, and from the first question to the last result; then requests,
    bytes of pages, memory.
    """

    seconds: float
    cpu_seconds: float
    web_seconds: float
    asked: list[Asked]
    page_bytes: int
    peak_mb: float


@dataclass(slots=True)
class Bench:
    """What stays the same over the rounds of one size."""

    folder: Path
    integrations: int
    served: Served
    reader: PageReaders

    def ports(self, database: Database, at: datetime) -> Ports:
        hosts, limits = self.served.hosts(self.integrations), Limits(spacing_seconds=0.0)
        return Ports(
            database=database,
            fetcher=lambda: Timed(hosts=hosts, tls=self.served.tls, limits=limits, at=lambda: at),
            reader=self.reader,
            channels={},
            programme=ProgrammeSettings(base_url="http://127.0.0.1:8300", channels=frozenset()),
            catalog=FileCatalog(self.folder / "catalog.json"),
            vault=Vault("a key for the bench"),
            customers=CustomersFile(self.folder / "customers.json"),
            rulebook=lambda _: RULEBOOK,
            now=lambda: at,
            worker="bench",
        )

    async def night(self, database: Database, at: datetime) -> Night:
        """One whole audit."""
        from flows.audit import audit

        Timed.used_seconds = 0.0
        begun, computed = perf_counter(), computing()
        with using(self.ports(database, at)), Highest() as memory:
            await audit()
        seconds, cpu_seconds = perf_counter() - begun, computing() - computed
        asked = await self.served.asked()
        sizes = {path: len(body) for path, (_, body) in contents().items()}
        sent = [one for one in asked if "if-none-match" not in dict(one.headers)]
        page_bytes = sum(sizes.get(one.path, 0) for one in sent)
        return Night(seconds, cpu_seconds, Timed.used_seconds, asked, page_bytes, memory.mb)

    async def round(self, profile: cProfile.Profile | None) -> "Round":
        file = self.folder / "round.sqlite"
        shutil.copyfile(self.folder / "filled.sqlite", file)
        database = Database(f"sqlite:///{file}")
        if profile is not None:
            profile.enable()
        first = await self.night(database, AT)
        if profile is not None:
            profile.disable()
        again = await self.night(database, AT + timedelta(days=1))
        assert len(first.asked) == len(again.asked), "the second night asked for something else"
        outcomes, later = (self.outcomes(database, at) for at in (AT, AT + timedelta(days=1)))
        assert outcomes == later, f"the second night found something else: {outcomes} and {later}"
        database.close()
        file.unlink()
        alone = await bare(first.asked, self.served, at_once=AT_ONCE)
        assert Counter(await self.served.asked()) == Counter(first.asked), "the bare loop asked for something else"
        return Round(first, again, alone.seconds, alone.cpu_seconds, outcomes)

    def outcomes(self, database: Database, at: datetime) -> Counter[str]:
        """How many items had each outcome, so that a bench that only fails can't look fast."""
        with database.read() as session:
            entries = session.scalars(select(AuditEntry).where(AuditEntry.done_at == at))
            return Counter(outcome for entry in entries for outcome, items in entry.outcomes.items() for _ in items)


def computing() -> float:
    """Seconds that this process has computed, with those that read pages for it, also the ones that are gone."""
    gone = os.times()
    total = process_time() + gone.children_user + gone.children_system
    for child in psutil.Process().children():
        try:
            if any("checklist.pages" in part for part in child.cmdline()):
                times = child.cpu_times()
                total += times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return total


class Highest:
    """The most memory this process has held while the block ran."""

    def __enter__(self) -> Self:
        self.mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while True:
            self.mb = max(self.mb, process.memory_info().rss / 1e6)
            if self._stop.wait(0.2):
                return


@dataclass(frozen=True, slots=True)
class Round:
    """The first audit, the one the night after, and the bare loop's seconds."""

    first: Night
    again: Night
    bare: float
    bare_cpu: float
    outcomes: Counter[str]


async def measure(options: argparse.Namespace, folder: Path) -> dict[int, list[Round]]:
    prefect = EmbeddedServer(folder, port=0)
    await prefect.start()
    try:
        async with PageReaders() as reader:
            await prefect.healthy()
            prepare_client(prefect.home, api_url=prefect.api_url, auth_string=prefect.auth_string)
            import_module("flows.audit")  # brings Prefect, so after its environment and before the first round
            return {size: await of_size(options, folder / str(size), size, reader) for size in options.sizes}
    finally:
        await prefect.stop()


async def of_size(options: argparse.Namespace, folder: Path, size: int, reader: PageReaders) -> list[Round]:
    await asyncio.to_thread(folder.mkdir)
    filled(folder / "filled.sqlite", size)
    customers(folder, size)
    profile = cProfile.Profile() if options.profile and size == options.sizes[0] else None
    rounds = []
    async with sites(folder, size, options.latency_ms) as served:
        bench = Bench(folder, size, served, reader)
        for number in range(options.rounds):
            rounds.append(await bench.round(profile if number == 0 else None))
            said(size, rounds[-1])
    if profile is not None:
        profile.dump_stats(options.profile)
    return rounds


def said(size: int, done: Round) -> None:
    judged = ", ".join(f"{number} {outcome}" for outcome, number in sorted(done.outcomes.items()))
    first, again = done.first, done.again
    print(
        f"{size} integrations, {len(first.asked)} requests: audit {first.seconds:.2f} s ({first.cpu_seconds:.2f} s "
        f"computing, {first.peak_mb:.0f} MB), the night after {again.seconds:.2f} s ({again.cpu_seconds:.2f} s), "
        f"bare loop {done.bare:.2f} s ({done.bare_cpu:.2f} s computing): {first.seconds / done.bare:.2f} times, "
        f"{first.seconds / size:.4f} s an integration ({judged})",
        flush=True,
    )


def summary(options: argparse.Namespace, rounds: Mapping[int, Sequence[Round]]) -> dict[str, object]:
    sizes = {size: _of_size(size, done) for size, done in rounds.items()}
    largest = sizes[max(sizes)]
    return {
        "bench": "audit",
        "latency_ms": str(options.latency_ms),
        "rounds": options.rounds,
        "sizes": sizes,
        "ratio": largest["ratio"],
        "memory_growth": round(largest["peak_mb"] / sizes[min(sizes)]["peak_mb"], 3),
        "again_cheaper": {name: largest[f"again_cheaper_{name}"] for name in ("cpu", "bytes", "clock")},
        "prefect_share": largest["prefect_share"],
        "aim": AIM,
        "within_aim": largest["ratio"] <= AIM,
    }


def _of_size(size: int, rounds: Sequence[Round]) -> dict[str, float]:
    def middle(of: Callable[[Round], float], digits: int = 3) -> float:
        return round(median(map(of, rounds)), digits)

    return {
        "requests": middle(lambda done: len(done.first.asked)),
        "seconds": middle(lambda done: done.first.seconds),
        "seconds_an_integration": middle(lambda done: done.first.seconds / size, 5),
        "cpu_seconds_an_integration": middle(lambda done: done.first.cpu_seconds / size, 5),
        "bare_seconds": middle(lambda done: done.bare),
        "ratio": middle(lambda done: done.first.seconds / done.bare),
        "peak_mb": middle(lambda done: done.first.peak_mb, 1),
        "again_seconds": middle(lambda done: done.again.seconds),
        "again_cheaper_cpu": middle(lambda done: done.first.cpu_seconds / done.again.cpu_seconds, 2),
        "again_cheaper_bytes": middle(lambda done: done.first.page_bytes / max(1, done.again.page_bytes), 2),
        "again_cheaper_clock": middle(lambda done: done.first.seconds / done.again.seconds, 2),
        "prefect_share": middle(lambda done: 1 - done.first.web_seconds / done.first.seconds, 4),
    }


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes", type=_sizes, default=[100, 1_000, 10_000], help="numbers of integrations, with commas"
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument(
        "--latency-ms", type=Latency.parse, default=Latency(20, 200), help="LOW-HIGH: how long sites think"
    )
    parser.add_argument("--profile", type=Path, help="write a profile of the first audit's event loop")
    options = parser.parse_args(arguments)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.environ.pop("PREFECT_API_URL", None)
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        rounds = asyncio.run(measure(options, Path(folder)))
    print(json.dumps(summary(options, rounds)))


if __name__ == "__main__":
    main()
