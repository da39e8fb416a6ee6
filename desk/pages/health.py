"""What machines ask: is the process alive, can it work, and how does the whole stand."""

from alembic.runtime.migration import MigrationContext
from fastapi import APIRouter, Request
from sqlalchemy.exc import DBAPIError
from starlette.responses import PlainTextResponse

from desk.pages.reading import READ
from desk.rendering import desk_of
from desk.viewing.gauge import exposition
from desk.viewing.gauges import gauges
from migrations import apply

router = APIRouter(include_in_schema=False)

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


@router.api_route("/livez", methods=READ)
async def livez() -> PlainTextResponse:
    """The process answers. Never asks the database: a database that is down is no reason to restart the desk."""
    return PlainTextResponse("alive\n")


@router.api_route("/readyz", methods=READ)
def readyz(request: Request) -> PlainTextResponse:
    """The database answers and has this release's schema; else 503 with what is wrong."""
    wrong = _not_ready(request)
    return PlainTextResponse(f"{wrong}\n", status_code=503) if wrong else PlainTextResponse("ready\n")


@router.api_route("/metrics", methods=READ)
def metrics(request: Request) -> PlainTextResponse:
    desk = desk_of(request)
    with desk.database.read() as session:
        shown = gauges(session, at=desk.clock())
    return PlainTextResponse(exposition(shown), media_type=TEXT_FORMAT)


def _not_ready(request: Request) -> str:
    needed = apply.revisions()[-1]
    try:
        with desk_of(request).database.read() as session:
            has = MigrationContext.configure(session.connection()).get_current_revision()
    except DBAPIError:
        # The driver's words may hold the address; the log has them.
        return "the database can't be reached: start it, or correct LAUNCH_REVIEW_DATABASE_URL"
    if has is None:
        return "the database is not migrated: run `launch-review db upgrade`"
    if has != needed:
        return f"the database is at revision {has}, this release needs {needed}: run `launch-review db upgrade`"
    return ""
