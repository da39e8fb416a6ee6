"""`/`: what waits, soonest due first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from desk.pages.reading import READ, PageNumber, number_of_pages
from desk.rendering import desk_of, page
from desk.viewing.queue import LOOKED_AT, PAGE_SIZE, TITLES, Sieve, queue_view

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=READ)
def queue(
    request: Request,
    show: Annotated[Sieve, Query()] = Sieve.ALL,
    number: Annotated[PageNumber, Query(alias="page")] = 1,
) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = queue_view(session, sieve=show, page=number, time=time)
    return page(
        "queue.html",
        time=time,
        view=view,
        sieve=show,
        titles=TITLES,
        looked_at=LOOKED_AT,
        page_number=number,
        pages=number_of_pages(view.number, PAGE_SIZE),
    )
