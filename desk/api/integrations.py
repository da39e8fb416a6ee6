"""Integrations: the list, and one with its submissions, what has fallen, what is waived and its last audit."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from starlette.responses import Response

from desk.api.answering import shown
from desk.api.bearer import Reader
from desk.api.description import told
from desk.api.found import integration_of, own
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, number_in, page
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, Limit
from desk.api.staleness import integration_tag
from desk.published.integrations import IntegrationLine, IntegrationShown, integration_line, integration_shown
from desk.published.partner_side import integration_for_partner
from models.enums import IntegrationStage
from models.integration import Integration

OF: Final = "integrations"
ETAG: Final = {"ETag": "How it stands: send it as `If-Match` with what you do next."}
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
    summary="One integration: components, submissions, what has fallen, waivers, its last audit, what is live",
    response_class=Response,
    responses=told(IntegrationShown, "no-such-thing", headers=ETAG),
)
def one(request: Request, bearer: Reader, slug: Slug) -> Response:
    with desk_of(request).database.read() as session:
        found = integration_of(session, bearer, slug)
        document, tag = integration_shown(session, found), integration_tag(session, found)
    return shown(document if bearer.partner_id is None else integration_for_partner(document), headers={"ETag": tag})
