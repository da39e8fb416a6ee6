"""What a partner's person does with a submission: answer the reviewer, take it back."""

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from desk.api.acting import without_names
from desk.api.found import is_told
from desk.pages.partner import LONGEST_TEXT, Number, company_of, no_submission, shown
from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import Desk, desk_of
from desk.signing.doors import Partner
from desk.signing.reader import Reader
from desk.viewing.partner_submission import own_row
from models.people import Person
from models.submission import Submission
from review.actions import asking, submitting
from review.lifecycle import MoveRefused

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form()]
Do = Callable[[Session, Submission, Person], None]
AT_ONCE: Final = "somebody else did this at the same moment; look again, then repeat it if needed"


@router.post("/partner/submissions/{submission_id}/answer")
def answer(request: Request, reader: Partner, submission_id: Number, text: Text = "") -> Response:
    desk = desk_of(request)
    words = text.replace("\r\n", "\n").strip()

    def do(session: Session, one: Submission, by: Person) -> None:
        asking.answer(session, one, by=by, at=desk.clock(), text=words)

    return _done(desk, reader, submission_id, do, typed=words)


@router.post("/partner/submissions/{submission_id}/withdraw")
def withdraw(
    request: Request,
    reader: Partner,
    submission_id: Number,
    text: Text = "",
    version: Annotated[int | None, Form(ge=0, le=LARGEST_ID)] = None,
) -> Response:
    desk = desk_of(request)

    def do(session: Session, one: Submission, by: Person) -> None:
        submitting.withdraw(session, one, by=by, at=desk.clock(), reason=text.strip(), seen_version=version)

    return _done(desk, reader, submission_id, do, version=version)


@router.api_route("/partner/submissions/{submission_id}/answer", methods=READ)
@router.api_route("/partner/submissions/{submission_id}/withdraw", methods=READ)
def back(request: Request, reader: Partner, submission_id: Number) -> Response:
    """Whoever loads the answer to a form again comes back to the page; nothing is done twice."""
    with desk_of(request).database.read() as session:
        if own_row(session, submission_id, company_of(reader)) is None:
            raise no_submission(submission_id)
    return RedirectResponse(f"/partner/submissions/{submission_id}", HTTPStatus.SEE_OTHER)


def _done(
    desk: Desk, reader: Reader, submission_id: int, do: Do, *, version: int | None = None, typed: str = ""
) -> Response:
    """409 when it changed since the page was made, or is being decided on; 422 when something else is against it."""
    try:
        with desk.database.write.begin() as session:
            found = own_row(session, submission_id, company_of(reader))
            if found is None:
                raise no_submission(submission_id)
            if not is_told(found, desk.clock()) and found.stands_at is not None:
                seconds = math.ceil((found.stands_at - desk.clock()).total_seconds())
                return _refused(
                    desk, reader, submission_id, (f"it is being worked on; send it again in {seconds} seconds",), typed
                )
            if len(typed) > LONGEST_TEXT:
                reason = f"the text has {len(typed):,} characters; write at most {LONGEST_TEXT:,}"
                return _refused(desk, reader, submission_id, (reason,), typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
            is_stale = version is not None and version != found.version
            do(session, found, session.get_one(Person, reader.person_id))
            session.flush()
    except MoveRefused as refused:
        reasons = tuple(without_names(reason) for reason in refused.reasons)
        status = HTTPStatus.CONFLICT if is_stale else HTTPStatus.UNPROCESSABLE_ENTITY
        return _refused(desk, reader, submission_id, reasons, typed, status=status, stale=is_stale)
    except IntegrityError:
        return _refused(desk, reader, submission_id, (AT_ONCE,), typed, stale=True)
    return RedirectResponse(f"/partner/submissions/{submission_id}", HTTPStatus.SEE_OTHER)


def _refused(
    desk: Desk,
    reader: Reader,
    submission_id: int,
    reasons: tuple[str, ...],
    typed: str,
    *,
    status: int = HTTPStatus.CONFLICT,
    stale: bool = False,
) -> Response:
    return shown(desk, reader, submission_id, status=status, refused=reasons, stale=stale, typed=typed)
