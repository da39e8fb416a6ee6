"""Who would hear of events that have not happened: the same table and the same addresses as planning, and no rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from sqlalchemy.orm import Session

from models.enums import ChannelName, EventName, How
from models.event import Event
from notifications.addressing import Directory
from notifications.programme import ProgrammeSettings
from notifications.rhythm import is_urgent
from notifications.routing import Audience, routes_for, subscribed_routes


@dataclass(frozen=True, slots=True)
class Heard:
    """One message that would be planned."""

    event: EventName
    integration_id: int | None
    audience: Audience
    channel: ChannelName


def rehearse(session: Session, happened: Iterable[Event], programme: ProgrammeSettings) -> Iterator[Heard]:
    """The messages of these events, which are in no session. What its recipient has switched off is none."""
    directory = Directory(session, programme)
    for event in happened:
        name = EventName(event.name)
        told: set[int | tuple[ChannelName, str]] = set()
        routes = routes_for(name, event.data)
        if directory.has_endpoints:
            routes = chain(routes, subscribed_routes(name, event.data))
        for route in routes:
            for addressee in directory.addressees(route, event):
                who = addressee.person_id or (addressee.channel, addressee.recipient)
                if who in told:
                    continue
                told.add(who)
                person, urgent = addressee.person_id, is_urgent(route.category, name, receipt=route.receipt)
                if person is not None and not urgent and directory.habits.of(person).how(route.category) is How.OFF:
                    continue
                yield Heard(name, event.integration_id, route.audience, addressee.channel)
