"""`/events`: the log of all that happened, and the same as lines of JSON."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, StreamingResponse

from desk.headers import WITH_A_FORM
from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import Desk, desk_of, page
from desk.viewing.events import KINDS, Sieve, log_lines, taken_away

router = APIRouter(include_in_schema=False)


class Question(BaseModel):
    """What the form above the log asks; an empty field asks nothing."""

    kind: str = Field("", max_length=40, pattern=f"^({'|'.join(KINDS)})?$")
    person: str = Field("", max_length=320)
    integration: str = Field("", max_length=100)

    def sieve(self) -> Sieve:
        return Sieve(kind=self.kind, person=self.person, integration=self.integration)

    def query(self, **more: int) -> str:
        return urlencode(self.model_dump(exclude_defaults=True) | more)


class Page(Question):
    before: int | None = Field(None, ge=1, le=LARGEST_ID)


@router.api_route("/events", methods=READ)
def events(request: Request, asked: Annotated[Page, Query()]) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        rulebook = desk.rulebook_at(time.at)
        lines, earlier = log_lines(session, asked.sieve(), before=asked.before, rulebook=rulebook, time=time)
    question = Question(**asked.model_dump(exclude={"before"}))
    answer = page(
        "events.html",
        time=time,
        lines=lines,
        kinds=KINDS,
        asked=asked,
        earlier="" if earlier is None else f"/events?{question.query(before=earlier)}",
        newest="" if asked.before is None else f"/events?{question.query()}",
        file=f"/events.ndjson?{question.query()}",
    )
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer


@router.api_route("/events.ndjson", methods=READ)
def file(
    request: Request, asked: Annotated[Question, Query()], after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0
) -> StreamingResponse:
    """Oldest first; `after` takes up where an earlier file ended."""
    headers = {"Content-Disposition": 'attachment; filename="events.ndjson"'}
    lines = _lines(desk_of(request), asked.sieve(), after)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


def _lines(desk: Desk, sieve: Sieve, after: int) -> Iterator[str]:
    with desk.database.read() as session:
        yield from taken_away(session, sieve, after=after)
