"""Nudging the partner of an integration in Public Beta: the monthly message, when somebody asks for it."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer
from desk.api.bearer import Manager
from desk.api.description import WITH_BODY, json_body, told
from desk.api.found import integration_of
from desk.api.integrations import Slug
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey
from desk.api.sent import sent
from desk.published.integrations import IntegrationLine, integration_line
from desk.viewing.team_time import TeamTime
from models.enums import TokenScope
from models.people import Person
from review.actions.keeping import Answer
from review.actions.nudging import nudge_one

NOTHING: Final = json_body(bodies.Release, example={})

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["integrations"])


@router.post(
    "/integrations/{slug}/nudge",
    summary="Tell the partner now what it lacks for Public; refused within two weeks of the last time",
    response_class=Response,
    responses=told(IntegrationLine, *WITH_BODY, "no-such-thing", "move-refused", says="The message is planned."),
    openapi_extra=NOTHING,
)
def nudge(
    request: Request,
    slug: Slug,
    bearer: Manager,
    body: Annotated[bodies.Release, sent(bodies.Release)],
    key: IdempotencyKey = None,
) -> Response:
    del body  # nothing needs to be said

    def act(session: Session, by: Person, at: datetime) -> Answer:
        found = integration_of(session, bearer, slug)
        rulebook = desk_of(request).rulebook_at(at)
        nudge_one(session, found.slug, by=by, rulebook=rulebook, zone=TeamTime.of(rulebook, at).zone, at=at)
        return answer(integration_line(found))

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)
