"""`/uploads/{digest}`: an image that a partner sent, for that company and the team; inert wherever it opens."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from desk.pages.reading import READ
from desk.rendering import desk_of
from desk.signing.doors import signed
from desk.signing.reader import Reader
from desk.viewing.uploaded import sent_file
from review.uploads import upload_of

router = APIRouter(include_in_schema=False)
_DIGEST = re.compile("[0-9a-f]{64}")


@router.api_route("/uploads/{digest}", methods=READ)
def upload(request: Request, reader: Annotated[Reader, Depends(signed)], digest: str) -> Response:
    found = None
    if _DIGEST.fullmatch(digest) and (reader.is_team or reader.partner_id is not None):
        with desk_of(request).database.read() as session:
            found = upload_of(session, digest, partner_id=None if reader.is_team else reader.partner_id)
    if found is None:
        raise HTTPException(404, "There is no such file.")
    return sent_file(found)
