"""The test account's secret in clear, for who decides; that it was shown, to whom and when, is kept."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import with_config
from sqlalchemy.orm import Session
from starlette.responses import Response
from typing_extensions import TypedDict

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer
from desk.api.bearer import WITH
from desk.api.description import WITH_BODY, json_body, told
from desk.api.found import submission_of
from desk.api.means import means_of
from desk.api.parameters import KNOWN_PARAMETERS, Number
from desk.api.sent import sent
from models.enums import TokenScope
from models.people import Person
from review.actions.keeping import Answer
from review.actions.revealing import TEST_ACCOUNT, reveal
from review.tokens import Bearer

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["submissions"])


@with_config(extra="forbid")
class SecretShown(TypedDict):
    secret: str


async def _revealer(bearer: Annotated[Bearer, WITH[TokenScope.REVEAL]]) -> Bearer:
    return bearer


@router.post(
    "/submissions/{submission}/secret",
    summary="Show the test account's secret",
    response_class=Response,
    responses=told(
        SecretShown, *WITH_BODY, "no-such-thing", "not-settled", "move-refused", "refused", says="Shown, and noted."
    ),
    openapi_extra=json_body(bodies.NothingSaid),
)
def secret(
    request: Request,
    submission: Number,
    bearer: Annotated[Bearer, Depends(_revealer)],
    _body: Annotated[bodies.NothingSaid, sent(bodies.NothingSaid)],
) -> Response:
    """Needs a token for `reveal` alone. Its answer is kept nowhere, so it takes no Idempotency-Key."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        found = submission_of(session, bearer, submission, at=at)
        clear = reveal(session, found, TEST_ACCOUNT, by=by, at=at, vault=means_of(request).vault)
        return answer({"secret": clear})

    return Acting(request, bearer, TokenScope.REVEAL).done(act)
