"""`/submissions/{id}`: one submission with everything a decision rests on."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import desk_of, page
from desk.viewing.submission import MOST_EVENTS, submission_view
from review.notes import notes_of

router = APIRouter(include_in_schema=False)


@router.api_route("/submissions/{submission_id}", methods=READ)
def submission(request: Request, submission_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = submission_view(session, submission_id, time)
        # Not part of the view: what is shown to partners may be made of a view, and never of notes.
        notes = notes_of(session, submission_id)
    if view is None:
        raise HTTPException(404, f"There is no submission {submission_id}.")
    return page(
        "submission.html", time=time, view=view, submission=view.submission, notes=notes, most_events=MOST_EVENTS
    )
