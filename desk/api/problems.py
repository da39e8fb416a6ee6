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
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
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
        "wrong-parameter",
        HTTPStatus.BAD_REQUEST,
        "A parameter or header can't be understood",
        "Give what the detail expects.",
    ),
    (
        "unknown-cursor",
        HTTPStatus.BAD_REQUEST,
        "The cursor is no place in this list",
        "Give `next` of an earlier answer as it is, or begin without a cursor.",
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
        "team-only",
        HTTPStatus.FORBIDDEN,
        "This is for the programme's team",
        "Ask the team for what you need from it.",
    ),
    (
        "partner-of-another",
        HTTPStatus.FORBIDDEN,
        "The submission names another partner",
        "Give your own company's name as it is known here for `partner.name`.",
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
        "no-such-thing",
        HTTPStatus.NOT_FOUND,
        "There is no such thing",
        "Take a number or name that its list shows.",
    ),
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
        "move-refused",
        HTTPStatus.CONFLICT,
        "The move is refused",
        "Do what `reasons` say, or look again: GET …/moves tells which moves are free now.",
    ),
    (
        "refused",
        HTTPStatus.CONFLICT,
        "It can't be done now",
        "Do what the detail says.",
    ),
    (
        "changed-meanwhile",
        HTTPStatus.CONFLICT,
        "Somebody else did something at the same moment",
        "Nothing was changed. Look again, then repeat it if it is still needed.",
    ),
    (
        "key-in-use",
        HTTPStatus.CONFLICT,
        "The first request with this key is still being worked on",
        "Wait for a moment, then send it again as it is.",
    ),
    (
        "stale",
        HTTPStatus.PRECONDITION_FAILED,
        "It was changed since you looked",
        "`changed` says who did what; get it again, look, and repeat the request with the new `ETag`.",
    ),
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
        "invalid-body",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request has mistakes",
        "Mend each of `errors`.",
    ),
    (
        "invalid-rows",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Rows of the file have mistakes",
        "Nothing was taken in. Mend each of `rows`, or take in the others with `partial=true`.",
    ),
    (
        "unknown-name",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request names somebody or something that there is not",
        "Correct the name that the detail gives.",
    ),
    (
        "key-used-otherwise",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The key belongs to another request",
        "Give each request an `Idempotency-Key` of its own; only its repetition has the same one.",
    ),
    (
        "no-if-match",
        HTTPStatus.PRECONDITION_REQUIRED,
        "The request does not say which version it is about",
        "Send the `ETag` of what you looked at as `If-Match`.",
    ),
    (
        "too-many",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
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
        **more: Any,
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
    for raced in (IntegrityError, StaleDataError):
        app.add_exception_handler(raced, _raced)
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
    mistakes = error.errors()
    if any(mistake["loc"][0] == "path" for mistake in mistakes):
        return Problem("no-such-thing", "the address names nothing that there could be").answer()
    told = "; ".join(f"{mistake['loc'][-1]}: {_expected(mistake['msg'])}" for mistake in mistakes)
    return Problem("wrong-parameter", told).answer()


def _expected(said: str) -> str:
    return f"expected {said.removeprefix('Input should be ')}"


async def _raced(_request: Request, _error: Exception) -> Response:
    told = "somebody else did this, or something that it depends on, at the same moment"
    return Problem("changed-meanwhile", told).answer()


async def _without_database(request: Request, error: Exception) -> Response:
    return _our_own(request, error, "no-database", "The request was not carried out.")


async def _broken(request: Request, error: Exception) -> Response:
    return _our_own(request, error, "our-mistake", "Nothing was changed.")


def _our_own(request: Request, error: Exception, name: str, detail: str) -> Response:
    """The log has the whole story under a reference; the answer only that."""
    reference = secrets.token_hex(4)
    LOG.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=error)
    return Problem(name, detail, reference=reference).answer()
