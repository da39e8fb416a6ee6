"""`/badge/{slug}.svg`: the badge that a partner shows in a README. For everybody."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from checklist.dossier import SLUG_PATTERN
from desk.pages.reading import READ
from desk.rendering import desk_of
from desk.viewing.partner_badge import badge_of

router = APIRouter(include_in_schema=False)

HEADERS: Final = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    # It is made to be shown within pages of others.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@router.api_route("/badge/{slug}.svg", methods=READ)
def badge(request: Request, slug: Annotated[str, Path(pattern=SLUG_PATTERN, max_length=100)]) -> Response:
    desk = desk_of(request)
    with desk.database.read() as session:
        found = badge_of(session, slug, desk.rulebook_at(desk.clock()).programme.marketplace)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no badge of that name.")
    return Response(found.svg(), media_type="image/svg+xml", headers=HEADERS)
