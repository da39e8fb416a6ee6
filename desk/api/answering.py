"""JSON answers."""

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from models.submission import Submission
from review.actions.keeping import Answer

JSON: Final = "application/json"


def etag(version: int) -> str:
    """Names a version, not the bytes of an answer: a clock's remaining time moves without a change."""
    return f'"{version}"'


def versioned(submission: Submission) -> dict[str, str]:
    return {"ETag": etag(submission.version)}


def answer(document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, dict(headers or {}), json.dumps(document, ensure_ascii=False))


def respond(answered: Answer) -> Response:
    return Response(answered.body.encode("utf-8", "replace"), answered.status, dict(answered.headers), JSON)


def shown(document: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    """The document, as it is found."""
    return respond(answer(document, headers=headers))
