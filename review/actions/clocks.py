"""Starting, pausing, resuming and stopping the clocks of a submission."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.promises import LadderRung
from checklist.rulebook import Rulebook
from models.clock import Clock, ClockRevision, Pause
from models.enums import OUR_PROMISES, EventName, Hearer, SubmissionKind, TargetName
from models.submission import Submission
from review import calendars, policies
from review import clock as rules
from review.calendars import compiled
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

PROMISE_CHANGED = "the promise was changed"
"""The cause when only a change of calendar or policy made a promise late."""

STARTED = "started"
"""Why a clock has its first terms."""


def start(session: Session, submission: Submission, targets: Iterable[TargetName], *, at: datetime) -> None:
    """Start a clock per target under the policy in force; one that runs already is left alone."""
    rulebook = Rulebook.load(submission.rulebook)
    policy = policies.in_force(session, rulebook, at=at)
    running = {clock.target for clock in running_clocks(session, submission)}
    for name in targets:
        if name in running:
            continue
        target = policies.promise(policy, submission, name)
        clock = Clock(
            submission_id=submission.id,
            target=name,
            calendar=calendars.in_force(session, target.calendar, rulebook, at=at),
            policy=policy,
            target_seconds=target.seconds,
            business_day_seconds=target.business_day_seconds,
            ladder=target.ladder,
            started_at=at,
            last_level=0.0,
        )
        set_terms(clock)
        session.add(clock)
        session.flush()
        session.add(revision_of(clock, at=at, because=STARTED))


def revision_of(clock: Clock, *, at: datetime, because: str) -> ClockRevision:
    """The clock's terms as they hold from now, to be read later."""
    return ClockRevision(
        clock_id=clock.id,
        revision=clock.revision,
        calendar_id=clock.calendar.id,
        policy_id=clock.policy.id,
        target_seconds=clock.target_seconds,
        due_at=clock.due_at,
        breach_at=clock.breach_at,
        recorded_at=at,
        because=because,
    )


def pause(session: Session, submission: Submission, *, at: datetime, because: EventName) -> Clock:
    """It is the partner's turn: our clocks stop counting, and theirs, which is returned, starts."""
    for clock in running_clocks(session, submission, OUR_PROMISES):
        if any(pause.to_at is None for pause in clock.pauses):
            continue
        clock.pauses.append(Pause(from_at=max(at, clock.started_at), reason=because.value))
        set_terms(clock)
    start(session, submission, (TargetName.PARTNER_ANSWER,), at=at)
    (theirs,) = running_clocks(session, submission, (TargetName.PARTNER_ANSWER,))
    return theirs


def resume(session: Session, submission: Submission, *, at: datetime, because: EventName) -> None:
    """It is our turn again: time counts."""
    for clock in running_clocks(session, submission, OUR_PROMISES):
        for pause in clock.pauses:
            if pause.to_at is None:
                pause.to_at = max(at, pause.from_at)
        set_terms(clock)
    stop(session, submission, at=at, because=because, targets=(TargetName.PARTNER_ANSWER,))


def stop(
    session: Session,
    submission: Submission,
    *,
    at: datetime,
    because: EventName,
    targets: Collection[TargetName] = tuple(TargetName),
) -> None:
    """The promises are kept, late or in time, or no longer owed."""
    for clock in running_clocks(session, submission, targets):
        ends = max(at, clock.started_at)
        for pause in clock.pauses:
            if pause.to_at is None:
                pause.to_at = max(ends, pause.from_at)
        clock.stopped_at = ends
        clock.stopped_because = because.value
        clock.next_fire_at = None
        if rules.is_breached(compiled(clock.calendar), state_of(clock), ends):
            mark_breached(session, submission, clock, at=ends)


def mark_breached(session: Session, submission: Submission, clock: Clock, *, at: datetime) -> None:
    """The promise is broken; what stood open when that was first seen is kept, for the report of breaches by cause."""
    if clock.breached:
        return
    clock.breached = True
    who = holder(session, submission)
    if is_late_by_change(session, clock, at=at):
        clock.breach_cause = PROMISE_CHANGED
    elif clock.target not in OUR_PROMISES:
        clock.breach_cause = "the partner has not answered"
    elif submission.checked_revision < submission.revision:
        clock.breach_cause = "its checks had not finished"
    else:
        clock.breach_cause = f"with {who.name}" if who is not None else "nobody had taken it"


def is_late_by_change(session: Session, clock: Clock, *, at: datetime) -> bool:
    """Whether a late clock would still be in time as it stood before it was last recomputed."""
    if clock.revision == 1:
        return False
    before = session.get(ClockRevision, (clock.id, clock.revision - 1))
    return before is not None and at <= before.breach_at


def running_clocks(
    session: Session, submission: Submission, targets: Collection[TargetName] = tuple(TargetName)
) -> list[Clock]:
    return list(
        session.scalars(
            select(Clock)
            .where(Clock.submission_id == submission.id, Clock.stopped_at.is_(None), Clock.target.in_(targets))
            .order_by(Clock.id)
        )
    )


def state_of(clock: Clock) -> rules.ClockState:
    return rules.ClockState(
        started_at=clock.started_at,
        target_seconds=clock.target_seconds,
        pauses=tuple((pause.from_at, pause.to_at) for pause in clock.pauses),
        stopped_at=clock.stopped_at,
    )


def ladder_of(clock: Clock) -> tuple[rules.Rung, ...]:
    """The clock's ladder as its rules want it, lowest first."""
    return policies.rungs(policies.policy_of(clock.policy), clock.ladder, clock.business_day_seconds)


def partner_reminded_at(clock: Clock) -> str | None:
    """When the ladder first tells the partner, as ISO text for an event; None when it never does."""
    tell_them = {step.rung for step in steps_of(clock) if Hearer.PARTNER in step.tells}
    fires = rules.fires(compiled(clock.calendar), state_of(clock), ladder_of(clock))
    return next((fire.at.isoformat() for fire in fires if fire.rung.name in tell_them), None)


def steps_of(clock: Clock) -> tuple[LadderRung, ...]:
    return policies.policy_of(clock.policy).ladders[clock.ladder]


def set_terms(clock: Clock) -> None:
    """Due and breach as known now; while the partner is waited for, the last known ones stand."""
    before = rules.Ends(clock.due_at, clock.breach_at)  # none yet for a new clock, which nobody waits for
    clock.due_at, clock.breach_at = rules.last_known(compiled(clock.calendar), state_of(clock), before)
    set_next_fire(clock)


def set_next_fire(clock: Clock) -> None:
    """When the watch looks at it again; None while the partner is waited for, or when nothing is left to tell."""
    clock.next_fire_at = rules.next_look(
        compiled(clock.calendar), state_of(clock), ladder_of(clock), clock.last_level, breached=clock.breached
    )
