"""What the checklist costs above the requests it makes: all checks of a launch beside a bare asyncio loop.

    .venv/bin/python bench/checks.py [--integrations 500] [--rounds 3] [--latency-ms 20-200] [--at-once 50]

So many complete launches are checked, every automatic and assisted item of Public Beta and of the gate to Public, with
the fetcher production has: pages, pictures, robots.txt, and the test calls to the endpoint once it shows whose it is.
Sites and endpoints are one other process that speaks TLS on the loopback address; `--latency-ms 20-200` lets each
address think for a time of its own. The bare loop then makes the very same requests, headers and bodies included, of as
many integrations at once and as politely (see bench/loopback/bare.py). Neither waits between two requests to one host.

Each side runs twice in a round: the checklist as production has it, pages read by worker processes, and one that knows
what is on the pages already and parses nothing; the bare loop that drops what it gets, and one that parses each page
once with the same parser and takes its text. Rounds alternate; memory is measured in processes of their own.

The last line is JSON. `ratio` is the median over the rounds of the checklist's time over that of the bare loop which
drops the pages: parsing included, on one side alone. `ratio_parsing_excluded` is the same for the checklist that parses
nothing. `ratio_both_parse` compares the checklist with the bare loop that parses. `cpu_ratio` and its like compare
what was computed, in all processes of a side, which other work on the machine hardly changes.
"""

import argparse
import asyncio
import cProfile
import gc
import json
import logging
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from selectolax.lexbor import LexborHTMLParser

from bench.loopback.bare import Stopwatch, Took
from bench.loopback.bare import bare as ask_bare
from bench.loopback.sites import (
    API_KEY,
    METHODS,
    Asked,
    Latency,
    Served,
    customers,
    endpoint_of,
    site_of,
    sites,
    slug_of,
)
from checklist.case import Context
from checklist.customers.file import CustomersFile
from checklist.dossier import Dossier
from checklist.fetch import Fetched, Fetcher, Limits
from checklist.images import SvgFacts
from checklist.outcome import CheckResult
from checklist.pages import PageFacts, Saved
from checklist.pages.reader import Reader, ReadsHere
from checklist.pages.workers import PageReaders
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


# --- the checklist ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Checklist:
    """The checks of so many launches, of so many integrations at once."""

    launches: Sequence[Dossier]
    customers: CustomersFile
    served: Served
    reader: Reader
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
        stopwatch = Stopwatch(self.served, self.reader.pids if isinstance(self.reader, PageReaders) else ())
        if profile is not None:
            profile.enable()
        async with fetcher, asyncio.TaskGroup() as group:
            for _ in range(self.at_once):
                group.create_task(one_after_another(fetcher))
        if profile is not None:
            profile.disable()
        return stopwatch.took(), said

    async def _checked(self, fetcher: Fetcher, dossier: Dossier) -> tuple[CheckResult, ...]:
        context = Context(fetcher=fetcher, at=AT, customers=self.customers, reader=self.reader)
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


class Knows:
    """Reads each page and drawing once and knows it from then on, so that a checklist can be timed without."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._pages: dict[str, PageFacts] = {}
        self._drawings: dict[bytes, SvgFacts] = {}

    async def facts_of(self, page: Fetched | Saved) -> PageFacts:
        where = page.final_url if isinstance(page, Fetched) else str(page.url)
        if where not in self._pages:
            self._pages[where] = await self._reader.facts_of(page)
        return self._pages[where]

    async def svg_facts(self, body: bytes) -> SvgFacts:
        if body not in self._drawings:
            self._drawings[body] = await self._reader.svg_facts(body)
        return self._drawings[body]

    def close(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Round:
    checks: Took
    knowing: Took
    """The checklist that knows the pages already: it parses nothing."""
    bare: Took
    parsing: Took
    """The bare loop that parses each page."""
    requests: int


@dataclass(slots=True)
class Bench:
    checklist: Checklist
    knowing: Checklist

    async def round(self, profile: cProfile.Profile | None = None) -> Round:
        checks, asked = await self._checked(self.checklist, profile)
        bare = await self._bare(asked)
        knowing, _ = await self._checked(self.knowing)
        parsing = await self._bare(asked, parse)
        return Round(checks, knowing, bare, parsing, len(asked))

    async def _checked(
        self, checklist: Checklist, profile: cProfile.Profile | None = None
    ) -> tuple[Took, Sequence[Asked]]:
        took, said = await checklist.run(profile)
        if strange := unexpected(said):
            sys.exit(f"not all checks ended as they should: {', '.join(strange)}")
        return took, await checklist.served.asked()

    async def _bare(self, asked: Sequence[Asked], read: Callable[[httpx.Response], None] | None = None) -> Took:
        served = self.checklist.served
        took = await ask_bare(asked, served, at_once=self.checklist.at_once, read=read)
        if Counter(await served.asked()) != Counter(asked):
            sys.exit("the bare loop asked something else")
        return took


READERS: dict[str, Callable[[], PageReaders | ReadsHere]] = {"workers": PageReaders, "here": ReadsHere}


@asynccontextmanager
async def checklist_of(options: argparse.Namespace, folder: Path) -> AsyncIterator[Checklist]:
    """A checklist that has run for a few launches, so that everything is loaded and the readers are there."""
    launches = [launch(number) for number in range(options.integrations)]
    counted = customers(folder, options.integrations)
    async with sites(folder, options.integrations, options.latency_ms) as served:
        with closing(READERS[options.reader]()) as reader:
            checklist = Checklist(launches, counted, served, reader, options.at_once)
            await replace(checklist, launches=launches[:WARM_UP]).run()
            await served.asked()
            yield checklist


async def measure(options: argparse.Namespace, folder: Path) -> list[Round]:
    async with checklist_of(options, folder) as checklist:
        knowing = replace(checklist, reader=Knows(checklist.reader))
        await knowing.run()
        await checklist.served.asked()
        gc.freeze()  # what is known is a burden of this bench alone
        bench = Bench(checklist, knowing)
        profile = cProfile.Profile() if options.profile else None
        rounds = []
        for number in range(options.rounds):
            rounds.append(await bench.round(profile if number == 0 else None))
            tell(rounds[-1], options.integrations)
        if profile is not None:
            profile.dump_stats(options.profile)
        return rounds


def tell(done: Round, integrations: int) -> None:
    sides = {
        "checklist": done.checks,
        "parsing nothing": done.knowing,
        "bare loop": done.bare,
        "parsing each page": done.parsing,
    }
    for name, took in sides.items():
        print(
            f"{name:>18}: {took.seconds:6.2f} s, {1_000 * took.seconds / integrations:5.1f} ms an integration, "
            f"{done.requests / took.seconds:5.0f} requests a second; {took.cpu_seconds:6.2f} s of computing, "
            f"the sites {took.sites_cpu_seconds:.2f} s; {took.seconds / done.bare.seconds:.2f} times the bare loop",
            flush=True,
        )


async def peak(options: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Megabytes this process has needed at most, before and after the checklist has run by itself."""
    async with checklist_of(options, folder) as checklist:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await checklist.run()
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"before": round(before / MEGABYTE, 1), "peak": round(after / MEGABYTE, 1)}


def memory(options: argparse.Namespace) -> dict[int, dict[str, float]]:
    """The peak of a process of its own for each of several numbers of integrations."""
    found = {}
    for integrations in MEMORY_AT:
        arguments = ("--integrations", str(integrations), "--reader", options.reader, "--at-once", str(options.at_once))
        told = subprocess.run(
            [sys.executable, __file__, "--peak", *arguments], stdout=subprocess.PIPE, check=True, text=True
        )
        found[integrations] = json.loads(told.stdout)
        print(f"{integrations} integrations: {found[integrations]['peak']} MB at most", flush=True)
    return found


def summary(options: argparse.Namespace, rounds: Collection[Round]) -> dict[str, Any]:
    def middle(number: Callable[[Round], float]) -> float:
        return round(median(map(number, rounds)), 3)

    included = middle(lambda done: done.checks.seconds / done.bare.seconds)
    excluded = middle(lambda done: done.knowing.seconds / done.bare.seconds)
    seconds = middle(lambda done: done.checks.seconds)
    return {
        "bench": "checks",
        "integrations": options.integrations,
        "requests": median(done.requests for done in rounds),
        "latency_ms": str(options.latency_ms),
        "at_once": options.at_once,
        "reader": options.reader,
        "rounds": len(rounds),
        "checks_seconds": seconds,
        "bare_seconds": middle(lambda done: done.bare.seconds),
        "seconds_an_integration": round(seconds / options.integrations, 4),
        "requests_a_second": middle(lambda done: done.requests / done.checks.seconds),
        "checks_cpu_seconds": middle(lambda done: done.checks.cpu_seconds),
        "checks_parsing_nothing_cpu_seconds": middle(lambda done: done.knowing.cpu_seconds),
        "bare_cpu_seconds": middle(lambda done: done.bare.cpu_seconds),
        "sites_cpu_seconds": middle(lambda done: done.checks.sites_cpu_seconds),
        "ratio": included,
        "ratio_parsing_excluded": excluded,
        "ratio_both_parse": middle(lambda done: done.checks.seconds / done.parsing.seconds),
        "cpu_ratio": middle(lambda done: done.checks.cpu_seconds / done.bare.cpu_seconds),
        "cpu_ratio_parsing_excluded": middle(lambda done: done.knowing.cpu_seconds / done.bare.cpu_seconds),
        "aim": AIM,
        "within_aim": max(included, excluded) <= AIM,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--integrations", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency-ms", type=Latency.parse, default=Latency(), help="LOW-HIGH: how long sites think")
    parser.add_argument("--at-once", type=int, default=50, help="integrations that are checked, or asked, together")
    parser.add_argument("--profile", type=Path, help="write a profile of the first round's checks to this file")
    parser.add_argument("--reader", choices=list(READERS), default="workers", help="who parses pages")
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        if options.peak:
            print(json.dumps(asyncio.run(peak(options, Path(folder)))))
            return
        needed = memory(options)
        rounds = asyncio.run(measure(options, Path(folder)))
    print(
        json.dumps({**summary(options, rounds), "peak_megabytes": {most: one["peak"] for most, one in needed.items()}})
    )


if __name__ == "__main__":
    main()
