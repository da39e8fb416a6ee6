"""`POST /api/reports/graduation/nudge`: tell partners what an integration lacks for Public; seen first, then sent."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import with_config
from sqlalchemy.orm import Session
from starlette.responses import Response
from typing_extensions import TypedDict

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer
from desk.api.bearer import Manager
from desk.api.description import WITH_BODY, json_body, told
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.cli.errors import InputWrong
from desk.viewing.nudging import Nudging, nudging
from desk.viewing.team_time import TeamTime
from models.enums import TokenScope
from models.people import Person
from review.actions.keeping import Answer
from review.actions.nudging import NudgeOutdated, nudge

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["reports"])


@with_config(extra="forbid")
class NudgeShown(TypedDict):
    """One message as its first reader gets it; or why there is none. `seen` stands for just this message."""

    integration: str
    partner: str
    sent: bool
    refused: str | None
    to: list[str]
    subject: str | None
    text: str | None
    seen: str | None


@router.post(
    "/reports/graduation/nudge",
    summary="Tell partners what lacks for Public, or only show the messages",
    response_class=Response,
    responses=told(list[NudgeShown], *WITH_BODY, "move-refused", "stale", says="Sent, or what would be."),
    openapi_extra=json_body(bodies.NudgeAsked, example={"integrations": ["larkenfell"], "dry_run": True}),
)
def send(
    request: Request,
    bearer: Manager,
    body: Annotated[bodies.NudgeAsked, sent(bodies.NudgeAsked)],
    key: IdempotencyKey = None,
) -> Response:
    """As `launch-review nudge`: those that may be told now; none hears of a second one within two weeks. With `seen`,
    exactly the messages of a dry run go out, or none.
    """
    if (body.integrations is None) == (not body.lacking):
        raise Problem("invalid-body", "expected either `integrations` or `lacking`")
    desk = desk_of(request)

    def act(session: Session, by: Person, at: datetime) -> Answer:
        rulebook = desk.rulebook_at(at)
        try:
            found = nudging(
                session,
                slugs=body.integrations,
                lacking=body.lacking,
                rulebook=rulebook,
                programme=desk.programme,
                at=at,
            )
        except InputWrong as error:
            raise Problem("invalid-body", str(error)) from None
        seen = {one.slug: one.seen for one in found.letters}
        if body.seen is not None and body.seen != seen:
            raise Problem("stale", "what would go out is not what was seen; look at a dry run again")
        if not body.dry_run:
            zone = TeamTime.of(rulebook, at).zone
            try:
                nudge(session, list(seen), by=by, rulebook=rulebook, zone=zone, at=at, seen=seen)
            except NudgeOutdated:
                raise Problem("stale", "what would go out changed at this moment; look at a dry run again") from None
        return answer(_lines(found, sent=not body.dry_run))

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


def _lines(found: Nudging, *, sent: bool) -> list[NudgeShown]:
    letters: list[NudgeShown] = [
        {
            "integration": one.slug,
            "partner": one.partner,
            "sent": sent,
            "refused": None,
            "to": list(one.to),
            "subject": one.subject,
            "text": one.text,
            "seen": one.seen,
        }
        for one in found.letters
    ]
    refused: list[NudgeShown] = [
        {
            "integration": one.slug,
            "partner": one.partner,
            "sent": False,
            "refused": one.why,
            "to": [],
            "subject": None,
            "text": None,
            "seen": None,
        }
        for one in found.refused
    ]
    return [*letters, *refused]
