"""`/unsubscribe/{secret}`: one click ends what a digest is made of (RFC 8058).

Looking changes nothing: programs that scan mails open every address in them. Only a POST does, by the button or by the
reader's mail program; whoever has the address was sent it, so it asks for no sign-in and no cookie.
"""

from http import HTTPStatus

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from desk.headers import WITH_A_FORM
from desk.pages.reading import READ
from desk.rendering import desk_of, page
from models.enums import ChosenCategory
from models.people import Person
from notifications.unsubscribing import Stop, opened
from review.actions.preferring import stop

router = APIRouter(include_in_schema=False)

WORDS = {
    ChosenCategory.STATUS: "news of your submissions that are no decisions",
    ChosenCategory.REMINDER: "reminders",
    ChosenCategory.WORK: "notes about your reviews",
}


@router.api_route("/unsubscribe/{secret}", methods=READ)
def ask(request: Request, secret: str) -> HTMLResponse:
    """The page with the button; 404 when the address was not made here."""
    meant = _meant(request, secret)
    with desk_of(request).database.read() as session:
        return _page(_person(session, meant), meant, done=False)


@router.post("/unsubscribe/{secret}")
def end(request: Request, secret: str) -> HTMLResponse:
    """Switch the digest's categories off. The same again changes nothing and gets the same answer."""
    meant = _meant(request, secret)
    with desk_of(request).database.write.begin() as session:
        person = _person(session, meant)
        stop(session, person, meant.categories)
        return _page(person, meant, done=True)


def _meant(request: Request, secret: str) -> Stop:
    meant = opened(secret, desk_of(request).links_key)
    if meant is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return meant


def _person(session: Session, meant: Stop) -> Person:
    person = session.get(Person, meant.person_id)
    if person is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return person


def _page(person: Person, meant: Stop, *, done: bool) -> HTMLResponse:
    what = [WORDS[category] for category in sorted(meant.categories)]
    answer = page("unsubscribe.html", email=person.email, what=what, done=done)
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
