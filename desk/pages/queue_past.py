"""`/queue/past`: what waited at an instant of the past. Nothing can be done from here."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from desk.cli.errors import InputWrong
from desk.cli.moments import past_moment
from desk.headers import WITH_A_FORM
from desk.pages.queue import GATES, KINDS, STAGES, Wanted, rendered, wanted
from desk.pages.reading import READ
from desk.rendering import desk_of, page
from desk.viewing.queue import TITLES, address
from desk.viewing.queue_lines import lines
from desk.viewing.queue_past import past_view
from desk.viewing.team_time import TeamTime
from review.worklist import Asked, View

router = APIRouter(include_in_schema=False)

PAST = "/queue/past"


@router.api_route(PAST, methods=READ)
def queue_past(
    request: Request,
    wants: Annotated[Wanted, Depends(wanted)],
    as_of: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Without a day, or with one that can't be read, that of now, and what is wrong with it beside the form."""
    desk, asked = desk_of(request), wants.asked
    now = desk.now()
    at, mistake = now.at, ""
    if as_of:
        try:
            at = past_moment("as of", as_of, now.zone, now.at)
        except InputWrong as error:
            mistake = str(error)
    with desk.database.read() as session:
        view = past_view(session, asked, time=TeamTime(at, now.zone, now.business_day_seconds))
    answer = page(
        "queue_past.html",
        time=view.time,
        status=HTTPStatus.BAD_REQUEST if mistake else HTTPStatus.OK,
        view=view,
        lines=lines(view.rows, view.time, reader_id=asked.reader, grey={}, may_assign=False, is_past=True),
        rendered=rendered,
        asked=asked,
        as_of=as_of,
        mistake=mistake,
        views=[
            (
                title,
                address(asked, view=name, path=PAST, as_of=as_of)
                if asked.filters
                else address(Asked(view=name), path=PAST, as_of=as_of),
                name is asked.view,
            )
            for name, title in TITLES.items()
        ],
        is_narrowed=asked.view is not View.ALL or bool(asked.filters),
        all_then=address(Asked(), path=PAST, as_of=as_of),
        now=address(asked),
        kinds=KINDS,
        gates=GATES,
        stages=STAGES,
    )
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer
