"""Taking a submission from the queue, and giving several to somebody after having seen what would happen."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from desk.headers import WITH_A_FORM
from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import desk_of, page
from desk.signing.doors import Team, own_path
from desk.signing.reader import Reader
from desk.viewing.queue_assigning import Assigning, Chosen, Outdated, assign_all, preview
from desk.viewing.team_time import TeamTime
from models.people import Person
from models.submission import Submission
from review.actions.assigning import claim
from review.lifecycle import MoveRefused

router = APIRouter(include_in_schema=False)

MOST_CHOSEN: Final = 100

Back = Annotated[str, Form(max_length=1_000)]
"""The page of the queue that the form was on."""


@router.post("/queue/take")
def take(request: Request, reader: Team, take: Annotated[str, Form()], back: Back = "/") -> Response:
    """Claim it, and go back to where the reader was. 409 with every reason when they can't have it now."""
    (seen,) = _chosen([take])
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        submission = session.get(Submission, seen.submission_id)
        if submission is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no submission {seen.submission_id}.")
        person = session.get_one(Person, reader.person_id)
        try:
            claim(
                session, submission, by=person, at=desk.clock(), seen_version=seen.version, seen_holder=seen.holder_id
            )
        except MoveRefused as refused:
            named = f"{submission.integration.name} ({submission.integration.partner.name})"
            said = f"Nothing was changed. {named}: {'; '.join(refused.reasons)}."
            raise HTTPException(HTTPStatus.CONFLICT, said) from None
    return RedirectResponse(f"{own_path(back)}#s{seen.submission_id}", HTTPStatus.SEE_OTHER)


@router.api_route("/queue/assign", methods=READ)
def preview_assigning(
    request: Request,
    reader: Team,
    to: Annotated[int, Query(ge=1, le=LARGEST_ID)],
    row: Annotated[list[str] | None, Query(max_length=MOST_CHOSEN)] = None,
    back: Annotated[str, Query(max_length=1_000)] = "/",
) -> Response:
    """What would happen to each of the chosen; it changes nothing."""
    chosen = _chosen(row or ())
    if not chosen:
        return page(
            "queue_assign.html", time=desk_of(request).now(), assigning=None, back=own_path(back), is_late=False
        )
    desk = desk_of(request)
    with desk.database.read() as session:
        return _preview(desk.now(), _previewed(session, chosen, to, reader, request), back=own_path(back))


@router.post("/queue/assign")
def assign_chosen(
    request: Request,
    reader: Team,
    to: Annotated[int, Form(ge=1, le=LARGEST_ID)],
    row: Annotated[list[str], Form(max_length=MOST_CHOSEN)],
    back: Back = "/",
) -> Response:
    """Give all of them or none: 409 with what changed when one is not as it was seen."""
    chosen = _chosen(row)
    desk = desk_of(request)
    try:
        with desk.database.write.begin() as session:
            by, person = session.get_one(Person, reader.person_id), _person(session, to)
            assign_all(session, chosen, to=person, by=by, at=desk.clock())
    except Outdated:
        with desk.database.read() as session:
            again = _previewed(session, chosen, to, reader, request)
            return _preview(desk.now(), again, back=own_path(back), status=HTTPStatus.CONFLICT)
    return RedirectResponse(own_path(back), HTTPStatus.SEE_OTHER)


def _previewed(session: Session, chosen: Iterable[Chosen], to: int, reader: Reader, request: Request) -> Assigning:
    by, person = session.get_one(Person, reader.person_id), _person(session, to)
    return preview(session, chosen, to=person, by=by, at=desk_of(request).clock())


def _preview(time: TeamTime, assigning: Assigning, *, back: str, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    is_late = status is HTTPStatus.CONFLICT
    answer = page("queue_assign.html", time=time, status=status, assigning=assigning, back=back, is_late=is_late)
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer


def _chosen(texts: Iterable[str]) -> list[Chosen]:
    try:
        return list(dict.fromkeys(Chosen.parse(text) for text in texts))
    except ValueError:
        said = "The form does not name a submission of the queue. Go back to the queue, and choose again."
        raise HTTPException(HTTPStatus.BAD_REQUEST, said) from None


def _person(session: Session, number: int) -> Person:
    person = session.get(Person, number)
    if person is None or person.partner_id is not None:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "Nobody of the team was chosen. Go back, and choose a person.")
    return person
