"""`/sign-in`: who comes in, and how; `/sign-out`."""

import math
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from desk.headers import WITH_A_FORM
from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import Desk, desk_of, page
from desk.signing.cookie import give, new_secret, secret_in, take_back
from desk.signing.doors import LONGEST_NEXT, PARTNERS_PLACE, SIGN_IN, Anybody, own_path
from desk.signing.rate import client_of
from desk.words import counted
from models.enums import SignInWay
from models.people import Person
from notifications.signing_in import PATH as LINK_PATH
from notifications.signing_in import opened
from review.actions.signing_in import begin_sign_in, end_replaced, end_sign_in, mail_link, person_of_link, use_link

router = APIRouter(include_in_schema=False)

LONGEST_ADDRESS: Final = 320

Next = Annotated[str, Query(alias="next", max_length=LONGEST_NEXT)]
FormNext = Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)]


@router.api_route(SIGN_IN, methods=READ)
def ask(request: Request, reader: Anybody, leads_to: Next = "/") -> Response:
    """The ways in that this installation has; who is in already goes on."""
    if reader is not None:
        return RedirectResponse(own_path(leads_to), HTTPStatus.SEE_OTHER)
    return _asked(desk_of(request), leads_to=own_path(leads_to))


@router.post(f"{SIGN_IN}/link")
def mail(
    request: Request, email: Annotated[str, Form(max_length=LONGEST_ADDRESS)], leads_to: FormNext = "/"
) -> HTMLResponse:
    """Mail a link, and say the same whether anybody here has the address: who asks must not learn that."""
    bound(request)
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        mail_link(session, email, at=desk.clock(), leads_to=own_path(leads_to))
    return page("sign_in_mailed.html", email=email.strip())


@router.api_route(f"{LINK_PATH}{{secret}}", methods=READ)
def show_link(request: Request, secret: str, leads_to: Next = "/") -> HTMLResponse:
    """A button. Looking uses nothing up: programs that scan mails open every address in them."""
    desk = desk_of(request)
    number = _number_in(desk, secret)
    with desk.database.read() as session:
        person = person_of_link(session, number, at=desk.clock())
        if person is None:
            return _spent()
        # Who is told whom it signs in can't be led into somebody else's sign-in.
        return _with_form(page("sign_in_link.html", secret=secret, person=person, leads_to=own_path(leads_to)))


@router.post(f"{LINK_PATH}{{secret}}")
def take_link(request: Request, secret: str, leads_to: FormNext = "/") -> Response:
    """Sign in, once."""
    bound(request)
    desk = desk_of(request)
    number = _number_in(desk, secret)
    with desk.database.write.begin() as session:
        person = use_link(session, number, at=desk.clock())
        return _spent() if person is None else begun(request, session, person, SignInWay.LINK, leads_to)


@router.post(f"{SIGN_IN}/demo")
def as_demo_person(
    request: Request, person_id: Annotated[int, Form(ge=1, le=LARGEST_ID)], leads_to: FormNext = "/"
) -> Response:
    """Sign in as one of the demo's people; 404 for any other, and wherever there is no demo."""
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        person = session.get(Person, person_id)
        if person is None or person.email not in desk.demo_people:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return begun(request, session, person, SignInWay.DEMO, leads_to)


@router.post("/sign-out")
def leave(request: Request, reader: Anybody) -> Response:
    """End this browser's sign-in. Without one there is nothing to end, and the answer is the same."""
    desk = desk_of(request)
    if reader is not None:
        with desk.database.write.begin() as session:
            end_sign_in(session, reader.sign_in_id, at=desk.clock())
    answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
    take_back(answer, desk.base_url)
    return answer


def bound(request: Request) -> None:
    """Raise 429 when the client has tried often enough; it asks the database."""
    desk = desk_of(request)
    if wait := desk.wait(desk.sign_in_rate, client_of(request.client.host if request.client is not None else "")):
        minutes = counted(math.ceil(wait / 60), "minute")
        told = f"There were many tries to sign in from your address. Come back in {minutes}."
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, told, headers={"Retry-After": str(wait)})


def begun(request: Request, session: Session, person: Person, way: SignInWay, leads_to: str) -> Response:
    """Go on to a page of ours, signed in: with a new secret, whatever the browser had before."""
    desk, secret = desk_of(request), new_secret()
    if before := secret_in(request, desk.base_url):
        end_replaced(session, before, at=desk.clock())
    begin_sign_in(session, person, secret=secret, way=way, at=desk.clock())
    answer = RedirectResponse(_place(person, own_path(leads_to)), HTTPStatus.SEE_OTHER)
    give(answer, secret, desk.base_url)
    return answer


def _place(person: Person, wanted: str) -> str:
    """Where to go on: a partner's people find nothing outside of their own part."""
    return wanted if person.partner_id is None or wanted.startswith(PARTNERS_PLACE) else PARTNERS_PLACE


def _number_in(desk: Desk, secret: str) -> int:
    number = opened(secret, desk.links_key)
    if number is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return number


def _spent() -> HTMLResponse:
    return page("sign_in_spent.html", status=HTTPStatus.GONE)


def _asked(desk: Desk, *, leads_to: str) -> HTMLResponse:
    with desk.database.read() as session:
        known = session.scalars(select(Person).where(Person.email.in_(desk.demo_people), Person.active)).all()
        people = sorted(known, key=lambda person: desk.demo_people.index(person.email))
        return _with_form(page("sign_in.html", people=people, leads_to=leads_to, provider=desk.provider))


def _with_form(answer: HTMLResponse) -> HTMLResponse:
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer
