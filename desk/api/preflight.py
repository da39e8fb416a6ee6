"""`POST /api/preflight`: the checks of the review over a submission in the request; nothing of it is kept."""

import asyncio
import json
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from checklist.case import Context
from checklist.customers import CustomersWithheld, Report
from checklist.dossier import Dossier
from checklist.run import ItemsUnknown
from desk.api.accepting import best_of
from desk.api.bearer import Credentials, admitted
from desk.api.body import BODY_SECONDS, ENDINGS, dossier_of, ending_of
from desk.api.description import TRAVELS_AS, answers, document_body
from desk.api.problems import Problem
from desk.api.receiving import refuse_unkept
from desk.api.turnstile import Full, Turnstile
from desk.preflighting import running
from desk.preflighting.markdown import in_markdown
from desk.preflighting.published import PreflightDocument, document
from desk.preflighting.running import LOAD_TEST, Preflight
from desk.preflighting.words import SAYS, in_words
from desk.rendering import Desk
from models.enums import TokenScope
from models.integration import Integration
from review.tokens import Bearer
from review.uploads import company_of, uploads_in

JSON, MARKDOWN, TEXT, ALL = OFFERED = ("application/json", "text/markdown", "text/plain", "multipart/mixed")
"""The answer's types; the last one holds the three others as its parts, in this order."""

PROBLEMS: Final = (
    *("unknown-parameter", "incomplete-body", "no-token", "token-opens-nothing", "token-may-not", "no-load-from-here"),
    *("slug-of-another", "not-acceptable", "too-slow", "too-large", "unsupported-type", "unreadable-document"),
    *("invalid-submission", "unknown-item", "too-many", "our-mistake", "no-database"),
)

DESCRIPTION: Final = """
Runs the same checks as the review and as `launch-review preflight`, and tells what is missing. It sends real requests
to the addresses in the submission, and real calls to its endpoint once that shows whose it is. The load test is never
run from here. It ends within 45 seconds; what can't be told by then is `unknown`.

Nothing is stored or submitted, so it may be repeated at any time: `Idempotency-Key` is not needed and not read.
A company may start six a minute, two at once.

`integration.slug` has to be your own, or new. Files named as `upload:…` have to be your company's (`POST /uploads`
keeps them). Customers are counted for the integrations of the token's own company.
"""

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Preflights:
    """What the route works with. `surroundings` opens the context of one preflight at an instant."""

    surroundings: Callable[[datetime], AbstractAsyncContextManager[Context]]
    turnstile: Turnstile
    body_seconds: float = BODY_SECONDS
    """The longest a document may take to arrive."""


@router.post(
    "/preflight",
    summary="Check a submission before it is submitted",
    description=DESCRIPTION,
    response_class=Response,
    responses=answers(PreflightDocument, OFFERED, PROBLEMS),
    openapi_extra=document_body(ENDINGS),
)
async def preflight(
    request: Request,
    credentials: Credentials,
    only: Annotated[list[str] | None, Query(description="Only this item; may be given again.")] = None,
) -> Response:
    desk: Desk = request.app.state.desk
    preflights: Preflights = request.app.state.preflights
    bearer = await admitted(desk, credentials, TokenScope.PREFLIGHT)
    kind, ending = _answered_as(request), ending_of(request)
    _refuse_strange(request, only)
    try:
        async with preflights.turnstile.through(bearer.holder, desk):
            dossier = await dossier_of(request, ending, within_seconds=preflights.body_seconds)
            found = await _looked_at(desk, preflights, bearer, dossier, only)
    except Full as full:
        headers = {"Retry-After": str(full.retry_after)}
        told = f"{full}; try again in {full.retry_after} seconds"
        raise Problem("too-many", told, headers=headers) from None
    return _answer(found, kind)


async def _looked_at(
    desk: Desk, preflights: Preflights, bearer: Bearer, dossier: Dossier, only: list[str] | None
) -> Preflight:
    is_own, company = await asyncio.to_thread(_whose, desk, bearer, dossier)
    at = desk.clock()
    async with preflights.surroundings(at) as opened:
        withheld = not is_own and opened.customers is not None
        context = replace(opened, customers=Withheld(bearer.partner or "")) if withheld else opened
        if company is not None:
            context = replace(context, uploads=uploads_in(desk.database, partner_id=company))
        try:
            return await running.preflight(dossier, desk.rulebook_at(at), context, only=only)
        except ItemsUnknown as unknown:
            raise Problem("unknown-item", str(unknown)) from None


def _answered_as(request: Request) -> str:
    kind = best_of(", ".join(request.headers.getlist("accept")), OFFERED)
    if kind is None:
        raise Problem("not-acceptable", f"expected that one of {', '.join(OFFERED)} is accepted")
    return kind


def _refuse_strange(request: Request, only: list[str] | None) -> None:
    if strangers := sorted(set(request.query_params) - {"only"}):
        raise Problem("unknown-parameter", f"saw {strangers[0][:60]!r}, expected no parameter but `only`")
    if LOAD_TEST in (only or ()):
        told = f"{LOAD_TEST} sends thousands of calls, so it is run from a machine of your own"
        raise Problem("no-load-from-here", told)


def _whose(desk: Desk, bearer: Bearer, dossier: Dossier) -> tuple[bool, int | None]:
    """Whether the integration is one whose customers the bearer may know of, and whose files the document may name.

    Problem when it is another partner's, or names a file that the bearer's company does not keep.
    """
    slug = dossier.integration.slug
    with desk.database.read() as session:
        if bearer.partner_id is None:
            return True, company_of(session, dossier)
        owner = session.scalar(select(Integration.partner_id).where(Integration.slug == slug))
        if owner not in {None, bearer.partner_id}:
            raise Problem("slug-of-another", f"integration.slug: {slug} belongs to another partner")
        refuse_unkept(session, bearer, dossier)
    return owner is not None, bearer.partner_id


@dataclass(frozen=True, slots=True)
class Withheld:
    """A source of customers for somebody who may not know of them."""

    partner: str

    async def usage(self, slug: str, since: datetime, until: datetime) -> Report:
        del since, until
        told = f"customers are counted here for the integrations of {self.partner} only, and {slug} is none of them yet"
        raise CustomersWithheld(told)


def _answer(found: Preflight, kind: str) -> Response:
    said = {
        JSON: json.dumps(document(found), ensure_ascii=False) + "\n",
        MARKDOWN: in_markdown(found),
        TEXT: "\n".join((*in_words(found), SAYS[found.verdict.says], "")),
    }
    if kind != ALL:
        return Response(said[kind].encode(), media_type=TRAVELS_AS.get(kind, kind))
    boundary = secrets.token_hex(16)  # nobody can have written it into a page
    parts = [
        f"--{boundary}\r\nContent-Type: {TRAVELS_AS.get(one, one)}\r\n\r\n{text}\r\n" for one, text in said.items()
    ]
    body = "".join((*parts, f"--{boundary}--\r\n"))
    return Response(body.encode(), media_type=f"{ALL}; boundary={boundary}")
