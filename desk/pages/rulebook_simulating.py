"""`/rulebooks/simulate`: a draft of the rules, pasted or from a file, with its mistakes or with what it would do.

Nothing is written, so the answer to the form is the page itself.
"""

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import PurePath
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from checklist.document import LARGEST_FILE, READERS, DocumentUnreadable, parse_document, usable_rulebook
from checklist.rulebook import Rulebook, RulebookInvalid
from desk.headers import WITH_A_FORM
from desk.pages.reading import READ
from desk.rendering import Desk, desk_of, page
from desk.reporting.page import within_desk
from desk.reporting.presented import Presented
from desk.reporting.simulation import present
from desk.signing.doors import Team
from review.simulating.whole import simulate

PASTED: Final = "the draft"

router = APIRouter(include_in_schema=False)


async def rule_maker(reader: Team) -> None:
    """Programme managers alone: 403 for everybody else of the team."""
    if not reader.makes_rules:
        raise HTTPException(HTTPStatus.FORBIDDEN, "Drafts of the rules are for programme managers; ask one of them.")


@router.api_route("/rulebooks/simulate", methods=READ, dependencies=[Depends(rule_maker)])
def asked(request: Request) -> HTMLResponse:
    """The form."""
    return _page(desk_of(request))


@router.post("/rulebooks/simulate", dependencies=[Depends(rule_maker)])
def tried(
    request: Request,
    text: Annotated[str, Form(max_length=LARGEST_FILE)] = "",
    file: UploadFile | None = None,
) -> HTMLResponse:
    """The draft's mistakes, or what it would do. A file counts before what was pasted."""
    desk = desk_of(request)
    name, content = PASTED, text.encode()
    if file is not None and file.filename:
        name, content = PurePath(file.filename).name[:100], file.file.read(LARGEST_FILE + 1)
    try:
        draft = _read(name, content)
    except DocumentUnreadable as error:
        return _page(desk, text=text, mistakes=[str(error)])
    except RulebookInvalid as error:
        return _page(desk, text=text, mistakes=[str(mistake) for mistake in error.mistakes])
    return _page(desk, text=text, found=present_of(desk, draft))


def present_of(desk: Desk, draft: Rulebook) -> Presented:
    """The simulation of a draft at this moment, in its forms."""
    at = desk.clock()
    with desk.database.read() as session:
        return present(simulate(session, draft, now=desk.rulebook_at(at), at=at, programme=desk.programme))


def _read(name: str, content: bytes) -> Rulebook:
    """DocumentUnreadable, RulebookInvalid."""
    ending = ".toml" if name == PASTED else PurePath(name).suffix.lower()
    if ending not in READERS:
        raise DocumentUnreadable(f"{name}: saw the ending {ending or '(none)'!r}, expected one of {', '.join(READERS)}")
    if not content.strip():
        raise DocumentUnreadable(f"{name}: saw nothing, expected a rulebook; paste one, or choose its file")
    return usable_rulebook(parse_document(content, ending, name), name)


def _page(desk: Desk, *, text: str = "", mistakes: Sequence[str] = (), found: Presented | None = None) -> HTMLResponse:
    answer = page(
        "rulebook_simulate.html",
        time=desk.now(),
        status=HTTPStatus.BAD_REQUEST if mistakes else HTTPStatus.OK,
        text=text,
        mistakes=mistakes,
        longest=LARGEST_FILE,
        report=found,
        body=None if found is None else within_desk(found, desk.now().retold),
    )
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer
