"""What OpenAPI tells of a route beyond what its signature says: bodies in several types, and every problem."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from checklist.dossier import json_schema
from desk.api.problems import KINDS, MEDIA_TYPE, Kind

PLACE: Final = "#/components/schemas/{model}"
TRAVELS_AS: Final[Mapping[str, str]] = {
    "text/markdown": "text/markdown; charset=utf-8",
    "text/plain": "text/plain; charset=utf-8",
}

PROBLEM_SCHEMA: Final = {
    "type": "object",
    "title": "Problem",
    "description": "What kept the request from being carried out (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Names the kind, and explains it."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was seen this time, and what was expected."},
        "reference": {"type": "string", "description": "By which the server's log has the whole story."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail", "seen", "expected"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the document, as a JSON pointer."},
                    "detail": {"type": "string"},
                    "seen": {"type": "string"},
                    "expected": {"type": "string"},
                },
            },
        },
    },
}

HEADERS_OF: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": "The scheme, and what is wrong with the token."},
    415: {"Accept": "The types that are read."},
    429: {"Retry-After": "Seconds until it is worth another try."},
}


def document_body(kinds: Iterable[str]) -> dict[str, Any]:
    """A request body that is a submission, in any of these types."""
    content = {kind: {"schema": {"$ref": PLACE.format(model="Submission")}} for kind in kinds}
    return {"requestBody": {"required": True, "description": "The submission.", "content": content}}


def answers(model: Any, offered: Iterable[str], problems: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """Every answer of a route: what it offers, the first of it as JSON of the model, and its problems by status."""
    first, *others = offered
    content: dict[str, Any] = {first: {"schema": {"$ref": PLACE.format(model=model.__name__)}}}
    content |= {kind: {"schema": {"type": "string"}} for kind in others}
    by_status: defaultdict[int, list[Kind]] = defaultdict(list)
    for name in problems:
        by_status[KINDS[name].status.value].append(KINDS[name])
    return {
        200: {"description": "What the checks found.", "content": content},
        **{status: _problem(status, kinds) for status, kinds in sorted(by_status.items())},
    }


def schemas(*models: Any) -> dict[str, Any]:
    """The shapes that `document_body` and `answers` speak of."""
    found: dict[str, Any] = {"Problem": PROBLEM_SCHEMA}
    submission = json_schema(parts_at=PLACE)
    found |= submission.pop("$defs")
    found["Submission"] = submission
    for model in models:
        shape = TypeAdapter(model).json_schema(ref_template=PLACE)
        found |= shape.pop("$defs", {})
        found[model.__name__] = shape
    return found


def _problem(status: int, kinds: Iterable[Kind]) -> dict[str, Any]:
    told = {
        "description": " · ".join(f"{kind.title} (`{kind.type}`). {kind.todo}" for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": {"$ref": PLACE.format(model="Problem")}}},
    }
    headers = HEADERS_OF.get(status, {})
    shown = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
    return {**told, **({"headers": shown} if shown else {})}
