"""What an audit costs above the requests it makes: the real flow beside a bare asyncio loop over the same addresses.

    .venv/bin/python bench/audit.py [--integrations 503] [--rounds 2] [--latency-ms 0] [--profile FILE]

Made-up listings are looked at by the flow `audit`, recorded by a Prefect server of its own, against made-up sites
that one other process serves over TLS on the loopback address. The bare loop (bench/loopback/bare.py) then makes the
same requests: of 50 integrations at once, nothing parsed and nothing kept. Neither waits between two requests to one
host. Rounds alternate; every database is new and thrown away.

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
import tempfile
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import select

from bench.loopback.bare import bare
from bench.loopback.sites import Latency, Served, customers, site_of, sites, slug_of
from checklist.customers.file import CustomersFile
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits
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

AIM = 1.5
AT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
AT_ONCE = 50
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


@dataclass(slots=True)
class Bench:
    """What stays the same over all rounds."""

    folder: Path
    integrations: int
    served: Served
    reader: PageReaders

    def ports(self, database: Database, at: datetime) -> Ports:
        hosts, limits = self.served.hosts(self.integrations), Limits(spacing_seconds=0.0)
        return Ports(
            database=database,
            fetcher=lambda: Fetcher(hosts=hosts, tls=self.served.tls, limits=limits, at=lambda: at),
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
        asked = await self.served.asked()
        again = await self.audit(database, AT + timedelta(days=1))
        asked_again = await self.served.asked()
        assert Counter(asked) == Counter(asked_again), "the second night asked something else"
        outcomes = self.outcomes(database)
        database.close()
        file.unlink()
        alone = await bare(asked, self.served, at_once=AT_ONCE)
        assert Counter(await self.served.asked()) == Counter(asked), "the bare loop asked something else"
        return Round(first, again, alone.seconds, len(asked), outcomes)

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
    filled(folder / "filled.sqlite", options.integrations)
    customers(folder, options.integrations)
    prefect = EmbeddedServer(folder, port=0)
    await prefect.start()
    try:
        async with sites(folder, options.integrations, options.latency_ms) as served, PageReaders() as reader:
            await prefect.healthy()
            prepare_client(prefect.home, api_url=prefect.api_url, auth_string=prefect.auth_string)
            import_module("flows.audit")  # brings Prefect, so after its environment and before the first round
            bench = Bench(folder, options.integrations, served, reader)
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
        "latency_ms": str(options.latency_ms),
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
    parser.add_argument("--latency-ms", type=Latency.parse, default=Latency(), help="LOW-HIGH: how long sites think")
    parser.add_argument("--profile", type=Path, help="write a profile of the first audit's event loop to this file")
    options = parser.parse_args(arguments)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.environ.pop("PREFECT_API_URL", None)
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        rounds = asyncio.run(measure(options, Path(folder)))
    print(json.dumps(summary(options, rounds)))


if __name__ == "__main__":
    main()
