"""Who asks: a bearer token in the Authorization header, and nothing else, so no other site can ask in their name."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from desk.api.problems import Problem
from desk.rendering import Desk
from models.enums import TokenScope
from review.actions.tokens import note_use
from review.scopes import SCOPES
from review.tokens import Bearer, bearer_of

LONGEST_TOKEN: Final = 200
CHALLENGE: Final = 'Bearer realm="launch-review"'

Credentials = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(
        HTTPBearer(
            auto_error=False,
            scheme_name="token",
            description="A token that the programme's team issues with `launch-review people token`.",
        )
    ),
]


async def admitted(desk: Desk, credentials: HTTPAuthorizationCredentials | None, scope: TokenScope) -> Bearer:
    """Who comes with the token. Raises Problem when there is none, or it opens nothing, or not this."""
    if credentials is None:
        told = "the request has no Authorization header with a bearer token"
        raise Problem("no-token", told, headers={"WWW-Authenticate": CHALLENGE})
    bearer = await asyncio.to_thread(_known, desk, credentials.credentials)
    if bearer is None:
        challenge = f'{CHALLENGE}, error="invalid_token"'
        told = "the token is mistyped, expired or revoked"
        raise Problem("token-opens-nothing", told, headers={"WWW-Authenticate": challenge})
    if not bearer.may(scope):
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope.value}"'
        told = why_not(bearer, scope)
        raise Problem("token-may-not", told, headers={"WWW-Authenticate": challenge})
    return bearer


def why_not(bearer: Bearer, scope: TokenScope) -> str:
    """Why the token does not open this, in words."""
    if scope not in bearer.issued_for:
        return f"the token was not issued for {scope.value}"
    needed = " or ".join(sorted(role.value for role in SCOPES[scope]))
    return f"the token was issued for {scope.value}, and its person is no {needed} any more"


def _with(scope: TokenScope) -> Callable[..., Awaitable[Bearer]]:
    async def bearer(request: Request, credentials: Credentials) -> Bearer:
        return await admitted(request.app.state.desk, credentials, scope)

    return bearer


Reader = Annotated[Bearer, Depends(_with(TokenScope.READ))]
Submitter = Annotated[Bearer, Depends(_with(TokenScope.SUBMIT))]
Manager = Annotated[Bearer, Depends(_with(TokenScope.MANAGE))]
Admin = Annotated[Bearer, Depends(_with(TokenScope.ADMIN))]


async def _of_the_team(bearer: Reader) -> Bearer:
    if bearer.partner_id is not None:
        raise Problem("team-only", "the token belongs to somebody of a partner")
    return bearer


TeamReader = Annotated[Bearer, Depends(_of_the_team)]
WITH: Final = {scope: Depends(_with(scope)) for scope in TokenScope}


def _known(desk: Desk, token: str) -> Bearer | None:
    if len(token) > LONGEST_TOKEN:
        return None
    at = desk.clock()
    with desk.database.read() as session:
        bearer = bearer_of(session, token, at=at)
    if bearer is not None and not bearer.is_noted:
        with desk.database.write.begin() as session:
            note_use(session, bearer.token_id, at=at)
    return bearer
