"""`GET /api/queue`: what waits for somebody, soonest due first."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api.answering import shown
from desk.api.as_of import AsOf, instant_of
from desk.api.bearer import TeamReader
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, place
from desk.api.parameters import KNOWN_PARAMETERS, LARGEST_ID, USUAL, CursorText, Limit
from desk.api.problems import Problem
from desk.published.submissions import SubmissionRow, row_as_json
from desk.viewing.queue import end_of_day, team_of
from desk.viewing.queue_past import past_lines
from desk.viewing.team_time import TeamTime
from models.enums import QUEUED_SUBMISSION, GateName, SubmissionKind, SubmissionStage
from review.worklist import Asked, Cursor, CursorInvalid, Row, Slice, View, sliced

OF: Final = "queue"

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["submissions"])


def asked_for(
    bearer: TeamReader,
    mine: Annotated[bool, Query(description="Only what the token's person has taken.")] = False,  # noqa: FBT002 - a query
    breaching: Annotated[bool, Query(description="Only what is close to its due date or past it.")] = False,  # noqa: FBT002
    view: Annotated[View | None, Query(description="One of the desk's saved views.")] = None,
    kind: Annotated[SubmissionKind | None, Query(description="Only of this kind.")] = None,
    gate: Annotated[GateName | None, Query(description="Only for this gate.")] = None,
    stage: Annotated[SubmissionStage | None, Query(description="Only in this stage.")] = None,
    assignee: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only what this person has.")] = None,
    search: Annotated[
        str,
        Query(
            alias="q",
            max_length=200,
            description="Looked for in the names of partner and integration, the slug and the external id; a number is "
            "a submission's as well.",
        ),
    ] = "",
) -> Asked:
    """Problem for two that can't both be asked for."""
    if breaching and view not in {None, View.BREACHING}:
        raise Problem("wrong-parameter", f"saw breaching and the view {view}, expected one of both")
    if mine and assignee not in {None, bearer.person_id}:
        raise Problem("wrong-parameter", "saw mine and another assignee, expected one of both")
    if stage is not None and stage not in QUEUED_SUBMISSION:
        known = ", ".join(one for one in SubmissionStage if one in QUEUED_SUBMISSION)
        raise Problem("wrong-parameter", f"stage: saw {stage}, which waits for nobody; expected one of {known}")
    return Asked(
        view=View.BREACHING if breaching else view or View.ALL,
        kind=kind,
        gate=gate,
        stage=stage,
        assignee=bearer.person_id if mine else assignee,
        search=search.replace("\0", "").strip(),
        reader=bearer.person_id,
    )


@router.get(
    "/queue",
    summary="What waits for somebody, soonest due first",
    response_class=Response,
    responses=told(Page[SubmissionRow], "team-only", "unknown-cursor"),
)
def waiting(
    request: Request,
    asked: Annotated[Asked, Depends(asked_for)],
    as_of: AsOf = None,
    after: CursorText = None,
    limit: Limit = USUAL,
) -> Response:
    """The lines of `launch-review queue --json`, with the views, filters and search of the desk.

    A cursor goes on behind the place of the line that was the last one, whatever has come or gone meanwhile; a line
    whose due date moved stands at its new place. With `as_of`, what waited then: `version` is 0, because nothing can be
    done about it, and external ids are not searched.
    """
    desk = desk_of(request)
    behind = None if after is None else _behind(after)
    at = instant_of(desk, as_of)
    time = replace(desk.now(), at=at)
    with desk.database.read() as session:
        if asked.view is View.TODAY:
            read_in = team_of(session).zone(asked.reader, time.zone)
            asked = replace(asked, until=end_of_day(replace(time, zone=read_in)))
        if as_of is None:
            part = sliced(session, asked, at=at, limit=limit, after=behind)
        else:
            part = _past(session, asked, time, limit=limit, after=behind)
    following = None if part.after is None else cursor(OF, str(part.after))
    return shown({"items": [row_as_json(row) for row in part.rows], "next": following})


def _behind(text: str) -> Cursor:
    (where,) = place(OF, text, str)
    try:
        return Cursor.parse(where)
    except CursorInvalid as error:
        raise Problem("unknown-cursor", str(error)) from None


def _past(session: Session, asked: Asked, time: TeamTime, *, limit: int, after: Cursor | None) -> Slice:
    """Costs what was open then: no index has the order in which due dates were believed."""
    rows = past_lines(session, asked, time=time)
    if after is not None:
        rows = [row for row in rows if _order(_place(row)) > _order(after)]
    kept = rows[:limit]
    return Slice(kept, _place(kept[-1]) if len(rows) > limit else None)


def _place(row: Row) -> Cursor:
    return Cursor(row.due_at, row.submission_id)


def _order(place_in_queue: Cursor) -> tuple[bool, datetime | None, int]:
    return place_in_queue.due_at is None, place_in_queue.due_at, place_in_queue.submission_id
