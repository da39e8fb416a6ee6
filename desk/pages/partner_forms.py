"""What a partner's forms share: what was sent with files, what is wrong beside its field, and the preflight."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from checklist.dossier import Dossier, DossierInvalid
from checklist.rulebook import Rulebook
from checklist.sound_image import Unsound
from checklist.uploads import address_of
from desk.api.preflight import Preflights
from desk.api.turnstile import Full
from desk.pages.partner import company_of, time_of
from desk.pages.partner_fields import Field, field_of, sections
from desk.pages.partner_shapes import Shape
from desk.preflighting import running
from desk.preflighting.words import by_family
from desk.rendering import Desk, page
from desk.signing.reader import Reader
from desk.words import as_sentence
from models.enums import GateSays
from models.upload import MOST_UPLOAD_BYTES
from review.actions.pruning import KEEP
from review.actions.uploading import NotKept, keep_upload
from review.kept_secrets import kept_secrets
from review.uploads import unkept, uploads_in
from review.vault import SecretUnreadable, Vault

MOST_FIELDS: Final = 400
MOST_FILES: Final = 12

SAYS_ON_PAGE: Final = {
    GateSays.HOLDS: "Everything holds. You can send it.",
    GateSays.FAILS: "Not yet: mend what failed, then look again.",
    GateSays.OPEN: "Nothing fails. A person of ours looks at what is unknown once you send it.",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form sent: text by field, files by the path of their field; and what was wrong with those."""

    typed: dict[str, str]
    files: tuple[tuple[str, bytes], ...] = ()
    mistakes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class NotTaken(Exception):
    """Why nothing was done: reasons for the whole, and mistakes by the path of their field."""

    def __init__(self, status: int, reasons: tuple[str, ...], mistakes: Mapping[str, tuple[str, ...]]) -> None:
        self.status = status
        self.reasons = reasons
        self.mistakes = mistakes


def preflights_of(request: Request) -> Preflights | None:
    """None where the desk runs without what checks need."""
    found: Preflights | None = request.app.state.preflights
    return found


async def sent_in(request: Request) -> Sent:
    """The names that files had on the sender's machine are read by nobody."""
    try:
        async with request.form(max_fields=MOST_FIELDS, max_files=MOST_FILES) as given:
            typed: dict[str, str] = {}
            files: list[tuple[str, bytes]] = []
            for name, value in given.multi_items():
                if isinstance(value, str):
                    typed[name] = value.replace("\0", "")
                elif value.filename or value.size:
                    files.append((name.removesuffix(":file"), await value.read(MOST_UPLOAD_BYTES + 1)))
            return Sent(typed, tuple(files))
    except FormParserError:
        told = "What was sent is no form that can be read, so nothing was changed."
        raise HTTPException(HTTPStatus.BAD_REQUEST, told) from None


def kept_files(desk: Desk, reader: Reader, sent: Sent, fields: Iterable[Field]) -> Sent:
    """With each file kept, and named in its field as if it had been typed there."""
    typed, mistakes = dict(sent.typed), dict[str, tuple[str, ...]]()
    by_path = {one.path: one for one in fields if one.file}
    for path, data in sent.files:
        if path not in by_path:
            continue
        try:
            with desk.database.write.begin() as session:
                drawing = by_path[path].shape is Shape.PICTURE
                digest = keep_upload(session, company_of(reader), data, drawing=drawing, at=desk.clock())
        except (Unsound, NotKept) as refused:
            told = f"The file was not taken: {refused}."
            mistakes[path] = (*mistakes.get(path, ()), told)
            continue
        before = typed.get(path, "").rstrip()
        is_one = by_path[path].shape is Shape.PICTURE
        known = {line.partition(" ")[0] for line in before.splitlines()}
        if is_one or not before:
            typed[path] = address_of(digest)
        elif address_of(digest) not in known:
            typed[path] = f"{before}\n{address_of(digest)}"
    return Sent(typed, mistakes=mistakes)


def refuse_files(sent: Sent) -> None:
    if sent.mistakes:
        raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, (), sent.mistakes)


def refuse_unkept(session: Session, reader: Reader, dossier: Dossier) -> None:
    """A file is named only by the company that sent it."""
    if wrong := unkept(session, company_of(reader), dossier):
        told = ("This file is not kept any more, or not yours; choose it again.",)
        paths = {"catalog.screenshots" if path.startswith("catalog.screenshots") else path for path, _ in wrong}
        raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, (), dict.fromkeys(paths, told))


def mistaken(invalid: DossierInvalid, fields: tuple[Field, ...]) -> NotTaken:
    mistakes: dict[str, tuple[str, ...]] = {}
    reasons: list[str] = []
    for mistake in invalid.mistakes:
        if path := field_of(mistake.where, fields):
            mistakes[path] = (*mistakes.get(path, ()), f"Saw {mistake.seen}, expected {mistake.expected}.")
        else:
            reasons.append(str(mistake))
    return NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, tuple(reasons), mistakes)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a preflight looks at, and where its page leads back to."""

    dossier: Dossier
    rulebook: Rulebook
    place: str
    form: str


async def preflighted(desk: Desk, preflights: Preflights, reader: Reader, begun: Begun) -> Response:
    """The checks of the review over what was typed; nothing is sent. Raises Full."""
    company = company_of(reader)
    async with (
        preflights.turnstile.through(("partner", company), desk),
        preflights.surroundings(desk.clock()) as opened,
    ):
        context = replace(opened, uploads=uploads_in(desk.database, partner_id=company))
        found = await running.preflight(begun.dossier, begun.rulebook, context)
    shown = [(title, [(found.rulebook.item(one.item), one) for one in results]) for title, results in by_family(found)]
    return await asyncio.to_thread(
        page,
        "partner_preflight.html",
        time=time_of(desk, reader),
        name=begun.dossier.integration.name,
        place=begun.place,
        form=begun.form,
        says=SAYS_ON_PAGE[found.verdict.says],
        families=shown,
    )


def may_not_look_now(full: Full) -> NotTaken:
    """Of a preflight that was asked for on top of too many others."""
    told = f"{full}; try again in {full.retry_after} seconds. What you typed is saved"
    return NotTaken(HTTPStatus.TOO_MANY_REQUESTS, (told,), {})


def vault_of(desk: Desk) -> Vault:
    """503 for a desk without a key."""
    if desk.vault is None:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "This desk has no key, so it can take no secrets in.")
    return desk.vault


def with_kept(session: Session, desk: Desk, integration_id: int, dossier: Dossier) -> Dossier:
    """With the secrets that are kept of the integration, may be used here, and were not typed anew."""
    if desk.vault is None:
        return dossier
    try:
        kept = kept_secrets(session, integration_id, dossier, desk.vault)
    except SecretUnreadable as unreadable:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, as_sentence(unreadable)) from None
    return dossier.with_secrets({**kept, **dossier.secrets()})


def to_save(fields: Iterable[Field], typed: Mapping[str, str]) -> dict[str, str]:
    """What a draft keeps: no secrets."""
    return {one.path: typed.get(one.path, "") for one in fields if one.shape is not Shape.SECRET}


def form_page(
    template: str,
    desk: Desk,
    reader: Reader,
    asked: tuple[Rulebook, tuple[Field, ...]],
    typed: Mapping[str, str],
    *,
    saved_at: datetime | None,
    refused: NotTaken | None,
    can_preflight: bool,
    **more: Any,
) -> Response:
    """The form with what was typed, and what is against it; `asked` are its fields and whose items help with them."""
    rulebook, fields = asked
    mistakes = refused.mistakes if refused is not None else {}
    return page(
        template,
        time=time_of(desk, reader),
        status=refused.status if refused is not None else HTTPStatus.OK,
        sections=tuple(sections(rulebook, fields, typed, mistakes)),
        saved_at=saved_at,
        keep=KEEP,
        refused=refused,
        can_preflight=can_preflight,
        mistaken=[one for one in fields if one.path in mistakes],
        **more,
    )
