"""What a check is, and all that it gets to see."""

import asyncio
import inspect
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Protocol

from checklist.browser import Browser, Rendered
from checklist.customers import CustomersSource
from checklist.delivery.endpoint import Endpoint
from checklist.delivery.suite import Door, Pace, Suite
from checklist.dossier import Dossier
from checklist.fetch import PAGES, Fetched
from checklist.outcome import CheckResult, Evidence
from checklist.pages import PageFacts, Saved
from checklist.pages.reader import Reader, ReadsHere
from checklist.recall import Recall, Watch
from checklist.rulebook import Item, Rulebook, Threshold
from checklist.uploads import Uploads, no_uploads
from checklist.verdict import Verdict
from models.enums import Outcome

SALT_OF_THIS_PROCESS = secrets.token_bytes(32)
"""Where there is no installation, as in a partner's preflight: what is hashed there can be compared with nothing."""


class Web(Door, Protocol):
    """The part of the fetcher that checks use: it never raises for what the network does."""

    async def get(
        self,
        url: str,
        *,
        accept: frozenset[str] = PAGES,
        robots: bool = True,
        within: frozenset[str] | None = None,
    ) -> Fetched: ...


_Page = tuple[str | None, int | None, str]
"""Address, status and text."""


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a run: the door to the web, the instant, and what is known from elsewhere.

    `at` is an aware UTC instant. `customers` counts who uses the integration. `launch` is the latest verdict on
    the `public_beta` gate, for a graduation. `previous` holds earlier results by item id: when only some items
    are run, what they need is looked up here.
    """

    fetcher: Web
    at: datetime
    customers: CustomersSource | None = None
    launch: Verdict | None = None
    previous: Mapping[str, CheckResult] = field(default_factory=lambda: MappingProxyType({}))
    reader: Reader = field(default_factory=ReadsHere)
    """Who reads the pages and drawings that come from the web."""
    read: dict[_Page, PageFacts] = field(default_factory=dict, compare=False)
    """Facts of the pages this run has read, because several checks look at the same page."""
    turns: defaultdict[_Page, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock), compare=False)
    """Who asks for a page that is being read waits for its facts instead of reading it too."""
    salt: bytes = field(default=SALT_OF_THIS_PROCESS, repr=False)
    """A key of the installation, under which customers' names are hashed."""
    browser: Browser | None = None
    """Who shows pages that scripts fill; None where this installation has none."""
    looks: dict[str, Rendered] = field(default_factory=dict, compare=False, repr=False)
    """What it has shown in this run, by the address that was asked."""
    after_launch: bool = False
    """The run looks at what is live, let in by the rules of then: what it was never asked for is unknown."""
    load: bool | None = None
    """Whether to send the load test: somebody asked for it by its name, or never unasked; None as the rulebook says."""
    recall: Recall | None = None
    """What an earlier look at the same integration rested on; None where everything is judged."""
    watch: Watch | None = None
    """Remembers what the check at hand reads, for the next look."""
    pace: Pace = field(default_factory=Pace)
    uploads: Uploads = field(default=no_uploads, compare=False, repr=False)
    """Who holds the files that were sent instead of an address."""
    tested: dict[Endpoint, Suite] = field(default_factory=dict, compare=False, repr=False)
    """The test calls of this run, by endpoint, because several checks ask for the same answers."""

    @property
    def today(self) -> date:
        return self.at.date()

    async def facts_of(self, fetched: Fetched | Saved) -> PageFacts:
        """The facts of a page, read once in a run."""
        url = fetched.url if isinstance(fetched, Saved) else fetched.final_url
        page = (url, fetched.status, fetched.text)
        async with self.turns[page]:
            if page not in self.read:
                self.read[page] = await self.reader.facts_of(fetched)
            return self.read[page]

    async def look(self, url: str) -> Rendered | None:
        """The page in the browser, looked at once in a run; None where this installation has no browser.

        Only for an address that the fetcher has read: that is where robots.txt was asked.
        """
        if self.browser is None:
            return None
        if self.watch is not None:
            self.watch.leaves_a_trace = False  # what scripts fill can't be told to be as it was
        async with self.turns[(url, None, "")]:
            if url not in self.looks:
                self.looks[url] = await self.browser.look(url)
            return self.looks[url]

    def suite_of(self, endpoint: Endpoint, rulebook: Rulebook) -> Suite:
        """The test calls to an endpoint, made once in a run."""
        if endpoint not in self.tested:
            self.tested[endpoint] = Suite(
                self.fetcher,
                endpoint,
                rulebook.delivery,
                marketplace=rulebook.programme.marketplace,
                at=self.at,
                pace=self.pace,
            )
        return self.tested[endpoint]


@dataclass(frozen=True, slots=True)
class Case:
    """One item of one submission: what a check may look at, and how it says what it found."""

    dossier: Dossier
    rulebook: Rulebook
    item: Item
    context: Context
    expected: str
    asked: tuple[Item, ...] = ()
    """All items of this run."""

    @property
    def marketplace(self) -> str:
        return self.rulebook.programme.marketplace

    def passed(self, summary: str, *evidence: Evidence, **facts: Any) -> CheckResult:
        return CheckResult(self.item.id, Outcome.PASSED, summary, evidence=evidence, facts=facts)

    def warned(self, summary: str, *evidence: Evidence, fix: str = "", **facts: Any) -> CheckResult:
        return CheckResult(self.item.id, Outcome.WARNED, summary, self.expected, fix, evidence, facts)

    def failed(self, summary: str, *evidence: Evidence, fix: str, **facts: Any) -> CheckResult:
        """What was seen and how to mend it; what was expected is the check's docstring."""
        return CheckResult(self.item.id, Outcome.FAILED, summary, self.expected, fix, evidence, facts)

    def unknown(self, summary: str, *evidence: Evidence, **facts: Any) -> CheckResult:
        return CheckResult(self.item.id, Outcome.UNKNOWN, summary, self.expected, "", evidence, facts)

    def not_applicable(self, summary: str) -> CheckResult:
        return CheckResult(self.item.id, Outcome.NOT_APPLICABLE, summary)


Run = Callable[[Case], Awaitable[CheckResult] | CheckResult]


@dataclass(frozen=True, slots=True)
class Check:
    """A named rule. Its docstring is what a failing partner reads as expected; `{threshold}` is filled in."""

    name: str
    run: Run
    reads: tuple[str, ...]
    thresholds: Mapping[str, type[Threshold]]
    expected: str
    seconds: float | None = None
    """The longest it may take, where that is not what all checks may."""
    lasts: bool = False
    """Whether a good outcome stays good while the listing and the pages it read stay as they are, on any later day."""

    def expected_of(self, item: Item, rulebook: Rulebook) -> str:
        return self.expected.format_map({"marketplace": rulebook.programme.marketplace, **item.thresholds})


CHECKS: dict[str, Check] = {}
"""Every check by name; the modules of `checklist.checks` fill it when they are imported."""


def check(
    name: str,
    *,
    reads: Collection[str],
    thresholds: Mapping[str, type[Threshold]] = MappingProxyType({}),
    seconds: float | None = None,
    lasts: bool = False,
) -> Callable[[Run], Run]:
    """Register a check: the key paths of the submission it reads, and the thresholds it needs of its item.

    `seconds` is the longest it may take; without, what all checks may. `lasts` says that a good outcome rests on the
    listing and on pages alone, so that an audit need not judge what did not change: nothing is counted, called or
    attested, and no later day could say otherwise.
    """

    def register(run: Run) -> Run:
        doc = inspect.getdoc(run)
        if doc is None or name in CHECKS:
            raise TypeError(f"check {name!r} needs a docstring of its own and a name nobody else has")
        CHECKS[name] = Check(name, run, tuple(reads), thresholds, " ".join(doc.split()), seconds, lasts)
        return run

    return register
