"""What the API says when it doesn't do what was asked: problem details (RFC 9457), never a traceback."""

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from desk.api.problem_kinds import KINDS

LOG = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"


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
    for trouble in (DBAPIError, NoConnection):
        app.add_exception_handler(trouble, _without_database)
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
