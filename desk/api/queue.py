"""`GET /api/queue`: what waits for somebody, soonest due first."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from desk.api.answering import shown
from desk.api.as_of import AsOf, instant_of
from desk.api.bearer import TeamReader
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, page, place
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, Limit
from desk.published.submissions import SubmissionRow, row_as_json
from notifications.public_events import instant
from review.past.queue import queue_at
from review.worklist import Row, queue

OF: Final = "queue"
DEEPEST: Final = 5_000
"""Open submissions that are looked through; real programmes have tens."""

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["submissions"])


@router.get(
    "/queue",
    summary="What waits for somebody, soonest due first",
    response_class=Response,
    responses=told(Page[SubmissionRow], "team-only", "unknown-cursor"),
)
def waiting(
    request: Request,
    bearer: TeamReader,
    mine: Annotated[bool, Query(description="Only what the token's person has taken.")] = False,  # noqa: FBT002 - a query
    breaching: Annotated[bool, Query(description="Only what is close to its due date or past it.")] = False,  # noqa: FBT002
    as_of: AsOf = None,
    after: CursorText = None,
    limit: Limit = USUAL,
) -> Response:
    """The lines of `launch-review queue --json`. A cursor goes on behind the line that was the last one, wherever that
    stands now. With `as_of`, what waited then: `version` is 0, because nothing can be done about it.
    """
    desk = desk_of(request)
    whose = bearer.person_id if mine else None
    with desk.database.read() as session:
        lines = partial(
            queue if as_of is None else queue_at,
            session,
            at=instant_of(desk, as_of),
            mine=whose,
            breaching=breaching,
        )
        rows = _behind(lines, after, limit=limit + 1)
    return shown(page(rows, limit, row_as_json, _place))


def _behind(lines: Callable[..., list[Row]], after: str | None, *, limit: int) -> Sequence[Row]:
    if after is None:
        return lines(limit=limit)
    due, number = place(OF, after, str, int)
    rows = lines(limit=DEEPEST)
    stood = next((index for index, row in enumerate(rows) if row.submission_id == number), None)
    # The line itself may have moved or gone meanwhile: then what was due later follows.
    if stood is not None and _due(rows[stood]) == due:
        return rows[stood + 1 :][:limit]
    return [row for row in rows if (_due(row), row.submission_id) > (due, number)][:limit]


def _due(row: Row) -> str:
    """Orders as the queue does: those whose due date moves come last."""
    return "~" if row.due_at is None else instant(row.due_at)


def _place(row: Row) -> str:
    return cursor(OF, _due(row), row.submission_id)
