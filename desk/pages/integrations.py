"""`/integrations`: everything on its path by stage; and each integration by itself."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from checklist.dossier import SLUG_PATTERN
from desk.pages.reading import READ, PageNumber, number_of_pages
from desk.rendering import desk_of, page
from desk.viewing.integrations import PAGE_SIZE, integration_list, integration_view
from models.enums import IntegrationStage

router = APIRouter(include_in_schema=False)


@router.api_route("/integrations", methods=READ)
def integrations(
    request: Request,
    stage: Annotated[IntegrationStage | None, Query()] = None,
    number: Annotated[PageNumber, Query(alias="page")] = 1,
) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = integration_list(session, stage=stage, page=number, time=time)
    return page(
        "integrations.html",
        time=time,
        view=view,
        stage=stage,
        page_number=number,
        pages=number_of_pages(view.number, PAGE_SIZE),
    )


@router.api_route("/integrations/{slug}", methods=READ)
def integration(request: Request, slug: Annotated[str, Path(pattern=SLUG_PATTERN, max_length=100)]) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = integration_view(session, slug, desk.rulebook_at(time.at), time)
    if view is None:
        raise HTTPException(404, f"There is no integration {slug}.")
    return page("integration.html", time=time, view=view, integration=view.integration)
