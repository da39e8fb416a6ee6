"""`/agenda/{secret}.ics`: what is due for one person, for their own calendar program."""

from hashlib import sha256

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from desk.pages.reading import READ
from desk.rendering import desk_of
from desk.viewing.agenda import as_icalendar
from review.agenda import agenda_of, reader_of

router = APIRouter(include_in_schema=False)


@router.api_route("/agenda/{secret}.ics", methods=READ)
def agenda(request: Request, secret: str) -> Response:
    """The document; 404 when the secret opens nothing, whatever the reason."""
    desk = desk_of(request)
    with desk.database.read() as session:
        reader = reader_of(session, secret)
        if reader is None:
            raise HTTPException(404)
        document = as_icalendar(agenda_of(session, reader, at=desk.clock()), desk.base_url)
    tag = f'"{sha256(document).hexdigest()}"'
    headers = {
        "ETag": tag,
        # Programs ask when they like; this only keeps one from asking again and again.
        "Cache-Control": "private, max-age=300",
        "X-Robots-Tag": "noindex",
    }
    if _has_it(request.headers.get("If-None-Match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(document, media_type="text/calendar", headers=headers)


def _has_it(asked: str, tag: str) -> bool:
    """Whether a conditional request names this content (RFC 9110, 13.1.2: weak and strong tags alike)."""
    named = {one.strip().removeprefix("W/") for one in asked.split(",")}
    return tag in named or "*" in named
