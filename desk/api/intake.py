"""`POST /api/intake/submissions` for form tools, and `POST /api/import/submissions` for tables."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from checklist.document import UNSTORABLE, DocumentUnreadable, parse_document
from checklist.dossier import Dossier
from desk.api.acting import Acting
from desk.api.answering import JSON, answer, respond
from desk.api.bearer import Manager, Submitter
from desk.api.body import BODY_SECONDS, kind_of, read, told_mistake
from desk.api.description import PLACE, WITH_BODY, told
from desk.api.means import desk_of, means_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey
from desk.api.problems import Problem
from desk.api.published import AN_HOUR, SchemaResponse
from desk.api.receiving import answers, take
from desk.api.turnstile import Full
from desk.intake.fields import FIELDS, FlatInvalid, FlatSubmission, Kind, dossier_of
from desk.intake.importing import ImportDone, done, import_table, wrong_row
from desk.intake.table import LARGEST_TABLE, Table, TableUnreadable, read_table
from models.enums import TokenScope
from models.people import Person
from review.actions.keeping import Answer
from review.tokens import Bearer

FORM: Final = "application/x-www-form-urlencoded"
CSV: Final = "text/csv"
MOST_FIELDS: Final = 300
LISTS: Final = frozenset(field.name for field in FIELDS if field.kind in {Kind.LIST, Kind.ADDRESSES})
TABLE_SECONDS: Final = 30.0

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["intake"])


def _flat_body() -> dict[str, Any]:
    schema = {"schema": {"$ref": PLACE.format(model=FlatSubmission.__name__)}}
    return {"requestBody": {"required": True, "content": {JSON: schema, FORM: schema}}}


@router.get("/schema/intake.json", summary="The fields that form tools and tables send", response_class=SchemaResponse)
async def intake_schema() -> Response:
    """The JSON Schema (2020-12) of a flat submission."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **FlatSubmission.model_json_schema()}
    return SchemaResponse(schema, headers=AN_HOUR)


@router.post(
    "/intake/submissions",
    summary="Submit from a form tool: flat fields, as JSON or form-encoded",
    status_code=201,
    response_class=Response,
    responses=answers("too-many"),
    openapi_extra=_flat_body(),
)
async def intake(request: Request, bearer: Submitter, key: IdempotencyKey = None) -> Response:
    """A field that there is not is refused by its name, so nothing that somebody filled in gets lost. The same external
    id is the same submission, with or without an `Idempotency-Key`. A company may send sixty a minute.
    """
    try:
        async with means_of(request).intake.through(bearer.holder, desk_of(request)):
            dossier = await _flat(request)
            return await run_in_threadpool(take, request, bearer, dossier, key)
    except Full as full:
        raise _too_many(full) from None


async def _flat(request: Request) -> Dossier:
    kind = kind_of(request, (JSON, FORM))
    content = await read(request, BODY_SECONDS)
    try:
        given = parse_document(content, ".json", "the form") if kind == JSON else _form(content)
        return await run_in_threadpool(dossier_of, given)
    except DocumentUnreadable as error:
        raise Problem("unreadable-document", str(error)) from None
    except FlatInvalid as error:
        raise Problem("invalid-submission", str(error), errors=[told_mistake(one) for one in error.mistakes]) from None


def _form(content: bytes) -> Mapping[str, Any]:
    """Fields of a form; one that may have several values has all of them. DocumentUnreadable."""
    try:
        pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise DocumentUnreadable(f"the form: can't be read ({error}), expected fields, percent-encoded") from None
    given: dict[str, Any] = {}
    for name, value in pairs:
        if UNSTORABLE.search(name + value):
            raise DocumentUnreadable("the form: saw a character that cannot be stored (NUL), expected readable text")
        if name not in given:
            given[name] = value
        elif name in LISTS:
            given[name] = f"{given[name]}\n{value}"
        else:
            raise DocumentUnreadable(f"the form: saw the field {name[:60]!r} twice, expected it once")
    return given


@router.post(
    "/import/submissions",
    summary="Take in a table of submissions",
    response_class=Response,
    responses=told(ImportDone, *WITH_BODY, "too-many", "invalid-rows", says="Taken in, or what would be."),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "UTF-8, a first line with names of fields as in /api/schema/intake.json.",
            "content": {
                CSV: {
                    "schema": {"type": "string"},
                    "example": "external_id,kind,partner_name,slug,name\nacme-1,access,Acme Inc,acme,Acme\n",
                }
            },
        }
    },
)
async def imported(
    request: Request,
    bearer: Manager,
    dry_run: Annotated[bool, Query(description="Only tell what would come in; nothing is written.")] = False,  # noqa: FBT002 - a query
    partial: Annotated[bool, Query(description="Take in the right rows although others are wrong.")] = False,  # noqa: FBT002
    key: IdempotencyKey = None,
) -> Response:
    """Nothing is written while a row is wrong, unless `partial` is asked for; each wrong cell is told with its row,
    its column, what was seen and what was expected. A dry run goes through the same verbs and takes them back.
    """
    kind_of(request, (CSV,))
    try:
        async with means_of(request).intake.through(bearer.holder, desk_of(request)):
            content = await read(request, TABLE_SECONDS, most=LARGEST_TABLE)
            try:
                table = await run_in_threadpool(read_table, content)
            except TableUnreadable as error:
                raise Problem("unreadable-document", str(error)) from None
            return await run_in_threadpool(_take_in, request, bearer, table, dry_run, partial, key)
    except Full as full:
        raise _too_many(full) from None


class _OnlyTold(Exception):
    """A dry run's answer: raised, so that the transaction is taken back."""

    def __init__(self, answered: Answer) -> None:
        self.answered = answered
        super().__init__()


def _take_in(
    request: Request,
    bearer: Bearer,
    table: Table,
    dry_run: bool,  # noqa: FBT001 - as the query has them
    partial: bool,  # noqa: FBT001
    key: str | None,
) -> Response:
    def act(session: Session, by: Person, at: datetime) -> Answer:
        del by
        rulebook, vault = desk_of(request).rulebook_at(at), means_of(request).vault
        taken, wrong = import_table(session, table, at=at, rulebook=rulebook, vault=vault)
        if dry_run:
            raise _OnlyTold(answer(done(table, taken, wrong, dry_run=True, written=False)))
        if wrong and not partial:
            told = f"{len({one.row for one in wrong})} of {table.number} rows are wrong; the first: {wrong[0]}"
            raise Problem("invalid-rows", told, rows=[wrong_row(one) for one in wrong])
        return answer(done(table, taken, wrong, dry_run=False, written=True))

    try:
        return Acting(request, bearer, TokenScope.MANAGE, None if dry_run else key).done(act)
    except _OnlyTold as told:
        return respond(told.answered)


def _too_many(full: Full) -> Problem:
    headers = {"Retry-After": str(full.retry_after)}
    return Problem("too-many", f"{full}; try again in {full.retry_after} seconds", headers=headers)
