"""How much sooner an audit is done by two workers than by one, on PostgreSQL, at the politeness of production.

    .venv/bin/python bench/audit_workers.py [--integrations 480] [--rounds 1] [--latency-ms 20-200]
        [--database-url postgresql+psycopg://…]

Workers are processes of their own, as on machines of their own: each runs the flow `share audits`, recorded by one
Prefect server. Made-up sites on the loopback address (bench/audit.py) take the given time for each answer; a host is
asked one thing at a time by all workers together, with the usual pause. Starting the processes is not counted.
Without an address a PostgreSQL server is started, whose database is thrown away; an address must name an empty one.

The last line is JSON: `speedup` is the median over the rounds of one worker's time over that of two; `cores` and
`cpu_seconds` say whether the machine had anything left for the second.
"""

import argparse
import asyncio
import json
import logging
import os
import resource
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import select

from bench.audit import AT, RULEBOOK, listing
from bench.deliver import postgres
from bench.loopback.sites import Latency, Served, customers, sites
from checklist.customers.file import CustomersFile
from checklist.fetch import Fetcher, Limits
from checklist.pages.workers import PageReaders
from flows.catalog import FileCatalog
from flows.environment import prepare_client
from flows.host_turns import HostTurns
from flows.server import EmbeddedServer
from flows.wiring import Ports, using, utc_now
from migrations import apply
from models.audit import AuditEntry, AuditRun
from models.database import Database
from models.enums import IntegrationStage
from models.integration import Integration
from models.people import Partner
from notifications.programme import ProgrammeSettings
from review.actions import auditing
from review.actions.companies import set_components
from review.vault import Vault

AIM = 1.6
WORKERS = (1, 2)


def filled(address: str, integrations: int) -> None:
    """A migrated database with so many integrations in Public Beta."""
    apply.upgrade(address)
    database = Database(address)
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


# --- a worker ---------------------------------------------------------------------------------------------------------


async def work(folder: Path, address: str, name: str, integrations: int, served: Served) -> None:
    """Say that it is ready, wait for the word, and share what there is to share."""
    from flows.audit import share_audits

    database, hosts, limits = Database(address), served.hosts(integrations), Limits()
    async with PageReaders() as reader:
        here = Ports(
            database=database,
            fetcher=lambda: Fetcher(
                hosts=hosts,
                tls=served.tls,
                limits=limits,
                at=utc_now,
                among_workers=HostTurns(database, worker=name, now=utc_now, spacing_seconds=limits.spacing_seconds),
            ),
            reader=reader,
            channels={},
            programme=ProgrammeSettings(base_url="http://127.0.0.1:8300", channels=frozenset()),
            catalog=FileCatalog(folder / "catalog.json"),
            vault=Vault("a key for the bench"),
            customers=CustomersFile(folder / "customers.json"),
            rulebook=lambda _: RULEBOOK,
            now=utc_now,
            worker=name,
        )
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        with using(here):
            await share_audits()
    database.close()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(sum(one.ru_utime + one.ru_stime for one in used), flush=True)


async def started(options: argparse.Namespace, folder: Path, address: str, name: str, served: Served) -> Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.audit_workers", "--worker", name, "--folder", str(folder)),
        *("--database-url", address, "--integrations", str(options.integrations), "--port", str(served.port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"ready", "the worker did not get ready"
    return process


# --- the measurement --------------------------------------------------------------------------------------------------


async def audited(
    options: argparse.Namespace, folder: Path, address: str, served: Served, workers: int
) -> tuple[float, float]:
    """Seconds until so many workers have judged everything once, and their seconds of processor."""
    database = Database(address)
    with database.write.begin() as session:
        ids = auditing.live_integrations(session)
        run_id = auditing.begin_run(session, ids, rulebook=RULEBOOK, asked_by="schedule", at=utc_now()).id
    processes = [await started(options, folder, address, f"bench-{number}", served) for number in range(workers)]
    begun = perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        await process.stdin.drain()
    said = [await process.communicate() for process in processes]
    seconds = perf_counter() - begun
    with database.read() as session:
        done = session.scalars(select(AuditEntry.done_at).where(AuditEntry.audit_run_id == run_id)).all()
        assert len(done) == options.integrations
        assert all(done), "something was not judged"
        assert session.get_one(AuditRun, run_id).finished_at is not None, "nobody ended the run"
    database.close()
    return seconds, sum(float(out.split()[-1]) for out, _ in said)


async def measure(options: argparse.Namespace, folder: Path, address: str) -> dict[str, object]:
    filled(address, options.integrations)
    customers(folder, options.integrations)
    prefect = EmbeddedServer(folder, port=0)
    await prefect.start()
    took: dict[int, list[tuple[float, float]]] = {workers: [] for workers in WORKERS}
    try:
        async with sites(folder, options.integrations, options.latency_ms) as served:
            await prefect.healthy()
            prepare_client(prefect.home, api_url=prefect.api_url, auth_string=prefect.auth_string)
            # A first night stores every result; the ones that are compared find all of them there.
            await audited(options, folder, address, served, 1)
            for _ in range(options.rounds):
                for workers in WORKERS:
                    took[workers].append(await audited(options, folder, address, served, workers))
                    seconds, cpu = took[workers][-1]
                    print(f"{workers} worker(s): {seconds:.1f} s, {cpu:.1f} s of processor", flush=True)
    finally:
        await prefect.stop()
    speedup = median(one / two for (one, _), (two, _) in zip(took[1], took[2], strict=True))
    return {
        "bench": "audit_workers",
        "integrations": options.integrations,
        "latency_ms": str(options.latency_ms),
        "rounds": options.rounds,
        "cores": os.cpu_count(),
        "one_seconds": round(median(seconds for seconds, _ in took[1]), 2),
        "two_seconds": round(median(seconds for seconds, _ in took[2]), 2),
        "cpu_seconds": round(median(cpu for _, cpu in took[2]), 2),
        "speedup": round(speedup, 3),
        "aim": AIM,
        "within_aim": speedup >= AIM,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--integrations", type=int, default=480)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--latency-ms", type=Latency.parse, default=Latency(20, 200), help="LOW-HIGH")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; default: one started here")
    for hidden in ("--worker", "--folder", "--port"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if options.worker:
        folder = Path(options.folder)
        served = Served(int(options.port), 0, folder / "ca.pem")
        asyncio.run(work(folder, options.database_url, options.worker, options.integrations, served))
        return
    os.environ.pop("PREFECT_API_URL", None)
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as name:
        folder = Path(name)
        if options.database_url:
            told = asyncio.run(measure(options, folder, options.database_url))
        else:
            with postgres() as address:
                told = asyncio.run(measure(options, folder, address))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
