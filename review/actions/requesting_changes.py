"""A request for changes: what the partner is to fix, by when, and in whose words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from checklist.verdict import Verdict, settled
from models.decision import Decision
from models.enums import EventName, FindingStage, Outcome, ResultSource, SubmissionStage
from models.event import Event
from models.people import Person
from models.reason import DecisionReason
from models.result import Finding
from models.submission import Submission
from review.actions import clocks
from review.actions.checking import open_findings
from review.actions.record import record
from review.actions.undoing import standing_at
from review.lifecycle import MoveName, MoveRefused
from review.reasons import Entry, chosen, items_of, last_days
from review.reasons_fitting import Fit, LibraryReason, fit, tells_of
from review.results import as_value, current_results, words_of_people


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


def given_reasons(session: Session, submission: Submission, keys: Sequence[str], at: datetime) -> list[Because]:
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


def request_changes(
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
        **standing_at(until),
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
