"""Looking at what is live: the audit's work without its flow."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.case import Context
from checklist.dossier import Dossier
from checklist.fetch import Fetcher
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from checklist.run import inputs_digest, run_checks
from checklist.verdict import Verdict
from flows.steps import with_secrets
from flows.wiring import Ports
from models.audit import AuditEntry, AuditRun
from models.enums import GateName
from models.integration import Integration
from review.actions import auditing
from review.actions.auditing import Judged
from review.actions.companies import IntegrationUnknown
from review.results import active_waivers, live_standing

AT_ONCE = 60
"""Integrations of a batch that are looked at together; each host is still asked one thing at a time."""

GIVEN_UP_AFTER = timedelta(hours=1)
"""A scheduled run without an end by then has died; the next one goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class Live:
    """One live integration as checks see it: its listing as a dossier with secrets, and what is waived."""

    integration_id: int
    dossier: Dossier
    rulebook: Rulebook
    waived: frozenset[str]

    def watched(self, gate: GateName) -> list[str]:
        """The gate's items that are looked at again after the launch."""
        return [item.id for item in self.rulebook.items_of(gate, self.dossier.kinds) if item.live]


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
        ids = iter(auditing.unfinished(session, session.get_one(AuditRun, run_id)))
        return list(_cut(ids, size))


def finish(here: Ports, run_id: int) -> dict[str, int]:
    """Close the run and count its grades."""
    with here.database.write.begin() as session:
        return auditing.finish_run(session, session.get_one(AuditRun, run_id), at=here.now())


def table(here: Ports, run_id: int) -> list[dict[str, Any]]:
    """The run as rows to look at: slug, grade, whether Public is within reach, and what failed."""
    with here.database.read() as session:
        rows = session.execute(
            select(Integration.slug, AuditEntry.grade, AuditEntry.ready_for_public, AuditEntry.outcomes)
            .join(AuditEntry.integration)
            .where(AuditEntry.audit_run_id == run_id)
            .order_by(Integration.slug)
        )
        return [
            {
                "integration": slug,
                "grade": grade.value if grade is not None else "to do",
                "ready for Public": {True: "yes", False: "no", None: "can't tell"}[ready],
                "failed": ", ".join(outcomes.get("failed", ())),
                "unknown": ", ".join(outcomes.get("unknown", ())),
            }
            for slug, grade, ready, outcomes in rows
        ]


async def judge_all(here: Ports, run_id: int, batch: Sequence[int], done: Callable[[], None] = lambda: None) -> None:
    """Look at each integration of the batch; what was found is stored at once, so a crash repeats only its own.

    `done` is called after each.
    """
    places = asyncio.Semaphore(AT_ONCE)
    async with here.fetcher() as fetcher:

        async def judge(integration_id: int) -> None:
            async with places:
                live = await asyncio.to_thread(_read, here, run_id, integration_id)
                judged = await look_at(here, fetcher, live)
                await asyncio.to_thread(_keep, here, run_id, judged)
            done()

        async with asyncio.TaskGroup() as group:
            for integration_id in batch:
                group.create_task(judge(integration_id))


async def look_at(here: Ports, fetcher: Fetcher, live: Live) -> Judged:
    """Run the live items of both gates; the gate to Public is told how Public Beta stands."""
    launched = await _run(here, fetcher, live, GateName.PUBLIC_BETA, launch=None)
    standing = await asyncio.to_thread(_standing, here, live, launched)
    public = await _run(here, fetcher, live, GateName.PUBLIC, launch=standing)
    results = (*launched, *public)
    digests = {
        result.item: inputs_digest(live.rulebook.item(result.item), live.dossier, pepper=here.vault.pepper)
        for result in results
    }
    return Judged(live.integration_id, results, digests)


async def _run(
    here: Ports, fetcher: Fetcher, live: Live, gate: GateName, *, launch: Verdict | None
) -> tuple[CheckResult, ...]:
    context = Context(fetcher=fetcher, at=here.now(), customers=here.customers, launch=launch)
    return await run_checks(live.dossier, live.rulebook, gate, context, only=live.watched(gate), waived=live.waived)


def _standing(here: Ports, live: Live, found: Sequence[CheckResult]) -> Verdict:
    with here.database.read() as session:
        integration = session.get_one(Integration, live.integration_id)
        return live_standing(session, integration, GateName.PUBLIC_BETA, found, rulebook=live.rulebook, at=here.now())


def _read(here: Ports, run_id: int, integration_id: int) -> Live:
    with here.database.read() as session:
        integration = session.get_one(Integration, integration_id)
        dossier = Dossier.parse(integration.listing or {}, f"the listing of {integration.slug}")
        return Live(
            integration_id=integration_id,
            dossier=with_secrets(session, integration_id, dossier, here),
            rulebook=Rulebook.load(session.get_one(AuditRun, run_id).rulebook),
            waived=frozenset(waiver.item for waiver in active_waivers(session, integration_id)),
        )


def _keep(here: Ports, run_id: int, judged: Judged) -> None:
    with here.database.write.begin() as session:
        auditing.take_judged(session, session.get_one(AuditRun, run_id), judged, at=here.now())


def _live_id(session: Session, slug: str) -> int:
    integration = session.scalar(select(Integration).where(Integration.slug == slug))
    if integration is None or integration.listing is None:
        raise IntegrationUnknown(slug)
    return integration.id


def _cut(ids: Iterator[int], size: int) -> Iterator[list[int]]:
    while batch := list(islice(ids, size)):
        yield batch
