"""`/deliveries`: what was told to whom, and how far it got; and each delivery by itself."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import desk_of, page
from desk.viewing.deliveries import (
    MOST,
    Sieve,
    delivery_counts,
    delivery_line,
    delivery_lines,
    text_of,
    why_it_waits,
)
from desk.words import as_sentence
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage
from notifications.outbox.breakers import in_trouble
from notifications.outbox.register import DeliveryNotDead, DeliveryUnknown, dead_ones, retry

router = APIRouter(include_in_schema=False)

Subject = Annotated[str, Query(max_length=64, pattern=r"^[a-z]+:[0-9]+$")]


@router.api_route("/deliveries", methods=READ)
def deliveries(
    request: Request,
    stage: Annotated[DeliveryStage | None, Query()] = None,
    channel: Annotated[ChannelName | None, Query()] = None,
    subject: Subject = "",
) -> HTMLResponse:
    desk = desk_of(request)
    sieve = Sieve(stage, channel, subject)
    with desk.database.read() as session:
        return page(
            "deliveries.html",
            time=desk.now(),
            sieve=sieve,
            lines=delivery_lines(session, sieve),
            counts=delivery_counts(session, sieve),
            trouble=in_trouble(session),
            channels=tuple(ChannelName),
            most=MOST,
        )


@router.api_route("/deliveries/{number}", methods=READ)
def delivery(request: Request, number: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> HTMLResponse:
    desk = desk_of(request)
    with desk.database.read() as session:
        row = session.get(Delivery, number)
        if row is None:
            raise HTTPException(404, f"There is no delivery {number}.")
        return page(
            "delivery.html",
            time=desk.now(),
            line=delivery_line(session, row),
            waits=why_it_waits(row, in_trouble(session)),
            text=text_of(row),
            sieve=Sieve(),
        )


@router.post("/deliveries/{number}/retry")
def again(request: Request, number: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> Response:
    """Give a dead delivery a second chance; 409 when it isn't dead (any more)."""
    desk = desk_of(request)
    try:
        with desk.database.write.begin() as session:
            retry(session, number, desk.clock())
            session.flush()
            # One that could not be written is planned anew, as another delivery.
            kept = session.get(Delivery, number) is not None
    except DeliveryUnknown:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no delivery {number}.") from None
    except DeliveryNotDead as error:
        raise HTTPException(HTTPStatus.CONFLICT, as_sentence(error)) from None
    return RedirectResponse(f"/deliveries/{number}" if kept else "/deliveries", HTTPStatus.SEE_OTHER)


@router.post("/deliveries/retry")
def all_again(
    request: Request,
    channel: Annotated[ChannelName | Literal[""], Form()] = "",
    subject: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Give all dead ones a second chance, of a channel and about a subject where they are named; all or none."""
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        for number in dead_ones(session, channel or None, subject):
            retry(session, number, desk.clock())
    return RedirectResponse(Sieve(DeliveryStage.PLANNED, channel or None, subject).href(), HTTPStatus.SEE_OTHER)
