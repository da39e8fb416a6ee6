"""`/people`: who acts and who is told; adding somebody, what each may do, and letting them in or out."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from desk.pages.confirming import Because, Confirm, Number, confirming
from desk.pages.reading import READ
from desk.rendering import desk_of, page
from desk.signing.doors import Team
from desk.viewing.confirming import Confirming
from desk.viewing.people import people_lines, submissions_with
from desk.viewing.person import OF_THE_TEAM, foreseen, person_view
from models.enums import Role
from models.people import Person
from review.actions.staffing import (
    Standing,
    change_person,
    changed_meanwhile,
    enrol,
    send_link,
    sign_out_everywhere,
    why_not,
)
from review.lifecycle import MoveRefused

HERE: Final = "people"

router = APIRouter(include_in_schema=False)

Roles = Annotated[list[Role] | None, Form(max_length=len(Role))]
Short = Annotated[str, Form(max_length=320)]


@router.api_route("/people", methods=READ)
def people(request: Request, reader: Team) -> Response:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        lines = people_lines(session, time.at)
    return page("people.html", time=time, lines=lines, may_add=Role.ADMIN in reader.roles, roles=OF_THE_TEAM)


@router.post("/people/add")
def add(
    request: Request,
    reader: Team,
    email: Short,
    name: Short = "",
    time_zone: Annotated[str, Form(max_length=64)] = "Etc/UTC",
    role: Roles = None,
    confirm: Confirm = "",
) -> Response:
    """Somebody new of the team: shown first, then done."""
    desk = desk_of(request)
    roles = frozenset(role or ())
    if wrong := _mistake(email, name, time_zone, roles):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{wrong} Go back, and correct it.")
    try:
        with desk.database.write.begin() as session:
            by = session.get_one(Person, reader.person_id)
            person = enrol(
                session, name=name.strip(), email=email, roles=roles, at=desk.clock(), by=by, time_zone=time_zone
            )
            number, may = person.id, ", ".join(sorted(person.roles))
            if not confirm:
                session.rollback()  # only looked at: the verb itself says what would stand against it
    except MoveRefused as refused:
        raise HTTPException(HTTPStatus.CONFLICT, f"Nothing was changed. {'; '.join(refused.reasons)}.") from None
    if confirm:
        return RedirectResponse(f"/people/{number}", HTTPStatus.SEE_OTHER)
    asked = Confirming(
        here=HERE,
        title=f"Add {name.strip()}?",
        says=[f"{email.strip().lower()} may then act as {may}, and reads instants in {time_zone}."],
        action="/people/add",
        button=f"Add {name.strip()}",
        fields=[
            ("email", email.strip()),
            ("name", name.strip()),
            ("time_zone", time_zone),
            *(("role", one.value) for one in sorted(roles)),
        ],
        back="/people",
        back_to="People",
    )
    return confirming(asked, desk.now())


@router.api_route("/people/{number}", methods=READ)
def one(request: Request, reader: Team, number: Number) -> Response:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = person_view(session, person_of(session, number), session.get_one(Person, reader.person_id), time.at)
    return page("person.html", time=time, view=view)


@router.post("/people/{number}/change")
def change(
    request: Request,
    reader: Team,
    number: Number,
    seen: Annotated[str, Form(max_length=200)],
    because: Because = "",
    role: Roles = None,
    active: Annotated[str, Form(max_length=8)] = "",
    confirm: Confirm = "",
) -> Response:
    """Other roles, or that somebody left: shown first, then done; 409 with who changed what when it was stale."""
    desk = desk_of(request)
    at, wanted = desk.clock(), Standing(frozenset(role or ()), bool(active))
    against: list[str] = []
    if confirm:
        try:
            with desk.database.write.begin() as session:
                by, person = session.get_one(Person, reader.person_id), person_of(session, number)
                change_person(session, person, wanted, by=by, at=at, because=because, seen=seen)
            return RedirectResponse(f"/people/{number}", HTTPStatus.SEE_OTHER)
        except MoveRefused as refused:
            against = list(refused.reasons)
    with desk.database.read() as session:
        by, person = session.get_one(Person, reader.person_id), person_of(session, number)
        stands = str(Standing.of(person))
        stale = changed_meanwhile(session, person) if stands != seen else ""
        if not stale and not against:
            against = why_not(session, person, wanted, by=by)
            against += [] if Role.ADMIN in by.roles else ["this needs admin"]
            against += [] if because.strip() else ["no reason was given; say why"]
        asked = Confirming(
            here=HERE,
            title=f"Change what {person.name} may do?",
            says=foreseen(person, wanted, has_now=submissions_with(session, person, at)),
            stale=stale,
            against=() if stale else against,
            action=f"/people/{number}/change",
            button="Change it",
            takes_away=not wanted.active,
            fields=[
                ("seen", stands),
                ("because", because),
                *(("role", one.value) for one in sorted(wanted.roles)),
                *([("active", "yes")] if wanted.active else []),
            ],
            back=f"/people/{number}",
            back_to=person.name,
        )
    return confirming(asked, desk.now())


@router.post("/people/{number}/sign-out")
def sign_out(request: Request, reader: Team, number: Number) -> Response:
    """Out of every browser, and no mailed link works any more."""
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        by, person = session.get_one(Person, reader.person_id), person_of(session, number)
        try:
            sign_out_everywhere(session, person, at=desk.clock(), by=by)
        except MoveRefused as refused:
            raise HTTPException(HTTPStatus.CONFLICT, f"Nothing was changed. {'; '.join(refused.reasons)}.") from None
    return RedirectResponse(f"/people/{number}", HTTPStatus.SEE_OTHER)


@router.post("/people/{number}/link")
def link(request: Request, reader: Team, number: Number) -> Response:
    """Mail them a link that signs them in once."""
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        by, person = session.get_one(Person, reader.person_id), person_of(session, number)
        try:
            send_link(session, person, by=by, at=desk.clock())
        except MoveRefused as refused:
            raise HTTPException(HTTPStatus.CONFLICT, f"Nothing was sent. {'; '.join(refused.reasons)}.") from None
    return RedirectResponse(f"/people/{number}", HTTPStatus.SEE_OTHER)


def person_of(session: Session, number: int) -> Person:
    person = session.get(Person, number)
    if person is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no person {number}.")
    return person


def _mistake(email: str, name: str, time_zone: str, roles: frozenset[Role]) -> str:
    from zoneinfo import available_timezones  # noqa: PLC0415 - reads the whole tz database

    if "@" not in email.strip().strip("@") or len(email.split()) != 1:
        return f"{email[:80]!r} is no e-mail address such as rosa@example.com."
    if not name.strip() or len(name.strip()) > 200:
        return "A name is needed, of at most 200 characters."
    if time_zone not in available_timezones():
        return f"{time_zone[:60]!r} is no time zone such as Europe/Berlin."
    if not roles:
        return "At least one role has to be chosen."
    return ""
