"""Audits: the runs over what has launched, and what each found."""

from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from desk.api.answering import shown
from desk.api.bearer import TeamReader
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, number_in, page
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, Limit, Number
from desk.api.problems import Problem
from desk.published.audits import AuditLine, AuditShown, audit_line, audit_shown
from models.audit import AuditRun

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
        rows = session.scalars(chosen.order_by(AuditRun.id.desc()).limit(limit + 1)).all()
    return shown(page(rows, limit, audit_line, lambda row: cursor(OF, row.id)))


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
