"""Submissions: the list, one with all that is known of it, its history, its promises, and what may be done with it."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import with_config
from sqlalchemy import ColumnElement, case, select, type_coerce
from sqlalchemy.orm import Session, contains_eager, defer
from starlette.responses import Response
from typing_extensions import TypedDict

from desk.api.acting import without_names
from desk.api.answering import shown, versioned
from desk.api.bearer import Reader
from desk.api.description import told
from desk.api.found import is_told, own, submission_of
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, number_in, page
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, Limit, Number
from desk.cli.explain import explanation
from desk.published import submissions as published
from desk.published.events import HistoryEntry, event_as_json
from desk.published.partner_side import PUBLIC_NAMES, event_for_partner, shown_to_partner
from desk.published.submissions import SubmissionShown, VerdictShown
from desk.published.values import Instant, at_or_none
from models.enums import GateName, Role, SubmissionKind, SubmissionStage
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.submission import Submission
from review.facts import of_submission
from review.lifecycle import MOVES, MoveName, refusals
from review.tokens import Bearer

SUBMISSIONS: Final = "submissions"
HISTORY: Final = "history"
ETAG: Final = {"ETag": "The submission's version: send it as `If-Match` with what you do next."}
SAYS_SOMETHING: Final = "."
"""A reason for the guards: which one is given is known when the move is made."""

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["submissions"])


@with_config(extra="forbid")
class SubmissionLine(TypedDict):
    """One submission of the list, open or closed."""

    submission: int
    version: int
    external_id: str | None
    integration: str
    name: str
    partner: str
    kind: SubmissionKind
    gate: GateName
    stage: SubmissionStage
    revision: int
    rulebook: str
    submitted_at: Instant | None
    decided_at: Instant | None
    closed_at: Instant | None


@with_config(extra="forbid")
class MoveShown(TypedDict):
    """One move of the lifecycle, and every reason against making it now; without reasons it is free."""

    move: MoveName
    says: str
    free: bool
    reasons: list[str]
    who: list[Role]


@with_config(extra="forbid")
class Explanation(TypedDict):
    """Each clock with its ledger, its pauses and the sentences that account for its due date."""

    submission: int
    integration: str
    at: Instant
    clocks: list[dict[str, Any]]


@router.get(
    "/submissions",
    summary="Submissions, newest first",
    response_class=Response,
    responses=told(Page[SubmissionLine], "unknown-cursor"),
)
def listed(
    request: Request,
    bearer: Reader,
    stage: Annotated[SubmissionStage | None, Query(description="Only in this stage.")] = None,
    kind: Annotated[SubmissionKind | None, Query(description="Only of this kind.")] = None,
    gate: Annotated[GateName | None, Query(description="Only for this gate.")] = None,
    integration: Annotated[str | None, Query(max_length=100, description="Only of the one with this slug.")] = None,
    external_id: Annotated[str | None, Query(max_length=100, description="The one with this external id.")] = None,
    after: CursorText = None,
    limit: Limit = USUAL,
) -> Response:
    """For the team everything, for a partner what is its own."""
    desk = desk_of(request)
    at = desk.clock()
    chosen = (
        select(Submission)
        .join(Submission.integration)
        .join(Integration.partner)
        .where(own(bearer))
        .options(
            defer(Submission.document),
            contains_eager(Submission.integration).defer(Integration.listing),
            contains_eager(Submission.integration).contains_eager(Integration.partner),
        )
        .order_by(Submission.id.desc())
        .limit(limit + 1)
    )
    for column, value in (
        (_stage(bearer, at), stage),
        (Submission.kind, kind),
        (Submission.gate, gate),
        (Integration.slug, integration),
        (Submission.external_id, external_id),
    ):
        if value is not None:
            chosen = chosen.where(column == _storable(value))
    if (last := number_in(SUBMISSIONS, after)) is not None:
        chosen = chosen.where(Submission.id < last)
    with desk.database.read() as session:
        rows = session.scalars(chosen).all()

    def line(row: Submission) -> SubmissionLine:
        return _line(row) if bearer.partner_id is None or is_told(row, at) else _as_before(row)

    return shown(page(rows, limit, line, lambda row: cursor(SUBMISSIONS, row.id)))


@router.get(
    "/submissions/{submission}",
    summary="One submission: where it stands, its items with evidence, clocks, decisions, findings, waivers",
    response_class=Response,
    responses=told(SubmissionShown, "no-such-thing", "not-settled", headers=ETAG),
)
def one(request: Request, bearer: Reader, submission: Number) -> Response:
    """The document of `launch-review show --json`. A partner reads it without names and notes of the team."""
    desk = desk_of(request)
    with desk.database.read() as session:
        found = submission_of(session, bearer, submission, at=desk.clock())
        document = published.shown(session, found, at=desk.clock())
        tag = versioned(session, found)
    return shown(document if bearer.partner_id is None else shown_to_partner(document), headers=tag)


@router.get(
    "/submissions/{submission}/verdict",
    summary="What the gate says of it, and why",
    response_class=Response,
    responses=told(VerdictShown, "no-such-thing", "not-settled", headers=ETAG),
)
def verdict(request: Request, bearer: Reader, submission: Number) -> Response:
    """Computed at this moment from the outcomes and the waivers."""
    desk = desk_of(request)
    with desk.database.read() as session:
        found = submission_of(session, bearer, submission, at=desk.clock())
        said = published.verdict(session, found, at=desk.clock())
        tag = versioned(session, found)
    return shown(said, headers=tag)


@router.get(
    "/submissions/{submission}/history",
    summary="What happened to it, oldest first",
    response_class=Response,
    responses=told(Page[HistoryEntry], "no-such-thing", "not-settled", "unknown-cursor"),
)
def history(
    request: Request, bearer: Reader, submission: Number, after: CursorText = None, limit: Limit = USUAL
) -> Response:
    """The entries of `launch-review history --json`. A partner reads those that it was told of."""
    desk = desk_of(request)
    with desk.database.read() as session:
        found = submission_of(session, bearer, submission, at=desk.clock())
        chosen = select(Event).where(Event.submission_id == found.id)
        if (last := number_in(HISTORY, after)) is not None:
            chosen = chosen.where(Event.id > last)
        if bearer.partner_id is not None:
            chosen = chosen.where(Event.name.in_(PUBLIC_NAMES))
        rows = session.scalars(chosen.order_by(Event.id).limit(limit + 1)).all()
        document = page(rows, limit, lambda event: _entry(event, bearer), lambda event: cursor(HISTORY, event.id))
    return shown(document)


@router.get(
    "/submissions/{submission}/explain",
    summary="Why each of its clocks is due when it is",
    response_class=Response,
    responses=told(Explanation, "no-such-thing", "not-settled"),
)
def explain(request: Request, bearer: Reader, submission: Number) -> Response:
    """The document of `launch-review explain --json`: the ledger of open time, pauses, revisions, the outlook. A
    partner reads it without the outlook and without who was late.
    """
    desk = desk_of(request)
    with desk.database.read() as session:
        found = submission_of(session, bearer, submission, at=desk.clock())
        document, _ = explanation(session, found, desk.now(), foresee=bearer.partner_id is None)
    if bearer.partner_id is not None:
        # Whose turn it was when it broke names people of the team.
        document["clocks"] = [{**clock, "cause": None} for clock in document["clocks"]]
    return shown(document)


@router.get(
    "/submissions/{submission}/moves",
    summary="What may be done with it now, and why not",
    response_class=Response,
    responses=told(list[MoveShown], "no-such-thing", "not-settled", headers=ETAG),
)
def moves(request: Request, bearer: Reader, submission: Number) -> Response:
    """Every move that a person can make, as the token's person; the reasons are those that the move itself would give.
    A reason that the move asks for is taken as given.
    """
    desk = desk_of(request)
    with desk.database.read() as session:
        found = submission_of(session, bearer, submission, at=desk.clock())
        by = session.get_one(Person, bearer.person_id)
        documents = _moves(session, found, by, bearer, desk.clock())
        tag = versioned(session, found)
    return shown(documents, headers=tag)


def _moves(session: Session, found: Submission, by: Person, bearer: Bearer, at: datetime) -> list[MoveShown]:
    known = of_submission(session, found, by=by, at=at, reason=SAYS_SOMETHING)
    documents: list[MoveShown] = []
    for move in MOVES.values():
        if move.of != "submission" or not move.who or move.name is MoveName.SUBMIT:
            continue
        if bearer.partner_id is not None and Role.PARTNER not in move.who:
            continue  # what the team may do, and what keeps it from it, stays inside
        reasons = refusals(move.name, found.stage, known)
        documents.append(
            {
                "move": move.name,
                "says": move.says,
                "free": not reasons,
                "reasons": reasons if bearer.partner_id is None else [without_names(reason) for reason in reasons],
                "who": sorted(move.who),
            }
        )
    return documents


def _line(row: Submission) -> SubmissionLine:
    return {
        "submission": row.id,
        "version": row.version,
        "external_id": row.external_id,
        "integration": row.integration.slug,
        "name": row.integration.name,
        "partner": row.integration.partner.name,
        "kind": row.kind,
        "gate": row.gate,
        "stage": row.stage,
        "revision": row.revision,
        "rulebook": row.rulebook,
        "submitted_at": at_or_none(row.submitted_at),
        "decided_at": at_or_none(row.decided_at),
        "closed_at": at_or_none(row.closed_at),
    }


def _stage(bearer: Bearer, at: datetime) -> ColumnElement[Any]:
    """The stage as the bearer reads it."""
    if bearer.partner_id is None:
        return type_coerce(Submission.stage, Submission.stage.type)
    return case((Submission.stands_at > at, SubmissionStage.IN_REVIEW.value), else_=Submission.stage)


def _as_before(row: Submission) -> SubmissionLine:
    """While a decision on it can still be undone: partners read on that it is in review."""
    return {**_line(row), "stage": SubmissionStage.IN_REVIEW, "decided_at": None, "closed_at": None}


def _entry(event: Event, bearer: Bearer) -> HistoryEntry:
    return event_as_json(event) if bearer.partner_id is None else event_for_partner(event, bearer.partner_id)


def _storable(value: str) -> str:
    """No database takes NUL in a comparison, and nothing has it."""
    return value.replace("\0", "\ufffd")
