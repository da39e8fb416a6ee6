"""Opening, renewing and closing the secret address of a person's agenda.

The secret comes from the caller, because a verb makes nothing random, and only its digest is kept. No event is
written: nobody is told and no integration is concerned; the rows themselves say when which address was open.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.calendar_feed import CalendarFeed, digest_of_secret
from models.people import Person
from review.actions.refusing import lock


class FeedRefused(Exception):
    """No address can be opened for this person now; the message says why and what to do."""


def open_feed(session: Session, person: Person, *, secret: str, at: datetime) -> CalendarFeed:
    """Let the secret open the person's agenda. FeedRefused when another one does already, or they are not active."""
    lock(session, person)
    current = _open_feed_of(session, person)
    if current is not None:
        raise FeedRefused(
            f"{person.email} has a calendar address since {current.opened_at:%Y-%m-%d %H:%M} UTC, and it was shown "
            "once: renew it for a new one, which ends the old one, or close it"
        )
    return _opened(session, person, secret, at)


def renew_feed(session: Session, person: Person, *, secret: str, at: datetime) -> CalendarFeed:
    """Let this secret open the person's agenda, and no other from now on. FeedRefused when they are not active."""
    close_feed(session, person, at=at)
    return _opened(session, person, secret, at)


def close_feed(session: Session, person: Person, *, at: datetime) -> bool:
    """Let no secret open the person's agenda any more. False when none did."""
    lock(session, person)
    current = _open_feed_of(session, person)
    if current is None:
        return False
    current.closed_at = max(at, current.opened_at)
    session.flush()  # one open address at a time
    return True


def _opened(session: Session, person: Person, secret: str, at: datetime) -> CalendarFeed:
    if not person.active:
        raise FeedRefused(f"{person.email} is no longer active, so no calendar address would answer them")
    feed = CalendarFeed(person_id=person.id, digest=digest_of_secret(secret), opened_at=at)
    session.add(feed)
    session.flush()
    return feed


def _open_feed_of(session: Session, person: Person) -> CalendarFeed | None:
    return session.scalar(
        select(CalendarFeed).where(CalendarFeed.person_id == person.id, CalendarFeed.closed_at.is_(None))
    )
