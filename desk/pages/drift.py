"""`/drift`: running due dates that new time zones or holidays would move, and computing running clocks anew."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from desk.pages.calendars import previewed, refusals_of
from desk.pages.confirming import Because, Confirm, confirming
from desk.pages.reading import READ
from desk.rendering import desk_of, page
from desk.signing.doors import Team
from desk.viewing.confirming import MOVES_SHOWN, Confirming
from models.people import Person
from review.actions import drifting, recomputing
from review.holiday_years import LIBRARY
from review.lifecycle import MoveRefused

HERE: Final = "drift"

router = APIRouter(include_in_schema=False)


@router.api_route("/drift", methods=READ)
def drift(request: Request, _reader: Team) -> Response:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        looked = drifting.look(session, at=time.at)
    return page("drift.html", time=time, looked=looked, library=LIBRARY, most=MOVES_SHOWN)


@router.post("/drift/recompute")
def recompute(request: Request, reader: Team, because: Because = "", confirm: Confirm = "") -> Response:
    """Every running clock anew under its own versions: shown first, then done."""
    desk = desk_of(request)
    at = desk.clock()
    if confirm:
        try:
            with desk.database.write.begin() as session:
                by = session.get_one(Person, reader.person_id)
                recomputing.recompute(session, by=by, at=at, because=because)
            return RedirectResponse("/drift", HTTPStatus.SEE_OTHER)
        except MoveRefused:
            pass  # what stands against it is told below
    with desk.database.read() as session:
        by = session.get_one(Person, reader.person_id)
        against = refusals_of(lambda: recomputing.refuse_recompute(by=by, at=at, because=because))
        preview, never = previewed(lambda: recomputing.preview_recompute(session, at=at))
    asked = Confirming(
        here=HERE,
        title="Compute running clocks anew?",
        says=["Each keeps the calendar and the policy that it is pinned to."],
        against=[*against, *never],
        preview=preview,
        action="/drift/recompute",
        button="Compute them anew",
        fields=[("because", because)],
        back="/drift",
        back_to="Drift",
    )
    return confirming(asked, desk.now())
