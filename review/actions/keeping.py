"""Keeping answers for a day, so that a request which is sent again with its key does nothing twice.

An answer is kept in the transaction of what it tells, so neither is ever there without the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.kept_answer import KeptAnswer
from models.people import Person
from review.vault import Vault

KEPT_FOR: Final = timedelta(hours=24)


class KeyUsedOtherwise(Exception):
    """The key belongs to another request of the same person; the message says which key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with."""

    status: int
    headers: Mapping[str, str]
    body: str


def kept(session: Session, person: Person, key: str, *, fingerprint: str, vault: Vault, at: datetime) -> Answer | None:
    """The answer that was given to this request less than a day ago; KeyUsedOtherwise when it was another request's."""
    found = session.scalar(select(KeptAnswer).where(KeptAnswer.person_id == person.id, KeptAnswer.key == key))
    if found is None:
        return None
    if found.kept_at <= at - KEPT_FOR:
        session.delete(found)
        session.flush()
        return None
    if found.fingerprint != fingerprint:
        raise KeyUsedOtherwise(f"the key {key!r} was used for another request less than a day ago")
    headers = {found.headers[place]: found.headers[place + 1] for place in range(0, len(found.headers), 2)}
    return Answer(found.status, headers, vault.open(found.ciphertext))


def keep(
    session: Session, person: Person, key: str, answer: Answer, *, fingerprint: str, vault: Vault, at: datetime
) -> None:
    """Answer the same request the same way for a day. The database refuses a second answer to one key."""
    session.add(
        KeptAnswer(
            person_id=person.id,
            key=key,
            fingerprint=fingerprint,
            status=answer.status,
            headers=list(chain.from_iterable(answer.headers.items())),
            ciphertext=vault.seal(answer.body),
            kept_at=at,
        )
    )
    session.flush()


def forget(session: Session, *, at: datetime) -> int:
    """Delete what was kept for a day; how many there were."""
    gone = delete(KeptAnswer).where(KeptAnswer.kept_at <= at - KEPT_FOR).returning(KeptAnswer.id)
    return len(session.scalars(gone).all())
