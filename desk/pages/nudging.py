"""`/reports/graduation/nudge`: tell partners what an integration lacks for Public; seen first, then sent."""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from desk.cli.errors import InputWrong
from desk.pages.reading import READ
from desk.rendering import desk_of, page
from desk.signing.doors import Team
from desk.viewing.nudging import nudging
from desk.viewing.team_time import TeamTime
from desk.words import as_sentence
from models.people import Person
from review.actions.nudging import NudgeOutdated, nudge
from review.lifecycle import MoveRefused

router = APIRouter(include_in_schema=False)

MOST: Final = 100
"""Messages that somebody can still read before sending them."""

PLACE: Final = "/reports/graduation/nudge"
Slugs = Annotated[list[str] | None, Query(max_length=MOST)]


@router.api_route(PLACE, methods=READ)
def preview(
    request: Request,
    reader: Team,
    slug: Slugs = None,
    lacking: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """What would go out, to whom, and what stays as it is; it changes nothing."""
    return _preview(request, slug, lacking, may_send=reader.leads)


@router.post(PLACE)
def send(
    request: Request,
    reader: Team,
    row: Annotated[list[str] | None, Form(max_length=MOST)] = None,
    lacking: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Send the ticked ones, all or none: 409 with what would go out now when one is no longer as it was seen."""
    seen = dict(_chosen(one) for one in row or ())
    back = f"/reports/graduation?{urlencode({'lacking': lacking})}" if lacking else "/reports/graduation"
    if not seen:
        return RedirectResponse(back, HTTPStatus.SEE_OTHER)
    desk = desk_of(request)
    at = desk.clock()
    rulebook = desk.rulebook_at(at)
    try:
        with desk.database.write.begin() as session:
            by = session.get_one(Person, reader.person_id)
            zone = TeamTime.of(rulebook, at).zone
            nudge(session, list(seen), by=by, rulebook=rulebook, zone=zone, at=at, seen=seen)
    except MoveRefused as refused:
        raise HTTPException(HTTPStatus.CONFLICT, f"Nothing was sent: {'; '.join(refused.reasons)}.") from None
    except NudgeOutdated:
        return _preview(request, list(seen), lacking, may_send=reader.leads, status=HTTPStatus.CONFLICT)
    return RedirectResponse(back, HTTPStatus.SEE_OTHER)


def _preview(
    request: Request, slugs: list[str] | None, lacking: str, *, may_send: bool, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    desk = desk_of(request)
    time = desk.now()
    try:
        with desk.database.read() as session:
            found = nudging(
                session,
                slugs=slugs,
                lacking="" if slugs else lacking,
                rulebook=desk.rulebook_at(time.at),
                programme=desk.programme,
                at=time.at,
            )
    except InputWrong as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, as_sentence(error)) from None
    return page(
        "nudging.html",
        time=time,
        status=status,
        letters=found.letters[:MOST],
        more=max(0, len(found.letters) - MOST),
        refused=found.refused,
        lacking=lacking,
        may_send=may_send,
        is_late=status is HTTPStatus.CONFLICT,
    )


def _chosen(text: str) -> tuple[str, str]:
    slug, dot, seen = text.rpartition(".")
    if not dot:
        said = "The form does not name a message. Go back to the report, and choose again."
        raise HTTPException(HTTPStatus.BAD_REQUEST, said)
    return slug, seen
