"""Starting, pausing, resuming and stopping the clocks of a submission."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.clock import Clock, ClockRevision, Pause
from models.enums import EventName, SubmissionKind, TargetName
from models.submission import Submission
from review import clock as rules
from review.calendars import compiled, pinned
from review.facts import holder

STARTED_BY_SUBMITTING: dict[SubmissionKind, tuple[TargetName, ...]] = {
    SubmissionKind.ACCESS: (TargetName.ACCESS,),
    SubmissionKind.LAUNCH: (TargetName.FIRST_RESPONSE, TargetName.DECISION),
    SubmissionKind.UPDATE: (TargetName.FIRST_RESPONSE, TargetName.DECISION),
    SubmissionKind.GRADUATION: (TargetName.FIRST_RESPONSE, TargetName.DECISION),
}
"""What is promised when a submission comes in. A resubmission starts RE_REVIEW; DECISION runs on."""

ANSWERS = (TargetName.FIRST_RESPONSE, TargetName.RE_REVIEW)
"""Promises that a person's first act towards the partner keeps (ARCHITECTURE.md, SLA arithmetic)."""


def start(session: Session, submission: Submission, targets: Iterable[TargetName], *, at: datetime) -> None:
    """Start a clock per target under the submission's rulebook; one that runs already is left alone."""
    rulebook = Rulebook.load(submission.rulebook)
    running = {clock.target for clock in running_clocks(session, submission)}
    for name in targets:
        if name in running:
            continue
        target = rulebook.sla.target(name)
        calendar = pinned(session, target.calendar, rulebook.calendars[target.calendar], at=at)
        clock = Clock(
            submission_id=submission.id,
            target=name,
            calendar=calendar,
            policy=submission.rulebook,
            target_seconds=target.seconds,
            started_at=at,
        )
        _set_terms(clock)
        session.add(clock)
        session.flush()
        session.add(
            ClockRevision(
                clock_id=clock.id,
                revision=1,
                calendar_id=calendar.id,
                policy=clock.policy,
                target_seconds=clock.target_seconds,
                due_at=clock.due_at,
                breach_at=clock.breach_at,
                recorded_at=at,
                because="started",
            )
        )


def pause(session: Session, submission: Submission, *, at: datetime, because: EventName) -> None:
    """It is the partner's turn: time stops counting on every running clock."""
    for clock in running_clocks(session, submission):
        if any(pause.to_at is None for pause in clock.pauses):
            continue
        clock.pauses.append(Pause(from_at=max(at, clock.started_at), reason=because.value))
        _set_terms(clock)


def resume(session: Session, submission: Submission, *, at: datetime) -> None:
    """It is our turn again: time counts."""
    for clock in running_clocks(session, submission):
        for pause in clock.pauses:
            if pause.to_at is None:
                pause.to_at = max(at, pause.from_at)
        _set_terms(clock)


def stop(
    session: Session,
    submission: Submission,
    *,
    at: datetime,
    because: EventName,
    targets: Collection[TargetName] = tuple(TargetName),
) -> None:
    """The promises are kept, late or in time, or no longer owed."""
    for clock in running_clocks(session, submission):
        if clock.target not in targets:
            continue
        ends = max(at, clock.started_at)
        for pause in clock.pauses:
            if pause.to_at is None:
                pause.to_at = max(ends, pause.from_at)
        clock.stopped_at = ends
        clock.stopped_because = because.value
        clock.next_fire_at = None
        if rules.is_breached(compiled(clock.calendar), state_of(clock), ends):
            mark_breached(session, submission, clock)


def mark_breached(session: Session, submission: Submission, clock: Clock) -> None:
    """The promise is broken; what stood open when that was first seen is kept, for the report of breaches by cause."""
    if clock.breached:
        return
    clock.breached = True
    who = holder(session, submission)
    if submission.checked_revision < submission.revision:
        clock.breach_cause = "its checks had not finished"
    else:
        clock.breach_cause = f"with {who.name}" if who is not None else "nobody had taken it"


def running_clocks(session: Session, submission: Submission) -> list[Clock]:
    return list(
        session.scalars(
            select(Clock).where(Clock.submission_id == submission.id, Clock.stopped_at.is_(None)).order_by(Clock.id)
        )
    )


def state_of(clock: Clock) -> rules.ClockState:
    return rules.ClockState(
        started_at=clock.started_at,
        target_seconds=clock.target_seconds,
        pauses=tuple((pause.from_at, pause.to_at) for pause in clock.pauses),
        stopped_at=clock.stopped_at,
    )


def rungs_of(policy: str, business_day_seconds: int) -> tuple[rules.Rung, ...]:
    """The ladder of a rulebook version as the clock's rules want it, lowest first."""
    return tuple(
        rules.Rung(
            step.rung.value,
            step.fraction if step.fraction is not None else 1.0,
            round((step.after_breach_business_days or 0) * business_day_seconds),
        )
        for step in Rulebook.load(policy).sla.ladder
    )


def ladder_of(clock: Clock) -> tuple[rules.Rung, ...]:
    target = Rulebook.load(clock.policy).sla.target(clock.target)
    return rungs_of(clock.policy, target.business_day_seconds)


def told(clock: Clock) -> frozenset[str]:
    return frozenset() if clock.last_rung is None else frozenset({clock.last_rung.value})


def set_next_fire(clock: Clock) -> None:
    """The instant of the next rung; none while the partner is waited for, or when nothing is left to tell."""
    fire = rules.next_fire(compiled(clock.calendar), state_of(clock), ladder_of(clock), told(clock))
    clock.next_fire_at = fire.at if fire is not None else None


def _set_terms(clock: Clock) -> None:
    """Due and breach as known now; while the partner is waited for, the last known ones stand."""
    calendar, state = compiled(clock.calendar), state_of(clock)
    clock.due_at = rules.due_at(calendar, state) or clock.due_at
    clock.breach_at = rules.breach_at(calendar, state) or clock.breach_at
    set_next_fire(clock)
