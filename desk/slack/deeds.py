"""What each button and dialog does: the verbs of the command line, and what is said when they are done."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from desk.slack.acting import Deed
from desk.slack.reasons import Reason
from models.enums import DecisionKind, SubmissionStage
from models.people import Person
from models.submission import Submission
from notifications.buttons import Act, Click
from notifications.instants import in_words
from review.actions import asking, assigning, attesting, deciding
from review.actions.requesting_changes import PersonsFinding
from review.facts import active_assignment

APPROVAL: Final = "Reviewed and approved."
"""What the partner reads of an approval that is one press; the desk and the command line take other words."""


def claim(click: Click, _undo_for: timedelta = timedelta(0)) -> Deed:
    def says(session: Session, submission: Submission, person: Person) -> str:
        assignment = active_assignment(session, submission)
        if assignment is None or assignment.person_id != person.id:
            return "You took it, and it has gone on since."
        return f"You have it until {in_words(assignment.leased_until, person.time_zone)}."

    return Deed(
        Act.CLAIM,
        lambda session, one, by, at: assigning.claim(session, one, by=by, at=at, seen_version=click.version),
        says,
    )


def approve(click: Click, undo_for: timedelta = timedelta(0)) -> Deed:
    def says(_session: Session, submission: Submission, _person: Person) -> str:
        if submission.stage is SubmissionStage.IN_REVIEW:
            return "Your approval is recorded. This gate asks for two: somebody else has to approve it as well."
        return f"Approved. The partner is told{_later(undo_for)}."

    return Deed(
        Act.APPROVE,
        lambda session, one, by, at: deciding.decide(
            session,
            one,
            DecisionKind.APPROVE,
            by=by,
            at=at,
            reason=APPROVAL,
            seen_version=click.version,
            undo_for=undo_for,
        ),
        says,
    )


def request_changes(click: Click, chosen: Sequence[Reason], words: str, undo_for: timedelta = timedelta(0)) -> Deed:
    findings = [PersonsFinding(reason.item, reason.text, reason.fix) for reason in chosen if reason.item]
    because = [reason.key for reason in chosen if reason.key]
    general = [f"{reason.text} {reason.fix}".strip() for reason in chosen if not (reason.item or reason.key)]
    said = "\n\n".join(filter(None, [*general, words.strip()]))
    if not said and not because:
        said = "Please see what is listed below."
    return Deed(
        Act.REQUEST_CHANGES,
        lambda session, one, by, at: deciding.decide(
            session,
            one,
            DecisionKind.REQUEST_CHANGES,
            by=by,
            at=at,
            reason=said,
            findings=findings,
            because=because,
            seen_version=click.version,
            undo_for=undo_for,
        ),
        lambda *_: f"The partner is told what to change{_later(undo_for)}; the clock waits for them.",
        same={"words": said, "chosen": because},
    )


def _later(undo_for: timedelta) -> str:
    seconds = int(undo_for.total_seconds())
    return f" in {seconds} seconds (until then it can be undone on the desk)" if seconds else ""


def ask_partner(click: Click, text: str) -> Deed:
    return Deed(
        Act.ASK_PARTNER,
        lambda session, one, by, at: asking.ask_partner(
            session, one, by=by, at=at, text=text, seen_version=click.version
        ),
        lambda *_: "The partner is asked; the clock waits for the answer.",
        same={"text": text},
    )


def waive(click: Click, item: str, reason: str, until: date) -> Deed:
    same: dict[str, Any] = {"item": item, "reason": reason, "until": until.isoformat()}
    return Deed(
        Act.WAIVE,
        lambda session, one, by, at: attesting.waive(
            session, one, item, by=by, at=at, reason=reason, until=until, seen_version=click.version
        ),
        lambda *_: f"{item} is waived up to and including {until}.",
        same=same,
    )


AT_ONCE: Final = {Act.CLAIM: claim, Act.APPROVE: approve}
"""What a press does without a dialog."""
