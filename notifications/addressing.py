"""Turns an audience into addresses, from the people and assignments of this moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decision import Assignment
from models.enums import ChannelName, ChosenChannel, EventName, Role
from models.event import Event
from models.integration import Integration
from models.people import Person, PersonRole
from models.webhook_endpoint import WebhookEndpoint
from notifications.habits import Habits
from notifications.programme import ProgrammeSettings
from notifications.routing import Audience, Route, carriers
from notifications.subscribing import asks_for

IN_PLACE_OF = {
    Audience.LEADS: (Role.LEAD, Role.MANAGER, Role.ADMIN),
    Audience.MANAGERS: (Role.MANAGER, Role.ADMIN),
    Audience.TEAM: (Role.REVIEWER, Role.LEAD),
}
"""Roles that stand for an audience: the first that anybody has, so that no alarm goes to nobody."""

GROUPS = frozenset({Audience.TEAM, Audience.TEAM_WHEN_UNASSIGNED})
KEPT_FOR_REPLAY = timedelta(days=30)
"""What a disabled endpoint misses is kept for so long after, so that it can be sent once it is enabled."""

SYSTEMS = frozenset({Audience.ENDPOINTS, Audience.ENDPOINTS_OF_PARTNER})
MAILS = frozenset({ChannelName.MAIL, ChannelName.FILE})


@dataclass(frozen=True, slots=True)
class Addressee:
    """One recipient by one channel, and how they read: name (empty for a group) and IANA zone."""

    channel: ChannelName
    recipient: str
    name: str
    time_zone: str
    person_id: int | None = None
    """None for a group."""


class Directory:
    """Looks people up for one batch of one transaction; nothing is kept beyond it."""

    def __init__(self, session: Session, programme: ProgrammeSettings) -> None:
        self._session = session
        self._programme = programme
        self._in_role: dict[Role, Sequence[Person]] = {}
        self._of_partner: dict[int, Sequence[Person]] = {}
        self._endpoints: Sequence[WebhookEndpoint] | None = None
        self.habits = Habits(session)

    @property
    def has_endpoints(self) -> bool:
        """Whether any other system could hear anything."""
        return ChannelName.WEBHOOK in self._programme.channels and bool(self._all_endpoints())

    def addressees(self, route: Route, event: Event) -> Iterator[Addressee]:
        """Who hears of the event by this row; never its own actor, unless the row is a receipt."""
        group = self._group(route, event)
        if group is not None:
            yield group
            return
        if route.audience in SYSTEMS:
            yield from self._subscribers(route, event)
            return
        for person in self._people(route.audience, event):
            told = person.active and (route.receipt or person.id != event.person_id)
            if told and (addressee := self._reached(person, route)) is not None:
                yield addressee

    def _group(self, route: Route, event: Event) -> Addressee | None:
        if route.audience not in GROUPS or not self._programme.slack_channel:
            return None
        if next(carriers(route, self._programme.channels), None) is not ChannelName.SLACK:
            return None
        if route.audience is Audience.TEAM_WHEN_UNASSIGNED and self._assignees(event):
            return None
        return Addressee(ChannelName.SLACK, self._programme.slack_channel, "", self._programme.time_zone)

    def _subscribers(self, route: Route, event: Event) -> Iterator[Addressee]:
        owner = None
        if route.audience is Audience.ENDPOINTS_OF_PARTNER:
            owner = self._partner_of(event)
            if owner is None:
                return
        for endpoint in self._all_endpoints():
            # An event that is planned anew is still none of those that came after.
            listened = endpoint.created_at <= event.at and (
                endpoint.disabled_at is None or event.at < endpoint.disabled_at + KEPT_FOR_REPLAY
            )
            if listened and endpoint.partner_id == owner and asks_for(endpoint.events, EventName(event.name)):
                yield Addressee(ChannelName.WEBHOOK, endpoint.recipient, "", "Etc/UTC")

    def _all_endpoints(self) -> Sequence[WebhookEndpoint]:
        if self._endpoints is None:
            self._endpoints = self._session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id)).all()
        return self._endpoints

    def _partner_of(self, event: Event) -> int | None:
        """Whose integration it is about; what is about none may name a partner itself."""
        if event.integration_id is None:
            return event.data.get("partner_id")
        return self._session.get_one(Integration, event.integration_id).partner_id

    def _reached(self, person: Person, route: Route) -> Addressee | None:
        for channel in self._wanted_first(person, route):
            address = person.email if channel in MAILS else person.slack_id
            # What is meant for the group's channel is no direct message to each of its people.
            if address and not (channel is ChannelName.SLACK and route.audience in GROUPS):
                return Addressee(channel, address, person.name, person.time_zone, person.id)
        return None

    def _wanted_first(self, person: Person, route: Route) -> Sequence[ChannelName]:
        channels = list(carriers(route, self._programme.channels))
        wanted = self.habits.of(person.id).channel(route.category) if len(channels) > 1 else None
        if wanted is not None:
            by_mail = wanted is ChosenChannel.MAIL
            channels.sort(key=lambda channel: (channel in MAILS) is not by_mail)
        return channels

    def _people(self, audience: Audience, event: Event) -> Sequence[Person]:
        match audience:
            case Audience.PARTNER:
                return self._contacts(event)
            case Audience.ASSIGNEE:
                return self._assignees(event)
            case Audience.NAMED:
                return [self._session.get_one(Person, int(event.data["person_id"]))]
            case Audience.TEAM_WHEN_UNASSIGNED:
                return [] if self._assignees(event) else self._standing_for(Audience.TEAM)
            case Audience.TEAM | Audience.LEADS | Audience.MANAGERS:
                return self._standing_for(audience)
            case Audience.ENDPOINTS | Audience.ENDPOINTS_OF_PARTNER:
                return []

    def _contacts(self, event: Event) -> Sequence[Person]:
        partner_id = self._partner_of(event)
        if partner_id is None:
            return []
        if partner_id not in self._of_partner:
            contacts = select(Person).where(Person.partner_id == partner_id, Person.active)
            self._of_partner[partner_id] = self._session.scalars(contacts.order_by(Person.id)).all()
        return self._of_partner[partner_id]

    def _assignees(self, event: Event) -> Sequence[Person]:
        """Who had it when it happened: also when the same act took it from them."""
        had_it = select(Assignment).where(
            Assignment.submission_id == event.submission_id,
            Assignment.assigned_at <= event.at,
            (Assignment.ended_at.is_(None) & (Assignment.leased_until > event.at)) | (Assignment.ended_at >= event.at),
        )
        assignment = self._session.scalars(had_it.order_by(Assignment.id.desc()).limit(1)).first()
        return [] if assignment is None else [assignment.person]

    def _standing_for(self, audience: Audience) -> Sequence[Person]:
        for role in IN_PLACE_OF[audience]:
            if role not in self._in_role:
                holders = select(Person).join(PersonRole).where(PersonRole.role == role, Person.active)
                self._in_role[role] = self._session.scalars(holders.order_by(Person.id)).all()
            if self._in_role[role]:
                return self._in_role[role]
        return []
