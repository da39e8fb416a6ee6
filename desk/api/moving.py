"""`POST /api/submissions/{submission}/…`: every move that a person makes on a submission, as rows of one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, versioned
from desk.api.bearer import WITH
from desk.api.description import WITH_BODY, json_body, told
from desk.api.found import submission_of
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey, IfMatch, Number
from desk.api.problems import Problem
from desk.api.sent import reading
from desk.api.staleness import current
from desk.api.submissions import ETAG
from desk.published.partner_side import row_for_partner
from desk.published.submissions import SubmissionRow, row_as_json
from models.enums import DecisionKind, Outcome, TokenScope
from models.people import Person
from models.submission import Submission
from review.actions import asking, assigning, attesting, deciding, submitting
from review.actions.conversing import send_message
from review.actions.keeping import Answer
from review.actions.requesting_changes import PersonsFinding
from review.actions.undoing import undo
from review.finding_people import person_called
from review.tokens import Bearer
from review.worklist import row_of

Act = Callable[[Session, Submission, Any, Person, datetime, timedelta], object]
"""The verb; the last says how long a decision can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A row: the last part of the address, what it takes, and the verb. `needs_version`: 428 without `If-Match`."""

    name: str
    summary: str
    scope: TokenScope
    body: type[BaseModel]
    act: Act
    needs_version: bool = True
    problems: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)


def _decide(
    session: Session, one: Submission, body: bodies.DecisionMade, by: Person, at: datetime, undo_for: timedelta
) -> object:
    decision = DecisionKind(body.decision)
    if body.findings and decision is not DecisionKind.REQUEST_CHANGES:
        raise Problem("invalid-body", "findings: saw some, expected them with request_changes only")
    findings = [PersonsFinding(found.item, found.what, found.fix) for found in body.findings]
    return deciding.decide(
        session,
        one,
        decision,
        by=by,
        at=at,
        reason=body.reason,
        findings=findings,
        because=body.because,
        undo_for=undo_for,
    )


def _attest(
    session: Session, one: Submission, body: bodies.Attestation, by: Person, at: datetime, _: timedelta
) -> None:
    attesting.attest(session, one, body.item, Outcome(body.outcome), by=by, at=at, reason=body.reason)


def _waive(
    session: Session, one: Submission, body: bodies.WaiverAsked, by: Person, at: datetime, _: timedelta
) -> object:
    return attesting.waive(session, one, body.item, by=by, at=at, reason=body.reason, until=body.until)


DEEDS: Final = (
    Deed(
        name="claim",
        summary="Take it; others see who has it and until when",
        scope=TokenScope.REVIEW,
        body=bodies.Claim,
        act=lambda session, one, body, by, at, _: assigning.claim(session, one, by=by, at=at, message=body.message),
        needs_version=False,
        example={"message": "I am looking at it today."},
    ),
    Deed(
        name="assign",
        summary="Give it to a reviewer",
        scope=TokenScope.REVIEW,
        body=bodies.Assign,
        act=lambda session, one, body, by, at, _: assigning.assign(
            session, one, to=person_called(session, body.to), by=by, at=at
        ),
        problems=("unknown-name",),
        example={"to": "rosa@example.com"},
    ),
    Deed(
        name="release",
        summary="Let go of it; anybody may take it",
        scope=TokenScope.REVIEW,
        body=bodies.Release,
        act=lambda session, one, _, by, at, __: assigning.release(session, one, by=by, at=at),
        needs_version=False,
    ),
    Deed(
        name="ask",
        summary="Ask the partner something; the clock pauses until they answer",
        scope=TokenScope.REVIEW,
        body=bodies.Question,
        act=lambda session, one, body, by, at, _: asking.ask_partner(session, one, by=by, at=at, text=body.text),
        example={"text": "Which of the two regions should we test?"},
    ),
    Deed(
        name="answer",
        summary="Answer the reviewer's question; the clock runs on",
        scope=TokenScope.SUBMIT,
        body=bodies.Question,
        act=lambda session, one, body, by, at, _: asking.answer(session, one, by=by, at=at, text=body.text),
        needs_version=False,
        example={"text": "The EU region, please."},
    ),
    Deed(
        name="attest",
        summary="Say of an item that it holds or does not",
        scope=TokenScope.REVIEW,
        body=bodies.Attestation,
        act=_attest,
        problems=("unknown-item",),
        example={"item": "test.end_to_end", "outcome": "passed", "reason": "Events arrived within a minute."},
    ),
    Deed(
        name="waive",
        summary="Let an item not hold for a while",
        scope=TokenScope.REVIEW,
        body=bodies.WaiverAsked,
        act=_waive,
        problems=("unknown-item",),
        example={"item": "catalog.mark", "reason": "A new mark is being drawn.", "until": "2027-01-31"},
    ),
    Deed(
        name="decide",
        summary="Approve, request changes, or reject; the reason is what the partner reads",
        scope=TokenScope.REVIEW,
        body=bodies.DecisionMade,
        act=_decide,
        problems=("unknown-item", "unknown-name"),
        example={"decision": "approve", "reason": "All there. Welcome to the catalog."},
    ),
    Deed(
        name="undo",
        summary="Take the last decision back, while the partner has not been told of it",
        scope=TokenScope.REVIEW,
        body=bodies.Release,
        act=lambda session, one, _, by, at, __: undo(session, one, by=by, at=at),
    ),
    Deed(
        name="message",
        summary="Write to the other side; no clock pauses for it",
        scope=TokenScope.SUBMIT,
        body=bodies.Question,
        act=lambda session, one, body, by, at, _: send_message(session, one, by=by, at=at, text=body.text),
        needs_version=False,
        example={"text": "The new page goes online on Monday."},
    ),
    Deed(
        name="withdraw",
        summary="Take the submission back",
        scope=TokenScope.SUBMIT,
        body=bodies.Withdrawal,
        act=lambda session, one, body, by, at, _: submitting.withdraw(session, one, by=by, at=at, reason=body.reason),
        example={"reason": "We start over in spring."},
    ),
)

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["moves"])


def line(session: Session, submission: Submission, bearer: Bearer, at: datetime) -> Answer:
    """Where it stands now, with its new version."""
    session.flush()
    row = row_as_json(row_of(session, submission, at=at))
    document = row if bearer.partner_id is None else row_for_partner(row)
    return answer(document, headers=versioned(session, submission))


def _route(deed: Deed) -> None:
    def move(
        request: Request,
        submission: Number,
        bearer: Bearer = WITH[deed.scope],
        body: BaseModel = Depends(reading(deed.body)),  # noqa: B008 - read anew for each request
        key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> Response:
        def act(session: Session, by: Person, at: datetime) -> Answer:
            found = submission_of(session, bearer, submission, at=at)
            if deed.needs_version and if_match is None:
                told = f"expected the `ETag` of submission {submission} as `If-Match`"
                raise Problem("no-if-match", told)
            current(session, found, if_match, bearer)
            deed.act(session, found, body, by, at, desk_of(request).undo_for)
            return line(session, found, bearer, at)

        return Acting(request, bearer, deed.scope, key).done(act)

    needs = ("no-if-match",) if deed.needs_version else ()
    router.add_api_route(
        f"/submissions/{{submission}}/{deed.name}",
        move,
        methods=["POST"],
        name=deed.name,
        summary=deed.summary,
        description=f"Needs a token for `{deed.scope.value}`. What stands in the way is told by its reasons (409); a "
        "version that is not the newest by who changed what (412). The answer is its line in the queue.",
        response_class=Response,
        responses=told(
            SubmissionRow,
            *(*WITH_BODY, "no-such-thing", "not-settled", "move-refused", "stale", *needs, *deed.problems),
            says="Done.",
            headers=ETAG,
        ),
        openapi_extra=json_body(deed.body, example=deed.example),
    )


for _deed in DEEDS:
    _route(_deed)
