"""Integrations: the list, one with its submissions and its last audit, and taking it out of the catalog or back."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from starlette.responses import Response

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Manager, Reader
from desk.api.description import WITH_BODY, json_body, told
from desk.api.found import integration_of, own
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, number_in, page
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, IdempotencyKey, Limit
from desk.api.sent import sent
from desk.published.integrations import IntegrationLine, IntegrationShown, integration_line, integration_shown
from desk.published.partner_side import integration_for_partner
from models.enums import IntegrationStage, TokenScope
from models.integration import Integration
from models.people import Person
from review.actions.keeping import Answer
from review.actions.launching import delist, relist
from review.tokens import Bearer

OF: Final = "integrations"
WITH_REASON: Final = json_body(bodies.Reason, example={"reason": "The partner closed the service."})
Slug = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^/\x00]+$")]

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["integrations"])


@router.get(
    "/integrations",
    summary="Integrations, in the order in which they came",
    response_class=Response,
    responses=told(Page[IntegrationLine], "unknown-cursor"),
)
def listed(
    request: Request,
    bearer: Reader,
    stage: Annotated[IntegrationStage | None, Query(description="Only in this stage.")] = None,
    after: CursorText = None,
    limit: Limit = USUAL,
) -> Response:
    """For the team everything, for a partner what is its own."""
    chosen = select(Integration).where(own(bearer)).options(joinedload(Integration.partner))
    if stage is not None:
        chosen = chosen.where(Integration.stage == stage)
    if (last := number_in(OF, after)) is not None:
        chosen = chosen.where(Integration.id > last)
    with desk_of(request).database.read() as session:
        rows = session.scalars(chosen.order_by(Integration.id).limit(limit + 1)).all()
        document = page(rows, limit, integration_line, lambda row: cursor(OF, row.id))
    return shown(document)


@router.get(
    "/integrations/{slug}",
    summary="One integration: components, submissions, waivers, its last audit, what is live",
    response_class=Response,
    responses=told(IntegrationShown, "no-such-thing"),
)
def one(request: Request, bearer: Reader, slug: Slug) -> Response:
    with desk_of(request).database.read() as session:
        document = integration_shown(session, integration_of(session, bearer, slug))
    return shown(document if bearer.partner_id is None else integration_for_partner(document))


@router.post(
    "/integrations/{slug}/delist",
    summary="Take it out of the catalog; it remembers where it was",
    response_class=Response,
    responses=told(IntegrationLine, *WITH_BODY, "no-such-thing", "move-refused", says="Done."),
    openapi_extra=WITH_REASON,
)
def take_out(
    request: Request,
    slug: Slug,
    bearer: Manager,
    body: Annotated[bodies.Reason, sent(bodies.Reason)],
    key: IdempotencyKey = None,
) -> Response:
    return _moved(request, bearer, slug, key, body.reason, delist)


@router.post(
    "/integrations/{slug}/relist",
    summary="Put it back where it was",
    response_class=Response,
    responses=told(IntegrationLine, *WITH_BODY, "no-such-thing", "move-refused", says="Done."),
    openapi_extra=WITH_REASON,
)
def put_back(
    request: Request,
    slug: Slug,
    bearer: Manager,
    body: Annotated[bodies.Reason, sent(bodies.Reason)],
    key: IdempotencyKey = None,
) -> Response:
    return _moved(request, bearer, slug, key, body.reason, relist)


def _moved(
    request: Request, bearer: Bearer, slug: str, key: str | None, reason: str, verb: Callable[..., None]
) -> Response:
    def act(session: Session, by: Person, at: datetime) -> Answer:
        found = integration_of(session, bearer, slug)
        verb(session, found, by=by, at=at, reason=reason)
        session.flush()
        return answer(integration_line(found))

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)
