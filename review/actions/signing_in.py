"""Beginning and ending sign-ins, and making the links that begin one.

Secrets come from the caller, because a verb makes nothing random, and only their digests are kept. Only a mailed
link writes an event, because it has to be told; the rest the rows themselves say: who was signed in when, and how.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from models.calendar_feed import digest_of_secret
from models.enums import EventName, SignInWay
from models.people import Person
from models.sign_in import SignIn, SignInLink
from review.actions.record import record
from review.actions.refusing import lock
from review.signing_in import IDLE, LONGEST, SEEN_IS_NOTED_EVERY

LINK_WORKS: Final = timedelta(hours=1)
LINKS_AN_HOUR: Final = 5
"""Mailed to one person: who types another's address must not fill their inbox."""
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


def end_replaced(session: Session, secret: str, *, at: datetime) -> None:
    """End the sign-in that a browser had before it signed in anew, if its secret was one."""
    session.execute(
        update(SignIn).where(SignIn.digest == digest_of_secret(secret), SignIn.ended_at.is_(None)).values(ended_at=at)
    )


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


def mail_link(session: Session, email: str, *, at: datetime, leads_to: str = "/") -> bool:
    """Mail a link to whoever has this address; False, and nothing happens, when nobody does or enough were mailed.

    `leads_to` is the page that comes after the sign-in.
    """
    person = session.scalar(select(Person).where(Person.email == email.strip().lower(), Person.active))
    if person is None:
        return False
    lock(session, person)
    lately = select(func.count()).where(SignInLink.person_id == person.id, SignInLink.made_at > at - LINK_WORKS)
    if (session.scalar(lately) or 0) >= LINKS_AN_HOUR:
        return False
    link = make_link(session, person, at=at)
    record(
        session, EventName.SIGN_IN_ASKED, at=at, person_id=person.id, link=link.id, email=person.email, next=leads_to
    )
    return True


def use_link(session: Session, number: int, *, at: datetime) -> Person | None:
    """The person whose link it is, when it still works; it works no second time."""
    link = session.get(SignInLink, number)
    if link is None:
        return None
    lock(session, link)
    person = person_of_link(session, number, at=at)
    if person is not None:
        link.used_at = at
        session.flush()
    return person


def person_of_link(session: Session, number: int, *, at: datetime) -> Person | None:
    """Whom the link would sign in now; None when it doesn't work any more. Looking uses nothing up."""
    link = session.get(SignInLink, number)
    if link is None or link.used_at is not None or link.expires_at <= at:
        return None
    person = session.get_one(Person, link.person_id)
    return person if person.active else None


def anything_old(session: Session, *, at: datetime) -> bool:
    """Whether `forget_old` would take anything out."""
    links, sign_ins = old_sign_ins(at)
    return bool(session.scalar(select(or_(exists(SignInLink.id).where(links), exists(SignIn.id).where(sign_ins)))))


def forget_old(session: Session, *, at: datetime) -> int:
    """Take out what has opened nothing for KEPT, and say how many rows that were."""
    links, sign_ins = old_sign_ins(at)
    gone = session.scalars(delete(SignInLink).where(links).returning(SignInLink.id)).all()
    return len(gone) + len(session.scalars(delete(SignIn).where(sign_ins).returning(SignIn.id)).all())


def old_sign_ins(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which links, and which sign-ins, have opened nothing for KEPT."""
    before = at - KEPT
    ended = or_(SignIn.ended_at < before, SignIn.seen_at < before - IDLE, SignIn.began_at < before - LONGEST)
    return SignInLink.expires_at < before, ended
