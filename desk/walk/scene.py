"""Acting and looking in the walk: what people do, what the engine then does, what everybody is told."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from desk.cli.errors import Refused
from flows.wiring import Ports, utc_now
from models.clock import Clock
from models.delivery import Delivery
from models.enums import DecisionKind, DeliveryStage, IntegrationStage, Outcome, SubmissionKind, SubmissionStage
from models.event import UnplannedEvent
from models.integration import Integration
from models.people import Person
from models.submission import Submission
from review.actions import attesting, deciding, submitting
from review.finding_people import person_called
from review.finding_submissions import integration_called
from review.results import current_results, standing
from sample.partners import document
from sample.people import SamplePerson
from sample.story import WORDS

PATIENCE_SECONDS = 60.0
"""How long the walk waits for the engine to do one thing before it says that something is wrong."""

LOOK_EVERY_SECONDS = 0.05


def say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Clockwork:
    """The walk's clock: real time, moved on where the story says that days pass."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return utc_now() + self.ahead

    def move_to(self, instant: datetime) -> None:
        """Forward only: the past is written already."""
        self.ahead = max(self.ahead, instant - utc_now())


@dataclass
class Scene:
    """The system as the walk sees it."""

    here: Ports
    clock: Clockwork
    told: int = 0
    """Id of the last delivery that was shown."""

    # --- what people do

    def sends(self, name: str) -> int:
        """A partner sends a document; the number of its submission."""
        dossier = Dossier.parse(document(name), name)
        at = self.here.now()
        with self.here.database.write.begin() as session:
            submission = submitting.submit(
                session, dossier, by=None, at=at, rulebook=self.here.rulebook(at.date()), vault=self.here.vault
            ).submission
            number, revision = submission.id, submission.revision
        say(f"  {dossier.partner.contact_name} sends {name}: submission {number}, revision {revision}")
        return number

    def attests(self, number: int, by: SamplePerson) -> None:
        """A reviewer says what only a person can tell."""
        with self.acting(number, by) as (session, submission, person):
            open_items = [item for item in standing(session, submission, at=self.here.now()).unknown if item in WORDS]
            for item in open_items:
                attesting.attest(
                    session, submission, item, Outcome.PASSED, by=person, at=self.here.now(), reason=WORDS[item]
                )
        if open_items:
            say(f"  {by.name} looks at what no machine can tell: {', '.join(open_items)}")

    def decides(self, number: int, decision: DecisionKind, by: SamplePerson, reason: str) -> None:
        with self.acting(number, by) as (session, submission, person):
            deciding.decide(session, submission, decision, by=person, at=self.here.now(), reason=reason)
        say(f"  {by.name} decides: {decision.value.replace('_', ' ')}. “{reason}”")

    @contextmanager
    def acting(self, number: int, by: SamplePerson) -> Iterator[tuple[Session, Submission, Person]]:
        """One transaction in which somebody acts on a submission."""
        with self.here.database.write.begin() as session:
            yield session, session.get_one(Submission, number), person_called(session, by.email)

    # --- what the engine then does

    async def in_review(self, number: int) -> None:
        def there(session: Session) -> bool:
            submission = session.get_one(Submission, number)
            checked = submission.checked_revision == submission.revision
            return checked and submission.stage is SubmissionStage.IN_REVIEW

        await self.until(f"submission {number} is acknowledged, checked, and before the reviewers", there)

    async def reaches(self, slug: str, stage: IntegrationStage) -> None:
        await self.until(
            f"{slug} is {stage.value.replace('_', ' ')}",
            lambda session: integration_called(session, slug).stage is stage,
        )

    def has_a_rung_left(self, number: int) -> bool:
        return self._clock(number).next_fire_at is not None

    async def next_rung(self, number: int) -> None:
        """Time passes until the submission's clock has to say something, and it says it."""
        before = self._clock(number)
        if before.next_fire_at is None:
            raise Refused(f"the walk stopped: no rung is left on the clock of submission {number}")
        self.clock.move_to(before.next_fire_at + timedelta(seconds=1))
        await self.until(
            f"{self.clock.now():%a %d %b %H:%M} UTC: the clock tells its next rung",
            lambda session: session.get_one(Clock, before.id).last_rung != before.last_rung,
        )

    async def until(self, what: str, holds: Callable[[Session], bool]) -> None:
        """Wait until the tables say so. Refused, with what was waited for, when they don't in time."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + PATIENCE_SECONDS
        while not await asyncio.to_thread(self._ask, holds):
            if loop.time() > give_up:
                raise Refused(f"the walk stopped: waited {PATIENCE_SECONDS:.0f} seconds for: {what}")
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        say(f"  engine: {what}")

    # --- what there is to see

    def verdict(self, number: int) -> None:
        """What the gate says, and each item that failed with its fix."""
        with self.here.database.read() as session:
            submission = session.get_one(Submission, number)
            said = standing(session, submission, at=self.here.now())
            rulebook = Rulebook.load(submission.rulebook)
            rows = {row.item: row for row in current_results(session, submission)}
            passed = sum(row.outcome is Outcome.PASSED for row in rows.values())
            say(f"  the gate {said.says.value}: {passed} items passed, {len(said.warned)} warned,")
            say(f"    {len(said.failed)} failed, {len(said.unknown)} wait for a person")
            for item in said.failed:
                say(f"    ✗ {rulebook.item(item).title}: {rows[item].summary}", f"      fix: {rows[item].fix}")

    def due(self, number: int) -> None:
        clock = self._clock(number)
        say(f"  promised: {clock.target.value.replace('_', ' ')} by {clock.due_at:%a %d %b %H:%M} UTC")

    async def messages(self) -> None:
        """Every message that went out since the last look."""
        await self._settled()
        with self.here.database.read() as session:
            rows = session.scalars(select(Delivery).where(Delivery.id > self.told).order_by(Delivery.id)).all()
        for row in rows:
            self.told = max(self.told, row.id)
            if row.channel.value != "console" and row.stage is DeliveryStage.SENT:
                say(f"  ✉ {row.recipient}: {row.message['title']}")

    async def _settled(self) -> None:
        def settled(session: Session) -> bool:
            waiting = select(Delivery.id).where(Delivery.stage.in_([DeliveryStage.PLANNED, DeliveryStage.SENDING]))
            unplanned = session.scalar(select(UnplannedEvent.event_id).limit(1))
            return unplanned is None and session.scalar(waiting.limit(1)) is None

        await self.until("everybody who is concerned is told", settled)

    def _clock(self, number: int) -> Clock:
        with self.here.database.read() as session:
            return session.scalars(
                select(Clock)
                .where(Clock.submission_id == number, Clock.stopped_at.is_(None))
                .order_by(Clock.due_at, Clock.id)
            ).first() or _stopped(number)

    def _ask(self, holds: Callable[[Session], bool]) -> bool:
        with self.here.database.read() as session:
            return holds(session)


def _stopped(number: int) -> Clock:
    raise Refused(f"the walk stopped: no clock runs for submission {number}")


def graduation_of(session: Session, slug: str) -> Submission | None:
    """The latest graduation of an integration."""
    return session.scalars(
        select(Submission)
        .join(Integration)
        .where(Integration.slug == slug, Submission.kind == SubmissionKind.GRADUATION)
        .order_by(Submission.id.desc())
    ).first()
