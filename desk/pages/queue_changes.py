"""Whether the queue changed since a page was made: told at once while a page listens, else asked from time to time."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from desk.changes import MOST_LISTENERS, Changes
from desk.pages.reading import READ
from desk.rendering import desk_of
from desk.signing.doors import Team
from models.database import Database
from review.worklist import version_of

router = APIRouter(include_in_schema=False)


def changes_in(database: Database) -> Changes:
    """What the streams of one desk share."""

    def read() -> str:
        with database.read() as session:
            return version_of(session)

    return Changes(read)


def listening(request: Request) -> Changes:
    """503 when no stream can begin, so that the page asks instead."""
    changes: Changes = request.app.state.changes
    if not changes.has_room:
        said = f"More than {MOST_LISTENERS} pages listen, or the desk stops; this one asks from time to time instead."
        raise HTTPException(503, said, {"Retry-After": "60"})
    return changes


@router.get("/queue/changes", response_class=EventSourceResponse)
async def changes(_reader: Team, listens: Annotated[Changes, Depends(listening)]) -> AsyncIterator[ServerSentEvent]:
    """A version now, and each new one: a page that shows another one fetches its list anew."""
    async for version in listens.listen():
        yield ServerSentEvent(raw_data=version, event="version")


@router.api_route("/queue/version", methods=READ)
def version(request: Request, _reader: Team) -> JSONResponse:
    with desk_of(request).database.read() as session:
        return JSONResponse({"version": version_of(session)})
