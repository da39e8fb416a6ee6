"""`POST /api/rulebooks/simulate`: a draft of the rules, tried on everything that is stored; nothing is written."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from checklist.document import DocumentUnreadable, parse_document, usable_rulebook
from checklist.rulebook import Rulebook, RulebookInvalid
from desk.api.answering import shown
from desk.api.bearer import Manager
from desk.api.body import BODY_SECONDS, ENDINGS, ending_of, read, told_mistake
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS
from desk.api.problems import Problem
from desk.reporting.simulation import present
from desk.signing.reader import MAKES_RULES
from review.simulating.whole import simulate
from review.tokens import Bearer

NAME = "the draft"

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["rulebooks"])


async def rule_maker(bearer: Manager) -> Bearer:
    """Programme managers alone."""
    if not bearer.roles & MAKES_RULES:
        needed = " or ".join(sorted(role.value for role in MAKES_RULES))
        raise Problem("token-may-not", f"drafts of the rules are for whom has the role {needed}")
    return bearer


def _body() -> dict[str, Any]:
    content = {kind: {"schema": {"type": "object"}} for kind in ENDINGS}
    return {"requestBody": {"required": True, "description": "The draft, a rulebook.", "content": content}}


@router.post(
    "/rulebooks/simulate",
    summary="What a draft of the rules would do",
    response_class=Response,
    responses=told(
        dict[str, Any],
        *("incomplete-body", "too-slow", "too-large", "unsupported-type", "unreadable-document", "invalid-body"),
        says="Its keys are explained in docs/how-to/change-the-rules.md.",
    ),
    openapi_extra=_body(),
)
async def simulated(request: Request, bearer: Annotated[Bearer, Depends(rule_maker)]) -> Response:
    """Who would fail or pass what, since when, which messages would go out, and from when it should count.

    Judged from what is stored: nobody is asked and nothing is written, so `Idempotency-Key` is not needed and not read.
    """
    del bearer
    ending = ending_of(request)
    content = await read(request, BODY_SECONDS)
    return shown(await run_in_threadpool(_found, request, content, ending))


def _found(request: Request, content: bytes, ending: str) -> dict[str, Any]:
    draft = _draft(content, ending)
    desk = desk_of(request)
    at = desk.clock()
    with desk.database.read() as session:
        found = simulate(session, draft, now=desk.rulebook_at(at), at=at, programme=desk.programme)
    return present(found).document


def _draft(content: bytes, ending: str) -> Rulebook:
    try:
        return usable_rulebook(parse_document(content, ending, NAME), NAME)
    except DocumentUnreadable as error:
        raise Problem("unreadable-document", str(error)) from None
    except RulebookInvalid as error:
        raise Problem("invalid-body", str(error), errors=[told_mistake(one) for one in error.mistakes]) from None
