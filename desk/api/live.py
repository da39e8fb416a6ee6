"""`POST /api/integrations/{slug}/…`: what the programme does with what is live, as rows of one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from checklist.rulebook import Rulebook
from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer
from desk.api.bearer import Manager
from desk.api.description import WITH_BODY, json_body, told
from desk.api.found import integration_of
from desk.api.integrations import ETAG, Slug
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey, IfMatch
from desk.api.problems import Problem
from desk.api.sent import reading
from desk.api.staleness import current_integration, integration_tag
from desk.published.integrations import IntegrationShown, integration_shown
from desk.viewing.team_time import TeamTime
from models.enums import TokenScope
from models.integration import Integration
from models.people import Person
from review.actions import falling, launching, waiving
from review.actions.keeping import Answer

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["integrations"])


@dataclass(frozen=True, slots=True)
class Now:
    """Of one request."""

    time: TeamTime
    rulebook: Rulebook

    @property
    def at(self) -> datetime:
        return self.time.at

    @property
    def today(self) -> date:
        """Where the team is."""
        return self.at.astimezone(self.time.zone).date()


Act = Callable[[Session, Integration, Any, Person, Now], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A row: the last part of the address, what it takes, and the verb. `needs_version`: 428 without `If-Match`."""

    name: str
    summary: str
    body: type[BaseModel]
    act: Act
    example: Mapping[str, Any]
    needs_version: bool = True
    problems: tuple[str, ...] = ("move-refused",)


def _until_a_day(verb: Callable[..., object]) -> Act:
    """What moves a day of what fell."""

    def act(
        session: Session, one: Integration, body: bodies.MoreTime | bodies.LeftListed, by: Person, now: Now
    ) -> object:
        until, reason = body.until, body.reason
        return verb(session, one, until=until, by=by, reason=reason, rulebook=now.rulebook, today=now.today, at=now.at)

    return act


def _waive(session: Session, one: Integration, body: bodies.WaiverAsked, by: Person, now: Now) -> object:
    return waiving.waive_live(
        session, one, body.item, by=by, at=now.at, reason=body.reason, until=body.until, rulebook=now.rulebook
    )


CLOSED: Final = {"reason": "The partner closed the service."}

DEEDS: Final = (
    Deed(
        name="extend",
        summary="Give the partner until another day to mend what fell; a proposal to delist is off the table",
        body=bodies.MoreTime,
        act=_until_a_day(falling.extend),
        problems=("refused",),
        example={"until": "2027-01-31", "reason": "Their site moves in January."},
    ),
    Deed(
        name="dismiss",
        summary="Leave listed what was proposed for delisting; the team is asked again after that day",
        body=bodies.LeftListed,
        act=_until_a_day(falling.dismiss),
        problems=("refused",),
        example={"until": "2027-01-31", "reason": "Their release is on the 20th."},
    ),
    Deed(
        name="waive",
        summary="Let an item not hold for a while, or longer",
        body=bodies.WaiverAsked,
        act=_waive,
        example={"item": "docs.partner", "reason": "Their site moves in January.", "until": "2027-01-31"},
    ),
    Deed(
        name="end-waiver",
        summary="Let an item count again before its waiver's last day",
        body=bodies.WaiverEnded,
        act=lambda session, one, body, by, now: waiving.end_early(
            session, one, body.item, by=by, at=now.at, reason=body.reason
        ),
        example={"item": "docs.partner", "reason": "Their site has moved."},
    ),
    Deed(
        name="delist",
        summary="Take it out of the catalog; it remembers where it was",
        body=bodies.Reason,
        act=lambda session, one, body, by, now: launching.delist(session, one, by=by, at=now.at, reason=body.reason),
        needs_version=False,
        example=CLOSED,
    ),
    Deed(
        name="relist",
        summary="Put it back where it was",
        body=bodies.Reason,
        act=lambda session, one, body, by, now: launching.relist(session, one, by=by, at=now.at, reason=body.reason),
        needs_version=False,
        example={"reason": "The service is back."},
    ),
)


def _route(deed: Deed) -> None:
    def live(
        request: Request,
        slug: Slug,
        bearer: Manager,
        body: BaseModel = Depends(reading(deed.body)),  # noqa: B008 - read anew for each request
        key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> Response:
        desk = desk_of(request)

        def act(session: Session, by: Person, at: datetime) -> Answer:
            found = integration_of(session, bearer, slug)
            if deed.needs_version and if_match is None:
                raise Problem("no-if-match", f"expected the `ETag` of integration {found.slug} as `If-Match`")
            current_integration(session, found, if_match, bearer)
            rulebook = desk.rulebook_at(at)
            deed.act(session, found, body, by, Now(TeamTime.of(rulebook, at), rulebook))
            session.flush()
            headers = {"ETag": integration_tag(session, found)}
            return answer(integration_shown(session, found), headers=headers)

        return Acting(request, bearer, TokenScope.MANAGE, key).done(act)

    needs = ("no-if-match",) if deed.needs_version else ()
    router.add_api_route(
        f"/integrations/{{slug}}/{deed.name}",
        live,
        methods=["POST"],
        name=deed.name,
        summary=deed.summary,
        description="Needs a token for `manage`. What stands in the way is told by its reasons (409); a version that "
        "is not the newest by who changed what (412). The answer is the integration as it stands then.",
        response_class=Response,
        responses=told(
            IntegrationShown,
            *(*WITH_BODY, "no-such-thing", "stale", *needs, *deed.problems),
            says="Done.",
            headers=ETAG,
        ),
        openapi_extra=json_body(deed.body, example=deed.example),
    )


for _deed in DEEDS:
    _route(_deed)
