"""`/uploads/{digest}`: an image that a partner sent, for that company and the team; inert wherever it opens."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from desk.pages.reading import READ
from desk.rendering import desk_of
from desk.signing.doors import signed
from desk.signing.reader import Reader
from models.upload import UPLOAD_TYPES
from review.uploads import upload_of

router = APIRouter(include_in_schema=False)
_DIGEST = re.compile("[0-9a-f]{64}")
ENDINGS: Final = dict(zip(UPLOAD_TYPES, ("svg", "png", "jpg", "webp"), strict=True))
INERT: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    # May be another person's browser next: it is confidential before the launch.
    "Cache-Control": "private, no-cache",
}


@router.api_route("/uploads/{digest}", methods=READ)
def upload(request: Request, reader: Annotated[Reader, Depends(signed)], digest: str) -> Response:
    """An <img> shows it; opened by itself it is a download, so a drawing is never a page of ours."""
    found = None
    if _DIGEST.fullmatch(digest) and (reader.is_team or reader.partner_id is not None):
        with desk_of(request).database.read() as session:
            found = upload_of(session, digest, partner_id=None if reader.is_team else reader.partner_id)
    if found is None:
        raise HTTPException(404, "There is no such file.")
    name = f'attachment; filename="{digest[:12]}.{ENDINGS[found.media_type]}"'
    return Response(found.data, media_type=found.media_type, headers={**INERT, "Content-Disposition": name})
