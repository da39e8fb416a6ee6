"""`/policies`: what is promised, whom the ladders tell, its versions, and changes with the due dates they move."""

import json
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from checklist.document import DocumentUnreadable, parse_document
from checklist.promises import PolicyInvalid, SlaPolicy
from checklist.rulebook import Rulebook, versions
from checklist.rulebook_diff import between
from desk.cli.differences import change_in_words
from desk.pages.calendars import LINES_SHOWN, LONGEST, Seen, more_than, previewed, refusals_of
from desk.pages.confirming import Because, Confirm, confirming
from desk.pages.reading import READ
from desk.published.terms import policy_document
from desk.rendering import desk_of, page
from desk.signing.doors import Team
from desk.viewing.confirming import Confirming
from desk.viewing.versioned import changed_since, version_lines
from models.clock import PolicyVersion
from models.people import Person
from review import policies
from review.actions.revising import change_policy, preview_policy, refuse_policy
from review.lifecycle import MoveRefused
from review.revision import NeverDue

HERE: Final = "policies"

router = APIRouter(include_in_schema=False)

OfRulebook = Annotated[str, Path(max_length=32)]


@router.api_route("/policies", methods=READ)
def overview(request: Request, _reader: Team) -> Response:
    """The policy of the rulebook in force."""
    desk = desk_of(request)
    return RedirectResponse(f"/policies/{desk.rulebook_at(desk.clock()).version}", HTTPStatus.SEE_OTHER)


@router.api_route("/policies/{version}", methods=READ)
def one(request: Request, _reader: Team, version: OfRulebook) -> Response:
    desk = desk_of(request)
    book = _book(version)
    with desk.database.read() as session:
        stands = policies.as_it_stands(session, book)
        lines = version_lines(session, PolicyVersion, book.version)
    policy = policies.policy_of(stands)
    document = json.dumps(policy_document(policy), indent=2, ensure_ascii=False)
    shown: dict[str, Any] = {"policy": policy, "stands": stands, "versions": lines, "document": document}
    return page("policy.html", time=desk.now(), rulebook=book.version, rulebooks=versions(), **shown)


@router.post("/policies/{version}/targets")
def targets(
    request: Request,
    reader: Team,
    version: OfRulebook,
    seen: Seen,
    length: Annotated[list[Annotated[str, Form(max_length=12)]], Form(max_length=100)],
    because: Because = "",
) -> Response:
    """Other lengths of the promises, one for each row; shown first, and made from there."""
    desk = desk_of(request)
    book = _book(version)
    with desk.database.read() as session:
        document = policy_document(policies.policy_of(policies.as_it_stands(session, book)))
    rows = document["targets"]
    if len(length) != len(rows):
        told = "The policy has other rows by now. Go back, load the page again, and look."
        raise HTTPException(HTTPStatus.CONFLICT, told)
    for row, said in zip(rows, length, strict=True):
        row["hours" if "hours" in row else "business_days"] = _number(said)
    return _answer(request, reader.person_id, book, document, because=because, seen=seen)


@router.post("/policies/{version}/change")
def change(
    request: Request,
    reader: Team,
    version: OfRulebook,
    seen: Seen,
    document: Annotated[str, Form(max_length=LONGEST)],
    because: Because = "",
    confirm: Confirm = "",
) -> Response:
    """The whole document: shown with the due dates that move, then written as the next version."""
    try:
        read = parse_document(document.encode(), ".json", "the policy")
    except DocumentUnreadable as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}. Go back, and correct it.") from None
    if not isinstance(read, dict):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "The policy: expected an object. Go back, and correct it.")
    book = _book(version)
    return _answer(request, reader.person_id, book, read, because=because, seen=seen, confirm=bool(confirm))


def _answer(
    request: Request,
    person_id: int,
    book: Rulebook,
    document: dict[str, Any],
    *,
    because: str,
    seen: int,
    confirm: bool = False,
) -> Response:
    desk = desk_of(request)
    at, name = desk.clock(), book.version
    try:
        if confirm:
            try:
                with desk.database.write.begin() as session:
                    by = session.get_one(Person, person_id)
                    change_policy(session, name, document, seen_version=seen, by=by, at=at, because=because)
                return RedirectResponse(f"/policies/{name}", HTTPStatus.SEE_OTHER)
            except (MoveRefused, NeverDue):
                pass  # what stands against it now is told below
        with desk.database.read() as session:
            by, stands = session.get_one(Person, person_id), policies.as_it_stands(session, book)
            against = refusals_of(lambda: refuse_policy(session, name, document, by=by, at=at, because=because))
            preview, never = previewed(lambda: preview_policy(session, name, document, at=at))
            was = policy_document(policies.policy_of(stands))
            wanted = policy_document(SlaPolicy.model_validate(document))
            changes = [change_in_words(one) for one in between(was, wanted)]
            shown = Confirming(
                here=HERE,
                title=f"Change the policy of rulebook {name}?",
                says=[*changes[:LINES_SHOWN], *more_than(changes, LINES_SHOWN)],
                stale=changed_since(session, stands, seen),
                against=[*against, *never],
                preview=preview,
                action=f"/policies/{name}/change",
                button=f"Write version {stands.version + 1}",
                fields=[
                    ("seen", str(stands.version)),
                    ("because", because),
                    ("document", json.dumps(document, ensure_ascii=False)),
                ],
                back=f"/policies/{name}",
                back_to=f"Policy of {name}",
            )
    except PolicyInvalid as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}. Go back, and correct it.") from None
    return confirming(shown, desk.now())


def _book(version: str) -> Rulebook:
    if version not in versions():
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no rulebook {version}.")
    return Rulebook.load(version)


def _number(said: str) -> float | str:
    """What was typed, as a number where it is one; what it may be, the policy says."""
    try:
        return float(said)
    except ValueError:
        return said
