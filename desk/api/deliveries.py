"""What was told to whom, what could not be, and a second chance for it."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import with_config
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from starlette.responses import Response
from typing_extensions import TypedDict

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Manager, TeamReader
from desk.api.description import WITH_BODY, json_body, told
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, number_in, page
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, IdempotencyKey, Limit, Number
from desk.api.sent import sent
from desk.published.deliveries import DeliveryLine, DeliveryShown, delivery_line, delivery_shown
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, TokenScope
from models.people import Person
from notifications.outbox import retry
from notifications.outbox.breakers import in_trouble
from notifications.outbox.register import dead_ones, delivery_of, narrowed
from review.actions.keeping import Answer

OF: Final = "deliveries"

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["deliveries"])


@with_config(extra="forbid")
class Retried(TypedDict):
    """It is due again; one that could not be rendered is planned anew, under another number."""

    delivery: int
    planned_anew: bool


@with_config(extra="forbid")
class RetriedAll(TypedDict):
    """The numbers of those that are due again."""

    deliveries: list[int]


@router.get(
    "/deliveries",
    summary="Deliveries, newest first",
    response_class=Response,
    responses=told(Page[DeliveryLine], "team-only", "unknown-cursor"),
)
def listed(
    request: Request,
    bearer: TeamReader,
    stage: Annotated[DeliveryStage | None, Query(description="Only in this stage.")] = None,
    channel: Annotated[ChannelName | None, Query(description="Only by this channel.")] = None,
    subject: Annotated[
        str, Query(max_length=64, pattern=r"^[a-z]*:?\d*$", description="Only about this, such as submission:7.")
    ] = "",
    after: CursorText = None,
    limit: Limit = USUAL,
) -> Response:
    """The entries of `launch-review deliveries list --json`."""
    del bearer
    chosen = select(Delivery).where(*narrowed(channel, subject)).options(joinedload(Delivery.event))
    if stage is not None:
        chosen = chosen.where(Delivery.stage == stage)
    if (last := number_in(OF, after)) is not None:
        chosen = chosen.where(Delivery.id < last)
    with desk_of(request).database.read() as session:
        rows = session.scalars(chosen.order_by(Delivery.id.desc()).limit(limit + 1)).all()
        document = page(rows, limit, delivery_line, lambda row: cursor(OF, row.id))
    return shown(document)


@router.get(
    "/deliveries/{delivery}",
    summary="One delivery: what became of it, and its text",
    response_class=Response,
    responses=told(DeliveryShown, "team-only", "no-such-thing"),
)
def one(request: Request, bearer: TeamReader, delivery: Number) -> Response:
    """Without the address in it that would act for its reader."""
    del bearer
    with desk_of(request).database.read() as session:
        document = delivery_shown(delivery_of(session, delivery), in_trouble(session))
    return shown(document)


@router.post(
    "/deliveries/retry",
    summary="Give all dead deliveries a second chance",
    response_class=Response,
    responses=told(RetriedAll, *WITH_BODY, says="Due again."),
    openapi_extra=json_body(bodies.RetryAllAsked, example={"channel": "mail"}),
)
def all_again(
    request: Request,
    bearer: Manager,
    body: Annotated[bodies.RetryAllAsked, sent(bodies.RetryAllAsked)],
    key: IdempotencyKey = None,
) -> Response:
    """Of a channel and about a subject where they are named; all or none."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        del by
        numbers = dead_ones(session, body.channel, body.subject)
        for number in numbers:
            retry(session, number, at)
        return answer({"deliveries": list(numbers)})

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


@router.post(
    "/deliveries/{delivery}/retry",
    summary="Give a dead delivery a second chance",
    response_class=Response,
    responses=told(Retried, *WITH_BODY, "no-such-thing", "refused", says="Due again."),
    openapi_extra=json_body(bodies.RetryAsked),
)
def again(
    request: Request,
    delivery: Number,
    bearer: Manager,
    _body: Annotated[bodies.RetryAsked, sent(bodies.RetryAsked)],
    key: IdempotencyKey = None,
) -> Response:
    def act(session: Session, by: Person, at: datetime) -> Answer:
        del by
        retry(session, delivery, at)
        session.flush()
        document: Retried = {"delivery": delivery, "planned_anew": session.get(Delivery, delivery) is None}
        return answer(document)

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)
