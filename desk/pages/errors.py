"""Pages for what did not work, in the same look; never a traceback."""

import logging
import secrets
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from desk.rendering import desk_of, page
from desk.signing.doors import READING, SIGN_IN, GoElsewhere, SignInNeeded, anybody

LOG = logging.getLogger(__name__)

NOT_FOUND = "There is no such page. The address may be mistyped, or what it named is gone."


def answer_mishaps(app: FastAPI) -> None:
    """Let the application answer every error with a page."""
    app.add_exception_handler(SignInNeeded, to_sign_in)
    app.add_exception_handler(GoElsewhere, elsewhere)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, not_understood)
    app.add_exception_handler(DBAPIError, without_database)
    app.add_exception_handler(Exception, broken)


async def to_sign_in(request: Request, error: Exception) -> Response:
    """A page that was asked for comes after the sign-in; what was sent in a form has to be sent again."""
    assert isinstance(error, SignInNeeded)
    if request.method in READING:
        return RedirectResponse(error.leads_to, HTTPStatus.SEE_OTHER)
    told = "You are signed out, so nothing was changed. Sign in, go back in your browser, and send it again."
    return _mishap(HTTPStatus.UNAUTHORIZED, "Sign in first", told, way_on=(SIGN_IN, "Sign in"))


async def elsewhere(_request: Request, error: Exception) -> Response:
    assert isinstance(error, GoElsewhere)
    return RedirectResponse(error.leads_to, HTTPStatus.SEE_OTHER)


async def refused(request: Request, error: Exception) -> HTMLResponse:
    assert isinstance(error, HTTPException)
    if "endpoint" not in request.scope:
        # No page, so no door was passed; who is signed in still has the way on at the top.
        await anybody(request)
    status = HTTPStatus(error.status_code)
    said = desk_of(request).now().retold(error.detail) if error.detail != status.phrase else ""
    if status is HTTPStatus.NOT_FOUND:
        answer = _mishap(status, "Not found", said or NOT_FOUND)
    elif status is HTTPStatus.METHOD_NOT_ALLOWED:
        answer = _mishap(status, "Only for reading", "This page can be read, and nothing else can be done with it.")
    else:
        answer = _mishap(status, status.phrase, said)
    answer.headers.update(error.headers or {})
    return answer


async def not_understood(_request: Request, error: Exception) -> HTMLResponse:
    """A part of the path that can't name anything is simply not found; a wrong parameter is told."""
    assert isinstance(error, RequestValidationError)
    wrong = error.errors()
    if any(mistake["loc"][0] == "path" for mistake in wrong):
        return _mishap(HTTPStatus.NOT_FOUND, "Not found", NOT_FOUND)
    names = ", ".join(sorted({str(mistake["loc"][-1]) for mistake in wrong}))
    return _mishap(
        HTTPStatus.BAD_REQUEST,
        "The address is not understood",
        f"What it says after the question mark is unknown here ({names}). Take one of the links of the page instead.",
    )


async def without_database(request: Request, error: Exception) -> HTMLResponse:
    return _broken(
        request,
        error,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database does not answer",
        "Nothing is lost. Try again in a minute; if it stays like this, /readyz says what is wrong.",
    )


async def broken(request: Request, error: Exception) -> HTMLResponse:
    return _broken(
        request,
        error,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong here",
        "This is a mistake of the desk, not yours. Nothing was changed.",
    )


def _broken(request: Request, error: Exception, status: HTTPStatus, title: str, what: str) -> HTMLResponse:
    """The log has the whole story under a reference; the page has only that."""
    reference = secrets.token_hex(4)
    LOG.error("%s %s failed, reference %s", request.method, _logged_path(request), reference, exc_info=error)
    return _mishap(status, title, what, reference=reference)


def _logged_path(request: Request) -> str:
    """The path, or only its pattern where it holds a secret: whoever reads the log must not get in by it."""
    return request.scope["route"].path if "secret" in request.path_params else request.url.path


def _mishap(
    status: HTTPStatus, title: str, what: str, reference: str = "", way_on: tuple[str, str] = ("/", "Go to the start")
) -> HTMLResponse:
    return page(
        "mishap.html",
        status=status,
        code=status.value,
        title=title,
        what=what,
        reference=reference,
        way_on=way_on,
    )
