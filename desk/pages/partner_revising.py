"""`/partner/submissions/{id}/revise`: the next revision of a submission that waits for changes, as a form."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import delete
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from checklist.dossier import Dossier, DossierInvalid
from checklist.rulebook import Rulebook
from desk.api.acting import without_names
from desk.api.found import is_told
from desk.pages.partner import Number, company_of, no_submission, time_of
from desk.pages.partner_fields import Field, Shape, as_asked, field_of, filled, sections, texts_of
from desk.pages.reading import READ
from desk.rendering import Desk, desk_of, page
from desk.signing.doors import Partner
from desk.signing.reader import Reader
from desk.viewing.partner_submission import own_row
from models.draft import Draft
from models.enums import SubmissionStage
from models.people import Person
from models.submission import Submission
from review.actions.submitting import resubmit
from review.lifecycle import MoveRefused
from review.results import dossier_of

router = APIRouter(include_in_schema=False)

NOT_NOW: Final = "this submission is not waiting for changes, so there is nothing to send again now"
STALE: Final = "somebody changed this submission since you opened the form; look at it, then send yours again if needed"


@router.api_route("/partner/submissions/{submission_id}/revise", methods=READ)
def form(request: Request, reader: Partner, submission_id: Number) -> Response:
    """With what the person saved, or else with the last revision."""
    desk = desk_of(request)
    with desk.database.read() as session:
        found = _own(session, submission_id, reader)
        if not _waits(desk, found):
            return RedirectResponse(f"/partner/submissions/{submission_id}", HTTPStatus.SEE_OTHER)
        fields = _fields(found)
        draft = session.get(Draft, (reader.person_id, found.id))
        typed = {**texts_of(found.document, fields), **(draft.typed if draft is not None else {})}
        return _form(desk, reader, found, fields, typed, saved=draft)


class NotTaken(Exception):
    """Why nothing was done: reasons for the whole, and mistakes by the path of their field."""

    def __init__(self, status: int, reasons: tuple[str, ...], mistakes: Mapping[str, tuple[str, ...]]) -> None:
        self.status = status
        self.reasons = reasons
        self.mistakes = mistakes


@router.post("/partner/submissions/{submission_id}/revise")
async def sent(request: Request, reader: Partner, submission_id: Number) -> Response:
    """Send it, or keep it for later. 409 when it can't be sent any more, 422 for mistakes; what was typed is kept."""
    given = await request.form(max_fields=200, max_files=0)
    typed = {name: value.replace("\0", "") for name, value in given.items() if isinstance(value, str)}
    return await asyncio.to_thread(_taken, desk_of(request), reader, submission_id, typed)


def _taken(desk: Desk, reader: Reader, submission_id: int, typed: Mapping[str, str]) -> Response:
    leads_to = f"/partner/submissions/{submission_id}"
    try:
        with desk.database.write.begin() as session:
            found = _own(session, submission_id, reader)
            _refuse_unless_waiting(desk, found)
            if "save" in typed:
                _save(session, desk, reader, found, _fields(found), typed)
                leads_to += "/revise"
            else:
                _send(session, desk, reader, found, _fields(found), typed)
    except NotTaken as refused:
        with desk.database.read() as session:
            found = _own(session, submission_id, reader)
            return _form(desk, reader, found, _fields(found), typed, refused=refused)
    return RedirectResponse(leads_to, HTTPStatus.SEE_OTHER)


def _save(
    session: Session, desk: Desk, reader: Reader, found: Submission, fields: tuple[Field, ...], typed: Mapping[str, str]
) -> None:
    kept = {field.path: typed.get(field.path, "") for field in fields if field.shape is not Shape.SECRET}
    session.merge(Draft(person_id=reader.person_id, submission_id=found.id, typed=kept, saved_at=desk.clock()))


def _send(
    session: Session, desk: Desk, reader: Reader, found: Submission, fields: tuple[Field, ...], typed: Mapping[str, str]
) -> None:
    if desk.vault is None:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "This desk has no key, so it can take no secrets in.")
    if typed.get("version") != str(found.version):
        raise NotTaken(HTTPStatus.CONFLICT, (STALE,), {})
    by = session.get_one(Person, reader.person_id)
    try:
        dossier = Dossier.parse(filled(found.document, fields, typed), "the form")
        resubmit(session, found, dossier, by=by, at=desk.clock(), vault=desk.vault)
    except DossierInvalid as invalid:
        raise _mistaken(invalid, fields) from None
    except MoveRefused as refused:
        reasons = tuple(without_names(reason) for reason in refused.reasons)
        raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, reasons, {}) from None
    session.execute(delete(Draft).where(Draft.submission_id == found.id))


def _mistaken(invalid: DossierInvalid, fields: tuple[Field, ...]) -> NotTaken:
    mistakes: dict[str, tuple[str, ...]] = {}
    reasons: list[str] = []
    for mistake in invalid.mistakes:
        if path := field_of(mistake.where, fields):
            mistakes[path] = (*mistakes.get(path, ()), f"Saw {mistake.seen}, expected {mistake.expected}.")
        else:
            reasons.append(str(mistake))
    return NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, tuple(reasons), mistakes)


def _form(
    desk: Desk,
    reader: Reader,
    found: Submission,
    fields: tuple[Field, ...],
    typed: Mapping[str, str],
    *,
    saved: Draft | None = None,
    refused: NotTaken | None = None,
) -> Response:
    mistakes = refused.mistakes if refused is not None else {}
    return page(
        "partner_revising.html",
        time=time_of(desk, reader),
        status=refused.status if refused is not None else HTTPStatus.OK,
        submission=found,
        sections=tuple(sections(Rulebook.load(found.rulebook), fields, typed, mistakes)),
        saved_at=saved.saved_at if saved is not None else None,
        refused=refused,
        mistaken=[field for field in fields if field.path in mistakes],
    )


def _own(session: Session, submission_id: int, reader: Reader) -> Submission:
    found = own_row(session, submission_id, company_of(reader))
    if found is None:
        raise no_submission(submission_id)
    return found


def _fields(found: Submission) -> tuple[Field, ...]:
    return as_asked(dossier_of(found), Rulebook.load(found.rulebook))


def _refuse_unless_waiting(desk: Desk, found: Submission) -> None:
    if not _waits(desk, found):
        raise NotTaken(HTTPStatus.CONFLICT, (NOT_NOW,), {})


def _waits(desk: Desk, found: Submission) -> bool:
    """Whether changes are asked for, and the partner is told so."""
    return found.stage is SubmissionStage.CHANGES_REQUESTED and is_told(found, desk.clock())
