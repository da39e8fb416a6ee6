"""What the checklist costs above the requests it makes: all checks of a launch beside a bare asyncio loop.

    .venv/bin/python bench/checks.py [--integrations 500] [--rounds 3] [--latency-ms 20-200] [--at-once 50]

So many complete launches are checked, every automatic and assisted item of Public Beta and of the gate to Public, with
the fetcher production has: pages, pictures, robots.txt, and the test calls to the endpoint once it shows whose it is.
Sites and endpoints are one other process that speaks TLS on the loopback address; `--latency-ms 20-200` lets each
address think for a time of its own. The bare loop then makes the very same requests, headers and bodies included, of as
many integrations at once and as politely (see bench/loopback/bare.py). Neither waits between two requests to one host.

The bare loop runs twice in each round: once it drops what it gets; once it also parses each page and takes its text,
once, with the parser that the checklist uses. Rounds alternate; the checklist's memory is measured in processes of
their own.

The last line is JSON: `ratio` is the median over the rounds of the checklist's time over that of the bare loop which
drops the pages (parsing included, on one side alone), `ratio_parsing_excluded` over that of the one which parses them.
"""

import argparse
import asyncio
import cProfile
import json
import logging
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import httpx
from selectolax.lexbor import LexborHTMLParser

from bench.loopback.bare import Took, bare
from bench.loopback.sites import API_KEY, METHODS, Asked, Latency, Served, endpoint_of, site_of, sites, slug_of
from checklist.case import Context
from checklist.customers import CustomersFile
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from checklist.verdict import verdict
from models.enums import GateName, ItemMode, Outcome

AIM = 1.3
AT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
RULEBOOK = Rulebook.load("v1")
WARM_UP = 5
MEMORY_AT = (100, 500)
MEGABYTE = 1_024
"""Kilobytes, in which the system tells a process's memory."""

LEFT_TO_PEOPLE = frozenset({"test.volume", "docs.matches", "marketing.brand_kit"})
"""Items that end as unknown: the load is on request only, and assisted items wait for a person."""


def launch(number: int) -> Dossier:
    """A complete launch of one made-up integration: everything a check looks at is there and in order."""
    slug, site = slug_of(number), site_of(number)
    guide = (
        f"---\ntitle: Tool {number} Destination\n---\n\n[Tool {number}]({site}/?utm_source=segmentio&utm_medium=docs"
        "&utm_campaign=partners) does nothing at all.\n\nThis destination is maintained by the tool. [Contact support]"
        "(mailto:support@bench.example).\n\n## Getting started\n\n1. Add the destination.\n2. Enter the key.\n\n"
        "## Supported methods\n\n### Identify\n\nSends Identify calls.\n\n### Track\n\nSends Track calls.\n\n"
        "## Stream\n\nA Stream sends these events to Segment.\n"
    )
    sent = {"userId": "visitor-8812", "context": {"integration": {"name": slug, "version": "1.0.0"}}}
    key = {"Content-Type": "application/json", "Authorization": "Basic c2FtcGxlLXdyaXRlLWtleTo="}
    return Dossier.parse(
        {
            "external_id": f"bench:{slug}",
            "kind": "launch",
            "partner": {"name": slug, "website": f"{site}/", "contact_email": "jo@bench.example"},
            "integration": {"slug": slug, "name": f"Tool {number}"},
            "components": [
                {
                    "kind": "subscription",
                    "endpoint": endpoint_of(number),
                    "methods": [method.value for method in METHODS],
                    "api_key": API_KEY,
                    "settings": {"region": "eu"},
                },
                {"kind": "plugin", "methods": ["identify", "track"]},
                {
                    "kind": "stream",
                    "methods": ["identify", "track"],
                    "requests_per_second": 20,
                    "samples": [
                        {"headers": key, "body": {**sent, "type": "identify", "traits": {"first_seen": "chat"}}},
                        {"headers": key, "body": {**sent, "type": "track", "event": "Live Chat Conversation Started"}},
                    ],
                },
            ],
            "documentation": {"segment": guide, "partner_url": f"{site}/docs/segment"},
            "catalog": {
                "description": "A made-up tool that is checked five hundred times.",
                "categories": ["Analytics"],
                "logo": f"{site}/logo.svg",
                "mark": f"{site}/mark.svg",
                "website": f"{site}/",
                "screenshots": [{"url": f"{site}/shot.png", "caption": "The tool"}],
                "support_email": "support@bench.example",
            },
            "marketing": {
                "integrations_page": f"{site}/integrations",
                "blog_post": f"{site}/blog/segment",
                "shared": [
                    "https://x.com/bench/status/1720000000000000004",
                    "https://www.linkedin.com/posts/bench_segment-activity-7120000000000000004",
                ],
            },
            "security": {
                "guidance_read": True,
                "acceptable_use_accepted": True,
                "contact": "security@bench.example",
            },
            "replay": {"accepts_replays": True, "honours_timestamp": True, "rate_limits": "none"},
            "oauth": {"page": f"{site}/connect"},
            "test_account": {"username": "reviewer@bench.example", "secret": "made up", "notes": "Sign in, then look."},
        }
    )


def customers(folder: Path, integrations: int) -> CustomersFile:
    """Three customers of each integration that count."""
    file = folder / "customers.json"
    rows = [
        {"integration": slug_of(number), "customer": customer, "last_success_at": "2026-11-20T09:00:00Z"}
        for number in range(integrations)
        for customer in ("north", "south", "west")
    ]
    file.write_text(json.dumps(rows))
    return CustomersFile(file)


# --- the checklist ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Checklist:
    """The checks of so many launches, of so many integrations at once."""

    launches: Sequence[Dossier]
    customers: CustomersFile
    served: Served
    at_once: int

    async def run(self, profile: cProfile.Profile | None = None) -> tuple[Took, Counter[tuple[str, Outcome]]]:
        """How long it took, and how many items had which outcome."""
        limits = Limits(spacing_seconds=0.0, connections=self.at_once)  # of each site one page is read at a time
        waiting = list(reversed(self.launches))
        said: Counter[tuple[str, Outcome]] = Counter()

        async def one_after_another(fetcher: Fetcher) -> None:
            while waiting:
                said.update((result.item, result.outcome) for result in await self._checked(fetcher, waiting.pop()))

        fetcher = Fetcher(
            hosts=self.served.hosts(len(self.launches)), tls=self.served.tls, limits=limits, at=lambda: AT
        )
        begun, computed = perf_counter(), process_time()
        if profile is not None:
            profile.enable()
        async with fetcher, asyncio.TaskGroup() as group:
            for _ in range(self.at_once):
                group.create_task(one_after_another(fetcher))
        if profile is not None:
            profile.disable()
        return Took(perf_counter() - begun, process_time() - computed), said

    async def _checked(self, fetcher: Fetcher, dossier: Dossier) -> tuple[CheckResult, ...]:
        context = Context(fetcher=fetcher, at=AT, customers=self.customers)
        launched = await run_checks(dossier, RULEBOOK, GateName.PUBLIC_BETA, context)
        standing = verdict(
            RULEBOOK, GateName.PUBLIC_BETA, dossier.kinds, launched, on=context.today, submission=dossier.kind
        )
        return (*launched, *await run_checks(dossier, RULEBOOK, GateName.PUBLIC, replace(context, launch=standing)))


def unexpected(said: Counter[tuple[str, Outcome]]) -> list[str]:
    """Outcomes that a complete launch doesn't have, so that a bench that only fails can't look fast."""
    holds = {Outcome.PASSED, Outcome.WARNED}
    people = LEFT_TO_PEOPLE | {item.id for item in RULEBOOK.items if item.mode is ItemMode.MANUAL}
    return [
        f"{number} {item} {outcome}"
        for (item, outcome), number in said.items()
        if outcome not in ({Outcome.UNKNOWN} if item in people else holds)
    ]


# --- side by side -----------------------------------------------------------------------------------------------------


def parse(answer: httpx.Response) -> None:
    """What reading a page takes at least."""
    if answer.headers["content-type"].startswith("text/html"):
        LexborHTMLParser(answer.text).text(separator=" ")


@dataclass(frozen=True, slots=True)
class Round:
    checks: Took
    bare: Took
    parsing: Took
    """The bare loop that parses each page."""
    requests: int


@dataclass(slots=True)
class Bench:
    checklist: Checklist
    served: Served

    async def round(self, profile: cProfile.Profile | None) -> Round:
        took, said = await self.checklist.run(profile)
        if strange := unexpected(said):
            sys.exit(f"not all checks ended as they should: {', '.join(strange)}")
        asked = await self.served.asked()
        alone = await self._bare(asked)
        parsing = await self._bare(asked, reads=True)
        return Round(took, alone, parsing, len(asked))

    async def _bare(self, asked: Sequence[Asked], *, reads: bool = False) -> Took:
        took = await bare(asked, self.served, at_once=self.checklist.at_once, read=parse if reads else None)
        assert Counter(await self.served.asked()) == Counter(asked), "the bare loop asked something else"
        return took


async def measure(options: argparse.Namespace, folder: Path) -> list[Round]:
    launches = [launch(number) for number in range(options.integrations)]
    counted = customers(folder, options.integrations)
    async with sites(folder, options.integrations, options.latency_ms) as served:
        checklist = Checklist(launches, counted, served, options.at_once)
        await replace(checklist, launches=launches[:WARM_UP]).run()
        await served.asked()
        bench = Bench(checklist, served)
        profile = cProfile.Profile() if options.profile else None
        rounds = []
        for number in range(options.rounds):
            rounds.append(await bench.round(profile if number == 0 else None))
            said(rounds[-1], options.integrations)
        if profile is not None:
            profile.dump_stats(options.profile)
        return rounds


def said(done: Round, integrations: int) -> None:
    def told(name: str, took: Took) -> str:
        each, rate = 1_000 * took.seconds / integrations, done.requests / took.seconds
        return (
            f"{name} {took.seconds:.2f} s ({took.cpu_seconds:.2f} s of CPU, {each:.1f} ms each, {rate:.0f} requests/s)"
        )

    print(
        f"{told('checklist', done.checks)}; {told('bare loop', done.bare)}; {told('parsing each page', done.parsing)}; "
        f"{done.checks.seconds / done.bare.seconds:.2f} and {done.checks.seconds / done.parsing.seconds:.2f} times",
        flush=True,
    )


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


async def alone(options: argparse.Namespace, folder: Path) -> None:
    """The checklist by itself, for what it needs of memory above what it begins with."""
    launches = [launch(number) for number in range(options.integrations)]
    counted = customers(folder, options.integrations)
    async with sites(folder, options.integrations, options.latency_ms) as served:
        checklist = Checklist(launches, counted, served, options.at_once)
        await replace(checklist, launches=launches[:WARM_UP]).run()
        before = peak_megabytes()
        await checklist.run()
    print(json.dumps({"before": before, "peak": peak_megabytes()}))


def memory(options: argparse.Namespace, integrations: int) -> dict[str, float]:
    """Peak of the checklist's process over so many integrations, in megabytes."""
    arguments = ("--integrations", str(integrations), "--at-once", str(options.at_once))
    told = subprocess.run(
        [sys.executable, __file__, "--alone", *arguments], stdout=subprocess.PIPE, check=True, text=True
    )
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def summary(options: argparse.Namespace, rounds: Collection[Round]) -> dict[str, Any]:
    def middle(seconds: Any) -> float:
        return round(median(seconds(done) for done in rounds), 3)

    ratio = middle(lambda done: done.checks.seconds / done.bare.seconds)
    without = middle(lambda done: done.checks.seconds / done.parsing.seconds)
    seconds = middle(lambda done: done.checks.seconds)
    return {
        "bench": "checks",
        "integrations": options.integrations,
        "requests": rounds and median(done.requests for done in rounds),
        "latency_ms": str(options.latency_ms),
        "at_once": options.at_once,
        "rounds": len(rounds),
        "checks_seconds": seconds,
        "bare_seconds": middle(lambda done: done.bare.seconds),
        "bare_parsing_seconds": middle(lambda done: done.parsing.seconds),
        "checks_cpu_seconds": middle(lambda done: done.checks.cpu_seconds),
        "bare_cpu_seconds": middle(lambda done: done.bare.cpu_seconds),
        "seconds_an_integration": round(seconds / options.integrations, 4),
        "requests_a_second": middle(lambda done: done.requests / done.checks.seconds),
        "ratio": ratio,
        "ratio_parsing_excluded": without,
        "aim": AIM,
        "within_aim": max(ratio, without) <= AIM,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--integrations", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency-ms", type=Latency.parse, default=Latency(), help="LOW-HIGH: how long sites think")
    parser.add_argument("--at-once", type=int, default=50, help="integrations that are checked, or asked, together")
    parser.add_argument("--profile", type=Path, help="write a profile of the first round's checks to this file")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        if options.alone:
            asyncio.run(alone(options, Path(folder)))
            return
        rounds = asyncio.run(measure(options, Path(folder)))
    print(json.dumps(summary(options, rounds)))


if __name__ == "__main__":
    main()
