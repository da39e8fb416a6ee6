"""Doing something for a bearer: one transaction, its answer kept with it, and refusals told by their reasons."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api.answering import respond
from desk.api.bearer import CHALLENGE
from desk.api.means import desk_of, means_of
from desk.api.problems import Problem
from models.enums import TokenScope
from models.people import Person
from review.actions.keeping import Answer, KeyUsedOtherwise, keep, kept
from review.lifecycle import MoveRefused
from review.scopes import held
from review.tokens import Bearer

Act = Callable[[Session, Person, datetime], Answer]


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


def without_names(reason: str) -> str:
    """A refusal by stage says in brackets who changed it last, which is the team's to know."""
    before, bracket, rest = reason.partition(" (")
    return before + rest.partition(")")[2] if bracket else reason


def move_refused(refused: MoveRefused) -> Problem:
    """The refusal with each of its reasons."""
    return Problem("move-refused", str(refused), move=str(refused.move), reasons=list(refused.reasons))
