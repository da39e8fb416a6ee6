"""`/sign-in`: who comes in, and how; `/sign-out`."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from desk.headers import WITH_A_FORM
from desk.pages.reading import READ
from desk.rendering import Desk, desk_of, page
from desk.signing.cookie import give, new_secret, take_back
from desk.signing.doors import LONGEST_NEXT, PARTNERS_PLACE, SIGN_IN, Anybody, own_path
from models.enums import SignInWay
from models.people import Person
from notifications.signing_in import PATH as LINK_PATH
from notifications.signing_in import opened
from review.actions.signing_in import begin_sign_in, end_sign_in, mail_link, use_link

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
def mail(request: Request, email: Annotated[str, Form(max_length=LONGEST_ADDRESS)]) -> HTMLResponse:
    """Mail a link, and say the same whether anybody here has the address: who asks must not learn that."""
    bound(request)
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        mail_link(session, email, at=desk.clock())
    return page("sign_in_mailed.html", email=email.strip())


@router.api_route(f"{LINK_PATH}{{secret}}", methods=READ)
def show_link(request: Request, secret: str) -> HTMLResponse:
    """A button. Looking uses nothing up: programs that scan mails open every address in them."""
    if opened(secret, desk_of(request).links_key) is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return _with_form(page("sign_in_link.html", secret=secret))


@router.post(f"{LINK_PATH}{{secret}}")
def take_link(request: Request, secret: str) -> Response:
    """Sign in, once."""
    bound(request)
    desk = desk_of(request)
    number = opened(secret, desk.links_key)
    if number is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    with desk.database.write.begin() as session:
        person = use_link(session, number, at=desk.clock())
        if person is None:
            return _with_form(page("sign_in_spent.html", status=HTTPStatus.GONE))
        return begun(desk, session, person, SignInWay.LINK, "/")


@router.post(f"{SIGN_IN}/demo")
def as_demo_person(request: Request, person_id: Annotated[int, Form()], leads_to: FormNext = "/") -> Response:
    """Sign in as one of the demo's people; 404 for any other, and wherever there is no demo."""
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        person = session.get(Person, person_id)
        if person is None or person.email not in desk.demo_people:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return begun(desk, session, person, SignInWay.DEMO, leads_to)


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
    client = request.client.host if request.client is not None else ""
    if not desk_of(request).sign_in_rate.lets(client):
        told = "There were many tries to sign in from your address. Come back in ten minutes."
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, told, headers={"Retry-After": "600"})


def begun(desk: Desk, session: Session, person: Person, way: SignInWay, leads_to: str) -> Response:
    """Go on to a page of ours, signed in: with a new secret, whatever the browser had before."""
    secret = new_secret()
    begin_sign_in(session, person, secret=secret, way=way, at=desk.clock())
    place = PARTNERS_PLACE if person.partner_id is not None else own_path(leads_to)
    answer = RedirectResponse(place, HTTPStatus.SEE_OTHER)
    give(answer, secret, desk.base_url)
    return answer


def _asked(desk: Desk, *, leads_to: str) -> HTMLResponse:
    with desk.database.read() as session:
        known = session.scalars(select(Person).where(Person.email.in_(desk.demo_people), Person.active)).all()
        people = sorted(known, key=lambda person: desk.demo_people.index(person.email))
        return _with_form(page("sign_in.html", people=people, leads_to=leads_to, provider=desk.provider))


def _with_form(answer: HTMLResponse) -> HTMLResponse:
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer
