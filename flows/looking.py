"""Looking at what is live: the audit's work without its flow."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.browser import opened
from checklist.case import Context
from checklist.dossier import Dossier
from checklist.fetch import Fetcher
from checklist.outcome import CheckResult
from checklist.recall import Recall
from checklist.rulebook import Rulebook
from checklist.run import inputs_digests, run_checks, unsaid
from checklist.verdict import Waiver
from flows.steps import with_secrets
from flows.wiring import Ports
from models.audit import AuditEntry, AuditRun
from models.enums import LIVE, GateName, Outcome
from models.integration import Integration
from review.actions import auditing
from review.actions.auditing import Judged
from review.actions.companies import IntegrationUnknown
from review.grandfathering import asked_of
from review.remembering import Memory, forget_pages, judged_by, keep_pages, memories
from review.results import active_waivers, waiver_values, watched_verdict
from review.slots import host_of
from review.uploads import uploads_in

AT_ONCE = 60
"""Integrations of a batch that are looked at together; each host is still asked one thing at a time."""

KEPT_TOGETHER = 25
"""Integrations whose results are stored in one transaction: a commit costs more than storing one."""

GATHERED_SECONDS = 0.25
"""How long the first result waits for others to be stored with."""

GIVEN_UP_AFTER = timedelta(hours=1)
"""A scheduled run without an end by then has died; the next one goes on where it stopped."""


NOT_SAID = "the catalog this was imported from does not say; the partner's next submission will"


class NotLive(IntegrationUnknown):
    """A slug that names nothing that is live."""

    def __init__(self, slug: str) -> None:
        LookupError.__init__(self, f"nothing live has the slug {slug!r}; `report readiness --json` lists what is")


@dataclass(frozen=True, slots=True)
class Live:
    """One live integration as checks see it: its listing as a dossier with secrets, and what is waived."""

    integration_id: int
    dossier: Dossier
    rulebook: Rulebook
    waivers: tuple[Waiver, ...]
    memory: Memory = field(default_factory=Memory)
    judged_by: str = ""

    @property
    def waived(self) -> frozenset[str]:
        return frozenset(waiver.item for waiver in self.waivers)

    def is_unsaid(self, item: str) -> bool:
        return unsaid(self.rulebook.item(item), self.dossier)

    def watched(self, gate: GateName) -> list[str]:
        """The gate's items that are looked at again after the launch."""
        return [item.id for item in self.rulebook.items_of(gate, self.dossier.kinds) if item.live]


def begin_by_the_hour(here: Ports) -> int:
    """The run of this interval, in which each integration has an hour of its own; its id."""
    at = here.now()
    with here.database.write.begin() as session:
        rows = session.execute(
            select(Integration.id, Integration.slug, Integration.listing).where(
                Integration.stage.in_(LIVE), Integration.listing.is_not(None)
            )
        ).tuples()
        hosts = {number: host_of(_website(listing), slug) for number, slug, listing in rows}
        return auditing.begin_interval(session, hosts, rulebook=here.rulebook(at.date()), at=at).id


def _website(listing: dict[str, Any] | None) -> str | None:
    website = ((listing or {}).get("partner") or {}).get("website")
    return website if isinstance(website, str) else None


def begin(here: Ports, slugs: Sequence[str] | None, asked_by: str) -> int:
    """A new run, or the one that died; its id. IntegrationUnknown when a slug names nothing that is live."""
    at = here.now()
    with here.database.write.begin() as session:
        if slugs is None and (died := auditing.abandoned_run(session, before=at - GIVEN_UP_AFTER)) is not None:
            return died.id
        ids = auditing.live_integrations(session) if slugs is None else [_live_id(session, slug) for slug in slugs]
        return auditing.begin_run(session, ids, rulebook=here.rulebook(at.date()), asked_by=asked_by, at=at).id


def batches(here: Ports, run_id: int, size: int) -> list[list[int]]:
    """What is still to do, in batches."""
    with here.database.read() as session:
        ids = iter(auditing.unfinished(session, session.get_one(AuditRun, run_id), at=here.now()))
        return list(_cut(ids, size))


def finish(here: Ports, run_id: int) -> dict[str, int]:
    """Close the run, unless the turn of some is still to come, and count its grades."""
    at = here.now()
    with here.database.write.begin() as session:
        run = session.get_one(AuditRun, run_id)
        if not auditing.is_over(session, run):
            return auditing.counted_grades(session, run)
        forget_pages(session, at=at)
        return auditing.finish_run(session, run, at=at)


def table(here: Ports, run_id: int) -> list[dict[str, Any]]:
    """The run as rows to look at: slug, grade, whether Public is within reach, and what failed."""
    with here.database.read() as session:
        rows = session.execute(
            select(
                Integration.slug, AuditEntry.grade, AuditEntry.ready_for_public, AuditEntry.outcomes, AuditEntry.drift
            )
            .join(AuditEntry.integration)
            .where(AuditEntry.audit_run_id == run_id)
            .order_by(Integration.slug)
        )
        return [
            {
                "integration": slug,
                "grade": grade.value if grade is not None else "to do",
                "drifted": ", ".join(drift or ()),
                "ready for Public": {True: "yes", False: "no", None: "can't tell"}[ready],
                "failed": ", ".join(outcomes.get("failed", ())),
                "unknown": ", ".join(outcomes.get("unknown", ())),
            }
            for slug, grade, ready, outcomes, drift in rows
        ]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What all batches of a worker share: the door to the web, which keeps turns at hosts, and the places for
    integrations that are looked at together.
    """

    fetcher: Fetcher
    places: asyncio.Semaphore


@asynccontextmanager
async def outlook(here: Ports) -> AsyncIterator[Outlook]:
    """The web and, where there is one, the browser, open for as long as a worker looks."""
    async with here.fetcher() as fetcher, opened(here.browser):
        yield Outlook(fetcher, asyncio.Semaphore(AT_ONCE))


async def judge_all(here: Ports, run_id: int, batch: Sequence[int]) -> None:
    """Look at each integration of one batch that is all there is to do."""
    async with outlook(here) as out:
        await judge_batch(here, out, run_id, batch)


def _nothing() -> None:
    return


async def judge_batch(
    here: Ports,
    out: Outlook,
    run_id: int,
    batch: Sequence[int],
    all_begun: Callable[[], None] = _nothing,
    *,
    done: Callable[[], None] = _nothing,
) -> None:
    """Look at each integration of the batch. What was found is stored in short transactions as it comes, so that a
    crash repeats only the last few.

    `all_begun` is called when no integration waits for a place any more, `done` after each.
    """
    found: asyncio.Queue[Judged] = asyncio.Queue()
    lives = await asyncio.to_thread(_read, here, run_id, batch)

    async def judge(live: Live) -> None:
        try:
            await found.put(await look_at(here, out.fetcher, live))
        finally:
            out.places.release()

    async def keep() -> None:
        waiting = len(lives)
        while waiting:
            few = [await found.get()]
            if len(few) < waiting:
                await asyncio.sleep(GATHERED_SECONDS)
            while not found.empty() and len(few) < KEPT_TOGETHER:
                few.append(found.get_nowait())
            await asyncio.to_thread(_keep, here, run_id, few)
            waiting -= len(few)
            for _ in few:
                done()

    async with asyncio.TaskGroup() as group:
        group.create_task(keep())
        for live in lives:
            await out.places.acquire()
            group.create_task(judge(live))
        all_begun()


async def look_at(here: Ports, fetcher: Fetcher, live: Live) -> Judged:
    """Run the live items of both gates; the gate to Public is told how Public Beta stands.

    The browser, if there is one, is open meanwhile.
    """
    context = Context(
        fetcher=fetcher,
        at=here.now(),
        customers=here.customers,
        reader=here.reader,
        salt=here.vault.pepper,
        browser=here.browser,
        after_launch=True,
        uploads=uploads_in(here.database),
    )
    watched = [*live.watched(GateName.PUBLIC_BETA), *live.watched(GateName.PUBLIC)]
    digests = inputs_digests([live.rulebook.item(item) for item in watched], live.dossier, pepper=here.vault.pepper)
    recall = Recall(
        fetcher,
        context.at,
        digests,
        live.memory.results,
        live.memory.bases,
        live.memory.pages,
        spread=live.integration_id,
    )
    context = replace(context, recall=recall)
    launched = await _run(live, GateName.PUBLIC_BETA, context)
    standing = watched_verdict(
        live.rulebook, GateName.PUBLIC_BETA, live.dossier.kinds, launched, live.waivers, on=context.today
    )
    results = (*launched, *await _run(live, GateName.PUBLIC, replace(context, launch=standing)))
    return Judged(
        live.integration_id,
        results,
        digests,
        judged_by="" if recall.learnt == live.memory.bases else live.judged_by,
        bases=recall.learnt,
        pages=recall.seen,
        reused=frozenset(recall.reused),
    )


async def _run(live: Live, gate: GateName, context: Context) -> tuple[CheckResult, ...]:
    watched = live.watched(gate)
    unsaid_items = [item for item in watched if live.is_unsaid(item)]
    asked = [item for item in watched if item not in unsaid_items]
    results = await run_checks(live.dossier, live.rulebook, gate, context, only=asked, waived=live.waived)
    return (*results, *(CheckResult(item, Outcome.UNKNOWN, NOT_SAID) for item in unsaid_items))


def _read(here: Ports, run_id: int, batch: Sequence[int]) -> list[Live]:
    with here.database.read() as session:
        rulebook = Rulebook.load(session.get_one(AuditRun, run_id).rulebook)
        on, browser = here.now().date(), here.browser is not None
        rows = session.scalars(select(Integration).where(Integration.id.in_(batch)).order_by(Integration.id)).all()
        # What has passed under older rules may be asked less of it than the rulebook says.
        asked = {row.id: asked_of(session, row, rulebook, on=on) for row in rows}
        digests = {id(rules): judged_by(rules, browser=browser) for rules in asked.values()}
        by = {number: digests[id(rules)] for number, rules in asked.items()}
        known = memories(session, by)
        return [
            replace(_live(session, here, asked[row.id], row), memory=known.get(row.id, Memory()), judged_by=by[row.id])
            for row in rows
        ]


def _live(session: Session, here: Ports, rulebook: Rulebook, integration: Integration) -> Live:
    dossier = Dossier.parse(integration.listing or {}, f"the listing of {integration.slug}")
    return Live(
        integration_id=integration.id,
        dossier=with_secrets(session, integration.id, dossier, here),
        rulebook=rulebook,
        waivers=tuple(waiver_values(active_waivers(session, integration.id))),
    )


def _keep(here: Ports, run_id: int, few: Sequence[Judged]) -> None:
    with here.database.write.begin() as session:
        run = session.get_one(AuditRun, run_id)
        # In one order everywhere, so that two workers can't wait for each other's rows.
        for judged in sorted(few, key=lambda judged: judged.integration_id):
            auditing.take_judged(session, run, judged, at=here.now())
        keep_pages(session, {key: page for judged in few for key, page in judged.pages.items()})


def _live_id(session: Session, slug: str) -> int:
    integration = session.scalar(select(Integration).where(Integration.slug == slug))
    if integration is None or integration.listing is None or integration.stage not in LIVE:
        raise NotLive(slug)
    return integration.id


def _cut(ids: Iterator[int], size: int) -> Iterator[list[int]]:
    while batch := list(islice(ids, size)):
        yield batch
