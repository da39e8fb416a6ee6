"""`/`: what waits, soonest due first. What it shows stands in its address, so that a view can be kept as a bookmark."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from pydantic import BeforeValidator, Field
from starlette.responses import HTMLResponse

from desk.headers import WITH_A_SCRIPT
from desk.pages.reading import LARGEST_ID, READ
from desk.rendering import TEMPLATES, desk_of, page
from desk.signing.doors import Team
from desk.signing.reader import Reader
from desk.viewing.overdue import to_decide
from desk.viewing.queue import TITLES, QueueView, address, queue_view
from desk.viewing.queue_lines import Line, lines
from models.enums import QUEUED_SUBMISSION, GateName, SubmissionKind, SubmissionStage
from review.worklist import Asked, Cursor, View

router = APIRouter(include_in_schema=False)

LIST: Final = "/queue/list"
"""The list alone, for the script that keeps an open page up to date."""

UNSET: Final = BeforeValidator(lambda given: given or None)
"""A form sends the fields that nobody filled in as well."""

PersonId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Place = Annotated[str, Field(pattern=r"^\d{0,17}\.[1-9]\d{0,17}$")]
"""As `Cursor` writes it."""

KINDS: Final = list(SubmissionKind)
GATES: Final = [GateName.ACCESS, GateName.PUBLIC_BETA, GateName.PUBLIC]
STAGES: Final = [stage for stage in SubmissionStage if stage in QUEUED_SUBMISSION]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks for, and who asks."""

    reader: Reader
    asked: Asked
    after: Cursor | None


def wanted(
    reader: Team,
    show: Annotated[View | None, UNSET, Query()] = None,
    kind: Annotated[SubmissionKind | None, UNSET, Query()] = None,
    gate: Annotated[GateName | None, UNSET, Query()] = None,
    stage: Annotated[SubmissionStage | None, UNSET, Query()] = None,
    assignee: Annotated[PersonId | None, UNSET, Query()] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[Place | None, UNSET, Query()] = None,
) -> Wanted:
    asked = Asked(
        view=show or View.ALL,
        kind=kind,
        gate=gate,
        stage=stage,
        assignee=assignee,
        search=q.replace("\0", "").strip(),
        reader=reader.person_id,
    )
    return Wanted(reader, asked, Cursor.parse(after) if after else None)


@router.api_route("/", methods=READ)
def queue(request: Request, wants: Annotated[Wanted, Depends(wanted)]) -> HTMLResponse:
    return _page("queue.html", request, wants, is_whole=True)


@router.api_route(LIST, methods=READ)
def queue_list(request: Request, wants: Annotated[Wanted, Depends(wanted)]) -> HTMLResponse:
    return _page("queue_list.html", request, wants)


def _page(template: str, request: Request, wants: Wanted, *, is_whole: bool = False) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        view = queue_view(session, wants.asked, time=time, after=wants.after)
        decides = is_whole and wants.reader.leads
        undecided = to_decide(session, desk.rulebook_at(time.at), time) if decides else None
    answer = page(template, **shown(view, wants), to_decide=undecided)
    answer.headers["Content-Security-Policy"] = WITH_A_SCRIPT
    return answer


@lru_cache(maxsize=8_192)
def rendered(line: Line) -> Markup:
    """The line's part of the page."""
    row: Callable[[Line], Markup] = TEMPLATES.get_template("queue_line.html").module.row  # type: ignore[attr-defined]
    return row(line)


def shown(view: QueueView, wants: Wanted) -> dict[str, Any]:
    """What the templates read."""
    asked = wants.asked
    return {
        "view": view,
        "lines": lines(view.rows, view.time, reader_id=asked.reader, grey=view.grey, may_assign=view.may_assign),
        "rendered": rendered,
        "time": view.time,
        "asked": asked,
        "views": [
            (title, address(asked, view=name) if asked.filters else address(Asked(view=name)), name is asked.view)
            for name, title in TITLES.items()
        ],
        "here_at": address(asked, wants.after),
        "first": address(asked) if wants.after else "",
        "next": address(asked, view.after) if view.after else "",
        "list": address(asked, wants.after, path=LIST),
        "kinds": KINDS,
        "gates": GATES,
        "stages": STAGES,
    }
