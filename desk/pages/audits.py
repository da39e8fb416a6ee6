"""`/audits`: the runs over what has launched, and what each found."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import desk_of, page
from desk.viewing.audits import MOST, audit_lines, audit_run

router = APIRouter(include_in_schema=False)


@router.api_route("/audits", methods=READ)
def audits(request: Request) -> HTMLResponse:
    desk = desk_of(request)
    with desk.database.read() as session:
        return page("audits.html", time=desk.now(), lines=audit_lines(session), most=MOST)


@router.api_route("/audits/{number}", methods=READ)
def audit(request: Request, number: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = audit_run(session, number, desk.rulebook_at(time.at))
        if view is None:
            raise HTTPException(404, f"There is no audit {number}.")
        return page("audit.html", time=time, view=view)
