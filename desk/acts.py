"""What can be done with a submission from its page: each a verb, its form's fields, and what its button says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

from models.enums import DecisionKind, Outcome
from models.people import Person
from models.submission import Submission
from review.actions import asking, assigning, attesting, conversing, deciding, noting, submitting, undoing
from review.actions.requesting_changes import PersonsFinding
from review.finding_people import person_called
from review.lifecycle import MoveName, MoveRefused


class Act(StrEnum):
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"
    ASK = "ask_partner"
    MESSAGE = "message"
    WITHDRAW = "withdraw"
    CLAIM = "claim"
    ASSIGN = "assign"
    RELEASE = "release"
    ATTEST = "attest"
    WAIVE = "waive"
    NOTE = "note"
    UNDO = "undo"

    @property
    def move(self) -> MoveName | None:
        """The row of the lifecycle table; None for a note, which moves nothing."""
        return None if self is Act.NOTE else MoveName(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What somebody filled in; what an act doesn't need stays empty. `version` is that of the page they saw."""

    act: Act
    text: str = ""
    because: tuple[str, ...] = ()
    finding: str = ""
    """An item about which `text` is a finding."""
    item: str = ""
    outcome: Outcome | None = None
    until: date | None = None
    to: str = ""
    """The e-mail address of whoever shall have it."""
    version: int | None = None
    holder: int | None = None
    """Who had it on that page, by id, 0 for nobody."""


TELLS_PARTNER: Final = frozenset({Act.APPROVE, Act.REQUEST_CHANGES, Act.REJECT, Act.ASK, Act.MESSAGE, Act.WITHDRAW})
"""Shown before they are sent, exactly as they will go out."""

BUTTONS: Final[Mapping[Act, str]] = {
    Act.APPROVE: "Approve",
    Act.REQUEST_CHANGES: "Request changes",
    Act.REJECT: "Reject",
    Act.ASK: "Ask the partner",
    Act.MESSAGE: "Send a message",
    Act.WITHDRAW: "Withdraw",
    Act.CLAIM: "Take it",
    Act.ASSIGN: "Hand over",
    Act.RELEASE: "Let go",
    Act.ATTEST: "Attest",
    Act.WAIVE: "Waive",
    Act.NOTE: "Add the note",
    Act.UNDO: "Undo",
}

Do = Callable[[Session, Submission, Person, datetime, Form, timedelta], Any]


def carry_out(
    session: Session, submission: Submission, form: Form, *, by: Person, at: datetime, undo_for: timedelta
) -> None:
    """Do it. Raises what the verb raises: MoveRefused with the reasons, ItemUnknown, ReasonUnknown, ReasonRetired."""
    _DO[form.act](session, submission, by, at, form, undo_for)
    session.flush()


def _decides(decision: DecisionKind) -> Do:
    def do(session: Session, one: Submission, by: Person, at: datetime, form: Form, undo_for: timedelta) -> None:
        wants_changes = decision is DecisionKind.REQUEST_CHANGES
        found = [PersonsFinding(form.finding, form.text)] if wants_changes and form.finding and form.text else []
        deciding.decide(
            session,
            one,
            decision,
            by=by,
            at=at,
            reason=form.text,
            findings=found,
            because=form.because if wants_changes else (),
            seen_version=form.version,
            undo_for=undo_for,
        )

    return do


def _attest(session: Session, one: Submission, by: Person, at: datetime, form: Form, _undo_for: timedelta) -> None:
    if form.outcome is None:
        raise _lacking(Act.ATTEST, one, "no outcome was chosen; choose what you saw")
    attesting.attest(session, one, form.item, form.outcome, by=by, at=at, reason=form.text, seen_version=form.version)


def _waive(session: Session, one: Submission, by: Person, at: datetime, form: Form, _undo_for: timedelta) -> None:
    if form.until is None:
        raise _lacking(Act.WAIVE, one, "no last day was given; choose until when it need not hold")
    attesting.waive(
        session, one, form.item, by=by, at=at, reason=form.text, until=form.until, seen_version=form.version
    )


def _assign(session: Session, one: Submission, by: Person, at: datetime, form: Form, _undo_for: timedelta) -> None:
    to = person_called(session, form.to)
    assigning.assign(session, one, to=to, by=by, at=at, seen_version=form.version, seen_holder=form.holder)


def _lacking(act: Act, submission: Submission, reason: str) -> MoveRefused:
    return MoveRefused(act.value, f"submission {submission.id}", [reason])


_DO: Final[Mapping[Act, Do]] = {
    Act.APPROVE: _decides(DecisionKind.APPROVE),
    Act.REQUEST_CHANGES: _decides(DecisionKind.REQUEST_CHANGES),
    Act.REJECT: _decides(DecisionKind.REJECT),
    Act.ASK: lambda session, one, by, at, form, _: asking.ask_partner(
        session, one, by=by, at=at, text=form.text, seen_version=form.version
    ),
    Act.MESSAGE: lambda session, one, by, at, form, _: conversing.send_message(
        session, one, by=by, at=at, text=form.text
    ),
    Act.WITHDRAW: lambda session, one, by, at, form, _: submitting.withdraw(
        session, one, by=by, at=at, reason=form.text, seen_version=form.version
    ),
    Act.CLAIM: lambda session, one, by, at, form, _: assigning.claim(
        session, one, by=by, at=at, seen_version=form.version, seen_holder=form.holder
    ),
    Act.ASSIGN: _assign,
    Act.RELEASE: lambda session, one, by, at, form, _: assigning.release(
        session, one, by=by, at=at, seen_holder=form.holder
    ),
    Act.ATTEST: _attest,
    Act.WAIVE: _waive,
    Act.NOTE: lambda session, one, by, at, form, _: noting.note(session, one, by=by, at=at, text=form.text),
    Act.UNDO: lambda session, one, by, at, form, _: undoing.undo(session, one, by=by, at=at, seen_version=form.version),
}
