"""`/pictures/{digest}`: how a browser showed a page, as evidence."""

import re

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from checklist.browser import picture_type
from desk.pages.reading import READ
from desk.rendering import desk_of
from models.picture import Picture

router = APIRouter(include_in_schema=False)
_DIGEST = re.compile("[0-9a-f]{64}")


@router.api_route("/pictures/{digest}", methods=READ)
def picture(request: Request, digest: str) -> Response:
    """The file; its address is its content, so a browser may keep it for as long as it likes."""
    desk = desk_of(request)
    data = b""
    if _DIGEST.fullmatch(digest):
        with desk.database.read() as session:
            found = session.get(Picture, digest)
            data = found.data if found is not None else b""
    media_type = picture_type(data)
    if media_type is None:
        raise HTTPException(404, "There is no such picture.")
    return Response(data, media_type=media_type, headers={"Cache-Control": "private, max-age=31536000, immutable"})
