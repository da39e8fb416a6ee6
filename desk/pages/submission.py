"""`/submissions/{id}`: one submission with everything a decision rests on, and the form to decide with."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from desk.acts import BUTTONS, Act
from desk.headers import LETTER_IN_A_FRAME, WITH_FORMS_AND_SCRIPTS
from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import Desk, desk_of, page
from desk.signing.doors import Team
from desk.signing.reader import Reader
from desk.viewing.presence import note_visit, others_at
from desk.viewing.submission import MOST_EVENTS, submission_view
from models.enums import Outcome
from models.submission import Submission
from review.actions.attesting import LONGEST_WAIVER, WORDS
from review.guards import Actor
from review.notes import notes_of

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
IN_WORDS: Final = [outcome for outcome in Outcome if outcome in WORDS]


@router.api_route("/submissions/{submission_id}", methods=READ)
def submission(request: Request, reader: Team, submission_id: Number, item: str = "") -> HTMLResponse:
    """`item` is one to judge, chosen already in the form."""
    return shown(desk_of(request), reader, submission_id, typed={"item": item})


@router.get("/submissions/{submission_id}/who")
def who(request: Request, reader: Team, submission_id: Number) -> JSONResponse:
    """Who else looks at it; whoever asks is looking."""
    desk, at = desk_of(request), desk_of(request).clock()
    with desk.database.read() as session:
        if session.get(Submission, submission_id) is None:
            raise HTTPException(404, f"There is no submission {submission_id}.")
        others, to_note = others_at(session, submission_id, reader.person_id, at=at)
    return JSONResponse(
        {"others": list(others)}, background=_noting(desk, reader, submission_id, at) if to_note else None
    )


@router.get("/submissions/{submission_id}/letters/{key}")
def letter(request: Request, reader: Team, submission_id: Number, key: str) -> Response:
    """A letter that the reader was shown before sending it, for the frame that shows it."""
    del submission_id
    desk = desk_of(request)
    html = desk.letters.read(key, of=reader.person_id, at=desk.clock())
    if html is None:
        raise HTTPException(404, "This letter is no longer kept; look at it again from the form.")
    return HTMLResponse(html, headers=LETTER_IN_A_FRAME)


def shown(
    desk: Desk,
    reader: Reader,
    submission_id: int,
    *,
    status: int = 200,
    refused: tuple[str, ...] = (),
    stale: bool = False,
    typed: dict[str, Any] | None = None,
) -> HTMLResponse:
    """The page; after a refusal with its reasons, and with what was typed still in the form."""
    time = desk.now()
    with desk.database.read() as session:
        view = submission_view(session, submission_id, time, actor_of(reader))
        # Not part of the view: what is shown to partners may be made of a view, and never of notes.
        notes = notes_of(session, submission_id)
        others, to_note = others_at(session, submission_id, reader.person_id, at=time.at)
    if view is None:
        raise HTTPException(404, f"There is no submission {submission_id}.")
    today = time.at.date()
    answer = page(
        "submission.html",
        time=time,
        status=status,
        view=view,
        submission=view.submission,
        notes=notes,
        most_events=MOST_EVENTS,
        others=others,
        Act=Act,
        labels=BUTTONS,
        outcomes=IN_WORDS,
        today=today,
        latest=today + LONGEST_WAIVER,
        refused=refused,
        stale=stale,
        typed={"text": "", "item": "", "outcome": "", "until": "", "to": "", "finding": "", "because": (), "note": ""}
        | (typed or {}),
    )
    answer.headers["Content-Security-Policy"] = WITH_FORMS_AND_SCRIPTS
    if to_note:
        answer.background = _noting(desk, reader, submission_id, time.at)
    return answer


def actor_of(reader: Reader) -> Actor:
    return Actor(id=reader.person_id, name=reader.name, roles=reader.roles, partner_id=reader.partner_id)


def _noting(desk: Desk, reader: Reader, submission_id: int, at: datetime) -> BackgroundTask:
    return BackgroundTask(note_visit, desk.database, submission_id, reader.person_id, at)
