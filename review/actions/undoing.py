"""Taking a decision back before anybody outside has heard of it: everything stands as if it had not been made.

What a decision changes is kept beside it as it was, so that undoing is a restoration and no second set of rules.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.clock import Clock, ClockRevision, Pause
from models.decision import Assignment, Decision
from models.delivery import Delivery
from models.enums import EventName, FindingStage, SubmissionStage
from models.event import Event
from models.people import Person
from models.result import Finding
from models.submission import Submission
from models.undo import Undo
from review.actions import clocks
from review.actions.checking import open_findings
from review.actions.record import record
from review.actions.refusing import refuse
from review.facts import active_assignment, outside, told, undo_of
from review.lifecycle import MoveName, MoveRefused

OF_SUBMISSION = ("stage", "decided_at", "closed_at")
OF_CLOCK = ("due_at", "breach_at", "next_fire_at", "last_rung", "last_level", "breached", "breach_cause")

Before = dict[str, Any]


def remember(session: Session, submission: Submission) -> Before:
    """How everything stands that a decision changes, as JSON."""
    session.flush()
    assignment = active_assignment(session, submission)
    return {
        "submission": _values(submission, OF_SUBMISSION),
        "clocks": [
            {
                "id": clock.id,
                **_values(clock, OF_CLOCK),
                "pauses": [_values(pause, ("id", "from_at", "to_at", "reason")) for pause in clock.pauses],
            }
            for clock in clocks.running_clocks(session, submission)
        ],
        "findings": [_values(finding, ("id", "fix_by")) for finding in open_findings(session, submission)],
        "assignment": None if assignment is None else _values(assignment, ("id", "leased_until")),
    }


def keep(session: Session, made: Decision, event: Event, before: Before, *, until: datetime) -> None:
    """Let the decision be undone until then."""
    submission = session.get_one(Submission, made.submission_id)
    submission.stands_at = until
    session.add(Undo(decision_id=made.id, event_id=event.id, before=before))
    session.flush()


def standing_at(until: datetime | None) -> dict[str, Any]:
    """From when the event is told outside, where that is not at once."""
    return {} if until is None else {"stands_at": until.isoformat()}


def undo(
    session: Session, submission: Submission, *, by: Person, at: datetime, seen_version: int | None = None
) -> Event:
    """Take back the last decision: stage, clocks, findings and assignment are again as they were before it.

    MoveRefused with the reasons: its time is over, something of it went out, somebody acted on it since, or it is
    another person's and `by` is no lead.
    """
    refuse(session, submission, MoveName.UNDO, by=by, at=at, seen_version=seen_version)
    kept = undo_of(session, submission)
    assert kept is not None, "the guards asked for it"
    _hold_back(session, submission, kept)
    made = session.get_one(Decision, kept.decision_id)
    _restore_submission(submission, kept.before["submission"])
    _restore_clocks(session, submission, kept.before["clocks"])
    _restore_findings(session, submission, made, kept.before["findings"])
    _restore_assignment(session, kept.before["assignment"])
    kept.undone_at, kept.undone_by_id = at, by.id
    return record(
        session,
        EventName.DECISION_UNDONE,
        at=at,
        by=by,
        submission=submission,
        undone_event=kept.event_id,
        decision=made.decision.value,
        decided_by=made.decided_by_name,
    )


def _hold_back(session: Session, submission: Submission, kept: Undo) -> None:
    """Keep workers from what is to go outside until the undoing stands; whoever has begun with it was quicker."""
    session.execute(outside(kept.event_id).with_for_update(of=Delivery, key_share=True)).all()
    if session.scalar(select(told(kept.event_id))):
        raise MoveRefused(MoveName.UNDO, f"submission {submission.id}", ["the partner is being told at this moment"])


def _restore_submission(submission: Submission, before: Mapping[str, Any]) -> None:
    submission.stage = SubmissionStage(before["stage"])
    submission.decided_at, submission.closed_at = _instant(before["decided_at"]), _instant(before["closed_at"])
    submission.stands_at = None


def _restore_clocks(session: Session, submission: Submission, before: list[Mapping[str, Any]]) -> None:
    known = {clock["id"]: clock for clock in before}
    begun = [clock.id for clock in clocks.running_clocks(session, submission) if clock.id not in known]
    for table, column in ((Pause, Pause.clock_id), (ClockRevision, ClockRevision.clock_id), (Clock, Clock.id)):
        session.execute(delete(table).where(column.in_(begun)))
    for clock in session.scalars(select(Clock).where(Clock.id.in_(known)).order_by(Clock.id)):
        was = known[clock.id]
        pauses = {pause["id"]: pause for pause in was["pauses"]}
        clock.pauses = [pause for pause in clock.pauses if pause.id in pauses]
        for pause in clock.pauses:
            pause.to_at = _instant(pauses[pause.id]["to_at"])
        clock.stopped_at, clock.stopped_because = None, ""
        clock.due_at, clock.breach_at = datetime.fromisoformat(was["due_at"]), datetime.fromisoformat(was["breach_at"])
        clock.next_fire_at = _instant(was["next_fire_at"])
        clock.last_rung, clock.last_level = was["last_rung"], was["last_level"]
        clock.breached, clock.breach_cause = was["breached"], was["breach_cause"]


def _restore_findings(session: Session, submission: Submission, made: Decision, before: list[Before]) -> None:
    """Those that the decision opened go, those that it closed are open again."""
    known = {finding["id"]: finding for finding in before}
    theirs = session.scalars(select(Finding).where(Finding.submission_id == submission.id)).all()
    for finding in theirs:
        if (was := known.get(finding.id)) is not None:
            finding.fix_by = None if was["fix_by"] is None else date.fromisoformat(was["fix_by"])
            finding.stage, finding.closed_at, finding.closed_by_id = FindingStage.OPEN, None, None
        elif finding.stage is FindingStage.OPEN and finding.opened_at == made.decided_at:
            session.delete(finding)


def _restore_assignment(session: Session, before: Mapping[str, Any] | None) -> None:
    if before is None:
        return
    assignment = session.get_one(Assignment, before["id"])
    assignment.leased_until, assignment.ended_at = datetime.fromisoformat(before["leased_until"]), None


def _values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _instant(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
