"""Reads the facts of an event's subject from the rows, each subject once in a batch."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.clock import Clock
from models.decision import Assignment, Decision
from models.enums import OPEN_SUBMISSION, OUR_PROMISES, DecisionKind, EventName, Outcome, SubmissionStage
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.result import ItemResult, Waiver
from models.submission import Submission
from models.undo import stands
from notifications.facts import Facts, IntegrationFacts, Promise, SubmissionFacts, Trouble, Turn

HOLDS_UP = (Outcome.FAILED, Outcome.UNKNOWN)


class Reader:
    """Facts for one batch of one transaction; nothing is kept beyond it."""

    def __init__(self, session: Session, at: datetime, *, cards: bool = True) -> None:
        """Without `cards` what only a card shows is not read: two questions less for each submission."""
        self._session = session
        self._at = at
        self._cards = cards
        self._submissions: dict[int, SubmissionFacts] = {}
        self._integrations: dict[int, IntegrationFacts] = {}

    def facts(self, event: Event, subject: str) -> Facts:
        return Facts(
            name=EventName(event.name),
            at=event.at,
            subject=subject,
            actor="" if event.person is None else event.person.name,
            integration=None if event.integration_id is None else self._integration(event.integration_id),
            submission=None if event.submission_id is None else self._submission(event.submission_id),
            data=event.data,
            number=event.id,
        )

    def newest(self, submission_id: int) -> Facts | None:
        """How a submission stands, told by the last thing that happened to it; None while nothing has."""
        last = select(Event).where(Event.submission_id == submission_id).order_by(Event.id.desc()).limit(1)
        event = self._session.scalars(last).one_or_none()
        return None if event is None else self.facts(event, f"submission:{submission_id}")

    def _integration(self, integration_id: int) -> IntegrationFacts:
        if integration_id not in self._integrations:
            row = self._session.get_one(Integration, integration_id)
            self._integrations[integration_id] = IntegrationFacts(row.slug, row.name, row.partner.name, row.stage)
        return self._integrations[integration_id]

    def _submission(self, submission_id: int) -> SubmissionFacts:
        if submission_id not in self._submissions:
            self._submissions[submission_id] = self._read_submission(submission_id)
        return self._submissions[submission_id]

    def _read_submission(self, submission_id: int) -> SubmissionFacts:
        row = self._session.get_one(Submission, submission_id)
        promise = self._promise(submission_id)
        assignment = self._assignment(submission_id)
        results = self._results(row)
        waived = self._waived(row) & results.keys()
        standing = {item: result for item, result in results.items() if item not in waived}
        return SubmissionFacts(
            id=row.id,
            kind=row.kind,
            gate=row.gate,
            stage=row.stage,
            revision=row.revision,
            version=row.version,
            newest_event=self._newest_event(submission_id),
            assignee=assignment.person.name if assignment is not None else "",
            lapsed=assignment is not None and assignment.leased_until <= self._at,
            turn=_turn(row.stage, promise),
            promise=promise,
            counts=Counter(result.outcome for result in standing.values()),
            waived=len(waived),
            trouble=tuple(
                Trouble(item, outcome, result.summary)
                for outcome in HOLDS_UP
                for item, result in sorted(standing.items())
                if result.outcome is outcome
            ),
            approved_by=self._approved_by(row),
        )

    def _newest_event(self, submission_id: int) -> int:
        if not self._cards:
            return 0
        return self._session.scalar(select(func.max(Event.id)).where(Event.submission_id == submission_id)) or 0

    def _approved_by(self, submission: Submission) -> tuple[str, ...]:
        if not self._cards or submission.stage is not SubmissionStage.IN_REVIEW:
            return ()
        given = (
            select(Person.name)
            .join(Decision, Decision.decided_by_id == Person.id)
            .where(
                Decision.submission_id == submission.id,
                Decision.revision == submission.revision,
                Decision.decision == DecisionKind.APPROVE,
                stands(Decision.id),
            )
        )
        return tuple(self._session.scalars(given.order_by(Decision.id)))

    def _promise(self, submission_id: int) -> Promise | None:
        running = select(Clock).where(
            Clock.submission_id == submission_id, Clock.stopped_at.is_(None), Clock.target.in_(OUR_PROMISES)
        )
        clock = self._session.scalars(running.order_by(Clock.due_at).limit(1)).first()
        if clock is None:
            return None
        return Promise(clock.target, clock.due_at, any(pause.to_at is None for pause in clock.pauses))

    def _assignment(self, submission_id: int) -> Assignment | None:
        active = select(Assignment).where(Assignment.submission_id == submission_id, Assignment.ended_at.is_(None))
        return self._session.scalars(active).one_or_none()

    def _results(self, submission: Submission) -> Mapping[str, ItemResult]:
        current = select(ItemResult).where(
            ItemResult.submission_id == submission.id, ItemResult.superseded_at.is_(None)
        )
        return {result.item: result for result in self._session.scalars(current)}

    def _waived(self, submission: Submission) -> set[str]:
        active = select(Waiver.item).where(
            Waiver.integration_id == submission.integration_id, Waiver.ended_at.is_(None)
        )
        return set(self._session.scalars(active))


def _turn(stage: SubmissionStage, promise: Promise | None) -> Turn:
    if stage not in OPEN_SUBMISSION:
        return Turn.NOBODY
    waits_for_partner = stage in {SubmissionStage.DRAFT, SubmissionStage.CHANGES_REQUESTED}
    # A clock pauses while the partner is waited for, so an open pause is an open question.
    return Turn.PARTNER if waits_for_partner or (promise is not None and promise.paused) else Turn.TEAM
