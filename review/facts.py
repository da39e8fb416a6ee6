"""Gathering what the guards look at: rows in, one frozen value out."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Exists, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from checklist.rulebook import Rulebook
from models.clock import Clock, Pause
from models.decision import Assignment, Decision
from models.delivery import Delivery
from models.enums import (
    OPEN_SUBMISSION,
    ChannelName,
    DecisionKind,
    DeliveryStage,
    EventName,
    GateName,
    SubmissionKind,
    SubmissionStage,
)
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.submission import Revision, Submission
from models.undo import Undo, stands
from review.guards import Actor, Facts, Holder, Undoable
from review.lifecycle import LAUNCHES_FROM
from review.results import standing

BESIDE = frozenset({EventName.SECRET_REVEALED})
"""What changes nothing of how a submission stands."""

HANDING = frozenset({EventName.CLAIMED, EventName.ASSIGNED, EventName.RELEASED})
"""What changes who has it."""

BEGUN = frozenset({DeliveryStage.SENDING, DeliveryStage.SENT, DeliveryStage.UNCERTAIN})

DECIDED_IN = frozenset({SubmissionStage.SUBMITTED, SubmissionStage.IN_REVIEW})


def actor(person: Person | None) -> Actor | None:
    if person is None:
        return None
    return Actor(id=person.id, name=person.name, roles=person.roles, partner_id=person.partner_id, active=person.active)


def of_submission(
    session: Session,
    submission: Submission,
    *,
    by: Person | None,
    at: datetime,
    reason: str = "",
    seen_version: int | None = None,
    seen_holder: int | None = None,
) -> Facts:
    """Everything a move of a submission may depend on, at this instant."""
    integration = submission.integration
    said = standing(session, submission, at=at) if submission.stage in DECIDED_IN else None
    gate = Rulebook.load(submission.rulebook).gate(submission.gate)
    holds = holder(session, submission)
    is_elsewhere = seen_holder not in {None, holds.id if holds is not None else 0}
    is_stale = seen_version not in {None, submission.version} or submission.stage not in DECIDED_IN
    return Facts(
        at=at,
        actor=actor(by),
        partner_id=integration.partner_id,
        submitters=submitters(session, submission),
        revision=submission.revision,
        checked_revision=submission.checked_revision,
        reason=reason,
        version=submission.version,
        seen_version=seen_version,
        changed_last=changed_last(session, submission) if is_stale else "",
        says=said.says if said is not None else None,
        failed=said.failed if said is not None else (),
        open_items=said.unknown if said is not None else (),
        open_items_need_attesting=gate.open_items == "attested",
        approved_by=approvers(session, submission) if gate.second_approval else frozenset(),
        seen_holder=seen_holder,
        handed_last=changed_last(session, submission, HANDING) if is_elsewhere else "",
        holder=holds,
        waiting_on_partner=is_waiting(session, submission),
        gate_is_open_elsewhere=under_way(session, submission.integration_id, submission.gate, besides=submission.id),
        integration_stage=integration.stage.value,
        undoable=undoable(session, submission),
        launches_from=tuple(stage.value for stage in LAUNCHES_FROM[submission.kind]),
    )


def of_integration(integration: Integration, *, by: Person | None, at: datetime, reason: str = "") -> Facts:
    return Facts(
        at=at,
        actor=actor(by),
        partner_id=integration.partner_id,
        reason=reason,
        version=integration.version,
        integration_stage=integration.stage.value,
    )


def active_assignment(session: Session, submission: Submission) -> Assignment | None:
    return session.scalar(
        select(Assignment).where(Assignment.submission_id == submission.id, Assignment.ended_at.is_(None))
    )


def holder(session: Session, submission: Submission) -> Holder | None:
    assignment = active_assignment(session, submission)
    if assignment is None:
        return None
    return Holder(
        id=assignment.person_id,
        name=assignment.person.name,
        until=assignment.leased_until,
        by_engine=assignment.assigned_by_id is None,
    )


def is_waiting(session: Session, submission: Submission) -> bool:
    """Whether a question to the partner is open: one of the submission's running clocks is paused."""
    return (
        session.scalar(
            select(Pause.id)
            .join(Clock)
            .where(Clock.submission_id == submission.id, Clock.stopped_at.is_(None), Pause.to_at.is_(None))
            .limit(1)
        )
        is not None
    )


def changed_last(session: Session, submission: Submission, of: Collection[EventName] = ()) -> str:
    """Who did what last, or last `of` those; as `in_words` says it, empty when nobody did."""
    about = select(Event).where(Event.submission_id == submission.id, *([Event.name.in_(of)] if of else []))
    event = session.scalar(about.order_by(Event.id.desc()).limit(1))
    if event is None:
        return ""
    return in_words(event)


def in_words(event: Event) -> str:
    """Who did it and when, such as "Rosa Lindqvist, approved, 2026-11-23 09:12 UTC"."""
    who = event.person.name if event.person is not None else "the engine"
    did = event.name.partition(".")[2].replace("_", " ")
    return f"{who}, {did}, {event.at:%Y-%m-%d %H:%M} UTC"


def approvers(session: Session, submission: Submission) -> frozenset[int]:
    """Who has approved the current revision, by id."""
    return frozenset(
        number
        for number in session.scalars(
            select(Decision.decided_by_id).where(
                Decision.submission_id == submission.id,
                Decision.revision == submission.revision,
                Decision.decision == DecisionKind.APPROVE,
                stands(Decision.id),
            )
        )
        if number is not None
    )


def undo_of(session: Session, submission: Submission) -> Undo | None:
    """What the last decision was made with to undo it; None where it was made without, or is undone already."""
    if submission.stands_at is None:
        return None
    last = select(Undo).join(Decision, Decision.id == Undo.decision_id).where(Decision.submission_id == submission.id)
    found = session.scalars(last.order_by(Undo.decision_id.desc()).limit(1)).one_or_none()
    return found if found is not None and found.undone_at is None else None


def undoable(session: Session, submission: Submission) -> Undoable | None:
    """The last decision as the guards look at it."""
    kept = undo_of(session, submission)
    if kept is None or submission.stands_at is None:
        return None
    made = session.get_one(Decision, kept.decision_id)
    later = session.scalar(
        select(Event)
        .where(Event.submission_id == submission.id, Event.id > kept.event_id, Event.name.not_in(BESIDE))
        .order_by(Event.id)
        .limit(1)
    )
    return Undoable(
        decided_by=made.decided_by_id,
        decided_by_name=made.decided_by_name,
        until=submission.stands_at,
        told=bool(session.scalar(select(told(kept.event_id)))),
        since="" if later is None else in_words(later),
    )


def outside(event_id: int | InstrumentedAttribute[int]) -> Select[tuple[Delivery]]:
    """What an event makes for the partner and for other systems."""
    to_partner = exists().where(Person.id == Delivery.person_id, Person.partner_id.is_not(None))
    return select(Delivery).where(Delivery.event_id == event_id, (Delivery.channel == ChannelName.WEBHOOK) | to_partner)


def told(event_id: int | InstrumentedAttribute[int]) -> Exists:
    """Whether anything of an event may have reached the partner or another system."""
    begun = Delivery.stage.in_(sorted(BEGUN)) | (Delivery.attempts > 0)
    return outside(event_id).where(begun, Delivery.stage != DeliveryStage.DEAD).exists()


def under_way(session: Session, integration_id: int, gate: GateName, *, besides: int | None = None) -> int | None:
    """A submission that occupies the gate, by id: it is open, or what was decided has not taken effect yet."""
    asked = select(Submission).where(
        Submission.integration_id == integration_id, Submission.gate == gate, Submission.applied_at.is_(None)
    )
    found = (one.id for one in session.scalars(asked.order_by(Submission.id)) if is_under_way(one))
    return next((submission_id for submission_id in found if submission_id != besides), None)


def is_under_way(submission: Submission) -> bool:
    """Whether it is open, or decided and waiting to take effect."""
    takes_effect = submission.stage is SubmissionStage.APPROVED or (
        submission.kind is SubmissionKind.ACCESS and submission.stage is SubmissionStage.REJECTED
    )
    return submission.stage in OPEN_SUBMISSION or (takes_effect and submission.applied_at is None)


def submitters(session: Session, submission: Submission) -> frozenset[int]:
    """Everybody who sent a revision of it."""
    sent = select(Revision.submitted_by_id).where(Revision.submission_id == submission.id)
    return frozenset(person for person in session.scalars(sent) if person is not None)
