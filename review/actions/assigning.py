"""Who works on it: claim, assign, release. A claim is a lease of working time, renewed by every act.

What the engine opens by itself it gives to somebody by itself, and what it gave is taken on by a claim.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.decision import Assignment
from models.enums import EventName
from models.people import Person
from models.submission import Submission
from review import calendars, policies
from review.actions import clocks
from review.actions.offering import Takers
from review.actions.record import record
from review.actions.refusing import refuse
from review.calendars import compiled
from review.facts import active_assignment, of_submission
from review.guards import is_active, is_not_the_submitter
from review.lifecycle import DECIDERS, MoveName, MoveRefused


def claim(
    session: Session,
    submission: Submission,
    *,
    by: Person,
    at: datetime,
    message: str = "",
    seen_version: int | None = None,
    seen_holder: int | None = None,
) -> Assignment:
    """Take it. With a message, which the partner sees, it is the first response; once more renews the lease.

    `seen_holder` is who had it when `by` looked, by id, 0 for nobody: refused when somebody else has it by now.
    """
    refuse(session, submission, MoveName.CLAIM, by=by, at=at, seen_version=seen_version, seen_holder=seen_holder)
    message = message.strip()
    if message:  # before the claim, so that a promise broken by now names who had it until now
        clocks.stop(session, submission, at=at, because=EventName.CLAIMED, targets=clocks.ANSWERS)
    assignment, is_new = _assigned(session, submission, to=by, by=by, at=at)
    if is_new or message:
        record(
            session,
            EventName.CLAIMED,
            at=at,
            by=by,
            submission=submission,
            person_id=by.id,
            leased_until=assignment.leased_until.isoformat(),
            message=message,
        )
    return assignment


def assign(
    session: Session,
    submission: Submission,
    *,
    to: Person,
    by: Person,
    at: datetime,
    seen_version: int | None = None,
    seen_holder: int | None = None,
) -> Assignment:
    """Give it to somebody who may decide on it; `seen_holder` as in `claim`."""
    refuse(session, submission, MoveName.ASSIGN, by=by, at=at, seen_version=seen_version, seen_holder=seen_holder)
    if reasons := unfit(session, submission, to, at):
        raise MoveRefused(MoveName.ASSIGN, f"submission {submission.id}", reasons)
    assignment, is_new = _assigned(session, submission, to=to, by=by, at=at)
    if is_new:
        record(
            session,
            EventName.ASSIGNED,
            at=at,
            by=by,
            submission=submission,
            person_id=to.id,
            leased_until=assignment.leased_until.isoformat(),
        )
    return assignment


def staff(session: Session, submission: Submission, *, at: datetime) -> Assignment | None:
    """Give what nobody has to the reviewer with the least to do; None when somebody has it, or nobody could decide."""
    refuse(session, submission, MoveName.ASSIGN, by=None, at=at)
    if active_assignment(session, submission) is not None:
        return None
    to = Takers(session).first(submission)
    if to is None:
        return None
    assignment, _ = _assigned(session, submission, to=session.get_one(Person, to.id), by=None, at=at)
    record(
        session,
        EventName.ASSIGNED,
        at=at,
        submission=submission,
        person_id=to.id,
        leased_until=assignment.leased_until.isoformat(),
    )
    return assignment


def release(
    session: Session, submission: Submission, *, by: Person, at: datetime, seen_holder: int | None = None
) -> bool:
    """Let go of it. False when nobody had it; `seen_holder` as in `claim`."""
    refuse(session, submission, MoveName.RELEASE, by=by, at=at, seen_holder=seen_holder)
    assignment = active_assignment(session, submission)
    if assignment is None:
        return False
    assignment.ended_at = at
    record(session, EventName.RELEASED, at=at, by=by, submission=submission, person_id=assignment.person_id)
    return True


def renew(session: Session, submission: Submission, *, by: Person, at: datetime) -> None:
    """An act of the holder renews the lease, and takes on what the engine gave them; an act of a lead on what is
    somebody else's leaves it alone.
    """
    assignment = active_assignment(session, submission)
    if assignment is not None and assignment.person_id == by.id:
        assignment.leased_until = lease_end(session, submission, at)
        if assignment.assigned_by_id is None:
            assignment.assigned_by_id = by.id


def lease_end(session: Session, submission: Submission, at: datetime) -> datetime:
    """So many working minutes from now, by the calendar of the first promise that was made to it."""
    rulebook = Rulebook.load(submission.rulebook)
    policy = policies.in_force(session, rulebook, at=at)
    first = policies.promise(policy, submission, clocks.STARTED_BY_SUBMITTING[submission.kind][0])
    calendar = compiled(calendars.in_force(session, first.calendar, rulebook, at=at))
    return calendar.add(at, policies.policy_of(policy).claim_lease_minutes * 60).latest


def unfit(session: Session, submission: Submission, to: Person, at: datetime) -> list[str]:
    """Why this person could not decide on it."""
    known = of_submission(session, submission, by=to, at=at)
    reasons = [reason for guard in (is_active, is_not_the_submitter) if (reason := guard(known))]
    if not to.roles & DECIDERS:
        needed = " or ".join(sorted(role.value for role in DECIDERS))
        reasons.append(f"{to.name} can't decide on submissions; choose a {needed}")
    return reasons


def _assigned(
    session: Session, submission: Submission, *, to: Person, by: Person | None, at: datetime
) -> tuple[Assignment, bool]:
    current = active_assignment(session, submission)
    until = lease_end(session, submission, at)
    if current is not None and current.person_id == to.id:
        current.leased_until = until
        is_taken_on = current.assigned_by_id is None and by is not None
        if is_taken_on and by is not None:
            current.assigned_by_id = by.id
        return current, is_taken_on
    if current is not None:
        current.ended_at = at
        session.flush()  # one active assignment at a time
    assignment = Assignment(
        submission_id=submission.id,
        person=to,
        assigned_by_id=by.id if by is not None else None,
        assigned_at=at,
        leased_until=until,
    )
    session.add(assignment)
    session.flush()
    return assignment, True
