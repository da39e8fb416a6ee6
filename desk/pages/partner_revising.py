"""`/partner/submissions/{id}/revise`: the next revision of a submission that waits for changes, as a form."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import delete
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from checklist.dossier import Dossier, DossierInvalid
from checklist.rulebook import Rulebook
from desk.api.acting import without_names
from desk.api.found import is_told
from desk.api.preflight import Preflights
from desk.api.turnstile import Full
from desk.pages.partner import Number, company_of, no_submission, shown
from desk.pages.partner_fields import Field, as_asked, filled, mistyped, texts_of
from desk.pages.partner_forms import (
    Begun,
    NotTaken,
    Sent,
    form_page,
    kept_files,
    may_not_look_now,
    mistaken,
    preflighted,
    preflights_of,
    refuse_files,
    refuse_unkept,
    sent_in,
    to_save,
    vault_of,
    with_kept,
)
from desk.pages.reading import READ
from desk.rendering import Desk, desk_of
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

WE_LOOK: Final = (
    "we are looking at what you sent, so there is nothing to send again now; when something has to change, we write "
    "to you. To change it before, take it back and send it anew"
)
NOT_NOW: Final[Mapping[SubmissionStage, str]] = {
    SubmissionStage.APPROVED: "it is approved, so there is nothing to send again now; what is new goes into a new one",
    SubmissionStage.REJECTED: "it was not accepted, so there is nothing to send again now; you can send a new one",
    SubmissionStage.WITHDRAWN: "it was taken back, so there is nothing to send again now; you can send a new one",
}
"""Where changes are not asked for: why not, and what can be done instead."""
STALE: Final = "somebody changed this submission since you opened the form; look at it, then send yours again if needed"


@router.api_route("/partner/submissions/{submission_id}/revise", methods=READ)
def form(request: Request, reader: Partner, submission_id: Number) -> Response:
    """With what the person saved, or else with the last revision."""
    desk = desk_of(request)
    with desk.database.read() as session:
        found = _own(session, submission_id, reader)
        if not _waits(desk, found):
            return shown(desk, reader, submission_id, status=HTTPStatus.CONFLICT, refused=(_why_not(desk, found),))
        fields = _fields(found)
        draft = session.get(Draft, (reader.person_id, found.id))
        typed = {**texts_of(found.document, fields), **(draft.typed if draft is not None else {})}
        can_preflight = preflights_of(request) is not None
        return _form(desk, reader, found, fields, typed, saved=draft, can_preflight=can_preflight)


@router.post("/partner/submissions/{submission_id}/revise")
async def sent(request: Request, reader: Partner, submission_id: Number) -> Response:
    """Send it, or keep it for later. 409 when it can't be sent any more, 422 for mistakes; what was typed is kept."""
    sent = await sent_in(request)
    desk, preflights = desk_of(request), preflights_of(request)
    sent = await asyncio.to_thread(_kept, desk, reader, submission_id, sent)
    if "preflight" in sent.typed and preflights is not None:
        return await _preflighted(desk, preflights, reader, submission_id, sent)
    return await asyncio.to_thread(_taken, desk, reader, submission_id, sent, can_preflight=preflights is not None)


def _kept(desk: Desk, reader: Reader, submission_id: int, sent: Sent) -> Sent:
    with desk.database.read() as session:
        fields = _fields(_own(session, submission_id, reader)) if sent.files else ()
    return kept_files(desk, reader, sent, fields)


async def _preflighted(desk: Desk, preflights: Preflights, reader: Reader, submission_id: int, sent: Sent) -> Response:
    """The checks of the review over what was typed, which is saved as a draft first; nothing is sent."""
    begun = await asyncio.to_thread(_begun, desk, reader, submission_id, sent)
    if isinstance(begun, Response):
        return begun
    try:
        return await preflighted(desk, preflights, reader, begun)
    except Full as full:
        refused = may_not_look_now(full)
        return await asyncio.to_thread(_again, desk, reader, submission_id, sent.typed, refused, can_preflight=True)


def _begun(desk: Desk, reader: Reader, submission_id: int, sent: Sent) -> Begun | Response:
    try:
        with desk.database.write.begin() as session:
            found = _own(session, submission_id, reader)
            _refuse_unless_waiting(desk, found)
            fields = _fields(found)
            _save(session, desk, reader, found, fields, sent.typed)
            place = f"/partner/submissions/{submission_id}"
            # What is wrong is told after the draft is kept: an exception here would take it back.
            try:
                dossier = _parsed(session, reader, found, fields, sent)
                whole = with_kept(session, desk, found.integration_id, dossier)
                return Begun(whole, Rulebook.load(found.rulebook), place, f"{place}/revise")
            except NotTaken as refused:
                wrong = refused
    except NotTaken as refused:
        wrong = refused
    return _again(desk, reader, submission_id, sent.typed, wrong, can_preflight=True)


def _parsed(session: Session, reader: Reader, found: Submission, fields: tuple[Field, ...], sent: Sent) -> Dossier:
    refuse_files(sent)
    if wrong := mistyped(fields, sent.typed):
        raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, (), wrong)
    try:
        dossier = Dossier.parse(filled(found.document, fields, sent.typed), "the form")
    except DossierInvalid as invalid:
        raise mistaken(invalid, fields) from None
    refuse_unkept(session, reader, dossier)
    return dossier


def _taken(desk: Desk, reader: Reader, submission_id: int, sent: Sent, *, can_preflight: bool) -> Response:
    typed = sent.typed
    leads_to = f"/partner/submissions/{submission_id}"
    try:
        with desk.database.write.begin() as session:
            found = _own(session, submission_id, reader)
            _refuse_unless_waiting(desk, found)
            if "save" in typed:
                _save(session, desk, reader, found, _fields(found), typed)
                leads_to += "/revise"
            else:
                _send(session, desk, reader, found, _fields(found), sent)
        if "save" in typed:
            refuse_files(sent)
    except NotTaken as refused:
        return _again(desk, reader, submission_id, typed, refused, can_preflight=can_preflight)
    return RedirectResponse(leads_to, HTTPStatus.SEE_OTHER)


def _again(
    desk: Desk,
    reader: Reader,
    submission_id: int,
    typed: Mapping[str, str],
    refused: NotTaken,
    *,
    can_preflight: bool,
) -> Response:
    """The form once more, with what was typed and what is against it."""
    with desk.database.read() as session:
        found = _own(session, submission_id, reader)
        return _form(desk, reader, found, _fields(found), typed, refused=refused, can_preflight=can_preflight)


def _save(
    session: Session, desk: Desk, reader: Reader, found: Submission, fields: tuple[Field, ...], typed: Mapping[str, str]
) -> None:
    kept = to_save(fields, typed)
    session.merge(Draft(person_id=reader.person_id, submission_id=found.id, typed=kept, saved_at=desk.clock()))


def _send(
    session: Session, desk: Desk, reader: Reader, found: Submission, fields: tuple[Field, ...], sent: Sent
) -> None:
    vault = vault_of(desk)
    if sent.typed.get("version") != str(found.version):
        raise NotTaken(HTTPStatus.CONFLICT, (STALE,), {})
    by = session.get_one(Person, reader.person_id)
    try:
        dossier = _parsed(session, reader, found, fields, sent)
        resubmit(session, found, dossier, by=by, at=desk.clock(), vault=vault)
    except MoveRefused as refused:
        reasons = tuple(without_names(reason) for reason in refused.reasons)
        raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, reasons, {}) from None
    session.execute(delete(Draft).where(Draft.submission_id == found.id))


def _form(
    desk: Desk,
    reader: Reader,
    found: Submission,
    fields: tuple[Field, ...],
    typed: Mapping[str, str],
    *,
    saved: Draft | None = None,
    refused: NotTaken | None = None,
    can_preflight: bool,
) -> Response:
    return form_page(
        "partner_revising.html",
        desk,
        reader,
        (Rulebook.load(found.rulebook), fields),
        typed,
        saved_at=saved.saved_at if saved is not None else None,
        refused=refused,
        can_preflight=can_preflight,
        submission=found,
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
        raise NotTaken(HTTPStatus.CONFLICT, (_why_not(desk, found),), {})


def _why_not(desk: Desk, found: Submission) -> str:
    return NOT_NOW.get(found.stage, WE_LOOK) if is_told(found, desk.clock()) else WE_LOOK


def _waits(desk: Desk, found: Submission) -> bool:
    """Whether changes are asked for, and the partner is told so."""
    return found.stage is SubmissionStage.CHANGES_REQUESTED and is_told(found, desk.clock())
