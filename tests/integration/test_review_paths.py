"""Random lives: whatever people and the engine do, in whatever order, only what the table allows ever happens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from models.clock import Clock, Pause
from models.database import Database
from models.decision import Assignment, Decision
from models.enums import (
    OPEN_SUBMISSION,
    OUR_PROMISES,
    DecisionKind,
    EventName,
    FindingStage,
    Outcome,
    Role,
    SubmissionKind,
)
from models.enums import SubmissionStage as S
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.result import Finding, Waiver
from models.submission import Revision, Submission
from review.actions import asking, assigning, attesting, conversing, launching, submitting, undoing, watching
from review.lifecycle import LAUNCHES_FROM, MOVES, MoveName, MoveRefused
from review.path import Step, due
from tests.building import NOW, VAULT, audited, checked, decided, dossier, person, sent

STEPS = {(move.of, source, move.to) for move in MOVES.values() if move.to is not None for source in move.sources} | {
    ("integration", "delisted", source) for source in MOVES[MoveName.DELIST].sources
}
"""From which stage to which the table leads; relisting leads back to where delisting can start."""

MOVE_OF_EVENT = {
    EventName.SUBMISSION_RECEIVED: MoveName.SUBMIT,
    EventName.RESUBMITTED: MoveName.RESUBMIT,
    EventName.REVIEW_OPENED: MoveName.OPEN_REVIEW,
    EventName.CLAIMED: MoveName.CLAIM,
    EventName.ASSIGNED: MoveName.ASSIGN,
    EventName.RELEASED: MoveName.RELEASE,
    EventName.QUESTION_ASKED: MoveName.ASK_PARTNER,
    EventName.ANSWERED: MoveName.ANSWER,
    EventName.ITEM_ATTESTED: MoveName.ATTEST,
    EventName.WAIVER_GRANTED: MoveName.WAIVE,
    EventName.APPROVED: MoveName.APPROVE,
    EventName.CHANGES_REQUESTED: MoveName.REQUEST_CHANGES,
    EventName.REJECTED: MoveName.REJECT,
    EventName.DECISION_UNDONE: MoveName.UNDO,
    EventName.MESSAGE_SENT: MoveName.MESSAGE,
    EventName.SECRET_REVEALED: MoveName.REVEAL,
    EventName.WITHDRAWN: MoveName.WITHDRAW,
    EventName.ACCESS_GRANTED: MoveName.GRANT_ACCESS,
    EventName.ACCESS_DECLINED: MoveName.DECLINE_ACCESS,
    EventName.LAUNCHED: MoveName.LAUNCH,
    EventName.UPDATED: MoveName.UPDATE,
    EventName.GRADUATED: MoveName.GRADUATE,
    EventName.DELISTED: MoveName.DELIST,
    EventName.RELISTED: MoveName.RELIST,
}
BESIDE_THE_TABLE = {
    EventName.INTEGRATION_CREATED,
    EventName.SUBMISSION_ACKNOWLEDGED,
    EventName.SUBMISSION_CHECKED,
    EventName.FINDING_CLOSED,
    EventName.WAIVER_ENDED,
    EventName.GRADUATION_PROPOSED,
    EventName.REGRESSED,
    EventName.PARTLY_RECOVERED,
    EventName.RECOVERED,
    EventName.CLOCK_WARNED,
    EventName.CLOCK_BREACHED,
    EventName.CLOCK_ESCALATED,
    EventName.PARTNER_REMINDED,
    EventName.AUDIT_FINISHED,
}
"""What happens without moving anything."""

PEOPLE = {
    "Rosa": (Role.REVIEWER,),
    "Priya": (Role.REVIEWER,),
    "Idris": (Role.LEAD,),
    "Mara": (Role.MANAGER,),
    "Ada": (Role.AUDITOR,),
}
names = st.sampled_from([*PEOPLE, "Contact"])
items = st.sampled_from(["docs.partner", "docs.matches", "customers.active", "access.use_case"])
outcomes = st.sampled_from(Outcome)
reasons = st.sampled_from(["", "Because it does."])


class Life(RuleBasedStateMachine):
    """One integration and all that is submitted for it, in one transaction that is rolled back in the end."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.session = database.write()
        self.at = NOW
        self.number = 0
        self.stages: dict[tuple[str, int], str] = {}
        self.seen_events = 0

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    @initialize(kind=st.sampled_from([SubmissionKind.ACCESS, SubmissionKind.LAUNCH]))
    def comes_in(self, kind):
        self.people = {name: person(self.session, name, *roles) for name, roles in PEOPLE.items()}
        self.submission = sent(self.session, kind=kind)
        self.integration = self.submission.integration
        contact = self.submission.submitted_by
        self.people["Contact"] = contact
        self.observe()

    def attempt(self, verb: Callable[..., Any], *args: Any, **more: Any) -> None:
        """Do it; a refusal has reasons and leaves nothing behind."""
        reasons: tuple[str, ...] = ()
        try:
            with self.session.begin_nested():
                verb(self.session, *args, at=self.at, **more)
        except MoveRefused as refused:
            reasons = refused.reasons or ("",)
        except attesting.ItemUnknown as unknown:
            reasons = (str(unknown),)
        assert all(len(reason.split()) > 3 for reason in reasons)
        self.observe()

    def observe(self) -> None:
        """Every change of a stage since the last look is a row of the table, and so is every event."""
        self.session.flush()
        rows = [*self.session.scalars(select(Submission)), *self.session.scalars(select(Integration))]
        for row in rows:
            of = row.__tablename__.removesuffix("s")
            before = self.stages.get((of, row.id), row.stage)
            assert before == row.stage or (of, before, row.stage) in STEPS
            self.stages[of, row.id] = row.stage
        new = self.session.scalars(select(Event).where(Event.id > self.seen_events).order_by(Event.id)).all()
        for event in new:
            name = EventName(event.name)
            assert name in BESIDE_THE_TABLE or MOVE_OF_EVENT[name] in MOVES
            if name in MOVE_OF_EVENT:
                row = MOVES[MOVE_OF_EVENT[name]]
                assert row.engine if event.person is None else event.person.roles & row.who
            assert self.session.get(UnplannedEvent, event.id) is not None
            self.seen_events = event.id

    @rule(hours=st.integers(1, 60))
    def time_passes_and_the_watch_looks(self, hours):
        self.at += timedelta(hours=hours)
        self.attempt(watching.sweep, limit=100)

    @rule(kind=st.sampled_from(SubmissionKind), is_new=st.booleans())
    def a_document_comes(self, kind, is_new):
        self.number += is_new

        def send(session, at):
            said = {"notes": f"Number {self.number}.", "external_id": f"{kind.value}-{self.number // 3}"}
            found = sent(session, kind=kind, at=at, **said)
            self.submission = found

        before = self.submission
        self.attempt(send)
        if self.submission not in self.session:
            self.submission = before

    @rule(name=names, notes=st.integers(0, 3))
    def it_is_sent_again(self, name, notes):
        document = self.submission.document | {"notes": f"Again {notes}."}
        again = type(dossier()).parse(document)
        self.attempt(submitting.resubmit, self.submission, again, by=self.people[name], vault=VAULT)

    @rule(said=st.dictionaries(items, outcomes, max_size=3))
    def the_engine_checks(self, said):
        self.attempt(checked, self.submission, said)

    @rule()
    def the_engine_carries_out(self):
        for one in list(self.session.scalars(select(Submission).order_by(Submission.id))):
            step = due(one, self.at)
            if step is Step.GRANT_ACCESS:
                self.attempt(launching.grant_access, one)
            elif step is Step.DECLINE_ACCESS:
                self.attempt(launching.decline_access, one, reason="No.")
            elif step is Step.PUBLISH:
                self.attempt(launching.take_effect, one)
            else:
                continue
            assert one.applied_at == self.at

    @rule(said=st.dictionaries(items, outcomes, max_size=2))
    def an_audit_looks(self, said):
        if self.integration.listing is not None and self.integration.stage in LAUNCHES_FROM[SubmissionKind.UPDATE]:
            self.attempt(audited, self.integration, said)

    @rule(name=names, words=st.sampled_from(["", "Having a look."]))
    def somebody_claims(self, name, words):
        self.attempt(assigning.claim, self.submission, by=self.people[name], message=words)

    @rule(name=names, to=names)
    def somebody_assigns(self, name, to):
        self.attempt(assigning.assign, self.submission, to=self.people[to], by=self.people[name])

    @rule(name=names)
    def somebody_lets_go(self, name):
        self.attempt(assigning.release, self.submission, by=self.people[name])

    @rule(name=names, item=items, outcome=outcomes, reason=reasons)
    def somebody_attests(self, name, item, outcome, reason):
        self.attempt(attesting.attest, self.submission, item, outcome, by=self.people[name], reason=reason)

    @rule(name=names, item=items, days=st.integers(-1, 3), reason=reasons)
    def somebody_waives(self, name, item, days, reason):
        until = (self.at + timedelta(days=days)).date()
        self.attempt(attesting.waive, self.submission, item, by=self.people[name], reason=reason, until=until)

    @rule(name=names, text=reasons)
    def somebody_asks(self, name, text):
        self.attempt(asking.ask_partner, self.submission, by=self.people[name], text=text)

    @rule(name=names, text=reasons)
    def somebody_answers(self, name, text):
        self.attempt(asking.answer, self.submission, by=self.people[name], text=text)

    @rule(name=names, decision=st.sampled_from(DecisionKind), reason=reasons, minutes=st.sampled_from([0, 90]))
    def somebody_decides(self, name, decision, reason, minutes):
        self.attempt(
            decided,
            self.submission,
            decision,
            by=self.people[name],
            reason=reason,
            undo_for=timedelta(minutes=minutes),
        )

    @rule(name=names)
    def somebody_takes_the_decision_back(self, name):
        self.attempt(undoing.undo, self.submission, by=self.people[name])

    @rule(name=names, text=reasons)
    def somebody_writes(self, name, text):
        self.attempt(conversing.send_message, self.submission, by=self.people[name], text=text)

    @rule(name=names)
    def somebody_withdraws(self, name):
        self.attempt(submitting.withdraw, self.submission, by=self.people[name])

    @rule(name=names, reason=reasons, back=st.booleans())
    def somebody_delists_or_relists(self, name, reason, back):
        verb = launching.relist if back else launching.delist
        self.attempt(verb, self.integration, by=self.people[name], reason=reason)

    @invariant()
    def at_most_one_submission_is_open_at_a_gate(self):
        open_ones = select(Submission.gate).where(Submission.stage.in_(OPEN_SUBMISSION))
        gates = self.session.scalars(open_ones).all()
        assert len(gates) == len(set(gates))

    @invariant()
    def clocks_run_while_a_submission_is_open_and_stop_with_it(self):
        for one in self.session.scalars(select(Submission)):
            clocks = self.session.scalars(select(Clock).where(Clock.submission_id == one.id)).all()
            running = [clock for clock in clocks if clock.stopped_at is None]
            assert bool(running) == (one.stage in OPEN_SUBMISSION)
            pauses = self.session.scalars(
                select(Pause).join(Clock).where(Clock.submission_id == one.id, Pause.to_at.is_(None))
            ).all()
            ours = [clock for clock in running if clock.target in OUR_PROMISES]
            assert len(pauses) in {0, len(ours)}
            assert len(running) - len(ours) == bool(pauses)
            assert one.stage is not S.CHANGES_REQUESTED or pauses

    @invariant()
    def what_is_closed_says_when_and_is_nobodys(self):
        for one in self.session.scalars(select(Submission)):
            assert (one.closed_at is None) == (one.stage in OPEN_SUBMISSION)
            held = select(Assignment).where(Assignment.submission_id == one.id, Assignment.ended_at.is_(None))
            assert one.stage in OPEN_SUBMISSION or self.session.scalars(held).all() == []
            assert one.applied_at is None or one.stage in {S.APPROVED, S.REJECTED}
            still_open = select(Finding).where(Finding.submission_id == one.id, Finding.stage == FindingStage.OPEN)
            assert one.stage is not S.APPROVED or self.session.scalars(still_open).all() == []

    @invariant()
    def nobody_decided_on_what_they_sent(self):
        for made in self.session.scalars(select(Decision)):
            # Whoever asked for changes may mend it for the partner; they don't decide on it again.
            senders = select(Revision.submitted_by_id).where(
                Revision.submission_id == made.submission_id, Revision.revision <= made.revision
            )
            assert made.decided_by_id not in self.session.scalars(senders).all()
            assert made.reason

    @invariant()
    def every_waiver_was_granted_by_the_team(self):
        for waiver in self.session.scalars(select(Waiver)):
            assert not waiver.granted_by.roles & {Role.PARTNER, Role.AUDITOR}


def test_whatever_happens_only_what_the_table_allows_happens(sqlite_database):
    run_state_machine_as_test(
        lambda: Life(sqlite_database), settings=settings(max_examples=40, stateful_step_count=40, deadline=None)
    )
