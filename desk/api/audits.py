"""Audits: the runs over what has launched, what each found, and beginning one."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Manager, TeamReader
from desk.api.description import WITH_BODY, json_body, told
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, number_in, page
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, IdempotencyKey, Limit, Number
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.published.audits import AuditLine, AuditShown, audit_lines, audit_shown
from models.audit import AuditRun
from models.enums import TokenScope
from models.people import Person
from review.actions.asking_for_audits import ask_for_audit
from review.actions.keeping import Answer

OF: Final = "audits"

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["audits"])


@router.get(
    "/audits",
    summary="The runs, newest first",
    response_class=Response,
    responses=told(Page[AuditLine], "team-only", "unknown-cursor"),
)
def listed(request: Request, bearer: TeamReader, after: CursorText = None, limit: Limit = USUAL) -> Response:
    del bearer
    chosen = select(AuditRun)
    if (last := number_in(OF, after)) is not None:
        chosen = chosen.where(AuditRun.id < last)
    with desk_of(request).database.read() as session:
        runs = session.scalars(chosen.order_by(AuditRun.id.desc()).limit(limit + 1)).all()
        rows = audit_lines(session, runs)
    return shown(page(rows, limit, lambda row: row, lambda row: cursor(OF, row["audit"])))


@router.post(
    "/audits",
    summary="Look again at what is live, now",
    status_code=HTTPStatus.ACCEPTED,
    response_class=Response,
    responses=told(
        AuditLine,
        *(*WITH_BODY, "unknown-name", "move-refused", "refused"),
        status=HTTPStatus.ACCEPTED,
        says="Begun: workers look at it by and by.",
        headers={"Location": "Where it is to be seen how far it is, and what it found."},
    ),
    openapi_extra=json_body(bodies.AuditAsked, example={"integrations": ["larkenfell"]}),
)
def begin(
    request: Request,
    bearer: Manager,
    body: Annotated[bodies.AuditAsked, sent(bodies.AuditAsked)],
    key: IdempotencyKey = None,
) -> Response:
    """As `launch-review audit run`, without waiting for its end. Refused while another that was asked for has some of
    these still to look at.
    """
    desk = desk_of(request)

    def act(session: Session, by: Person, at: datetime) -> Answer:
        run = ask_for_audit(session, body.integrations, by=by, via="over the API", rulebook=desk.rulebook_at(at), at=at)
        session.flush()
        (line,) = audit_lines(session, [run])
        return answer(line, status=HTTPStatus.ACCEPTED, headers={"Location": f"/api/audits/{run.id}"})

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


@router.get(
    "/audits/{audit}",
    summary="What one run found of each integration",
    response_class=Response,
    responses=told(AuditShown, "team-only", "no-such-thing"),
)
def one(request: Request, bearer: TeamReader, audit: Number) -> Response:
    del bearer
    with desk_of(request).database.read() as session:
        run = session.get(AuditRun, audit)
        if run is None:
            raise Problem("no-such-thing", f"there is no audit {audit}")
        document = audit_shown(session, run)
    return shown(document)
