"""What the API tells of itself: the shape of a submission, and what each kind of problem means. Open to everybody."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from checklist.dossier import json_schema
from desk.api.description import PLACE
from desk.api.problem_kinds import KINDS
from desk.api.problems import MEDIA_TYPE, Problem

router = APIRouter()

AN_HOUR: Final = {"Cache-Control": "public, max-age=3600"}
NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {
    404: {
        "description": "There is no such kind of problem.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": PLACE.format(model="Problem")}}},
    }
}
PLAIN: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "In words.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


class SchemaResponse(JSONResponse):
    media_type = "application/schema+json"


@router.get("/schema/submission.json", summary="The shape of a submission", response_class=SchemaResponse)
async def submission_schema() -> Response:
    """The JSON Schema (2020-12) of a submission, for `$schema` in a file and for editors."""
    return SchemaResponse(json_schema(), headers=AN_HOUR)


@router.get(
    "/problems/{name}",
    summary="What a kind of problem means",
    response_class=PlainTextResponse,
    responses={**PLAIN, **NOT_FOUND},
)
async def problem(name: str) -> Response:
    kind = KINDS.get(name)
    if kind is None:
        raise Problem("not-found", "there is no such kind of problem")
    return PlainTextResponse(f"{kind.title} ({kind.status.value}).\n{kind.todo}\n", headers=AN_HOUR)
