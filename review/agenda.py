"""What is due for one person: the running clocks that concern them, soonest due first.

A clock that waits for the partner is left out: its due date moves for as long as they take, so any date would be
wrong. The partner's own clock runs meanwhile and has a firm one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, contains_eager

from models.calendar_feed import CalendarFeed, digest_of_secret
from models.clock import Clock, ClockRevision
from models.decision import Assignment
from models.enums import OUR_PROMISES, Role, SubmissionKind, TargetName
from models.integration import Integration
from models.people import Person
from models.submission import Submission
from review import clock as rules
from review.actions.clocks import state_of
from review.calendars import compiled
from review.lifecycle import LEADS
from review.pressing import is_broken, is_ours, is_pressing, waits

MOST: Final = 500
"""Most due dates of an agenda; what is due after them comes in as they are done."""

USED_UP: Final = 1.0
STEPS: Final = tuple(rules.Rung(f"{share}", level=share, share=share) for share in (0.5, 0.75, 0.9, USED_UP))
"""How far a clock is, in steps that every agenda has whatever its ladder: an entry changes a few times, not always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One running clock with a firm due date. Seconds are open seconds of its calendar."""

    clock_id: int
    submission_id: int
    integration: str
    kind: SubmissionKind
    target: TargetName
    started_at: datetime
    due_at: datetime
    target_seconds: int
    business_day_seconds: int
    used: float
    """The share of the target that is used, as the last step that was passed; 0 below the first."""
    late: bool
    changes: int
    """How often its terms, its pauses or the step it has passed have changed; only ever grows."""
    changed_at: datetime

    @property
    def is_ours(self) -> bool:
        """The team keeps it, so while it runs it is our turn; else the partner's."""
        return self.target in OUR_PROMISES


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What is due for a person at an instant. `time_zone` is the person's, an IANA name."""

    person_id: int
    of_partner: bool
    time_zone: str
    at: datetime
    dues: tuple[Due, ...]


def reader_of(session: Session, secret: str) -> Person | None:
    """Whose agenda the secret opens; None, by the same look-up whatever the reason, when it opens none."""
    return session.scalar(
        select(Person)
        .join(CalendarFeed, CalendarFeed.person_id == Person.id)
        .where(CalendarFeed.digest == digest_of_secret(secret), CalendarFeed.closed_at.is_(None), Person.active)
    )


def agenda_of(session: Session, person: Person, *, at: datetime, most: int = MOST) -> Agenda:
    """What concerns the person by their roles, the soonest `most` due dates; a fixed number of queries."""
    rows = session.execute(
        select(Clock, ClockRevision.recorded_at, Submission.kind, Integration.name)
        .join(Submission, Submission.id == Clock.submission_id)
        .join(Submission.integration)
        .join(Clock.calendar)
        .outerjoin(ClockRevision, (ClockRevision.clock_id == Clock.id) & (ClockRevision.revision == Clock.revision))
        .options(contains_eager(Clock.calendar))
        .where(Clock.stopped_at.is_(None), ~waits(), _concerns(person, at))
        .order_by(Clock.due_at, Clock.id)
        .limit(most)
    )
    return Agenda(
        person_id=person.id,
        of_partner=person.partner_id is not None,
        time_zone=person.time_zone,
        at=at,
        dues=tuple(
            _due(clock, terms_since or clock.started_at, kind, integration, at)
            for clock, terms_since, kind, integration in rows
        ),
    )


def _concerns(person: Person, at: datetime) -> ColumnElement[bool]:
    """A partner's person sees their own company's, and nothing else whatever their roles; and not that it is their
    turn while the decision that says so can still be undone.

    Of the team everybody sees what they have; a lead also what nobody has and what presses; a manager also what is
    broken. Only who has a submission sees when the partner's answer is due.
    """
    if person.partner_id is not None:
        is_told = Submission.stands_at.is_(None) | (Submission.stands_at <= at)
        return (Integration.partner_id == person.partner_id) & (is_ours() | is_told)
    had = exists().where(Assignment.submission_id == Clock.submission_id, Assignment.ended_at.is_(None))
    concerns: list[ColumnElement[bool]] = [had.where(Assignment.person_id == person.id)]
    if person.roles & LEADS:
        concerns += [is_ours() & ~had.where(Assignment.leased_until > at), is_pressing(at)]
    if Role.MANAGER in person.roles:
        concerns.append(is_broken(at))
    return or_(*concerns)


def _due(clock: Clock, terms_since: datetime, kind: SubmissionKind, integration: str, at: datetime) -> Due:
    passed = rules.missed(compiled(clock.calendar), state_of(clock), STEPS, 0.0, at)
    edges = [edge for pause in clock.pauses for edge in (pause.from_at, pause.to_at) if edge is not None]
    used = passed[-1].rung.share if passed else 0.0
    return Due(
        clock_id=clock.id,
        submission_id=clock.submission_id,
        integration=integration,
        kind=kind,
        target=clock.target,
        started_at=clock.started_at,
        due_at=clock.due_at,
        target_seconds=clock.target_seconds,
        business_day_seconds=clock.business_day_seconds,
        used=used,
        late=clock.breached or used >= USED_UP,
        # New terms may take back every step that was passed, and must count as a change all the same.
        changes=(clock.revision - 1) * (len(STEPS) + 1) + len(edges) + len(passed),
        changed_at=max([terms_since, *edges, *(fire.at for fire in passed)]),
    )
