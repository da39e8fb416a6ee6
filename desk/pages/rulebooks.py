"""`/rulebooks`: what is asked at each gate, by which version, and what a version changed."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from desk.cli.differences import change_in_words
from desk.headers import WITH_A_FORM
from desk.pages.reading import READ
from desk.rendering import desk_of, page
from desk.viewing.rulebooks import differences, rulebook_view, rulebooks
from review.shadows import shadows

router = APIRouter(include_in_schema=False)

Version = Annotated[str, Path(max_length=32)]
Compared = Annotated[str, Query(max_length=32)]


@router.api_route("/rulebooks", methods=READ)
def overview(request: Request, before: Compared = "", after: Compared = "") -> HTMLResponse:
    """The versions, and the difference of two of them."""
    desk = desk_of(request)
    time = desk.now()
    books = rulebooks()
    changes = differences(before, after) if before and after else None
    if (before or after) and changes is None:
        raise HTTPException(404, f"There is no rulebook {before or '?'} or no rulebook {after or '?'}.")
    answer = page(
        "rulebooks.html",
        time=time,
        rulebooks=books,
        in_force=desk.rulebook_at(time.at).version,
        compared=(before, after),
        changes=None if changes is None else [change_in_words(change) for change in changes],
    )
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer


@router.api_route("/rulebooks/{version}", methods=READ)
def one(request: Request, version: Version) -> HTMLResponse:
    desk = desk_of(request)
    time = desk.now()
    view = rulebook_view(version)
    if view is None:
        raise HTTPException(404, f"There is no rulebook {version}.")
    changes = [change_in_words(change) for change in view.changes]
    with desk.database.read() as session:
        counted = shadows(session, view.rulebook, on=time.at.date())
    return page("rulebook.html", time=time, view=view, changes=changes, shadows=counted)
