"""The rules that are in force, to read: rulebooks, calendars, what is promised."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import with_config
from starlette.responses import Response
from typing_extensions import TypedDict

from checklist.rulebook import Rulebook, versions
from desk.api.answering import shown
from desk.api.bearer import Reader, TeamReader
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS
from desk.api.problems import Problem
from desk.cli.versioned import history
from desk.published.terms import CalendarLine, calendar_line, policy_document
from desk.published.values import Day, Instant
from desk.rendering import Desk
from models.clock import CalendarVersion, PolicyVersion
from review import calendars, policies
from review.calendar_spec import CalendarSpec

Called = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^/\x00]+$")]
OfRulebook = Annotated[
    str | None, Query(min_length=1, max_length=32, description="Of this rulebook; left out, of the one in force.")
]
AsDocument = dict[str, Any]

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["rules"])


@with_config(extra="forbid")
class RulebookLine(TypedDict):
    version: str
    valid_from: Day
    items: int
    programme: str


@with_config(extra="forbid")
class VersionShown(TypedDict):
    """One version; `running` and `stopped` are the clocks that it holds."""

    version: int
    since: Instant
    by: str
    because: str
    running: int
    stopped: int


@router.get(
    "/rulebooks",
    summary="The versions of the rules, oldest first",
    response_class=Response,
    responses=told(list[RulebookLine]),
)
def rulebooks(bearer: Reader) -> Response:
    del bearer
    books = [Rulebook.load(version) for version in versions()]
    documents: list[RulebookLine] = [
        {
            "version": book.version,
            "valid_from": book.valid_from.isoformat(),
            "items": len(book.items),
            "programme": book.programme.name,
        }
        for book in books
    ]
    return shown(documents)


@router.get(
    "/rulebooks/{version}",
    summary="One version of the rules, item by item",
    response_class=Response,
    responses=told(AsDocument, "no-such-thing"),
)
def rulebook(request: Request, bearer: Reader, version: Called) -> Response:
    """The document of `launch-review rulebook show --json`; its schema is at `launch-review schema rulebook`."""
    del bearer
    return shown(book_of(desk_of(request), version).model_dump(mode="json"))


@router.get(
    "/calendars",
    summary="The programme's calendars",
    response_class=Response,
    responses=told(list[CalendarLine], "team-only"),
)
def listed(request: Request, bearer: TeamReader) -> Response:
    del bearer
    desk = desk_of(request)
    at = desk.clock()
    book = desk.rulebook_at(at)
    with desk.database.read() as session:
        names = calendars.names(session, at.date(), book)
        found = [calendars.as_it_stands(session, name, book.valid_from, book) for name in names]
        documents = [calendar_line(session, one) for one in found if one is not None]
    return shown(documents)


@router.get(
    "/calendars/{name}",
    summary="One calendar: zone, week, holidays, other hours",
    response_class=Response,
    responses=told(AsDocument, "team-only", "no-such-thing"),
)
def calendar(request: Request, bearer: TeamReader, name: Called) -> Response:
    """The document of `launch-review calendar show --json`."""
    del bearer
    desk = desk_of(request)
    book = desk.rulebook_at(desk.clock())
    with desk.database.read() as session:
        found = calendars.as_it_stands(session, name, book.valid_from, book)
    if found is None:
        raise Problem("no-such-thing", f"there is no calendar {name[:60]!r}")
    return shown(CalendarSpec.parse(found.spec).as_document(), headers={"ETag": f'"{found.version}"'})


@router.get(
    "/calendars/{name}/versions",
    summary="Who wrote which version of a calendar, when and why",
    response_class=Response,
    responses=told(list[VersionShown], "team-only", "no-such-thing"),
)
def calendar_versions(request: Request, bearer: TeamReader, name: Called) -> Response:
    """As `launch-review calendar history --json`, newest first."""
    del bearer
    desk = desk_of(request)
    book = desk.rulebook_at(desk.clock())
    with desk.database.read() as session:
        if calendars.as_it_stands(session, name, book.valid_from, book) is None:
            raise Problem("no-such-thing", f"there is no calendar {name[:60]!r}")
        documents = history(session, CalendarVersion, name)
    return shown(documents)


@router.get(
    "/policy",
    summary="What is promised, and whom the ladders tell",
    response_class=Response,
    responses=told(AsDocument, "team-only", "no-such-thing"),
)
def policy(request: Request, bearer: TeamReader, rulebook: OfRulebook = None) -> Response:
    """The document of `launch-review policy show --json`."""
    del bearer
    desk = desk_of(request)
    book = book_of(desk, rulebook)
    with desk.database.read() as session:
        found = policies.as_it_stands(session, book)
    return shown(policy_document(policies.policy_of(found)), headers={"ETag": f'"{found.version}"'})


@router.get(
    "/policy/versions",
    summary="Who wrote which version of the policy, when and why",
    response_class=Response,
    responses=told(list[VersionShown], "team-only", "no-such-thing"),
)
def policy_versions(request: Request, bearer: TeamReader, rulebook: OfRulebook = None) -> Response:
    """As `launch-review policy history --json`, newest first."""
    del bearer
    desk = desk_of(request)
    book = book_of(desk, rulebook)
    with desk.database.read() as session:
        documents = history(session, PolicyVersion, book.version)
    return shown(documents)


def book_of(desk: Desk, version: str | None) -> Rulebook:
    """The rulebook of that version, or the one in force. Problem when there is none."""
    if version is None:
        return desk.rulebook_at(desk.clock())
    if version not in versions():
        raise Problem("no-such-thing", f"no rulebook {version[:60]!r} is shipped; there are: {', '.join(versions())}")
    return Rulebook.load(version)
