"""Files of a partner's company, for documents that name them as `upload:…`: send, list, show, take out."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import with_config
from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session
from starlette.responses import Response
from typing_extensions import TypedDict

from checklist.uploads import address_of
from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Reader, Submitter
from desk.api.body import kind_of, read
from desk.api.description import EVERYWHERE, WITH_BODY, json_body, told, told_problems
from desk.api.means import desk_of, means_of
from desk.api.paging import Page, cursor, page, place
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, IdempotencyKey, Limit
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.api.turnstile import Full
from desk.published.values import Instant
from desk.viewing.uploaded import sent_file
from models.enums import TokenScope
from models.people import Partner, Person
from models.upload import MOST_UPLOAD_BYTES, UPLOAD_TYPES, Upload
from notifications.public_events import instant
from review.actions.keeping import Answer
from review.actions.uploading import delete_upload, keep_upload
from review.tokens import Bearer
from review.uploads import upload_of

OF: Final = "uploads"
UPLOAD_SECONDS: Final = 60.0
"""The longest a file may take to arrive."""
TAKEN_AS: Final = (*UPLOAD_TYPES, "application/octet-stream")
"""What a request may call it; which it is, its content says."""
DIGEST: Final = r"^[0-9a-f]{64}$"

Digest = Annotated[str, Path(pattern=DIGEST, description="SHA-256 of the file, in hexadecimal.")]

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["submissions"])


@with_config(extra="forbid")
class UploadShown(TypedDict):
    """A file that is kept; `address` is how a document names it."""

    address: str
    digest: str
    partner: str
    media_type: str
    bytes: int
    uploaded_at: Instant


@with_config(extra="forbid")
class UploadDeleted(TypedDict):
    digest: str


COLUMNS: Final = (
    Upload.partner_id,
    Upload.digest,
    Upload.media_type,
    func.length(Upload.data).label("bytes"),
    Upload.uploaded_at,
    Partner.name.label("partner"),
)
IMAGE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file as it was sent.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in UPLOAD_TYPES},
    }
}


@router.get(
    "/uploads",
    summary="Files that were sent",
    response_class=Response,
    responses=told(Page[UploadShown], "unknown-cursor"),
)
def listed(request: Request, bearer: Reader, after: CursorText = None, limit: Limit = USUAL) -> Response:
    """For the team those of every company, for a partner what is its own."""
    chosen = select(*COLUMNS).join(Partner, Partner.id == Upload.partner_id)
    if bearer.partner_id is not None:
        chosen = chosen.where(Upload.partner_id == bearer.partner_id)
    if after is not None:
        company, digest = place(OF, after, int, str)
        if not re.fullmatch(DIGEST, digest):
            raise Problem("unknown-cursor", "saw a cursor that no answer of this list gave")
        is_behind = or_(Upload.partner_id > company, and_(Upload.partner_id == company, Upload.digest > digest))
        chosen = chosen.where(is_behind)
    with desk_of(request).database.read() as session:
        rows = session.execute(chosen.order_by(Upload.partner_id, Upload.digest).limit(limit + 1)).all()
    return shown(page(rows, limit, _line, lambda row: cursor(OF, row.partner_id, row.digest)))


@router.post(
    "/uploads",
    summary="Send a logo, a mark or a screenshot",
    status_code=201,
    response_class=Response,
    responses=told(
        UploadShown,
        *(*WITH_BODY, "partner-only", "unsound-file", "refused", "too-many"),
        status=201,
        says="Kept; `address` is what a document says.",
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file itself, of at most 3,000,000 bytes.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in TAKEN_AS},
        }
    },
)
async def send(request: Request, bearer: Submitter, key: IdempotencyKey = None) -> Response:
    """As the forms of the desk keep it: judged by its content alone, an SVG for logo and mark, a PNG, JPEG or WebP for
    screenshots; within what one company may keep. The same file again is kept once. What nothing names is taken out
    after 30 days.
    """
    if bearer.partner_id is None:
        raise Problem("partner-only", "the token belongs to somebody of the team; a company sends its own files")
    kind_of(request, TAKEN_AS)
    try:
        async with means_of(request).uploads.through(bearer.holder, desk_of(request)):
            data = await read(request, UPLOAD_SECONDS, most=MOST_UPLOAD_BYTES)
            return await run_in_threadpool(_keep, request, bearer, bearer.partner_id, data, key)
    except Full as full:
        headers = {"Retry-After": str(full.retry_after)}
        raise Problem("too-many", f"{full}; try again in {full.retry_after} seconds", headers=headers) from None


@router.get(
    "/uploads/{digest}",
    summary="A file as it was sent",
    response_class=Response,
    responses={**IMAGE, **told_problems((*EVERYWHERE, "no-such-thing"))},
)
def one(request: Request, bearer: Reader, digest: Digest) -> Response:
    with desk_of(request).database.read() as session:
        found = upload_of(session, digest, partner_id=bearer.partner_id)
    if found is None:
        raise Problem("no-such-thing", "there is no such file")
    return sent_file(found)


@router.post(
    "/uploads/{digest}/delete",
    summary="Take a file out",
    response_class=Response,
    responses=told(UploadDeleted, *WITH_BODY, "partner-only", "no-such-thing", "refused", says="Taken out."),
    openapi_extra=json_body(bodies.NothingSaid),
)
def delete(
    request: Request,
    digest: Digest,
    bearer: Submitter,
    _body: Annotated[bodies.NothingSaid, sent(bodies.NothingSaid)],
    key: IdempotencyKey = None,
) -> Response:
    """Refused while something that was sent, a draft or what is live names it."""
    company = bearer.partner_id
    if company is None:
        raise Problem("partner-only", "the token belongs to somebody of the team; a company takes out its own files")

    def act(session: Session, by: Person, at: datetime) -> Answer:
        del by, at
        if not delete_upload(session, company, digest):
            raise Problem("no-such-thing", "there is no such file")
        return answer({"digest": digest})

    return Acting(request, bearer, TokenScope.SUBMIT, key).done(act)


def _keep(request: Request, bearer: Bearer, company: int, data: bytes, key: str | None) -> Response:
    def act(session: Session, by: Person, at: datetime) -> Answer:
        del by
        digest = keep_upload(session, company, data, drawing=_is_text(data), at=at)
        session.flush()
        chosen = select(*COLUMNS).join(Partner, Partner.id == Upload.partner_id)
        row = session.execute(chosen.where(Upload.partner_id == company, Upload.digest == digest)).one()
        return answer(_line(row), status=201, headers={"Location": f"/api/uploads/{digest}"})

    return Acting(request, bearer, TokenScope.SUBMIT, key).done(act)


def _is_text(data: bytes) -> bool:
    """A drawing is text that begins with a tag; everything else is held to be pixels."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _line(row: Row[Any]) -> UploadShown:
    return {
        "address": address_of(row.digest),
        "digest": row.digest,
        "partner": row.partner,
        "media_type": row.media_type,
        "bytes": row.bytes,
        "uploaded_at": instant(row.uploaded_at),
    }
