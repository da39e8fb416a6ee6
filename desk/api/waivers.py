"""`GET /api/waivers`: what need not hold of what is live, and has to be come back to."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from desk.api.answering import shown
from desk.api.bearer import TeamReader
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS
from desk.reporting.readiness import debt_as_json
from review.reports.debt import Sought, debts, narrowed

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["integrations"])


@router.get(
    "/waivers",
    summary="Waivers that count, the next to run out first",
    response_class=Response,
    responses=told(list[dict[str, Any]], "team-only"),
)
def listed(
    request: Request,
    bearer: TeamReader,
    integration: Annotated[str, Query(max_length=100, description="Only of the one with this slug.")] = "",
    partner: Annotated[str, Query(max_length=200, description="Only of partners whose name has this in it.")] = "",
    item: Annotated[str, Query(max_length=64, description="Only of this item.")] = "",
    ends_within: Annotated[
        int | None, Query(ge=0, le=10_000, description="Only those with so many days left, or fewer.")
    ] = None,
    renewed: Annotated[int, Query(ge=0, le=10_000, description="Only those renewed so often, or oftener.")] = 0,
) -> Response:
    """The document of `launch-review waivers list --json`."""
    del bearer
    desk = desk_of(request)
    at = desk.clock()
    with desk.database.read() as session:
        owed = debts(session, rulebook=desk.rulebook_at(at), at=at)
    sought = Sought(slug=integration, partner=partner, item=item, ends_within=ends_within, renewed=renewed)
    return shown([debt_as_json(debt) for debt in narrowed(owed, sought)])
