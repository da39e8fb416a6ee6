"""JSON answers."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from models.event import Event
from models.submission import Submission
from review.actions.keeping import Answer

JSON: Final = "application/json"


def etag(session: Session, submission: Submission) -> str:
    """Names what somebody may have looked at, not the bytes of an answer: a clock's remaining time moves by itself.

    The version counts what a decision rests on; questions, answers and claims don't change that, so the newest event
    that a person made is part of the name.
    """
    made = Event.submission_id == submission.id, Event.person_id.is_not(None)
    return f'"{submission.version}.{session.scalar(select(func.max(Event.id)).where(*made)) or 0}"'


def versioned(session: Session, submission: Submission) -> dict[str, str]:
    return {"ETag": etag(session, submission)}


def answer(document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, dict(headers or {}), json.dumps(document, ensure_ascii=False))


def respond(answered: Answer) -> Response:
    return Response(answered.body.encode("utf-8", "replace"), answered.status, dict(answered.headers), JSON)


def shown(document: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    """The document, as it is found."""
    return respond(answer(document, headers=headers))
