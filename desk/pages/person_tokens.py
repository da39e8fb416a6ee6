"""Tokens of one person: issued, shown once, revoked."""

import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from desk.cli.tokens import DAYS, LONGEST_NAME, MOST_DAYS, PREFIX, SECRET_BYTES
from desk.pages.confirming import Number
from desk.pages.people import person_of
from desk.rendering import desk_of, page
from desk.signing.doors import Team
from models.enums import TokenScope
from models.people import Person
from review.actions.tokens import TokenRefused, TokenUnknown, issue_token, refuse_token_of_another, revoke_token

router = APIRouter(include_in_schema=False)


@router.post("/people/{number}/tokens")
def issue(
    request: Request,
    reader: Team,
    number: Number,
    name: Annotated[str, Form(max_length=LONGEST_NAME)],
    scope: Annotated[list[TokenScope] | None, Form(max_length=len(TokenScope))] = None,
    days: Annotated[int, Form(ge=1, le=MOST_DAYS)] = DAYS,
) -> Response:
    """The token is on this page, this once."""
    desk = desk_of(request)
    secret, at = PREFIX + secrets.token_urlsafe(SECRET_BYTES), desk.clock()
    if not scope or not name.strip() or not name.strip().isprintable():
        told = "A token needs a name, and at least one thing that it may do. Go back, and choose."
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, told)
    with desk.database.write.begin() as session:
        by, person = session.get_one(Person, reader.person_id), person_of(session, number)
        try:
            refuse_token_of_another(person, by=by)
            until = at + timedelta(days=days)
            issue_token(session, person, token=secret, name=name.strip(), scopes=set(scope), at=at, until=until, by=by)
        except TokenRefused as refused:
            raise HTTPException(HTTPStatus.CONFLICT, f"No token was issued: {refused}.") from None
        whose = person.name
    return page(
        "person_token.html",
        time=desk.now(),
        number=number,
        whose=whose,
        token=secret,
        name=name.strip(),
        until=until,
    )


@router.post("/people/{number}/tokens/{token}/revoke")
def revoke(request: Request, reader: Team, number: Number, token: Number) -> Response:
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        by, person = session.get_one(Person, reader.person_id), person_of(session, number)
        try:
            refuse_token_of_another(person, by=by)
            revoke_token(session, person, token, at=desk.clock(), by=by)
        except TokenRefused as refused:
            raise HTTPException(HTTPStatus.CONFLICT, f"Nothing was changed: {refused}.") from None
        except TokenUnknown:
            raise HTTPException(HTTPStatus.CONFLICT, f"{person.email} has no token {token}.") from None
    return RedirectResponse(f"/people/{number}#tokens", HTTPStatus.SEE_OTHER)
