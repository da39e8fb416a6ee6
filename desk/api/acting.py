"""Doing something for a bearer: one transaction, its answer kept with it, and refusals told by their reasons."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api.answering import etag, respond
from desk.api.bearer import CHALLENGE
from desk.api.means import desk_of, means_of
from desk.api.problems import Problem
from desk.published.partner_side import PUBLIC_NAMES
from models.enums import TokenScope
from models.event import Event
from models.people import Person
from models.submission import Submission
from notifications.public_events import instant
from review.actions.keeping import Answer, KeyUsedOtherwise, keep, kept
from review.actions.refusing import lock
from review.lifecycle import MoveRefused
from review.scopes import held
from review.tokens import Bearer

Act = Callable[[Session, Person, datetime], Answer]

SEEN: Final = re.compile(r'"\d{1,18}\.(\d{1,18})"')
MOST_CHANGES: Final = 20


@dataclass(frozen=True, slots=True)
class Acting:
    """One request that changes something, by whom, and the key that makes its repetition harmless."""

    request: Request
    bearer: Bearer
    scope: TokenScope
    key: str | None = None

    def done(self, act: Act) -> Response:
        """What came of it. The person's roles are those of this transaction, not of the moment they came in."""
        desk, means = desk_of(self.request), means_of(self.request)
        at = desk.clock()
        with means.under_way.one(self.bearer.person_id, self.key), self._told_to_bearer():
            with desk.database.write.begin() as session:
                by = session.get_one(Person, self.bearer.person_id)
                self._require(by)
                if (again := self._kept(session, by, at)) is not None:
                    return respond(again)
                answered = act(session, by, at)
                if self.key is not None:
                    keep(session, by, self.key, answered, fingerprint=self.fingerprint, vault=means.vault, at=at)
            return respond(answered)

    @contextmanager
    def _told_to_bearer(self) -> Iterator[None]:
        try:
            yield
        except MoveRefused as refused:
            if self.bearer.partner_id is None:
                raise
            raise MoveRefused(refused.move, refused.subject, map(without_names, refused.reasons)) from None

    @property
    def fingerprint(self) -> str:
        """The same for the same request: method, address, type, precondition, body."""
        request = self.request
        parts = (
            request.method,
            request.url.path,
            request.url.query,
            request.headers.get("content-type", ""),
            request.headers.get("if-match", ""),
        )
        digest = hashlib.sha256("\n".join(parts).encode())
        digest.update(b"\n" + getattr(request.state, "content", b""))
        return digest.hexdigest()

    def _kept(self, session: Session, by: Person, at: datetime) -> Answer | None:
        if self.key is None:
            return None
        vault = means_of(self.request).vault
        try:
            return kept(session, by, self.key, fingerprint=self.fingerprint, vault=vault, at=at)
        except KeyUsedOtherwise as error:
            raise Problem("key-used-otherwise", str(error)) from None

    def _require(self, by: Person) -> None:
        if not by.active or self.scope not in held(by.roles):
            challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{self.scope.value}"'
            told = f"{by.name} may not {self.scope.value} any more"
            raise Problem("token-may-not", told, headers={"WWW-Authenticate": challenge})


def current(session: Session, submission: Submission, if_match: str | None, bearer: Bearer) -> None:
    """Lock it; Problem, with who changed what, unless it stands as one of the tags of `If-Match` says."""
    lock(session, submission)
    stands = etag(session, submission)
    if if_match is None or if_match.strip() == "*" or stands in _tags(if_match):
        return
    changed = [
        {
            "at": instant(event.at),
            "event": event.name,
            "by": event.person.name if event.person is not None and may_name(bearer, event.person) else None,
        }
        for event in _since(session, submission, if_match, bearer)
    ]
    who = [f"{one['by'] or 'the programme'}, {one['event']}, {one['at']}" for one in changed]
    told = f"submission {submission.id} is at {stands}, you saw {if_match.strip()[:60]}; since then: {'; '.join(who)}"
    raise Problem("stale", told, headers={"ETag": stands}, version=submission.version, changed=changed)


def _since(session: Session, submission: Submission, if_match: str, bearer: Bearer) -> Sequence[Event]:
    """What happened since the newest tag that was seen, oldest first; the last thing, where that can't be told."""
    seen = max((int(found[1]) for found in map(SEEN.fullmatch, _tags(if_match)) if found), default=0)
    about = [Event.submission_id == submission.id]
    if bearer.partner_id is not None:
        about.append(Event.name.in_(PUBLIC_NAMES))
    after = [*about, Event.id > seen] if seen else about
    newest = select(Event).where(*after).order_by(Event.id.desc()).limit(MOST_CHANGES if seen else 1)
    found = (
        session.scalars(newest).all()
        or session.scalars(select(Event).where(*about).order_by(Event.id.desc()).limit(1)).all()
    )
    return found[::-1]


def may_name(bearer: Bearer, person: Person) -> bool:
    """Names of the team stay inside it; a partner reads those of its own people."""
    return bearer.partner_id is None or person.partner_id == bearer.partner_id


def without_names(reason: str) -> str:
    """A refusal by stage says in brackets who changed it last, which is the team's to know."""
    before, bracket, rest = reason.partition(" (")
    return before + rest.partition(")")[2] if bracket else reason


def move_refused(refused: MoveRefused) -> Problem:
    """The refusal with each of its reasons."""
    return Problem("move-refused", str(refused), move=str(refused.move), reasons=list(refused.reasons))


def _tags(header: str) -> Iterable[str]:
    """The strong ones; a weak one never matches (RFC 9110, section 13.1.1)."""
    return [tag for part in header.split(",") if (tag := part.strip()).startswith('"')]
