"""What the API says when it doesn't do what was asked: problem details (RFC 9457), never a traceback."""

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response

LOG = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `todo` is what whoever meets it can do about it."""

    name: str
    status: HTTPStatus
    title: str
    todo: str

    @property
    def type(self) -> str:
        """Its address, where it is explained."""
        return f"/api/problems/{self.name}"


def _kinds(*rows: tuple[str, HTTPStatus, str, str]) -> Mapping[str, Kind]:
    return {name: Kind(name, status, title, todo) for name, status, title, todo in rows}


KINDS: Final = _kinds(
    (
        "unknown-parameter",
        HTTPStatus.BAD_REQUEST,
        "The address names a parameter that does not exist",
        "Leave it out, or correct its spelling.",
    ),
    (
        "incomplete-body",
        HTTPStatus.BAD_REQUEST,
        "The document did not arrive as a whole",
        "Send it again.",
    ),
    (
        "no-token",
        HTTPStatus.UNAUTHORIZED,
        "A token is needed",
        "Send it as `Authorization: Bearer …`. The programme's team issues tokens.",
    ),
    (
        "token-opens-nothing",
        HTTPStatus.UNAUTHORIZED,
        "The token opens nothing",
        "It is mistyped, expired or revoked: ask the programme's team for a new one.",
    ),
    (
        "token-may-not",
        HTTPStatus.FORBIDDEN,
        "The token may not do this",
        "Use a token that was issued for it.",
    ),
    (
        "no-load-from-here",
        HTTPStatus.FORBIDDEN,
        "The load test is not run from here",
        "Run `launch-review preflight FILE --only test.volume` on a machine of your own.",
    ),
    (
        "slug-of-another",
        HTTPStatus.FORBIDDEN,
        "The slug belongs to another partner",
        "Choose a slug of your own for `integration.slug`.",
    ),
    ("not-found", HTTPStatus.NOT_FOUND, "There is nothing here", "Take an address that /api/openapi.json names."),
    (
        "method-not-allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This can't be done here",
        "Take a method that the `Allow` header names.",
    ),
    (
        "not-acceptable",
        HTTPStatus.NOT_ACCEPTABLE,
        "There is no answer of the type that was asked for",
        "Ask for one of the types that the detail names, or for any.",
    ),
    ("too-slow", HTTPStatus.REQUEST_TIMEOUT, "The document took too long to arrive", "Send it again."),
    (
        "too-large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The document is too large",
        "Give long texts and pictures by their addresses.",
    ),
    (
        "unsupported-type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The document is of a type that is not read",
        "Send it as one of the types that the `Accept` header names, in UTF-8 and uncompressed.",
    ),
    (
        "unreadable-document",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The document can't be read",
        "Correct it at the place that the detail names.",
    ),
    (
        "invalid-submission",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The submission has mistakes",
        "Mend each of `errors`; /api/schema/submission.json is its shape.",
    ),
    (
        "unknown-item",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "There is no such item at this gate",
        "Name items that the detail lists.",
    ),
    (
        "too-many",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many preflights",
        "Try again after the seconds that the `Retry-After` header names.",
    ),
    (
        "our-mistake",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong here",
        "It is not your mistake. Tell the programme's team the reference.",
    ),
    (
        "no-database",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database does not answer",
        "Nothing is lost. Try again in a minute.",
    ),
)
"""Every kind of problem, by its name."""


class Problem(Exception):
    """A request that is refused; the answer tells why."""

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> None:
        self.kind = KINDS[name]
        self.detail = detail
        self.headers = headers
        self.more: dict[str, Any] = {**({"errors": list(errors)} if errors else {}), **more}
        super().__init__(detail)

    def answer(self) -> Response:
        kind = self.kind
        document = {"type": kind.type, "title": kind.title, "status": kind.status.value, "detail": self.detail}
        body = json.dumps({**document, **self.more}, ensure_ascii=False)
        return Response(body.encode(), kind.status, self.headers, MEDIA_TYPE)


def answer_problems(app: FastAPI) -> None:
    """Let the application answer every error with problem details."""
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(HTTPException, _not_served)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(DBAPIError, _without_database)
    app.add_exception_handler(Exception, _broken)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.answer()


async def _not_served(request: Request, error: Exception) -> Response:
    """What the router itself refuses: an address or a method that there is not."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        told = f"{request.method} is not possible here"
        return Problem("method-not-allowed", told, headers=error.headers).answer()
    return Problem("not-found", "nothing is served at this address").answer()


async def _not_understood(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    names = ", ".join(sorted({str(mistake["loc"][-1]) for mistake in error.errors()}))
    return Problem("unknown-parameter", f"not understood: {names}").answer()


async def _without_database(request: Request, error: Exception) -> Response:
    return _our_own(request, error, "no-database", "The request was not carried out.")


async def _broken(request: Request, error: Exception) -> Response:
    return _our_own(request, error, "our-mistake", "Nothing was changed.")


def _our_own(request: Request, error: Exception, name: str, detail: str) -> Response:
    """The log has the whole story under a reference; the answer only that."""
    reference = secrets.token_hex(4)
    LOG.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=error)
    return Problem(name, detail, reference=reference).answer()
