"""A person's decision: approve, request changes, reject; two reviewers, one decision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from checklist.verdict import Verdict, settled
from models.decision import Decision
from models.enums import (
    DecisionKind,
    EventName,
    FindingStage,
    Outcome,
    ResultSource,
    SubmissionStage,
)
from models.event import Event
from models.people import Person
from models.reason import DecisionReason
from models.result import Finding
from models.submission import Submission
from review.actions import clocks
from review.actions.assigning import renew
from review.actions.attesting import item_of
from review.actions.checking import open_findings
from review.actions.record import record, touch, wake, wake_later
from review.actions.refusing import refuse
from review.actions.undoing import keep, remember
from review.facts import active_assignment, approvers
from review.lifecycle import MoveName, MoveRefused
from review.reasons import Entry, chosen, items_of, last_days
from review.reasons_fitting import Fit, LibraryReason, fit, said, tells_of
from review.results import as_value, current_results, standing, verdict_as_json, words_of_people

MOVE_OF = {
    DecisionKind.APPROVE: MoveName.APPROVE,
    DecisionKind.REQUEST_CHANGES: MoveName.REQUEST_CHANGES,
    DecisionKind.REJECT: MoveName.REJECT,
}


@dataclass(frozen=True, slots=True)
class PersonsFinding:
    """What a reviewer found that no check did."""

    item: str
    what: str
    fix: str = ""


class Because(NamedTuple):
    """A reason of the library that a decision is made with."""

    entry: Entry
    words: LibraryReason
    last_day: date | None
    about: tuple[str, ...]
    """The items that it makes or keeps findings of."""


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
    given = _because(session, submission, because, at)
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
        event = _request_changes(session, submission, made, stands, findings, given, reason.strip(), until)
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


LIBRARY_IS_FOR_CHANGES = "reasons of the library say what to change; they go with a request for changes only"


def _because(session: Session, submission: Submission, keys: Sequence[str], at: datetime) -> list[Because]:
    """The reasons of these keys, each with its last day and the items it tells of."""
    entries = chosen(session, keys)
    if not entries:
        return []
    items, words = items_of(session, submission, at), [entry.value for entry in entries]
    elsewhere = [
        f"the reason {reason.key} speaks of {', '.join(reason.items)}, which is not asked of this submission"
        for reason in words
        if fit(reason, items) is Fit.ELSEWHERE
    ]
    if elsewhere:
        raise MoveRefused(MoveName.REQUEST_CHANGES, f"submission {submission.id}", elsewhere)
    days = last_days(session, submission, words, at)
    return [
        Because(entry, reason, day, tells_of(reason, items))
        for entry, reason, day in zip(entries, words, days, strict=True)
    ]


def _request_changes(
    session: Session,
    submission: Submission,
    made: Decision,
    stands: Verdict,
    findings: Iterable[PersonsFinding],
    because: Sequence[Because],
    words: str,
    until: datetime | None,
) -> Event:
    at, by = made.decided_at, made.decided_by
    assert by is not None, "only a person asks for changes"
    known = {finding.item for finding in open_findings(session, submission)}
    rows = current_results(session, submission)
    by_people = {word.item: word for word in words_of_people(rows, at)}
    checked = [as_value(row) for row in rows if row.source is ResultSource.CHECK]
    settling = settled(Rulebook.load(submission.rulebook), checked, by_people.values())

    def open_failed(item: str) -> None:
        result = settling[item]
        finder = by if result is by_people.get(item) else None
        _open(session, submission, PersonsFinding(item, result.summary, result.fix), made, finder)

    for item in stands.failed:
        if item not in known:
            open_failed(item)
    for finding in findings:
        _open(session, submission, finding, made, by)
    known.update(stands.failed, (finding.item for finding in findings))
    for one in because:
        for item in (item for item in one.about if item not in known):
            known.add(item)
            if item in settling and settling[item].outcome is Outcome.FAILED:
                open_failed(item)
            else:
                _open(session, submission, PersonsFinding(item, one.words.text), made, by)
    session.flush()
    _name_days(session, submission, because)
    for one in because:
        session.add(
            DecisionReason(
                decision_id=made.id, reason_id=one.entry.row.id, version=one.words.version, fix_by=one.last_day
            )
        )
    submission.stage = SubmissionStage.CHANGES_REQUESTED
    submission.decided_at = at
    theirs = clocks.pause(session, submission, at=at, because=EventName.CHANGES_REQUESTED)
    return record(
        session,
        EventName.CHANGES_REQUESTED,
        at=at,
        by=by,
        submission=submission,
        reason=made.reason,
        words=words,
        chosen=[one.words.key for one in because],
        reasons=[_given(one) for one in because],
        decision_id=made.id,
        findings=[_told(submission, finding) for finding in open_findings(session, submission)],
        reminded_at=clocks.partner_reminded_at(theirs),
        **_standing_at(until),
    )


def _name_days(session: Session, submission: Submission, because: Iterable[Because]) -> None:
    """Until when each finding is to be fixed: the soonest day that this decision names for its item."""
    days: dict[str, date] = {}
    for one in because:
        if (day := one.last_day) is not None:
            days |= {item: min(day, days.get(item, day)) for item in one.about}
    for finding in open_findings(session, submission):
        finding.fix_by = days.get(finding.item, finding.fix_by)


def _given(one: Because) -> dict[str, Any]:
    return {
        "key": one.words.key,
        "version": one.words.version,
        "title": one.words.title,
        "text": one.words.text,
        "links": list(one.words.links),
        "fix_by": one.last_day.isoformat() if one.last_day is not None else None,
        "about": list(one.about),
    }


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
        **_standing_at(until),
    )
    if until is None:
        wake(session, submission.integration, at)
    else:
        wake_later(session, submission.integration, until)
    return event


def _standing_at(until: datetime | None) -> dict[str, Any]:
    """From when the event is told outside, where that is not at once."""
    return {} if until is None else {"stands_at": until.isoformat()}


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


def _open(session: Session, submission: Submission, found: PersonsFinding, made: Decision, by: Person | None) -> None:
    session.add(
        Finding(
            submission_id=submission.id,
            item=found.item,
            stage=FindingStage.OPEN,
            what=found.what,
            fix=found.fix,
            revision=submission.revision,
            opened_at=made.decided_at,
            opened_by_id=by.id if by is not None else None,
        )
    )


def _told(submission: Submission, finding: Finding) -> dict[str, Any]:
    item = Rulebook.load(submission.rulebook).item(finding.item)
    return {
        "item": finding.item,
        "title": item.title,
        "what": finding.what,
        "fix": finding.fix or item.help,
        "fix_by": finding.fix_by.isoformat() if finding.fix_by is not None else None,
    }
