"""Who asks, who acts and who is told, and the companies they belong to."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import with_config
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response
from typing_extensions import TypedDict

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Admin, Manager, Reader, TeamReader
from desk.api.description import WITH_BODY, json_body, told
from desk.api.means import desk_of
from desk.api.paging import Page, cursor, number_in, page
from desk.api.parameters import KNOWN_PARAMETERS, USUAL, CursorText, IdempotencyKey, Limit, Number
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.published.people import PartnerShown, PersonShown, partner_as_json, partners, person_as_json
from models.enums import Role, TokenScope
from models.people import Partner, Person
from review.actions.keeping import Answer
from review.actions.staffing import enrol
from review.actions.tiering import set_tier
from review.finding_people import partner_called

PEOPLE: Final = "people"
PARTNERS: Final = "partners"

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["people"])


@with_config(extra="forbid")
class Myself(TypedDict):
    """Whom the token acts for, and what it opens now; `issued_for` is what it was made for."""

    person: PersonShown
    token: int
    scopes: list[TokenScope]
    issued_for: list[TokenScope]


@router.get(
    "/me",
    summary="Whom the token acts for, and what it opens",
    response_class=Response,
    responses=told(Myself),
)
def myself(request: Request, bearer: Reader) -> Response:
    with desk_of(request).database.read() as session:
        document: Myself = {
            "person": person_as_json(session.get_one(Person, bearer.person_id)),
            "token": bearer.token_id,
            "scopes": sorted(bearer.scopes),
            "issued_for": sorted(bearer.issued_for),
        }
    return shown(document)


@router.get(
    "/people",
    summary="Everybody who acts or is told",
    response_class=Response,
    responses=told(Page[PersonShown], "team-only", "unknown-cursor"),
)
def listed_people(request: Request, bearer: TeamReader, after: CursorText = None, limit: Limit = USUAL) -> Response:
    """The entries of `launch-review people list --json`, in the order in which they were added."""
    del bearer
    chosen = select(Person)
    if (last := number_in(PEOPLE, after)) is not None:
        chosen = chosen.where(Person.id > last)
    with desk_of(request).database.read() as session:
        rows = session.scalars(chosen.order_by(Person.id).limit(limit + 1)).all()
        document = page(rows, limit, person_as_json, lambda row: cursor(PEOPLE, row.id))
    return shown(document)


@router.post(
    "/people",
    summary="Add a person, or give one more roles",
    response_class=Response,
    responses=told(PersonShown, *WITH_BODY, "unknown-name", "move-refused", says="There."),
    openapi_extra=json_body(
        bodies.PersonAdded, example={"email": "rosa@example.com", "name": "Rosa Lindqvist", "roles": ["reviewer"]}
    ),
)
def add(
    request: Request,
    bearer: Admin,
    body: Annotated[bodies.PersonAdded, sent(bodies.PersonAdded)],
    key: IdempotencyKey = None,
) -> Response:
    """As `launch-review people add`."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        company = None if body.partner is None else partner_called(session, body.partner)
        person = enrol(
            session,
            by=by,
            name=body.name,
            email=body.email,
            roles=body.roles,
            at=at,
            partner=company,
            time_zone=body.time_zone,
        )
        return answer(person_as_json(person))

    _refuse_odd(body)
    return Acting(request, bearer, TokenScope.ADMIN, key).done(act)


@router.get(
    "/partners",
    summary="Companies, each with its tier",
    response_class=Response,
    responses=told(Page[PartnerShown], "unknown-cursor"),
)
def listed_partners(request: Request, bearer: Reader, after: CursorText = None, limit: Limit = USUAL) -> Response:
    """The entries of `launch-review partners list --json`; a partner reads its own."""
    chosen = partners().order_by(Partner.id).limit(limit + 1)
    if bearer.partner_id is not None:
        chosen = chosen.where(Partner.id == bearer.partner_id)
    if (last := number_in(PARTNERS, after)) is not None:
        chosen = chosen.where(Partner.id > last)
    with desk_of(request).database.read() as session:
        rows = session.execute(chosen).tuples().all()
    return shown(page(rows, limit, lambda row: partner_as_json(*row), lambda row: cursor(PARTNERS, row[0])))


@router.post(
    "/partners/{partner}/tier",
    summary="Give a partner another tier",
    response_class=Response,
    responses=told(PartnerShown, *WITH_BODY, "no-such-thing", "move-refused", says="Done."),
    openapi_extra=json_body(bodies.TierGiven, example={"tier": "select"}),
)
def tier(
    request: Request,
    partner: Number,
    bearer: Manager,
    body: Annotated[bodies.TierGiven, sent(bodies.TierGiven)],
    key: IdempotencyKey = None,
) -> Response:
    """What starts from now on gets its promises; running clocks keep theirs."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        found = session.get(Partner, partner)
        if found is None:
            raise Problem("no-such-thing", f"there is no partner {partner}")
        set_tier(session, found, body.tier, by=by, at=at)
        session.flush()
        row = session.execute(partners().where(Partner.id == partner)).tuples().one()
        return answer(partner_as_json(*row))

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


def _refuse_odd(body: bodies.PersonAdded) -> None:
    from zoneinfo import available_timezones  # noqa: PLC0415 - reads the whole tz database

    if body.time_zone not in available_timezones():
        raise Problem("invalid-body", f"time_zone: saw {body.time_zone!r}, expected a zone such as Europe/Berlin")
    if (Role.PARTNER in body.roles) != (body.partner is not None):
        raise Problem("invalid-body", "partner: expected it with the role partner, and with no other")
    if Role.PARTNER in body.roles and len(body.roles) > 1:
        raise Problem("invalid-body", "roles: a partner's person has no role in the team; it would decide on its own")
