"""The engine's own steps on the path, each one short: look whether it is due, do it, write it down.

Every step opens transactions of its own and can be run again at any time, also twice at once: what it does is
decided under a lock by what the rows say, not by what an earlier look said.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.browser import opened
from checklist.case import Context
from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from checklist.run import inputs_digest, run_checks
from checklist.verdict import SKIPPED_BECAUSE, Verdict
from flows.tiles import publish_and_see, tile_of, tile_to_restate
from flows.wiring import Ports
from models.audit import AuditEntry
from models.decision import Decision
from models.enums import GateName, Outcome, ResultSource, SubmissionKind
from models.integration import Integration
from models.submission import Submission
from review import autopilot
from review.actions import checking, graduating, launching, submitting
from review.kept_secrets import kept_secrets
from review.path import Step, due
from review.results import (
    active_waivers,
    as_value,
    current_audit_results,
    current_results,
    dossier_of,
    launch_standing,
)
from review.uploads import uploads_in

Result = TypeVar("Result")

REUSED = frozenset({Outcome.PASSED, Outcome.WARNED, Outcome.NOT_APPLICABLE})
"""Outcomes that a resubmission keeps while what the check read is unchanged; failed, unknown and skipped run again."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one integration's path."""

    ports: Ports
    slug: str

    async def due(self) -> frozenset[Step]:
        """What the rows ask for now, in no order."""
        return await self._read(self._due)

    async def take(self, step: Step) -> bool:
        """Do one step for every submission that asks for it. False when there was nothing left to do."""
        do: Callable[[], Awaitable[bool]] = getattr(self, step.value)
        return await do()

    async def acknowledge(self) -> bool:
        """Tell the partner that it came in."""
        return await self._each_due(
            Step.ACKNOWLEDGE, lambda session, one, at: submitting.acknowledge(session, one, at=at)
        )

    async def check(self) -> bool:
        """Run the checklist over what came in: everything the first time, later what failed or changed."""
        done = False
        for submission_id in await self._read(lambda session: self._ids_due(session, Step.CHECK)):
            plan = await self._read(partial(_plan, submission_id=submission_id, ports=self.ports))
            async with self.ports.fetcher() as fetcher, opened(self.ports.browser) as browser:
                context = Context(
                    fetcher=fetcher,
                    at=self.ports.now(),
                    customers=self.ports.customers,
                    reader=self.ports.reader,
                    salt=self.ports.vault.pepper,
                    browser=browser,
                    launch=plan.launch,
                    previous=plan.kept,
                    uploads=uploads_in(self.ports.database),
                )
                results = await run_checks(
                    plan.dossier, plan.rulebook, plan.gate, context, only=plan.items, waived=plan.waived
                )
            await self._write(partial(_keep, plan=plan, results=results))
            done = True
        return done

    async def open_review(self) -> bool:
        """Bring what is checked to the reviewers."""
        return await self._each_due(
            Step.OPEN_REVIEW, lambda session, one, at: checking.open_review(session, one, at=at)
        )

    async def decide_graduation(self) -> bool:
        """The rulebook lets the engine approve a graduation that held long enough."""
        return await self._write(self._decide_graduation)

    async def grant_access(self) -> bool:
        """The access request was approved: the partner may build."""
        return await self._each_due(
            Step.GRANT_ACCESS, lambda session, one, at: launching.grant_access(session, one, at=at)
        )

    async def decline_access(self) -> bool:
        """The access request was rejected."""
        return await self._each_due(
            Step.DECLINE_ACCESS,
            lambda session, one, at: launching.decline_access(session, one, at=at, reason=_reason_of(session, one)),
        )

    async def publish(self) -> bool:
        """An approved submission goes into the catalog, is read back from there, and only then counts as live.

        NotInCatalog when it can't be seen there yet.
        """
        done = False
        for submission_id in await self._read(lambda session: self._ids_due(session, Step.PUBLISH)):
            await publish_and_see(self.ports.catalog, await self._read(partial(tile_of, submission_id=submission_id)))
            await self._write(partial(_take_effect, submission_id=submission_id))
            done = True
        return done

    async def restate(self) -> bool:
        """The integration was delisted or relisted: the catalog follows, and is read back."""
        tile = await self._read(lambda session: tile_to_restate(self._integration(session)))
        if tile is None:
            return False
        await publish_and_see(self.ports.catalog, tile)
        await self._write(lambda session, at: launching.seen_in_catalog(self._integration(session), at=at))
        return True

    async def propose_graduation(self) -> bool:
        """The latest audit found everything that Public asks: open the graduation, for a person to decide."""
        return await self._write(self._propose)

    def _propose(self, session: Session, at: datetime) -> bool:
        integration = self._integration(session)
        if not self._may_propose(session, integration):
            return False
        rulebook = self.ports.rulebook(at.date())
        items = {item.id for item in rulebook.items_of(GateName.PUBLIC)}
        found = [as_value(row) for row in current_audit_results(session, integration.id) if row.item in items]
        return launching.propose_graduation(session, integration, found, rulebook=rulebook, at=at) is not None

    def _may_propose(self, session: Session, integration: Integration) -> bool:
        at = self.ports.now()
        return _audited_ready(session, integration) and launching.may_propose_graduation(session, integration, at=at)

    def _decide_graduation(self, session: Session, at: datetime) -> bool:
        rulebook, undo_for = self.ports.rulebook(at.date()), self.ports.undo_for
        done = [
            graduating.approve_unasked(session, one, rulebook=rulebook, at=at, undo_for=undo_for)
            for one in self._decidable(session)
        ]
        return any(made is not None for made in done)

    def _decidable(self, session: Session) -> list[Submission]:
        """Graduations in review that wait for nobody, as the rulebook of today has it."""
        at = self.ports.now()
        return autopilot.decidable(session, self._integration(session), rulebook=self.ports.rulebook(at.date()), at=at)

    def _due(self, session: Session) -> frozenset[Step]:
        integration = self._integration(session)
        rows, at = (
            session.scalars(select(Submission).where(Submission.integration_id == integration.id)),
            self.ports.now(),
        )
        steps = {step for submission in rows if (step := due(submission, at)) is not None}
        if tile_to_restate(integration) is not None:
            steps.add(Step.RESTATE)
        if self._decidable(session):
            steps.add(Step.DECIDE_GRADUATION)
        if self._may_propose(session, integration):
            steps.add(Step.PROPOSE_GRADUATION)
        return frozenset(steps)

    async def _each_due(self, step: Step, do: Callable[[Session, Submission, datetime], bool]) -> bool:
        def all_due(session: Session, at: datetime) -> bool:
            done = [do(session, session.get_one(Submission, one), at) for one in self._ids_due(session, step)]
            return any(done)

        if not await self._read(lambda session: self._ids_due(session, step)):
            return False
        return await self._write(all_due)

    def _ids_due(self, session: Session, step: Step) -> list[int]:
        rows = session.scalars(
            select(Submission).join(Integration).where(Integration.slug == self.slug).order_by(Submission.id)
        )
        at = self.ports.now()
        return [submission.id for submission in rows if due(submission, at) is step]

    def _integration(self, session: Session) -> Integration:
        return session.scalars(select(Integration).where(Integration.slug == self.slug)).one()

    async def _read(self, ask: Callable[[Session], Result]) -> Result:
        return await asyncio.to_thread(_in_session, self.ports.database.read, ask)

    async def _write(self, act: Callable[[Session, datetime], Result]) -> Result:
        at = self.ports.now()
        return await asyncio.to_thread(_in_session, self.ports.database.write.begin, lambda session: act(session, at))


def _in_session(begin: Callable[[], AbstractContextManager[Session]], work: Callable[[Session], Result]) -> Result:
    with begin() as session:
        return work(session)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to run for one revision, and what is kept from before."""

    submission_id: int
    revision: int
    dossier: Dossier
    rulebook: Rulebook
    gate: GateName
    items: Sequence[str]
    inputs: Mapping[str, str]
    kept: Mapping[str, CheckResult]
    waived: frozenset[str]
    launch: Verdict | None


def _plan(session: Session, *, submission_id: int, ports: Ports) -> _Plan:
    submission = session.get_one(Submission, submission_id)
    rulebook = Rulebook.load(submission.rulebook)
    dossier = with_secrets(session, submission.integration_id, dossier_of(submission), ports)
    asked = rulebook.items_of(submission.gate, dossier.kinds, submission.kind)
    inputs = {item.id: inputs_digest(item, dossier, pepper=ports.vault.pepper) for item in asked}
    kept = {
        row.item: as_value(row)
        for row in current_results(session, submission)
        if row.source is ResultSource.CHECK
        and row.outcome in REUSED
        and SKIPPED_BECAUSE not in row.facts
        and row.inputs == inputs.get(row.item)
    }
    return _Plan(
        submission_id=submission.id,
        revision=submission.revision,
        dossier=dossier,
        rulebook=rulebook,
        gate=submission.gate,
        items=[item.id for item in asked if item.id not in kept],
        inputs=inputs,
        kept=kept,
        waived=frozenset(waiver.item for waiver in active_waivers(session, submission.integration_id)),
        launch=launch_standing(session, submission.integration, rulebook=rulebook, at=ports.now())
        if submission.kind is SubmissionKind.GRADUATION
        else None,
    )


def with_secrets(session: Session, integration_id: int, dossier: Dossier, ports: Ports) -> Dossier:
    """The dossier with the secrets that were handed over for it, for the checks that sign in as a customer would."""
    return dossier.with_secrets(kept_secrets(session, integration_id, dossier, ports.vault))


def _keep(session: Session, at: datetime, *, plan: _Plan, results: Sequence[CheckResult]) -> bool:
    submission = session.get_one(Submission, plan.submission_id, with_for_update=True)
    return checking.take_results(session, submission, results, revision=plan.revision, inputs=plan.inputs, at=at)


def _take_effect(session: Session, at: datetime, *, submission_id: int) -> bool:
    submission = session.get_one(Submission, submission_id, with_for_update=True)
    return launching.take_effect(session, submission, at=at)


def _audited_ready(session: Session, integration: Integration) -> bool:
    ready = session.scalar(
        select(AuditEntry.ready_for_public)
        .where(AuditEntry.integration_id == integration.id, AuditEntry.done_at.is_not(None))
        .order_by(AuditEntry.done_at.desc(), AuditEntry.audit_run_id.desc())
        .limit(1)
    )
    return bool(ready)


def _reason_of(session: Session, submission: Submission) -> str:
    reason = session.scalar(
        select(Decision.reason).where(Decision.submission_id == submission.id).order_by(Decision.id.desc()).limit(1)
    )
    return reason or ""
