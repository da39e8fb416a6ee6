"""What OpenAPI tells of a route beyond what its signature says: bodies in several types, and every problem."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from checklist.dossier import json_schema
from desk.api.problem_kinds import KINDS, Kind
from desk.api.problems import MEDIA_TYPE

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
        "move": {"type": "string", "description": "The move that is refused."},
        "reasons": {"type": "array", "items": {"type": "string"}, "description": "Every reason, in whole sentences."},
        "version": {"type": "integer", "description": "The version that it is at now."},
        "changed": {
            "type": "array",
            "description": "What happened since the version that was seen, oldest first.",
            "items": {
                "type": "object",
                "required": ["at", "event", "by"],
                "properties": {
                    "at": {"type": "string", "format": "date-time"},
                    "event": {"type": "string"},
                    "by": {"type": ["string", "null"], "description": "Empty: the engine, or not for you to know."},
                },
            },
        },
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["row", "column", "seen", "expected"],
                "properties": {
                    "row": {"type": "integer", "description": "The line of the file, from 1."},
                    "column": {"type": ["string", "null"]},
                    "seen": {"type": "string"},
                    "expected": {"type": "string"},
                },
            },
        },
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
    412: {"ETag": "What it is at now."},
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
    return {200: {"description": "What the checks found.", "content": content}, **told_problems(problems)}


def told_problems(names: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """These kinds of problems, by status."""
    by_status: defaultdict[int, list[Kind]] = defaultdict(list)
    for name in names:
        by_status[KINDS[name].status.value].append(KINDS[name])
    return {status: _problem(status, kinds) for status, kinds in sorted(by_status.items())}


EVERYWHERE: Final = (
    *("unknown-parameter", "wrong-parameter", "no-token", "token-opens-nothing", "token-may-not", "our-mistake"),
    "no-database",
)
"""Problems that every route with a token may meet."""

WITH_BODY: Final = (
    *("incomplete-body", "too-slow", "too-large", "unsupported-type", "unreadable-document", "invalid-body"),
    *("key-in-use", "key-used-otherwise", "changed-meanwhile"),
)
"""Those of a route that takes a body and an Idempotency-Key."""


def told(
    model: Any, *problems: str, status: int = 200, says: str = "Found.", headers: Mapping[str, str] | None = None
) -> dict[int | str, dict[str, Any]]:
    """The answers of a route whose good one is JSON of this model."""
    shown = {name: {"description": text, "schema": {"type": "string"}} for name, text in (headers or {}).items()}
    good = {"model": model, "description": says, **({"headers": shown} if shown else {})}
    return {status: good, **told_problems(dict.fromkeys((*EVERYWHERE, *problems)))}


def json_body(model: type[BaseModel], *, example: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A request body that is JSON of this model; one in which nothing is needed may be left out."""
    content: dict[str, Any] = {"schema": {"$ref": PLACE.format(model=model.__name__)}}
    if example is not None:
        content["example"] = dict(example)
    needed = any(field.is_required() for field in model.model_fields.values())
    return {"requestBody": {"required": needed, "content": {"application/json": content}}}


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


def tidy(described: dict[str, Any]) -> None:
    """Take out what the framework adds and this API does not do: errors of its own shape, parameters that are null."""
    for name in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(name, None)
    for operation in (operation for path in described["paths"].values() for operation in path.values()):
        if "application/json" in operation["responses"].get("422", {}).get("content", {}):
            del operation["responses"]["422"]
        for parameter in operation.get("parameters", ()):
            kinds = parameter["schema"].get("anyOf", ())
            real = [kind for kind in kinds if kind != {"type": "null"}]
            if kinds and len(real) == 1:
                del parameter["schema"]["anyOf"]
                parameter["schema"] |= real[0]


def _problem(status: int, kinds: Iterable[Kind]) -> dict[str, Any]:
    told = {
        "description": " · ".join(f"{kind.title} (`{kind.type}`). {kind.todo}" for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": {"$ref": PLACE.format(model="Problem")}}},
    }
    headers = HEADERS_OF.get(status, {})
    shown = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
    return {**told, **({"headers": shown} if shown else {})}
