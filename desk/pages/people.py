"""`/people`: who acts and who is told."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from desk.pages.reading import READ
from desk.rendering import desk_of, page
from desk.viewing.people import people_lines

router = APIRouter(include_in_schema=False)


@router.api_route("/people", methods=READ)
def people(request: Request) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        return page("people.html", time=time, lines=people_lines(session, time.at))
