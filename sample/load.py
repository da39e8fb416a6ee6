"""Puts the sample programme into a database: the people, what has launched, and a queue in every stage.

All of it happens through the engine's own verbs, steps and checks against the served sample sites, at instants
told back from `at`; nothing is written past them.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from flows.wiring import Ports
from models.enums import DecisionKind, TargetName
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.submission import Submission
from review.actions.companies import add_person
from review.calendar import Calendar
from review.calendar_spec import CalendarSpec
from review.finding_people import person_called
from sample.people import LEAD, PEOPLE, REVIEWER
from sample.reasons import add_reasons
from sample.sites import SampleSites
from sample.story import Story, at_instant, audit

STILL_NEWS: Final = timedelta(hours=1)
"""Events of the last hour are told to whom they concern; what is older was told in its time."""

LAST_NIGHT: Final = timedelta(hours=9)
"""How long ago the last audit ran."""

FIRST_RESPONSE_USED: Final = 0.7
"""The share of its time that the submission waiting for a first response has used: the next warning is near."""


def add_people(session: Session, *, at: datetime) -> None:
    """Three people of the team to sign in as. The partners' contacts come with their submissions."""
    for person in PEOPLE:
        add_person(
            session,
            name=person.name,
            email=person.email,
            roles=frozenset({person.role}),
            at=at,
            time_zone=person.time_zone,
        )


class SampleProgramme:
    """The sample programme as of `at` (aware, UTC). The sites are served, with their first pages."""

    def __init__(self, ports: Ports, sites: SampleSites, *, at: datetime) -> None:
        self._ports = ports
        self._sites = sites
        self._at = at
        policy = ports.rulebook(at.date())
        self._first_response = policy.sla.target(TargetName.FIRST_RESPONSE)
        calendar = policy.calendars[self._first_response.calendar]
        self._hours = Calendar.compile(CalendarSpec.parse(calendar.as_spec()))

    async def load(self) -> None:
        """All of it, oldest first. What is there already is left alone, so that it can be called at every start; the
        engine's beats start afterwards.
        """
        await self._launched()
        await self._once("quillharbor", "quillharbor-access", self._quillharbor_is_let_in)
        await self._once("mossbeacon", "mossbeacon-launch", self._mossbeacon_has_to_change_something)
        await self._once("quillharbor", "quillharbor-launch", self._quillharbor_waits_for_a_first_response)
        await self._audited()
        await self._once("thistlewick-surveys", "thistlewick-access", self._thistlewick_asks_for_access)

    async def load_launched(self) -> None:
        """What a walk through the programme begins with: the people, one Public, one stuck in Public Beta."""
        await self._launched()
        await self._audited()

    async def _launched(self) -> None:
        with self._old_news_is_kept_back(), self._ports.database.write.begin() as session:
            add_people(session, at=self._at)
            add_reasons(session, by=person_called(session, LEAD.email), at=self._days_ago(1_001))
        await self._once("ambervane", "ambervane-launch", self._ambervane_went_public)
        await self._once("larkenfell", "larkenfell-launch", self._larkenfell_launched)

    async def _audited(self) -> None:
        """The last nightly audit, unless there has been one."""
        with self._ports.database.read() as session:
            never = select(Integration.slug).where(
                Integration.slug == "larkenfell", Integration.last_audited_at.is_(None)
            )
            if session.scalar(never) is None:
                return
        last_night = at_instant(self._ports, self._sites, lambda: self._at - LAST_NIGHT)
        with self._old_news_is_kept_back():
            await audit(last_night, ["ambervane", "larkenfell"])

    async def _once(self, slug: str, external_id: str, tell: Callable[[Story], Awaitable[None]]) -> None:
        """Tell a story unless its submission is there."""
        with self._ports.database.read() as session:
            if session.scalar(select(Submission.id).where(Submission.external_id == external_id)) is not None:
                return
        with self._old_news_is_kept_back():
            await tell(Story(self._ports, self._sites, slug, self._hours))

    @contextmanager
    def _old_news_is_kept_back(self) -> Iterator[None]:
        """Nobody wants to be told today what happened years ago."""
        with self._ports.database.read() as session:
            newest = session.scalar(select(func.max(Event.id))) or 0
        yield
        old = select(Event.id).where(Event.id > newest, Event.at < self._at - STILL_NEWS)
        with self._ports.database.write.begin() as session:
            session.execute(delete(UnplannedEvent).where(UnplannedEvent.event_id.in_(old)))

    async def _ambervane_went_public(self, story: Story) -> None:
        await self._launches(story, "ambervane-launch", days_ago=1_000)
        await story.is_audited(at=self._days_ago(620))
        story.passes(open_hours=5)
        story.is_claimed(LEAD, "Congratulations, this looks ready. I am having a last look.")
        story.is_attested(LEAD)
        await story.is_decided(DecisionKind.APPROVE, LEAD, "The button works and your customers use it. Welcome!")

    async def _larkenfell_launched(self, story: Story) -> None:
        await self._launches(story, "larkenfell-launch", days_ago=455)

    async def _launches(self, story: Story, name: str, *, days_ago: int) -> None:
        await story.sends(name, at=self._days_ago(days_ago))
        story.passes(open_hours=6)
        story.is_claimed(REVIEWER, "Thank you, I am following your documentation now.")
        story.passes(open_hours=3)
        story.is_attested(REVIEWER)
        await story.is_decided(DecisionKind.APPROVE, REVIEWER, "Everything works as you describe it. Well done.")

    async def _quillharbor_is_let_in(self, story: Story) -> None:
        await story.sends("quillharbor-access", at=self._days_ago(20))
        story.passes(open_hours=4)
        story.is_attested(REVIEWER)
        await story.is_decided(DecisionKind.APPROVE, REVIEWER, "A good fit: welcome to the Developer Center.")

    async def _quillharbor_waits_for_a_first_response(self, story: Story) -> None:
        used = FIRST_RESPONSE_USED * self._first_response.seconds
        await story.sends("quillharbor-launch", at=self._hours.add(self._at, -used).earliest)

    async def _mossbeacon_has_to_change_something(self, story: Story) -> None:
        days = self._hours.business_days(4.5)
        await story.sends("mossbeacon-launch", at=self._hours.add(self._at, -days).earliest)
        story.passes(open_hours=4)
        story.is_claimed(REVIEWER, "Thank you. A few pages are not there yet; I am writing them down for you.")
        story.passes(open_hours=2)
        reason = "A promising integration. Please mend what is listed below and send it again; nothing else is missing."
        story.is_noted(REVIEWER, "Their product lead is away until Monday; no need to press before.")
        because = ("segment-docs-not-after-template", "own-docs-missing", "not-announced")
        await story.is_decided(DecisionKind.REQUEST_CHANGES, REVIEWER, reason, because)

    async def _thistlewick_asks_for_access(self, story: Story) -> None:
        # Just in: the engine acknowledges and checks it as soon as it runs.
        story.arrives("thistlewick-access", at=self._at - timedelta(minutes=20))

    def _days_ago(self, days: int) -> datetime:
        return self._hours.next_open(self._at - timedelta(days=days))
