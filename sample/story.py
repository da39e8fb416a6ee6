"""Tells what happened to one sample integration, through the same verbs and steps as if it happened now."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits
from flows import looking
from flows.steps import Steps
from flows.wiring import Ports
from models.enums import DecisionKind, Outcome
from models.integration import Integration
from models.people import Person
from models.submission import Submission
from review.actions.assigning import claim
from review.actions.attesting import attest
from review.actions.deciding import decide
from review.actions.noting import note
from review.actions.submitting import submit
from review.calendar import Calendar
from review.finding_people import person_called
from review.path import Step
from review.results import standing
from sample.customers import CustomersOfThePast
from sample.partners import document
from sample.people import SamplePerson
from sample.sites import SampleSites

WORDS: Final = {
    "access.legitimate": "A product, a team and customers behind it.",
    "access.use_case": "Calls become what their users see and act on: a good fit for Segment.",
    "access.can_integrate": "Has an interface that takes single events.",
    "access.genuine": "Builds for customers of both companies.",
    "test.end_to_end": "Followed both documents with the test account; everything arrived within a minute.",
    "docs.matches": "Sign-up, key and delivery work as both documents say.",
    "marketing.shared": "Both posts are there.",
    "marketing.brand_kit": "Segment is named in text only; no logo is used wrongly.",
}
"""What the reviewer says of items that only a person can tell, by item."""

OWN_SERVER: Final = Limits(spacing_seconds=0.0)
"""The sample sites are ours and on this machine: nobody has to be spared."""


def at_instant(ports: Ports, sites: SampleSites, now: Callable[[], datetime]) -> Ports:
    """The same ports at another time: what they ask are the sample sites, as of `now`."""
    return replace(
        ports,
        now=now,
        fetcher=lambda: Fetcher(hosts=sites.hosts, tls=sites.client_tls(), limits=OWN_SERVER, at=now),
        customers=CustomersOfThePast(),
    )


async def audit(ports: Ports, slugs: Sequence[str]) -> None:
    """One scheduled run over what is live."""
    run_id = looking.begin(ports, slugs, "schedule")
    for batch in looking.batches(ports, run_id, size=len(slugs)):
        await looking.judge_all(ports, run_id, batch)
    looking.finish(ports, run_id)


class Story:
    """One integration's past. `at` is the instant that the story has reached."""

    def __init__(self, ports: Ports, sites: SampleSites, slug: str, hours: Calendar) -> None:
        self.at: datetime = ports.now()
        self._slug = slug
        self._hours = hours
        self._ports = at_instant(ports, sites, lambda: self.at)
        self._steps = Steps(self._ports, slug)

    def passes(self, *, open_hours: float) -> None:
        """Time goes by, counted while the team is at work."""
        self.at = self._hours.add(self.at, open_hours * 3_600).earliest

    async def sends(self, name: str, *, at: datetime) -> None:
        """The partner sends a document, and the engine does what it does by itself."""
        self.arrives(name, at=at)
        await self._engine_works()

    def arrives(self, name: str, *, at: datetime) -> None:
        """The partner sends a document that nobody has looked at yet."""
        self.at = at
        dossier = Dossier.parse(document(name), name)
        with self._ports.database.write.begin() as session:
            submit(
                session,
                dossier,
                by=None,
                at=at,
                rulebook=self._ports.rulebook(at.date()),
                vault=self._ports.vault,
            )

    async def is_audited(self, *, at: datetime) -> None:
        """The audit looks at it; when all of Public holds, the engine opens the graduation."""
        self.at = at
        await audit(self._ports, [self._slug])
        await self._engine_works()

    def is_claimed(self, by: SamplePerson, message: str) -> None:
        """A reviewer takes it and greets the partner: the first response."""
        with self._ports.database.write.begin() as session:
            claim(session, self._submission(session), by=_person(session, by), at=self.at, message=message)

    def is_attested(self, by: SamplePerson) -> None:
        """The reviewer says what only a person can tell."""
        with self._ports.database.write.begin() as session:
            submission = self._submission(session)
            for item in standing(session, submission, at=self.at).unknown:
                if item in WORDS:
                    person = _person(session, by)
                    attest(session, submission, item, Outcome.PASSED, by=person, at=self.at, reason=WORDS[item])

    def is_noted(self, by: SamplePerson, text: str) -> None:
        """Somebody writes a note for the team."""
        with self._ports.database.write.begin() as session:
            note(session, self._submission(session), by=_person(session, by), at=self.at, text=text)

    async def is_decided(
        self, decision: DecisionKind, by: SamplePerson, reason: str, because: Sequence[str] = ()
    ) -> None:
        """The decision, and what the engine makes of it."""
        with self._ports.database.write.begin() as session:
            submission, person = self._submission(session), _person(session, by)
            decide(session, submission, decision, by=person, at=self.at, reason=reason, because=because)
        await self._engine_works()

    async def _engine_works(self) -> None:
        # Over and over: a proposal that one step opens is checked and brought to review by others.
        while due := await self._steps.due():
            for step in sorted(due, key=list(Step).index):
                await self._steps.take(step)

    def _submission(self, session: Session) -> Submission:
        """The one that is spoken of: the newest."""
        return session.scalars(
            select(Submission)
            .join(Integration)
            .where(Integration.slug == self._slug)
            .order_by(Submission.id.desc())
            .limit(1)
        ).one()


def _person(session: Session, person: SamplePerson) -> Person:
    return person_called(session, person.email)
