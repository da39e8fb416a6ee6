"""`/partner/new`: a submission that does not exist yet, as a form: access, launch, update, graduation."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from checklist.dossier import SLUG_PATTERN, Dossier, DossierInvalid
from checklist.rulebook import Rulebook
from desk.api.acting import without_names
from desk.api.preflight import Preflights
from desk.api.turnstile import Full
from desk.pages.partner import company_of, time_of
from desk.pages.partner_acts import AT_ONCE
from desk.pages.partner_fields import NEW, USED, Field, asked, filled, mistyped, texts_of
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
from desk.rendering import Desk, desk_of, page
from desk.signing.doors import Partner as PartnersDoor
from desk.signing.reader import Reader
from desk.viewing.partner_starting import NEW_INTEGRATION, Start, last_sent, starts
from models.draft import FirstDraft
from models.enums import GATE_OF_KIND, ComponentKind, SubmissionKind
from models.integration import Integration
from models.people import Partner, Person
from models.submission import Submission
from review.actions.pruning import KEEP
from review.actions.submitting import submit, why_not_submit
from review.facts import under_way
from review.lifecycle import MoveRefused

router = APIRouter(include_in_schema=False)

Slug = Annotated[str, Path(pattern=SLUG_PATTERN, max_length=100)]
OWN_ID: Final = "external_id"
"""The hidden field that makes sending the same form twice the same submission."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One form: what is asked for, of which integration, from which document it starts, by which rulebook."""

    start: Start
    integration: Integration | None
    document: dict[str, Any]
    rulebook: Rulebook
    fields: tuple[Field, ...]


@router.api_route("/partner/new", methods=READ)
def choosing(request: Request, reader: PartnersDoor) -> Response:
    desk = desk_of(request)
    with desk.database.read() as session:
        own = session.scalars(
            select(Integration).where(Integration.partner_id == company_of(reader)).order_by(Integration.name)
        ).all()
        return page(
            "partner_starting.html", time=time_of(desk, reader), new=NEW_INTEGRATION, starts=starts(session, own)
        )


@router.api_route("/partner/new/{kind}", methods=READ)
def form_of_new(request: Request, reader: PartnersDoor, kind: SubmissionKind) -> Response:
    return _opened(request, reader, kind, "")


@router.api_route("/partner/new/{kind}/{slug}", methods=READ)
def form(request: Request, reader: PartnersDoor, kind: SubmissionKind, slug: Slug) -> Response:
    return _opened(request, reader, kind, slug)


@router.post("/partner/new/{kind}")
async def sent_of_new(request: Request, reader: PartnersDoor, kind: SubmissionKind) -> Response:
    return await _sent(request, reader, kind, "")


@router.post("/partner/new/{kind}/{slug}")
async def sent(request: Request, reader: PartnersDoor, kind: SubmissionKind, slug: Slug) -> Response:
    """Send it, keep it for later, or look first. 409 when it can't be sent now, 422 for mistakes; nothing is lost."""
    return await _sent(request, reader, kind, slug)


def _opened(request: Request, reader: Reader, kind: SubmissionKind, slug: str) -> Response:
    """With what the person saved, or else with what the company last said of it."""
    desk = desk_of(request)
    with desk.database.read() as session:
        draft = session.get(FirstDraft, (reader.person_id, kind, slug))
        if (refused := _not_now(session, desk, reader, kind, slug, draft)) is not None:
            return refused
        typed = draft.typed if draft is not None else None
        asking = _asking(session, desk, reader, kind, slug, typed)
        texts = texts_of(asking.document, asking.fields) | (typed or {})
        can_preflight = preflights_of(request) is not None
        return _form(desk, reader, asking, texts, saved=draft, can_preflight=can_preflight)


def _not_now(
    session: Session, desk: Desk, reader: Reader, kind: SubmissionKind, slug: str, draft: FirstDraft | None
) -> Response | None:
    """Why nothing of this kind can be sent now, before anybody fills it in; None: it can."""
    if not slug:
        return None
    integration, time = _own(session, reader, slug), time_of(desk, reader)
    by = session.get_one(Person, reader.person_id)
    if not (reasons := why_not_submit(session, integration, kind, by=by, at=time.at)):
        return None
    return page(
        "partner_not_now.html",
        time=time,
        status=HTTPStatus.CONFLICT,
        start=Start(kind, slug, integration.name),
        reasons_against=[without_names(reason) for reason in reasons],
        under_way=under_way(session, integration.id, GATE_OF_KIND[kind]),
        instead=starts(session, [integration]),
        kept_until=draft.saved_at + timedelta(days=KEEP.first_drafts) if draft is not None else None,
    )


def _own(session: Session, reader: Reader, slug: str) -> Integration:
    """404 for another company's."""
    found = session.scalar(
        select(Integration).where(Integration.slug == slug, Integration.partner_id == company_of(reader))
    )
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "You have no integration of that name.")
    return found


async def _sent(request: Request, reader: Reader, kind: SubmissionKind, slug: str) -> Response:
    given = await sent_in(request)
    desk, preflights = desk_of(request), preflights_of(request)
    if "preflight" in given.typed and preflights is not None:
        begun = await asyncio.to_thread(_taken, desk, reader, kind, slug, given, can_preflight=True)
        return await _looked(desk, preflights, reader, begun) if isinstance(begun, _Looking) else begun
    done = await asyncio.to_thread(_taken, desk, reader, kind, slug, given, can_preflight=preflights is not None)
    assert isinstance(done, Response), "only a preflight goes on"
    return done


@dataclass(frozen=True, slots=True)
class _Looking:
    """A preflight to run, and what to show where it may not run now."""

    begun: Begun
    asking: Asking
    typed: Mapping[str, str]


async def _looked(desk: Desk, preflights: Preflights, reader: Reader, looking: _Looking) -> Response:
    try:
        return await preflighted(desk, preflights, reader, looking.begun)
    except Full as full:
        refused = may_not_look_now(full)
        return _form(desk, reader, looking.asking, looking.typed, refused=refused, can_preflight=True)


def _taken(
    desk: Desk, reader: Reader, kind: SubmissionKind, slug: str, given: Sent, *, can_preflight: bool
) -> Response | _Looking:
    with desk.database.read() as session:
        asking = _asking(session, desk, reader, kind, slug, given.typed)
    given = kept_files(desk, reader, given, asking.fields)
    try:
        if "save" in given.typed or "preflight" in given.typed:
            with desk.database.write.begin() as session:
                _save(session, desk, reader, asking, given.typed)
        if "preflight" in given.typed:
            with desk.database.read() as session:
                dossier = _parsed(session, reader, asking, given)
                if asking.integration is not None:
                    dossier = with_kept(session, desk, asking.integration.id, dossier)
            place = asking.start.place
            return _Looking(Begun(dossier, asking.rulebook, place, place), asking, given.typed)
        if "save" in given.typed:
            refuse_files(given)
            return RedirectResponse(asking.start.place, HTTPStatus.SEE_OTHER)
        number = _send(desk, reader, asking, given)
        return RedirectResponse(f"/partner/submissions/{number}", HTTPStatus.SEE_OTHER)
    except NotTaken as refused:
        return _form(desk, reader, asking, given.typed, refused=refused, can_preflight=can_preflight)


def _asking(
    session: Session, desk: Desk, reader: Reader, kind: SubmissionKind, slug: str, typed: Mapping[str, str] | None
) -> Asking:
    """The form's fields: items are asked for the kinds of components that are chosen. 404 for another company's."""
    company = session.get_one(Partner, company_of(reader))
    integration, start = None, NEW_INTEGRATION
    if slug:
        integration = _own(session, reader, slug)
        start = Start(kind, slug, integration.name)
    elif kind is not SubmissionKind.ACCESS:
        raise HTTPException(HTTPStatus.NOT_FOUND, "A new integration begins with its access request.")
    document = _beginning(session, company, integration, reader, start)
    chosen = _chosen(document, typed) or frozenset(ComponentKind)
    rulebook = desk.rulebook_at(desk.clock())
    items = rulebook.items_of(GATE_OF_KIND[kind], chosen, kind)
    fields = asked(items, document["components"])
    return Asking(start, integration, document, rulebook, fields if slug else (fields[0], *NEW, *fields[1:]))


def _beginning(
    session: Session, company: Partner, integration: Integration | None, reader: Reader, start: Start
) -> dict[str, Any]:
    before = last_sent(session, integration) if integration is not None else None
    person = session.get_one(Person, reader.person_id)
    document: dict[str, Any] = before.public_document() if before is not None else {}
    known = {"website": company.website or None, "contact_name": person.name, "contact_email": person.email}
    document["partner"] = {**known, **document.get("partner", {}), "name": company.name}
    document["integration"] = {"slug": start.slug, "name": start.name}
    document["kind"] = start.kind.value
    components = [{**one, USED: True} for one in document.get("components", ())]
    there = {one["kind"] for one in components}
    components += [{"kind": kind.value, USED: None} for kind in ComponentKind if kind.value not in there]
    return {**document, "components": components}


def _chosen(document: Mapping[str, Any], typed: Mapping[str, str] | None) -> frozenset[ComponentKind]:
    return frozenset(
        ComponentKind(one["kind"])
        for number, one in enumerate(document["components"])
        if (one[USED] if typed is None else typed.get(f"components.{number}.{USED}"))
    )


def _parsed(session: Session, reader: Reader, asking: Asking, given: Sent) -> Dossier:
    refuse_files(given)
    document = filled(asking.document, asking.fields, given.typed)
    used = [number for number, one in enumerate(document["components"]) if one.get(USED)]
    left_out = tuple(f"components.{number}." for number in range(len(document["components"])) if number not in used)
    read = [one for one in asking.fields if not (left_out and one.path.startswith(left_out))]
    if wrong := mistyped(read, given.typed):
        raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, (), wrong)
    document["components"] = [
        {key: value for key, value in document["components"][number].items() if key != USED} for number in used
    ]
    document[OWN_ID] = given.typed.get(OWN_ID) or _new_id(asking.start.kind)
    if asking.integration is not None:
        document["integration"]["slug"] = asking.integration.slug
    try:
        dossier = Dossier.parse(document, "the form")
    except DossierInvalid as invalid:
        raise mistaken(_as_in_the_form(invalid, used), asking.fields) from None
    refuse_unkept(session, reader, dossier)
    return dossier


def _as_in_the_form(invalid: DossierInvalid, used: list[int]) -> DossierInvalid:
    """With components numbered as the form does, which shows those that were not chosen too."""

    def moved(where: str) -> str:
        parts = where.split(".")
        if parts[0] == "components" and len(parts) > 1 and parts[1].isdigit():
            parts[1] = str(used[int(parts[1])])
        return ".".join(parts)

    return DossierInvalid(
        invalid.source, tuple(replace(mistake, where=moved(mistake.where)) for mistake in invalid.mistakes)
    )


def _save(session: Session, desk: Desk, reader: Reader, asking: Asking, typed: Mapping[str, str]) -> None:
    kept = {**to_save(asking.fields, typed), OWN_ID: typed.get(OWN_ID, "")[:100]}
    start = asking.start
    session.merge(
        FirstDraft(person_id=reader.person_id, kind=start.kind, slug=start.slug, typed=kept, saved_at=desk.clock())
    )


def _send(desk: Desk, reader: Reader, asking: Asking, given: Sent) -> int:
    """The number of the submission. A form that is sent twice is one submission."""
    vault = vault_of(desk)
    try:
        with desk.database.write.begin() as session:
            dossier = _parsed(session, reader, asking, given)
            by = session.get_one(Person, reader.person_id)
            received = submit(session, dossier, by=by, at=desk.clock(), rulebook=asking.rulebook, vault=vault)
            draft = session.get(FirstDraft, (reader.person_id, asking.start.kind, asking.start.slug))
            if draft is not None:
                session.delete(draft)
            session.flush()
            submission: Submission = received.submission
            return submission.id
    except MoveRefused as refused:
        reasons = tuple(without_names(reason) for reason in refused.reasons)
        raise NotTaken(HTTPStatus.CONFLICT, reasons, {}) from None
    except IntegrityError:
        raise NotTaken(HTTPStatus.CONFLICT, (AT_ONCE,), {}) from None


def _form(
    desk: Desk,
    reader: Reader,
    asking: Asking,
    typed: Mapping[str, str],
    *,
    saved: FirstDraft | None = None,
    refused: NotTaken | None = None,
    can_preflight: bool,
) -> Response:
    return form_page(
        "partner_first.html",
        desk,
        reader,
        (asking.rulebook, asking.fields),
        typed,
        saved_at=saved.saved_at if saved is not None else None,
        refused=refused,
        can_preflight=can_preflight,
        start=asking.start,
        own_id=typed.get(OWN_ID) or _new_id(asking.start.kind),
    )


def _new_id(kind: SubmissionKind) -> str:
    return f"form-{kind.value}-{secrets.token_hex(8)}"
