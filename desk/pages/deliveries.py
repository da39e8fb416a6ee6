"""`/deliveries`: what was told to whom, and how far it got."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from desk.pages.reading import READ
from desk.rendering import desk_of, page
from desk.viewing.deliveries import MOST, delivery_counts, delivery_lines
from models.enums import DeliveryStage

router = APIRouter(include_in_schema=False)


@router.api_route("/deliveries", methods=READ)
def deliveries(request: Request, stage: Annotated[DeliveryStage | None, Query()] = None) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        counts = delivery_counts(session)
        lines = delivery_lines(session, stage)
    return page("deliveries.html", time=time, lines=lines, counts=counts, stage=stage, most=MOST)
