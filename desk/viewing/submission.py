"""One submission as a page shows it, read with a fixed number of queries however long its story is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from checklist.rulebook import Gate, Rulebook
from checklist.verdict import Verdict
from desk.acts import Act
from desk.viewing.clocks import ClockView, clock_views
from desk.viewing.conversation import Line, conversation
from desk.viewing.document import Part, TestAccountView, parts, test_account
from desk.viewing.history import ENGINE, HistoryLine, event_rows, history
from desk.viewing.items import Family, families, outcome_counts
from desk.viewing.revisions import Difference, difference, moved
from desk.viewing.standing_facts import facts_of
from desk.viewing.submission_rows import (
    DecisionRow,
    Neighbours,
    SentRevision,
    clock_rows,
    decision_rows,
    result_rows,
    revision_rows,
    submission_row,
    undoable_of,
)
from desk.viewing.team_time import TeamTime
from desk.viewing.telling.told import Teller
from desk.viewing.waivers import WaiverView, waiver_rows, waiver_views
from models.enums import DecisionKind, EventName, FindingStage, Outcome, SubmissionStage
from models.event import Event
from models.people import Person
from models.result import Finding
from models.submission import Submission
from review.guards import Actor, Facts
from review.lifecycle import MoveName, refusals
from review.outlook import of_clock
from review.reasons import library
from review.reasons_fitting import Items, LibraryReason, in_order
from review.results import dossier_of, standing_by
from review.worklist import whose_turn

MOST_EVENTS = 300


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the gate says what it says: an item, how it stands, and what was seen of it."""

    item: str
    title: str
    place: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictView:
    said: Verdict
    reasons: tuple[Reason, ...]
    waived: tuple[str, ...]
    warned: tuple[str, ...]
    shadow: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    title: str
    stage: FindingStage
    what: str
    fix: str
    fix_by: date | None
    revision: int
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionView:
    number: int
    by: str
    at: datetime
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    decision: DecisionKind
    by: str
    at: datetime
    reason: str
    revision: int
    said_then: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Button:
    """One thing to do; with `reasons` it is grey, and they say why."""

    act: Act
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Grey buttons that have the same reasons."""

    acts: tuple[Act, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionView:
    submission: Submission
    gate: Gate
    turn: str
    holder: str
    holder_id: int
    """0 for nobody."""
    leased_until: datetime | None
    verdict: VerdictView
    families: tuple[Family, ...]
    counts: Mapping[str, int]
    findings: tuple[FindingView, ...]
    waivers: tuple[WaiverView, ...]
    decisions: tuple[DecisionView, ...]
    conversation: tuple[Line, ...]
    difference: Difference | None
    neighbours: Neighbours
    asked: tuple[tuple[str, str], ...]
    """Id and title of each item that is asked, in the rulebook's order."""
    library: tuple[LibraryReason, ...]
    """Reasons to request changes with, what fits first; none where no decision is due."""
    buttons: Mapping[Act, Button]
    undo_until: datetime | None
    """Until when the last decision can be undone; None once it stands."""
    may_reveal: tuple[str, ...]
    """Why the reader may not see the test account's secret; empty: they may."""
    clocks: tuple[ClockView, ...]
    parts: tuple[Part, ...]
    account: TestAccountView | None
    revisions: tuple[RevisionView, ...]
    history: tuple[HistoryLine, ...]
    """Newest first, at most MOST_EVENTS."""
    history_is_cut: bool

    def why_not(self, acts: Iterable[Act]) -> tuple[WhyNot, ...]:
        """Why those of the buttons are grey that are."""
        grey: dict[tuple[str, ...], list[Act]] = {}
        for act in acts:
            if reasons := self.buttons[act].reasons:
                grey.setdefault(reasons, []).append(act)
        return tuple(WhyNot(tuple(of_them), reasons) for reasons, of_them in grey.items())


def submission_view(session: Session, submission_id: int, time: TeamTime, actor: Actor) -> SubmissionView | None:
    """As `actor` of the team sees it. None when there is no such submission."""
    found = submission_row(session, submission_id)
    if found is None:
        return None
    submission, assignments, kept, neighbours = found
    rulebook, dossier = Rulebook.load(submission.rulebook), dossier_of(submission)
    holder = next((assignment for assignment in assignments if assignment.ended_at is None), None)
    results, past = result_rows(session, submission)
    waivers = waiver_rows(session, submission.integration_id)
    clocks = clock_rows(session, submission)
    events = event_rows(session, Event.submission_id == submission.id, limit=MOST_EVENTS + 1)
    said = standing_by(submission, results, [row for row in waivers if row.ended_at is None], at=time.at)
    asked = rulebook.items_of(submission.gate, dossier.kinds, submission.kind)
    by_family = families(rulebook, asked, results, waivers, said, at=time.at)
    names = {assignment.person_id: assignment.person.name for assignment in assignments}
    teller = Teller(rulebook, time, names)
    paused = any(pause.to_at is None for clock in clocks if clock.stopped_at is None for pause in clock.pauses)
    decisions = decision_rows(session, submission)
    sent = revision_rows(session, submission)
    gate = rulebook.gate(submission.gate)
    undoable, open_elsewhere = undoable_of(session, submission, decisions, events, time.at)
    facts = facts_of(
        submission,
        actor,
        at=time.at,
        gate=gate,
        said=said,
        holder=holder,
        clocks=clocks,
        submitters=[row.by_id for row in sent if row.by_id is not None],
        decisions=decisions,
        newest=events[0] if events else None,
        undoable=undoable,
        open_elsewhere=open_elsewhere,
    )
    moves = moved(past, results, submission.submitted_at or time.at, teller)
    before = next((row.document for row in sent if row.number == submission.revision - 1), None)
    can_be_undone = undoable is not None and time.at < undoable.until
    return SubmissionView(
        submission=submission,
        gate=gate,
        turn=whose_turn(submission, paused=paused),
        holder=holder.person.name if holder else "",
        holder_id=holder.person_id if holder else 0,
        leased_until=holder.leased_until if holder else None,
        verdict=_verdict(said, by_family, teller),
        families=by_family,
        counts=outcome_counts(by_family),
        findings=_findings(session, submission, teller),
        waivers=waiver_views(waivers, teller),
        decisions=tuple(_decision_view(row) for row in decisions),
        conversation=conversation(events),
        difference=difference(submission.revision, before, submission.document, moves),
        neighbours=neighbours,
        asked=tuple((item.id, item.title) for item in asked),
        library=_library(session, submission, by_family),
        buttons={act: Button(act, _against(act, submission, facts, time)) for act in Act if act.move is not None},
        undo_until=undoable.until if undoable is not None and can_be_undone else None,
        may_reveal=tuple(map(time.retold, refusals(MoveName.REVEAL, submission.stage, facts))),
        clocks=clock_views(clocks, time, lambda clock: of_clock(session, clock, submission.kind, at=time.at), events),
        parts=parts(dossier, kept),
        account=test_account(dossier, kept),
        revisions=_revision_views(sent, events),
        history=history(events[:MOST_EVENTS], teller),
        history_is_cut=len(events) > MOST_EVENTS,
    )


def _against(act: Act, submission: Submission, facts: Facts, time: TeamTime) -> tuple[str, ...]:
    assert act.move is not None, "a note moves nothing"
    return tuple(map(time.retold, refusals(act.move, submission.stage, facts)))


SAID_THEN = {
    "holds": "everything required held",
    "fails": "required items had failed",
    "open": "some items were left to a person",
}


def _decision_view(row: DecisionRow) -> DecisionView:
    made, undo = row.made, row.undo
    return DecisionView(
        decision=made.decision,
        by=made.decided_by_name,
        at=made.decided_at,
        reason=made.reason,
        revision=made.revision,
        said_then=SAID_THEN.get(str(made.verdict.get("says")), ""),
        undone_at=undo.undone_at if undo is not None else None,
    )


def _library(session: Session, submission: Submission, shown: Iterable[Family]) -> tuple[LibraryReason, ...]:
    if submission.stage is not SubmissionStage.IN_REVIEW:
        return ()
    items = [item for family in shown for item in family.items]
    stand = [item for item in items if "waived" not in item.marks]
    return tuple(
        in_order(
            (entry.value for entry in library(session)),
            Items(
                asked=[item.id for item in items],
                failed=[item.id for item in stand if item.outcome is Outcome.FAILED],
                unknown=[item.id for item in stand if item.outcome in {None, Outcome.UNKNOWN}],
            ),
        )
    )


def _findings(session: Session, submission: Submission, teller: Teller) -> tuple[FindingView, ...]:
    """Open ones first."""
    rows = session.scalars(
        select(Finding)
        .where(Finding.submission_id == submission.id)
        .options(joinedload(Finding.opened_by).lazyload(Person.role_rows))
        .order_by(Finding.closed_at.is_not(None), Finding.id.desc())
    )
    return tuple(
        FindingView(
            title=teller.title(row.item),
            stage=row.stage,
            what=row.what,
            fix=row.fix,
            fix_by=row.fix_by,
            revision=row.revision,
            opened_at=row.opened_at,
            opened_by=row.opened_by.name if row.opened_by is not None else "a check",
            closed_at=row.closed_at,
        )
        for row in rows
    )


def _revision_views(sent: Iterable[SentRevision], events: Iterable[Event]) -> tuple[RevisionView, ...]:
    """Newest first, each with the parts that it changed."""
    changed = {
        event.data.get("revision"): tuple(str(part).replace("_", " ") for part in event.data.get("changed", ()))
        for event in events
        if event.name == EventName.RESUBMITTED
    }
    return tuple(
        RevisionView(number=row.number, by=row.by or ENGINE, at=row.at, changed=changed.get(row.number, ()))
        for row in sent
    )


def _verdict(said: Verdict, by_family: Iterable[Family], teller: Teller) -> VerdictView:
    seen = {item.id: item.summary for family in by_family for item in family.items}
    places = (("failed", said.failed), ("open", said.unknown))
    return VerdictView(
        said=said,
        reasons=tuple(
            Reason(item, teller.title(item), place, seen.get(item) or "nobody has looked yet")
            for place, items in places
            for item in items
        ),
        waived=tuple(teller.title(item) for item in said.waived),
        warned=tuple(teller.title(item) for item in said.warned),
        shadow=tuple(teller.title(item) for item in said.shadow),
    )
