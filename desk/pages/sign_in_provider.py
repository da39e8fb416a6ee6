"""`/sign-in/provider`: to the team's identity provider, and back."""

import asyncio
import hmac
import logging
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from desk.pages.sign_in import Next, begun, bound
from desk.rendering import Desk, desk_of, page
from desk.signing.cookie import cookie_name, is_secure
from desk.signing.doors import SIGN_IN, own_path
from desk.signing.id_token import NotBelieved
from desk.signing.provider import Provider, ProviderUnusable, Question
from models.enums import SignInWay
from models.people import Person

LOG = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)

PLACE: Final = f"{SIGN_IN}/provider"
BACK: Final = f"{PLACE}/back"
SECONDS: Final = 600
"""How long somebody may take at the provider."""
SALT: Final = "sign-in at the provider"


@router.get(PLACE)
async def go(request: Request, leads_to: Next = "/") -> Response:
    """Send the browser there, with a question that only this browser can answer for."""
    await asyncio.to_thread(bound, request)
    desk, provider = _here(request)
    question = Question.new()
    try:
        there = await provider.way_there(question)
    except ProviderUnusable as error:
        return _unusable(error)
    asked = [question.state, question.nonce, question.verifier, own_path(leads_to)]
    answer = RedirectResponse(there, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        _cookie(desk),
        str(_kept(desk).dumps(asked)),
        max_age=SECONDS,
        path="/",
        secure=is_secure(desk.base_url),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get(BACK)
async def back(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4_000)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Sign in whom the provider names, when this browser was sent there and the programme knows the person."""
    await asyncio.to_thread(bound, request)
    desk, provider = _here(request)
    asked = _asked(desk, request)
    if asked is None or not hmac.compare_digest(asked[0].encode(), state.encode()):
        return _refused("This browser was not sent to the provider, or it took longer than ten minutes.")
    answer = await _answered(request, provider, "" if error else code, asked)
    answer.delete_cookie(_cookie(desk), path="/", secure=is_secure(desk.base_url), httponly=True, samesite="lax")
    return answer


async def _answered(request: Request, provider: Provider, code: str, asked: list[str]) -> Response:
    if not code:
        return _refused(f"{provider} did not sign you in: it was broken off there, or you may not use this program.")
    try:
        email = await provider.email_behind(code, Question(*asked[:3]))
    except ProviderUnusable as wrong:
        return _unusable(wrong)
    except NotBelieved as wrong:
        LOG.warning("sign-in at %s: what it said is not believed: %s", provider, wrong)
        return _refused(f"What {provider} said of you can’t be believed: {wrong}.")
    return await run_in_threadpool(_signed_in, request, email, asked[3])


def _signed_in(request: Request, email: str, leads_to: str) -> Response:
    with desk_of(request).database.write.begin() as session:
        person = session.scalar(select(Person).where(Person.email == email, Person.active, Person.partner_id.is_(None)))
        if person is None:
            return _refused(f"{email} is nobody of the team. Somebody who manages people here can add you.")
        return begun(request, session, person, SignInWay.PROVIDER, leads_to)


def _here(request: Request) -> tuple[Desk, Provider]:
    desk = desk_of(request)
    if desk.provider is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return desk, desk.provider


def _kept(desk: Desk) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(desk.links_key, salt=SALT)


def _asked(desk: Desk, request: Request) -> list[str] | None:
    try:
        asked: Any = _kept(desk).loads(request.cookies.get(_cookie(desk), ""), max_age=SECONDS)
    except BadSignature:
        return None
    return asked if isinstance(asked, list) and len(asked) == 4 else None


def _cookie(desk: Desk) -> str:
    return f"{cookie_name(desk.base_url)}-provider"


def _refused(why: str) -> Response:
    return page("sign_in_refused.html", status=HTTPStatus.FORBIDDEN, why=why)


def _unusable(error: ProviderUnusable) -> Response:
    LOG.warning("sign-in at the provider: %s", error)
    told = "The identity provider can't be used just now. Whoever looks after Launch Review finds why in the log."
    return page("sign_in_refused.html", status=HTTPStatus.BAD_GATEWAY, why=told)
