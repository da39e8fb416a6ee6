"""Submissions coming in over the API, whatever they were written in: for whom, by whom, and what is answered."""

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from checklist.dossier import Dossier
from checklist.mistakes import Mistake
from desk.api.acting import Acting
from desk.api.answering import answer, etag
from desk.api.bearer import Submitter
from desk.api.body import BODY_SECONDS, ENDINGS, dossier_of, ending_of, told_mistake
from desk.api.description import WITH_BODY, document_body, told
from desk.api.means import desk_of, means_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey
from desk.api.problems import Problem
from desk.published.received import SubmissionReceived, received_as_json
from models.enums import TokenScope
from models.people import Person
from review.actions.keeping import Answer
from review.actions.submitting import submit
from review.tokens import Bearer
from review.uploads import unkept
from review.worklist import row_of

LOCATION: Final = {
    "Location": "The submission's address in the API.",
    "ETag": "The submission's version: send it as `If-Match` with what you do next.",
}
PROBLEMS: Final = (*WITH_BODY, "partner-of-another", "invalid-submission", "unknown-name", "move-refused")

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["submissions"])


def answers(*problems: str) -> dict[int | str, dict[str, Any]]:
    """201 for what is new here, 200 for what was known; beside the usual problems these."""
    known = told(SubmissionReceived, says="Known already: nothing changed.", headers=LOCATION)
    taken = told(SubmissionReceived, *PROBLEMS, *problems, status=201, says="Taken in.", headers=LOCATION)
    return {**known, **taken}


@router.post(
    "/submissions",
    summary="Submit, or submit again",
    status_code=201,
    response_class=Response,
    responses=answers(),
    openapi_extra=document_body(ENDINGS),
)
async def receive(request: Request, bearer: Submitter, key: IdempotencyKey = None) -> Response:
    """As `launch-review submit`: the same external id is the same submission, and while changes are requested it is
    its next revision. A partner sends for its own company; what the team sends counts as sent by the contact that the
    document names.
    """
    ending = ending_of(request)
    dossier = await dossier_of(request, ending, within_seconds=BODY_SECONDS)
    return await run_in_threadpool(take, request, bearer, dossier, key)


def take(request: Request, bearer: Bearer, dossier: Dossier, key: str | None) -> Response:
    """Take it in, and say where it is."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        return taken(session, request, bearer, by, dossier, at)

    return Acting(request, bearer, TokenScope.SUBMIT, key).done(act)


def taken(session: Session, request: Request, bearer: Bearer, by: Person, dossier: Dossier, at: datetime) -> Answer:
    refuse_other_companies(bearer, dossier)
    refuse_unkept(session, bearer, dossier)
    received = submit(
        session,
        dossier,
        by=by if bearer.partner_id is not None else None,
        at=at,
        rulebook=desk_of(request).rulebook_at(at),
        vault=means_of(request).vault,
    )
    session.flush()
    submission = received.submission
    document = received_as_json(received, row_of(session, submission, at=at))
    headers = {"Location": f"/api/submissions/{submission.id}", "ETag": etag(session, submission)}
    return answer(document, status=201 if received.is_new else 200, headers=headers)


def refuse_other_companies(bearer: Bearer, dossier: Dossier) -> None:
    """A partner's token sends for that partner, whose name is written here as it is known."""
    if bearer.partner is not None and dossier.partner.name.lower() != bearer.partner.lower():
        told = f"partner.name: saw {dossier.partner.name[:60]!r}, expected {bearer.partner!r}"
        raise Problem("partner-of-another", told)


def refuse_unkept(session: Session, bearer: Bearer, dossier: Dossier) -> None:
    """A partner names files of its own company alone. Problem with the place of each other one."""
    if bearer.partner_id is not None and (wrong := unkept(session, bearer.partner_id, dossier)):
        expected = "a file that your company keeps here (GET /api/uploads lists them)"
        mistakes = [
            Mistake(path, url[:80], expected, tuple(int(key) if key.isdecimal() else key for key in path.split(".")))
            for path, url in wrong
        ]
        told = "; ".join(map(str, mistakes))
        raise Problem("invalid-submission", told, errors=[told_mistake(one) for one in mistakes])
