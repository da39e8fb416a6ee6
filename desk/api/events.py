"""`GET /api/events`: the log of everything that happened, to follow with a cursor or to take away as a whole."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload
from starlette.responses import Response, StreamingResponse

from desk.api.accepting import best_of
from desk.api.answering import JSON, shown
from desk.api.bearer import TeamReader
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, number_in, page
from desk.api.parameters import KNOWN_PARAMETERS, LARGEST_ID, USUAL, CursorText, Limit
from desk.api.problems import Problem
from desk.published.events import EventEntry, entry_as_json
from desk.rendering import Desk
from models.enums import EventName
from models.event import Event
from models.people import Person

OF: Final = "events"
LINES: Final = "application/x-ndjson"
AT_ONCE: Final = 1_000
"""Events that are read in one go while they are taken away."""
COMMITS_WITHIN: Final = timedelta(seconds=10)
"""PostgreSQL numbers an event before its transaction ends, so of the newest some may still be missing below others."""

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["events"])


def _answers() -> dict[int | str, dict[str, Any]]:
    answers = told(Page[EventEntry], "team-only", "unknown-cursor", "not-acceptable")
    answers[200]["content"] = {LINES: {"schema": {"type": "string", "description": "One event on each line."}}}
    return answers


@router.get("/events", summary="Everything that happened, oldest first", response_class=Response, responses=_answers())
def listed(
    request: Request,
    bearer: TeamReader,
    name: Annotated[EventName | None, Query(description="Only these, such as submission.approved.")] = None,
    submission: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only about this one.")] = None,
    integration: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only about this one.")] = None,
    after: CursorText = None,
    limit: Limit = USUAL,
) -> Response:
    """Events are never changed or taken back. Where others write at the same time (PostgreSQL), an event is listed ten
    seconds after it happened, so that whoever follows the log misses none. With `Accept: application/x-ndjson` all that
    follow the cursor come at once, one on each line; `limit` is not read then.
    """
    del bearer
    desk = desk_of(request)
    chosen = select(Event).options(joinedload(Event.person).lazyload(Person.role_rows)).order_by(Event.id)
    for column, value in ((Event.name, name), (Event.submission_id, submission), (Event.integration_id, integration)):
        if value is not None:
            chosen = chosen.where(column == value)
    if desk.database.is_postgresql:
        chosen = chosen.where(Event.at <= desk.clock() - COMMITS_WITHIN)
    last = number_in(OF, after) or 0
    kind = best_of(", ".join(request.headers.getlist("accept")), (JSON, LINES))
    if kind is None:
        raise Problem("not-acceptable", f"expected that one of {JSON}, {LINES} is accepted")
    if kind == LINES:
        return StreamingResponse(_lines(desk, chosen, last), media_type=LINES)
    with desk.database.read() as session:
        rows = session.scalars(chosen.where(Event.id > last).limit(limit + 1)).all()
        document = page(rows, limit, entry_as_json, lambda row: cursor(OF, row.id))
    return shown(document)


def _lines(desk: Desk, chosen: Select[tuple[Event]], last: int) -> Iterator[str]:
    """Some at a time, so that nobody's transaction stays open for as long as somebody reads."""
    while True:
        with desk.database.read() as session:
            rows = session.scalars(chosen.where(Event.id > last).limit(AT_ONCE)).all()
            text = "".join(json.dumps(entry_as_json(row), ensure_ascii=False) + "\n" for row in rows)
        if text:
            yield text
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].id
