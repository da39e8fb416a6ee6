"""A person's decision: approve, request changes, reject; two reviewers, one decision."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from checklist.verdict import Verdict
from models.decision import Decision
from models.enums import (
    DecisionKind,
    EventName,
    FindingStage,
    SubmissionStage,
)
from models.event import Event
from models.people import Person
from models.submission import Submission
from review.actions import clocks
from review.actions.assigning import renew
from review.actions.attesting import item_of
from review.actions.checking import open_findings
from review.actions.record import record, touch, wake, wake_later
from review.actions.refusing import refuse
from review.actions.requesting_changes import PersonsFinding, given_reasons, request_changes
from review.actions.undoing import keep, remember, standing_at
from review.facts import active_assignment, approvers
from review.lifecycle import MoveName, MoveRefused
from review.reasons_fitting import said
from review.results import standing, verdict_as_json

LIBRARY_IS_FOR_CHANGES = "reasons of the library say what to change; they go with a request for changes only"

MOVE_OF = {
    DecisionKind.APPROVE: MoveName.APPROVE,
    DecisionKind.REQUEST_CHANGES: MoveName.REQUEST_CHANGES,
    DecisionKind.REJECT: MoveName.REJECT,
}


def decide(
    session: Session,
    submission: Submission,
    decision: DecisionKind,
    *,
    by: Person,
    at: datetime,
    reason: str = "",
    findings: Sequence[PersonsFinding] = (),
    because: Sequence[str] = (),
    seen_version: int | None = None,
    undo_for: timedelta = timedelta(0),
) -> Decision:
    """Decide on the current revision. `reason` is what the partner reads, in the reviewer's own words; `because` are
    keys of the reasons library, which a request for changes can be made with, beside own words or without any.

    For so long it can be undone: nobody outside is told before, and it takes no effect. The first of two approvals
    takes none by itself, and nobody outside hears of it.

    An approval settles, by name, what no check could decide, unless the rulebook asks for a word on each item.
    Where the gate asks for a second approval, the first is recorded and the submission waits for another person.
    MoveRefused with every reason that stands against it; ItemUnknown for a finding about what is not asked here;
    ReasonUnknown and ReasonRetired for a key.
    """
    move = MOVE_OF[decision]
    if because and decision is not DecisionKind.REQUEST_CHANGES:
        raise MoveRefused(move, f"submission {submission.id}", [LIBRARY_IS_FOR_CHANGES])
    why = reason.strip() or ", ".join(because)
    refuse(session, submission, move, by=by, at=at, reason=why, seen_version=seen_version)
    for finding in findings:
        item_of(submission, finding.item)
    given = given_reasons(session, submission, because, at)
    stands = standing(session, submission, at=at)
    before, until = (remember(session, submission), at + undo_for) if undo_for else (None, None)
    submission.stands_at = None
    made = Decision(
        submission_id=submission.id,
        revision=submission.revision,
        decision=decision,
        reason=said(reason, ((one.words, one.last_day) for one in given)),
        verdict=verdict_as_json(stands),
        decided_by=by,
        decided_at=at,
    )
    session.add(made)
    session.flush()
    renew(session, submission, by=by, at=at)
    clocks.stop(session, submission, at=at, because=_EVENT_OF[decision], targets=clocks.ANSWERS)
    if decision is DecisionKind.REQUEST_CHANGES:
        event = request_changes(session, submission, made, stands, findings, given, reason.strip(), until)
    elif decision is DecisionKind.APPROVE and _waits_for_a_second(session, submission):
        record(
            session,
            EventName.APPROVAL_RECORDED,
            at=at,
            by=by,
            submission=submission,
            reason=made.reason,
            gate=submission.gate.value,
        )
        _let_go(session, submission, by, at)
        submission.decided_at = at
        touch(submission)
        return made
    else:
        event = _close(session, submission, made, stands, until)
    if before is not None and until is not None:
        keep(session, made, event, before, until=until)
    return made


def approve_unasked(
    session: Session,
    submission: Submission,
    *,
    at: datetime,
    reason: str,
    evidence: Sequence[Mapping[str, Any]],
    undo_for: timedelta,
) -> Decision:
    """The engine's own approval, which the caller has made sure of. For so long a lead can undo it, and nobody outside
    is told before.
    """
    stands = standing(session, submission, at=at)
    before, until = (remember(session, submission), at + undo_for) if undo_for else (None, None)
    submission.stands_at = None
    made = Decision(
        submission_id=submission.id,
        revision=submission.revision,
        decision=DecisionKind.APPROVE,
        reason=reason,
        verdict=verdict_as_json(stands),
        decided_by=None,
        decided_at=at,
    )
    session.add(made)
    session.flush()
    event = _close(session, submission, made, stands, until, evidence=list(evidence))
    if before is not None and until is not None:
        keep(session, made, event, before, until=until)
    return made


def _close(
    session: Session, submission: Submission, made: Decision, stands: Verdict, until: datetime | None, **more: Any
) -> Event:
    at, by, approved = made.decided_at, made.decided_by, made.decision is DecisionKind.APPROVE
    submission.stage = SubmissionStage.APPROVED if approved else SubmissionStage.REJECTED
    submission.decided_at = submission.closed_at = at
    for finding in open_findings(session, submission) if approved else ():
        finding.stage, finding.closed_at, finding.closed_by_id = FindingStage.FIXED, at, made.decided_by_id
    clocks.stop(session, submission, at=at, because=_EVENT_OF[made.decision])
    if (assignment := active_assignment(session, submission)) is not None:
        assignment.ended_at = at
    event = record(
        session,
        _EVENT_OF[made.decision],
        at=at,
        by=by,
        submission=submission,
        reason=made.reason,
        gate=submission.gate.value,
        open_items=list(stands.unknown),
        waived=list(stands.waived),
        **more,
        **standing_at(until),
    )
    if until is None:
        wake(session, submission.integration, at)
    else:
        wake_later(session, submission.integration, until)
    return event


_EVENT_OF = {
    DecisionKind.APPROVE: EventName.APPROVED,
    DecisionKind.REQUEST_CHANGES: EventName.CHANGES_REQUESTED,
    DecisionKind.REJECT: EventName.REJECTED,
}


def _waits_for_a_second(session: Session, submission: Submission) -> bool:
    """Whether the gate asks for two approvals and this one is the first; a guard keeps both from being one person's."""
    asks = Rulebook.load(submission.rulebook).gate(submission.gate).second_approval
    return asks and len(approvers(session, submission)) < 2


def _let_go(session: Session, submission: Submission, by: Person, at: datetime) -> None:
    """Who approved first has done their part; their lease must not keep the second one out."""
    assignment = active_assignment(session, submission)
    if assignment is not None and assignment.person_id == by.id:
        assignment.ended_at = at
