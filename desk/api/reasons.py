"""The reasons library: what `because` of a decision can name; read by the team, written by the programme."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Manager, TeamReader
from desk.api.description import WITH_BODY, json_body, told
from desk.api.found import submission_of
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS, LARGEST_ID, IdempotencyKey, IfMatch
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.published.reasons import ReasonShown, reason_as_json
from models.enums import TokenScope
from models.people import Person
from models.reason import KEY_CHARACTERS
from notifications.public_events import instant
from review.actions import reasoning
from review.actions.keeping import Answer
from review.reasons import Entry, ReasonUnknown, library, offered, reason_called
from review.reasons_entry import ReasonEntry

ETAG = {"ETag": "Its version: send it as `If-Match` when you change it."}
Key = Annotated[str, Path(min_length=1, max_length=KEY_CHARACTERS, pattern=r"^[a-z0-9-]+$")]

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["rules"])


@router.get(
    "/reasons",
    summary="What partners are told again and again",
    response_class=Response,
    responses=told(list[ReasonShown], "team-only", "no-such-thing"),
)
def listed(
    request: Request,
    bearer: TeamReader,
    submission: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="As it is offered for this one: what fits comes first.")
    ] = None,
    retired: Annotated[bool, Query(description="Also those that are offered no more.")] = False,  # noqa: FBT002 - a query
) -> Response:
    """As `launch-review reasons list --json`: by key, or as it is offered for a submission."""
    if submission is not None and retired:
        raise Problem("wrong-parameter", "saw retired and a submission, expected one of both")
    desk = desk_of(request)
    at = desk.clock()
    with desk.database.read() as session:
        entries = {entry.row.key: entry for entry in library(session, retired=retired)}
        if submission is not None:
            found = submission_of(session, bearer, submission, at=at)
            entries = {reason.key: entries[reason.key] for reason in offered(session, found, at)}
        documents = [reason_as_json(entry) for entry in entries.values()]
    return shown(documents)


@router.get(
    "/reasons/{key}",
    summary="One reason in the words it has now",
    response_class=Response,
    responses=told(ReasonShown, "team-only", "no-such-thing", headers=ETAG),
)
def one(request: Request, bearer: TeamReader, key: Key) -> Response:
    del bearer
    with desk_of(request).database.read() as session:
        found = _called(session, key)
        return shown(reason_as_json(found), headers={"ETag": _tag(found)})


@router.post(
    "/reasons/{key}/change",
    summary="Write a reason, or the next version of one",
    response_class=Response,
    responses=told(
        ReasonShown,
        *(*WITH_BODY, "no-such-thing", "move-refused", "no-if-match", "stale"),
        says="Written.",
        headers=ETAG,
    ),
    openapi_extra=json_body(
        bodies.ReasonWritten,
        example={"title": "The logo is a picture", "text": "Please send it as SVG.", "items": ["catalog.logo"]},
    ),
)
def write(
    request: Request,
    key: Key,
    bearer: Manager,
    body: Annotated[bodies.ReasonWritten, sent(bodies.ReasonWritten)],
    once: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """All of its words; one that is retired is offered again. One that is there takes its `ETag` as `If-Match`.
    Decisions keep the words they were made with.
    """

    def act(session: Session, by: Person, at: datetime) -> Answer:
        reasoning.refuse(key, by=by, at=at)
        entry = ReasonEntry.parse({"key": key, **body.model_dump()}, f"reason {key}")
        _refuse_stale(session, key, if_match)
        reasoning.set_reason(session, entry, by=by, at=at)
        session.flush()
        return _answer(session, key)

    return Acting(request, bearer, TokenScope.MANAGE, once).done(act)


@router.post(
    "/reasons/{key}/retire",
    summary="Offer a reason no more",
    response_class=Response,
    responses=told(ReasonShown, *WITH_BODY, "no-such-thing", "move-refused", says="Retired.", headers=ETAG),
    openapi_extra=json_body(bodies.NothingSaid),
)
def retire(
    request: Request,
    key: Key,
    bearer: Manager,
    _body: Annotated[bodies.NothingSaid, sent(bodies.NothingSaid)],
    once: IdempotencyKey = None,
) -> Response:
    """Decisions made with it stay as they are."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        _called(session, key)
        reasoning.retire(session, key, by=by, at=at)
        session.flush()
        return _answer(session, key)

    return Acting(request, bearer, TokenScope.MANAGE, once).done(act)


def _answer(session: Session, key: str) -> Answer:
    session.expire_all()
    found = reason_called(session, key)
    return answer(reason_as_json(found), headers={"ETag": _tag(found)})


def _called(session: Session, key: str) -> Entry:
    try:
        return reason_called(session, key)
    except ReasonUnknown:
        raise Problem("no-such-thing", f"there is no reason {key}") from None


def _refuse_stale(session: Session, key: str, if_match: str | None) -> None:
    try:
        found = reason_called(session, key)
    except ReasonUnknown:
        return
    if if_match is None:
        raise Problem("no-if-match", f"expected the `ETag` of reason {key} as `If-Match`")
    if if_match.strip() not in {"*", _tag(found)}:
        words = found.words
        wrote = f"{words.written_by.name} wrote version {words.version} at {instant(words.written_at)}"
        retired = f", and it was retired at {instant(found.row.retired_at)}" if found.row.retired_at else ""
        told_so = f"reason {key} is at {_tag(found)}, you saw {if_match.strip()[:60]}: {wrote}{retired}"
        raise Problem("stale", told_so, headers={"ETag": _tag(found)})


def _tag(entry: Entry) -> str:
    return f'"{entry.row.version}{".retired" if entry.row.retired_at is not None else ""}"'
