"""`/integrations`: everything on its path by stage; and each integration by itself."""

from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from checklist.dossier import SLUG_PATTERN
from desk.pages.reading import READ, PageNumber, number_of_pages
from desk.rendering import desk_of, page
from desk.signing.doors import Team
from desk.signing.reader import Reader
from desk.viewing.integrations import PAGE_SIZE, integration_list, integration_view
from desk.viewing.overdue import to_decide
from desk.viewing.team_time import TeamTime
from desk.words import as_sentence
from models.enums import IntegrationStage
from models.integration import Integration
from models.people import Person
from review.actions import falling, launching, waiving
from review.actions.companies import IntegrationUnknown
from review.actions.falling import FallRefused
from review.finding_submissions import integration_called
from review.lifecycle import MoveRefused

router = APIRouter(include_in_schema=False)

Slug = Annotated[str, Path(pattern=SLUG_PATTERN, max_length=100)]
LONGEST_REASON = 2000


@router.api_route("/integrations", methods=READ)
def integrations(
    request: Request,
    stage: Annotated[IntegrationStage | None, Query()] = None,
    number: Annotated[PageNumber, Query(alias="page")] = 1,
) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = integration_list(session, stage=stage, page=number, time=time)
        undecided = to_decide(session, desk.rulebook_at(time.at), time)
    return page(
        "integrations.html",
        time=time,
        view=view,
        to_decide=undecided,
        stage=stage,
        page_number=number,
        pages=number_of_pages(view.number, PAGE_SIZE),
    )


@router.api_route("/integrations/{slug}", methods=READ)
def integration(request: Request, reader: Team, slug: Slug) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = integration_view(session, slug, desk.rulebook_at(time.at), time)
    if view is None:
        raise HTTPException(404, f"There is no integration {slug}.")
    return page(
        "integration.html",
        time=time,
        view=view,
        integration=view.integration,
        may_decide=reader.leads,
        tomorrow=_today(time) + timedelta(days=1),
    )


@router.post("/integrations/{slug}/extend")
def more_time(
    request: Request,
    reader: Team,
    slug: Slug,
    until: Annotated[date, Form()],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)],
) -> Response:
    """Give the partner until another day to mend what fell; 409 with why not."""
    return _about_falls(request, reader, slug, until, reason, falling.extend)


@router.post("/integrations/{slug}/dismiss")
def leave_listed(
    request: Request,
    reader: Team,
    slug: Slug,
    until: Annotated[date, Form()],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)],
) -> Response:
    """Leave listed what was proposed for delisting, until a day; 409 with why not."""
    return _about_falls(request, reader, slug, until, reason, falling.dismiss)


def _about_falls(
    request: Request, reader: Reader, slug: str, until: date, reason: str, act: Callable[..., object]
) -> Response:
    desk = desk_of(request)
    time = desk.now()
    day = {"today": _today(time), "at": time.at, "rulebook": desk.rulebook_at(time.at)}
    return _done(
        request,
        reader,
        slug,
        lambda session, found, by: act(session, found, until=until, by=by, reason=reason, **day),
    )


@router.post("/integrations/{slug}/delist")
def delist(
    request: Request, reader: Team, slug: Slug, reason: Annotated[str, Form(max_length=LONGEST_REASON)]
) -> Response:
    """Take it out of the catalog; 409 with why not."""
    desk = desk_of(request)
    with desk.database.write.begin() as session:
        by = session.get_one(Person, reader.person_id)
        try:
            launching.delist(session, _found(session, slug), by=by, at=desk.clock(), reason=reason)
        except MoveRefused as error:
            raise HTTPException(HTTPStatus.CONFLICT, as_sentence(error)) from None
    return RedirectResponse(f"/integrations/{slug}", HTTPStatus.SEE_OTHER)


@router.post("/integrations/{slug}/waive")
def waive(
    request: Request,
    reader: Team,
    slug: Slug,
    item: Annotated[str, Form(max_length=64)],
    until: Annotated[date, Form()],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)],
) -> Response:
    """Let an item of what is live not hold for a while, or longer; 409 with why not."""
    desk = desk_of(request)
    at = desk.clock()
    rulebook = desk.rulebook_at(at)
    return _done(
        request,
        reader,
        slug,
        lambda session, found, by: waiving.waive_live(
            session, found, item, by=by, at=at, reason=reason, until=until, rulebook=rulebook
        ),
    )


@router.post("/integrations/{slug}/end-waiver")
def end_waiver(
    request: Request,
    reader: Team,
    slug: Slug,
    item: Annotated[str, Form(max_length=64)],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)],
) -> Response:
    """Let an item count again before its waiver's last day; 409 with why not."""
    at = desk_of(request).clock()
    return _done(
        request,
        reader,
        slug,
        lambda session, found, by: waiving.end_early(session, found, item, by=by, at=at, reason=reason),
    )


def _done(
    request: Request, reader: Reader, slug: str, act: Callable[[Session, Integration, Person], object]
) -> Response:
    with desk_of(request).database.write.begin() as session:
        by = session.get_one(Person, reader.person_id)
        try:
            act(session, _found(session, slug), by)
        except (MoveRefused, FallRefused) as error:
            raise HTTPException(HTTPStatus.CONFLICT, as_sentence(error)) from None
    return RedirectResponse(f"/integrations/{slug}", HTTPStatus.SEE_OTHER)


def _found(session: Session, slug: str) -> Integration:
    try:
        return integration_called(session, slug)
    except IntegrationUnknown:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no integration {slug}.") from None


def _today(time: TeamTime) -> date:
    return time.at.astimezone(time.zone).date()
