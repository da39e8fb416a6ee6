"""Beginning and ending sign-ins, and making the links that begin one.

Secrets come from the caller, because a verb makes nothing random, and only their digests are kept. No event is written,
as with tokens: nobody is told, and the rows themselves say who was signed in when, and how.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from models.calendar_feed import digest_of_secret
from models.enums import SignInWay
from models.people import Person
from models.sign_in import SignIn, SignInLink
from review.actions.refusing import lock
from review.signing_in import IDLE, LONGEST, SEEN_IS_NOTED_EVERY

LINK_WORKS: Final = timedelta(hours=1)
KEPT: Final = timedelta(days=90)
"""How long an ended sign-in stays in the tables."""


class SignInRefused(Exception):
    """Nobody can be signed in so; the message says why."""


def begin_sign_in(session: Session, person: Person, *, secret: str, way: SignInWay, at: datetime) -> SignIn:
    """Let whoever has the secret act for the person. SignInRefused when they are not active."""
    if not person.active:
        raise SignInRefused(f"{person.email} is no longer active")
    begun = SignIn(person_id=person.id, digest=digest_of_secret(secret), way=way, began_at=at, seen_at=at)
    session.add(begun)
    session.flush()
    return begun


def end_sign_in(session: Session, number: int, *, at: datetime) -> None:
    """Let it open nothing any more. The same again changes nothing."""
    session.execute(update(SignIn).where(SignIn.id == number, SignIn.ended_at.is_(None)).values(ended_at=at))


def end_every_sign_in(session: Session, person: Person, *, at: datetime) -> int:
    """Sign the person out everywhere, unused links included, and say how many browsers that were."""
    session.execute(
        update(SignInLink).where(SignInLink.person_id == person.id, SignInLink.used_at.is_(None)).values(used_at=at)
    )
    ended = session.scalars(
        update(SignIn)
        .where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
        .values(ended_at=at)
        .returning(SignIn.id)
    )
    return len(ended.all())


def note_seen(session: Session, number: int, *, at: datetime) -> None:
    """Remember that it was used about now."""
    session.execute(
        update(SignIn).where(SignIn.id == number, SignIn.seen_at < at - SEEN_IS_NOTED_EVERY).values(seen_at=at)
    )


def make_link(session: Session, person: Person, *, at: datetime) -> SignInLink:
    """A link that signs the person in once, within LINK_WORKS; its number goes into a signed address."""
    if not person.active:
        raise SignInRefused(f"{person.email} is no longer active")
    link = SignInLink(person_id=person.id, made_at=at, expires_at=at + LINK_WORKS)
    session.add(link)
    session.flush()
    return link


def use_link(session: Session, number: int, *, at: datetime) -> Person | None:
    """The person whose link it is, when it still works; it works no second time."""
    link = session.get(SignInLink, number)
    if link is None:
        return None
    lock(session, link)
    if link.used_at is not None or link.expires_at <= at:
        return None
    person = session.get_one(Person, link.person_id)
    link.used_at = at
    session.flush()
    return person if person.active else None


def forget_old(session: Session, *, at: datetime) -> int:
    """Take out what has opened nothing for KEPT, and say how many rows that were."""
    session.execute(delete(SignInLink).where(SignInLink.expires_at < at - KEPT))
    before = at - KEPT
    gone = session.scalars(
        delete(SignIn)
        .where(
            or_(
                SignIn.ended_at < before,
                SignIn.seen_at < before - IDLE,
                SignIn.began_at < before - LONGEST,
            )
        )
        .returning(SignIn.id)
    )
    return len(gone.all())
