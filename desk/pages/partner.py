"""`/partner`: a company's own integrations and submissions, for its people. What is another company's is not there."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from checklist.dossier import SLUG_PATTERN
from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import Desk, desk_of, page
from desk.signing.doors import PARTNERS_PLACE, Partner
from desk.signing.reader import Reader
from desk.viewing.partner_badge import badge_of
from desk.viewing.partner_home import partner_home
from desk.viewing.partner_integration import own_integration
from desk.viewing.partner_submission import own_row, own_submission
from desk.viewing.team_time import TeamTime
from models.people import Person

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
LONGEST_TEXT = 20_000


@router.api_route(PARTNERS_PLACE, methods=READ)
def own(request: Request, reader: Partner) -> HTMLResponse:
    desk = desk_of(request)
    time = time_of(desk, reader)
    with desk.database.read() as session:
        view = partner_home(session, company_of(reader), at=time.at)
        return page("partner.html", time=time, view=view)


@router.api_route("/partner/integrations/{slug}", methods=READ)
def integration(
    request: Request, reader: Partner, slug: Annotated[str, Path(pattern=SLUG_PATTERN, max_length=100)]
) -> HTMLResponse:
    desk = desk_of(request)
    time = time_of(desk, reader)
    rulebook = desk.rulebook_at(time.at)
    with desk.database.read() as session:
        view = own_integration(session, slug, company_of(reader), rulebook, at=time.at)
        if view is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "You have no integration of that name.")
        badge = badge_of(session, slug, rulebook.programme.marketplace)
        return page(
            "partner_integration.html",
            time=time,
            view=view,
            badge=badge,
            badge_address=f"{desk.base_url}/badge/{slug}.svg",
        )


@router.api_route("/partner/submissions/{submission_id}", methods=READ)
def submission(request: Request, reader: Partner, submission_id: Number) -> HTMLResponse:
    return shown(desk_of(request), reader, submission_id)


def shown(
    desk: Desk,
    reader: Reader,
    submission_id: int,
    *,
    status: int = HTTPStatus.OK,
    refused: tuple[str, ...] = (),
    stale: bool = False,
    typed: str = "",
) -> HTMLResponse:
    """The page; after a refusal with its reasons, and with what was typed still in the form."""
    time = time_of(desk, reader)
    with desk.database.read() as session:
        found = own_row(session, submission_id, company_of(reader))
        if found is None:
            raise no_submission(submission_id)
        view = own_submission(session, found, session.get_one(Person, reader.person_id), at=time.at)
        return page(
            "partner_submission.html",
            time=time,
            status=status,
            view=view,
            refused=refused,
            stale=stale,
            typed=typed,
            longest=LONGEST_TEXT,
        )


def no_submission(submission_id: int) -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, f"There is no submission {submission_id}.")


def company_of(reader: Reader) -> int:
    assert reader.partner_id is not None, "the door lets in partners' people alone"
    return reader.partner_id


def time_of(desk: Desk, reader: Reader) -> TeamTime:
    """Now, with instants in the reader's zone; in the team's where the reader's is not known any more."""
    time = desk.now()
    try:
        return replace(time, zone=ZoneInfo(reader.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return time
