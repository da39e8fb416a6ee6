"""`/sign-in`: who comes in, and how; `/sign-out`."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from desk.headers import WITH_A_FORM
from desk.pages.reading import READ
from desk.rendering import Desk, desk_of, page
from desk.signing.cookie import give, new_secret, take_back
from desk.signing.doors import LONGEST_NEXT, PARTNERS_PLACE, SIGN_IN, Anybody, own_path
from models.enums import SignInWay
from models.people import Person
from review.actions.signing_in import begin_sign_in, end_sign_in

router = APIRouter(include_in_schema=False)

Next = Annotated[str, Query(alias="next", max_length=LONGEST_NEXT)]
FormNext = Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)]


@router.api_route(SIGN_IN, methods=READ)
def ask(request: Request, reader: Anybody, leads_to: Next = "/") -> Response:
    """The ways in that this installation has; who is in already goes on."""
    desk = desk_of(request)
    if reader is not None:
        return RedirectResponse(own_path(leads_to), 303)
    return _ask(desk, leads_to=own_path(leads_to))


@router.post(f"{SIGN_IN}/demo")
def as_demo_person(request: Request, person_id: Annotated[int, Form()], leads_to: FormNext = "/") -> Response:
    """Sign in as one of the demo's people; 404 for any other, and wherever there is no demo."""
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        person = session.get(Person, person_id)
        if person is None or person.email not in desk.demo_people:
            raise HTTPException(404)
        secret = new_secret()
        begin_sign_in(session, person, secret=secret, way=SignInWay.DEMO, at=desk.clock())
        place = PARTNERS_PLACE if person.partner_id is not None else own_path(leads_to)
    return signed_in_at(desk, secret, place)


@router.post("/sign-out")
def leave(request: Request, reader: Anybody) -> Response:
    """End this browser's sign-in. Without one there is nothing to end, and the answer is the same."""
    desk = desk_of(request)
    if reader is not None:
        with desk.database.write.begin() as session:
            end_sign_in(session, reader.sign_in_id, at=desk.clock())
    answer = RedirectResponse(SIGN_IN, 303)
    take_back(answer, desk.base_url)
    return answer


def signed_in_at(desk: Desk, secret: str, place: str) -> Response:
    """Go on to a page of ours, signed in: with a new secret, whatever the browser had before."""
    answer = RedirectResponse(place, 303)
    give(answer, secret, desk.base_url)
    return answer


def _ask(desk: Desk, *, leads_to: str) -> HTMLResponse:
    with desk.database.read() as session:
        known = session.scalars(select(Person).where(Person.email.in_(desk.demo_people), Person.active)).all()
        people = sorted(known, key=lambda person: desk.demo_people.index(person.email))
        answer = page("sign_in.html", people=people, leads_to=leads_to)
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer
