"""What people may do, letting them in and out, and the tokens of their programs."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import with_config
from sqlalchemy.orm import Session
from starlette.responses import Response
from typing_extensions import TypedDict

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Admin, Manager, Reader
from desk.api.description import WITH_BODY, json_body, told
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey, IfMatch, Number
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.cli.tokens import PREFIX, SECRET_BYTES
from desk.published.people import PersonShown, person_as_json
from desk.published.values import Instant, at_or_none
from models.api_token import ApiToken
from models.enums import TokenScope
from models.people import Person
from review.actions.keeping import Answer
from review.actions.staffing import (
    CHANGE,
    Standing,
    change_person,
    changed_meanwhile,
    send_link,
    sign_out_everywhere,
    why_not,
)
from review.actions.tokens import issue_token, refuse_token_of_another, revoke_token
from review.finding_people import person_called
from review.lifecycle import MoveRefused
from review.tokens import tokens_of

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["people"])

ETAG = {"ETag": "What the person may do now; give it as `If-Match` when you change it."}


@with_config(extra="forbid")
class TokenShown(TypedDict):
    """A token without the token. `stands` is works, expired or revoked."""

    id: int
    person: int
    name: str
    scopes: list[str]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    last_used_at: Instant | None
    stands: str


@with_config(extra="forbid")
class TokenIssued(TokenShown):
    """`token` is shown this once."""

    token: str


@with_config(extra="forbid")
class SignedOut(TypedDict):
    browsers: int


@with_config(extra="forbid")
class LinkSent(TypedDict):
    sent_to: str


@router.get(
    "/people/{person}",
    summary="One person",
    response_class=Response,
    responses=told(PersonShown, "no-such-thing", headers=ETAG),
)
def one(request: Request, bearer: Manager, person: Number) -> Response:
    del bearer
    with desk_of(request).database.read() as session:
        found = _person(session, person)
        return shown(person_as_json(found), headers={"ETag": _tag(found)})


@router.post(
    "/people/{person}/change",
    summary="Give somebody other roles, or say that they left",
    response_class=Response,
    responses=told(
        PersonShown,
        *(*WITH_BODY, "no-such-thing", "move-refused", "no-if-match", "stale"),
        says="Changed.",
        headers=ETAG,
    ),
    openapi_extra=json_body(
        bodies.StandingChanged, example={"roles": ["lead"], "because": "She leads from December on.", "dry_run": True}
    ),
)
def change(
    request: Request,
    person: Number,
    bearer: Admin,
    body: Annotated[bodies.StandingChanged, sent(bodies.StandingChanged)],
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """As the page of the person. The last active admin stays one, and nobody raises themselves."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        found = _person(session, person)
        if if_match is None:
            raise Problem("no-if-match", f"expected the `ETag` of person {person} as `If-Match`")
        if if_match.strip() not in {"*", _tag(found)}:
            raise Problem("stale", f"{found.email}: {changed_meanwhile(session, found)}", headers={"ETag": _tag(found)})
        wanted = Standing(body.roles, body.active)
        if body.dry_run:
            if reasons := why_not(session, found, wanted, by=by):
                raise MoveRefused(CHANGE, found.email, reasons)
        else:
            change_person(session, found, wanted, by=by, at=at, because=body.because)
        return answer(person_as_json(found), headers={"ETag": _tag(found)})

    return Acting(request, bearer, TokenScope.ADMIN, key).done(act)


@router.post(
    "/people/{person}/sign-out",
    summary="Sign somebody out of every browser",
    response_class=Response,
    responses=told(SignedOut, *WITH_BODY, "no-such-thing", "move-refused", says="Signed out."),
    openapi_extra=json_body(bodies.NothingSaid),
)
def sign_out(
    request: Request,
    person: Number,
    bearer: Manager,
    _body: Annotated[bodies.NothingSaid, sent(bodies.NothingSaid)],
    key: IdempotencyKey = None,
) -> Response:
    """Links that were mailed to them before work no longer."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        return answer({"browsers": sign_out_everywhere(session, _person(session, person), at=at, by=by)})

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


@router.post(
    "/people/{person}/link",
    summary="Mail somebody a link that signs them in once",
    response_class=Response,
    responses=told(LinkSent, *WITH_BODY, "no-such-thing", "move-refused", says="Sent."),
    openapi_extra=json_body(bodies.NothingSaid),
)
def link(
    request: Request,
    person: Number,
    bearer: Manager,
    _body: Annotated[bodies.NothingSaid, sent(bodies.NothingSaid)],
    key: IdempotencyKey = None,
) -> Response:
    def act(session: Session, by: Person, at: datetime) -> Answer:
        found = _person(session, person)
        send_link(session, found, by=by, at=at)
        return answer({"sent_to": found.email})

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


@router.get(
    "/tokens",
    summary="One's own tokens, oldest first",
    response_class=Response,
    responses=told(list[TokenShown]),
)
def listed(request: Request, bearer: Reader) -> Response:
    desk = desk_of(request)
    with desk.database.read() as session:
        person = session.get_one(Person, bearer.person_id)
        documents = [_as_json(token, desk.clock()) for token in tokens_of(session, person)]
    return shown(documents)


@router.post(
    "/tokens",
    summary="Issue a token; it is shown this once",
    status_code=201,
    response_class=Response,
    responses=told(TokenIssued, *WITH_BODY, "unknown-name", "refused", status=201, says="Issued."),
    openapi_extra=json_body(bodies.TokenAsked, example={"name": "CI", "scopes": ["preflight"], "days": 30}),
)
def issue(
    request: Request,
    bearer: Admin,
    body: Annotated[bodies.TokenAsked, sent(bodies.TokenAsked)],
    key: IdempotencyKey = None,
) -> Response:
    """For oneself, or as an admin for anybody. It opens no more than the token that asks."""
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)

    def act(session: Session, by: Person, at: datetime) -> Answer:
        whose = by if body.person is None else person_called(session, body.person)
        refuse_token_of_another(whose, by=by)
        if beyond := sorted(body.scopes - bearer.scopes):
            raise Problem("refused", f"scopes: the token that asks may not {beyond[0].value} itself")
        until = at + timedelta(days=body.days)
        issued = issue_token(
            session, whose, token=secret, name=body.name, scopes=body.scopes, at=at, until=until, by=by
        )
        return answer({**_as_json(issued, at), "token": secret}, status=201)

    return Acting(request, bearer, TokenScope.ADMIN, key).done(act)


@router.post(
    "/tokens/{token}/revoke",
    summary="Let a token open nothing any more",
    response_class=Response,
    responses=told(TokenShown, *WITH_BODY, "no-such-thing", "refused", says="Revoked."),
    openapi_extra=json_body(bodies.NothingSaid),
)
def revoke(
    request: Request,
    token: Number,
    bearer: Admin,
    _body: Annotated[bodies.NothingSaid, sent(bodies.NothingSaid)],
    key: IdempotencyKey = None,
) -> Response:
    """Anybody's, for an admin."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        found = session.get(ApiToken, token)
        if found is None:
            raise Problem("no-such-thing", f"there is no token {token}")
        whose = session.get_one(Person, found.person_id)
        refuse_token_of_another(whose, by=by)
        revoke_token(session, whose, token, at=at, by=by)
        return answer(_as_json(found, at))

    return Acting(request, bearer, TokenScope.ADMIN, key).done(act)


def _person(session: Session, number: int) -> Person:
    found = session.get(Person, number)
    if found is None:
        raise Problem("no-such-thing", f"there is no person {number}")
    return found


def _tag(person: Person) -> str:
    return f'"{Standing.of(person)}"'


def _as_json(token: ApiToken, at: datetime) -> TokenShown:
    return {
        "id": token.id,
        "person": token.person_id,
        "name": token.name,
        "scopes": list(token.scopes),
        "created_at": at_or_none(token.created_at) or "",
        "expires_at": at_or_none(token.expires_at) or "",
        "revoked_at": at_or_none(token.revoked_at),
        "last_used_at": at_or_none(token.last_used_at),
        "stands": "revoked" if token.revoked_at is not None else "expired" if token.expires_at <= at else "works",
    }
