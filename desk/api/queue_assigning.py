"""`POST /api/queue/assign`: several submissions to one person, all of them or none."""

from collections.abc import Sequence
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
from desk.api.answering import answer
from desk.api.bearer import WITH
from desk.api.description import WITH_BODY, json_body, told
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.viewing.queue_assigning import Change, Chosen, Outdated, assign_all, preview
from models.decision import Assignment
from models.enums import TokenScope
from models.people import Person
from review.actions.keeping import Answer
from review.finding_people import person_called
from review.lifecycle import MoveName, MoveRefused
from review.tokens import Bearer

SOMEBODY_ELSE: Final = -1
"""Who had it as the caller saw it, where that is not who has it now."""

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["moves"])


@with_config(extra="forbid")
class AssignedOne(TypedDict):
    """What becomes of one of them. `was` is who had it; `reasons` stand against it; `stale` is who changed it since."""

    submission: int
    integration: str
    was: str | None
    reasons: list[str]
    stale: str | None


@with_config(extra="forbid")
class Assigned(TypedDict):
    """`done` is how many were given; 0 of a dry run."""

    to: str
    done: int
    changes: list[AssignedOne]


@router.post(
    "/queue/assign",
    summary="Give several to a reviewer, all of them or none, or only tell what would happen to each",
    response_class=Response,
    responses=told(Assigned, *WITH_BODY, "unknown-name", "move-refused", "stale", says="Done, or what would be."),
    openapi_extra=json_body(
        bodies.AssignMany,
        example={"to": "rosa@example.com", "submissions": [{"submission": 1, "version": 1}], "dry_run": True},
    ),
)
def assign(
    request: Request,
    body: Annotated[bodies.AssignMany, sent(bodies.AssignMany)],
    bearer: Bearer = WITH[TokenScope.REVIEW],
    key: IdempotencyKey = None,
) -> Response:
    """As the desk's queue does: each with the version, and who had it, of the line that was looked at."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        to = person_called(session, body.to)
        chosen = _chosen(session, body.submissions)
        assigning = preview(session, chosen, to=to, by=by, at=at)
        found = {change.submission_id for change in assigning.changes}
        if strange := sorted({one.submission_id for one in chosen} - found):
            raise Problem("unknown-name", f"there is no submission {strange[0]}")
        done = 0
        if not body.dry_run:
            _refuse(assigning.changes)
            try:
                done = assign_all(session, chosen, to=to, by=by, at=at)
            except Outdated:
                raise Problem("changed-meanwhile", "one of them was changed at the same moment") from None
        document: Assigned = {"to": to.email, "done": done, "changes": [_line(one) for one in assigning.changes]}
        return answer(document)

    return Acting(request, bearer, TokenScope.REVIEW, key).done(act)


def _chosen(session: Session, asked: Sequence[bodies.SubmissionChosen]) -> list[Chosen]:
    holders = {
        submission_id: (person_id, name)
        for submission_id, person_id, name in session.execute(
            select(Assignment.submission_id, Assignment.person_id, Person.name)
            .join(Assignment.person)
            .where(Assignment.submission_id.in_([one.submission for one in asked]), Assignment.ended_at.is_(None))
        ).tuples()
    }

    def holder(one: bodies.SubmissionChosen) -> int:
        person_id, name = holders.get(one.submission, (0, None))
        return person_id if (one.assignee or None) == name else SOMEBODY_ELSE

    return list(dict.fromkeys(Chosen(one.submission, one.version, holder(one)) for one in asked))


def _refuse(changes: Sequence[Change]) -> None:
    """Stale ones first: what stands against it may be what was changed."""
    if stale := [f"submission {one.submission_id}: {one.stale}" for one in changes if one.stale]:
        raise Problem("stale", f"nothing was given to anybody; since you looked, {'; '.join(stale)}")
    if reasons := [f"submission {one.submission_id}: {'; '.join(one.refused)}" for one in changes if one.refused]:
        raise MoveRefused(MoveName.ASSIGN, f"{len(changes)} submissions", reasons)


def _line(change: Change) -> AssignedOne:
    return {
        "submission": change.submission_id,
        "integration": change.integration,
        "was": change.was or None,
        "reasons": list(change.refused),
        "stale": change.stale or None,
    }
