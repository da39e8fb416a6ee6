"""What is done from a submission's page. What the partner will read is shown before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from checklist.rulebook import Rulebook
from desk import acts
from desk.acts import BUTTONS, TELLS_PARTNER, Act
from desk.headers import WITH_FORMS_AND_SCRIPTS
from desk.pages.reading import LARGEST_ID, READ
from desk.pages.submission import Number, shown
from desk.rendering import Desk, desk_of, page
from desk.signing.doors import Team
from desk.signing.reader import Reader
from desk.viewing.outgoing import Letter, outgoing
from desk.words import as_sentence
from models.enums import Outcome
from models.people import Person
from models.submission import Submission
from review.actions.attesting import ItemUnknown
from review.actions.revealing import TEST_ACCOUNT, reveal
from review.facts import active_assignment, changed_last
from review.finding_people import PersonUnknown
from review.finding_submissions import SubmissionUnknown, submission_called
from review.lifecycle import MoveRefused
from review.reasons import ReasonRetired, ReasonUnknown
from review.results import standing
from review.vault import SecretUnreadable

router = APIRouter(include_in_schema=False)

LONGEST_TEXT: Final = 20_000
Text = Annotated[str, Form()]
Seen = Annotated[int | None, Form(ge=0, le=LARGEST_ID)]
AT_ONCE: Final = "somebody else did this at the same moment; look again, then repeat it if needed"
REFUSALS: Final = (ItemUnknown, PersonUnknown, ReasonUnknown, ReasonRetired)


@router.post("/submissions/{submission_id}/act")
def act(
    request: Request,
    reader: Team,
    submission_id: Number,
    act: Annotated[Act, Form()],
    version: Seen = None,
    holder: Seen = None,
    text: Text = "",
    because: Annotated[list[str] | None, Form()] = None,
    finding: Text = "",
    item: Text = "",
    outcome: Text = "",
    until: Text = "",
    to: Text = "",
    send: Text = "",
) -> Response:
    """Do it, or first show what the partner will read of it; `send` says that this was seen.

    409 when somebody changed it since the page was made, 422 when something else stands against it; what was typed
    stays in the form.
    """
    desk = desk_of(request)
    saw = Saw(version, holder)
    typed: dict[str, Any] = {
        "text" if act is not Act.NOTE else "note": text,
        "because": tuple(because or ()),
        "finding": finding,
        "item": item,
        "outcome": outcome,
        "until": until,
        "to": to,
    }
    try:
        form = acts.Form(
            act=act,
            text=_text(text),
            because=tuple(because or ()),
            finding=finding,
            item=item,
            outcome=_outcome(outcome),
            until=_day(until),
            to=to,
            version=version,
            holder=holder,
        )
        if act in TELLS_PARTNER and not send:
            letters = outgoing(
                desk.database, desk.programme, submission_id, form, person_id=reader.person_id, at=desk.clock()
            )
            return _before_sending(desk, reader, submission_id, form, letters)
        with desk.database.write.begin() as session:
            submission = submission_called(session, str(submission_id))
            by = session.get_one(Person, reader.person_id)
            acts.carry_out(session, submission, form, by=by, at=desk.clock(), undo_for=desk.undo_for)
    except SubmissionUnknown as unknown:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no submission {submission_id}.") from unknown
    except MoveRefused as refused:
        return _not_done(desk, reader, submission_id, saw, refused.reasons, typed)
    except (*REFUSALS, Unreadable) as refused:
        return _not_done(desk, reader, submission_id, saw, (str(refused),), typed)
    except IntegrityError:
        return _not_done(desk, reader, submission_id, saw, (AT_ONCE,), typed, is_stale=True)
    return RedirectResponse(f"/submissions/{submission_id}#{PLACES.get(act, 'decide')}", HTTPStatus.SEE_OTHER)


@router.api_route("/submissions/{submission_id}/act", methods=READ)
@router.api_route("/submissions/{submission_id}/secret", methods=READ)
def back(submission_id: Number) -> Response:
    """Whoever loads the answer to a form again comes back to the page; nothing is done twice."""
    return RedirectResponse(f"/submissions/{submission_id}", HTTPStatus.SEE_OTHER)


UNDOABLE: Final = frozenset({Act.APPROVE, Act.REQUEST_CHANGES, Act.REJECT})
PLACES: Final[Mapping[Act, str]] = {
    **dict.fromkeys(UNDOABLE, "undo"),
    Act.NOTE: "notes",
    Act.MESSAGE: "conversation",
    Act.ASK: "conversation",
}
"""Where on the page somebody sees what they did."""


@router.post("/submissions/{submission_id}/secret")
def secret(request: Request, reader: Team, submission_id: Number) -> Response:
    """The test account's secret, once; that it was shown, to whom and when, is kept."""
    desk = desk_of(request)
    if desk.vault is None:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "This desk has no key; secrets stay closed here.")
    try:
        with desk.database.write.begin() as session:
            submission = submission_called(session, str(submission_id))
            by = session.get_one(Person, reader.person_id)
            clear = reveal(session, submission, TEST_ACCOUNT, by=by, at=desk.clock(), vault=desk.vault)
            name, username = submission.integration.name, _username(submission)
    except SubmissionUnknown as unknown:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no submission {submission_id}.") from unknown
    except MoveRefused as refused:
        return shown(
            desk, reader, submission_id, status=HTTPStatus.UNPROCESSABLE_ENTITY, refused=tuple(refused.reasons)
        )
    except SecretUnreadable as unreadable:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, as_sentence(unreadable)) from None
    return page(
        "submission_secret.html", time=desk.now(), number=submission_id, name=name, username=username, secret=clear
    )


@dataclass(frozen=True, slots=True)
class Saw:
    """How the submission stood on the page that a form came from; None where the form did not say."""

    version: int | None
    holder: int | None

    def is_stale(self, session: Session, submission: Submission) -> bool:
        having = active_assignment(session, submission)
        now = Saw(submission.version, having.person_id if having is not None else 0)
        return self.version not in {None, now.version} or self.holder not in {None, now.holder}


class Unreadable(ValueError):
    """A field holds what it can't mean."""


def _text(text: str) -> str:
    """With line ends of one kind: browsers send those that the standard of forms asks for."""
    if len(text) > LONGEST_TEXT:
        raise Unreadable(f"the text has {len(text):,} characters; write at most {LONGEST_TEXT:,}")
    return text.replace("\r\n", "\n").strip()


def _outcome(text: str) -> Outcome | None:
    try:
        return Outcome(text) if text else None
    except ValueError:
        raise Unreadable(f"the outcome {text!r} is unknown; choose one of the list") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Unreadable(f"the day {text!r} can't be read; write it as 2027-01-31") from None


def _username(submission: Submission) -> str:
    account = submission.document.get("test_account")
    return str(account.get("username") or "") if isinstance(account, dict) else ""


def _not_done(
    desk: Desk,
    reader: Reader,
    submission_id: int,
    saw: Saw,
    reasons: tuple[str, ...],
    typed: dict[str, Any],
    *,
    is_stale: bool = False,
) -> Response:
    """What is against it; of a page that is stale also who changed what last, where no reason says so by itself."""
    with desk.database.read() as session:
        now = submission_called(session, str(submission_id))
        stale = is_stale or saw.is_stale(session, now)
        last = changed_last(session, now) if stale else ""
    if last and not any(last in reason for reason in reasons):
        reasons = (*reasons, f"the last that happened: {last}")
    status = HTTPStatus.CONFLICT if stale else HTTPStatus.UNPROCESSABLE_ENTITY
    return shown(desk, reader, submission_id, status=status, refused=tuple(reasons), stale=stale, typed=typed)


def _before_sending(
    desk: Desk, reader: Reader, submission_id: int, form: acts.Form, letters: tuple[Letter, ...]
) -> Response:
    at = desk.clock()
    kept = [(letter, desk.letters.keep(letter.html, of=reader.person_id, at=at)) for letter in letters]
    with desk.database.read() as session:
        submission = submission_called(session, str(submission_id))
        settles = settled_by_approval(session, submission, at) if form.act is Act.APPROVE else ()
    answer = page(
        "submission_preview.html",
        time=desk.now(),
        number=submission_id,
        form=form,
        label=BUTTONS[form.act],
        letters=kept,
        settles=settles,
        undo_seconds=int(desk.undo_for.total_seconds()) if form.act in UNDOABLE else 0,
    )
    answer.headers["Content-Security-Policy"] = WITH_FORMS_AND_SCRIPTS
    return answer


def settled_by_approval(session: Session, submission: Submission, at: datetime) -> tuple[str, ...]:
    """Titles of what no check could decide, for which whoever approves vouches (decision 0003)."""
    titles = {item.id: item.title for item in Rulebook.load(submission.rulebook).items}
    return tuple(titles.get(item, item) for item in standing(session, submission, at=at).unknown)
