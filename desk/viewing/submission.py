"""One submission as a page shows it, read with a fixed number of queries however long its story is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from checklist.rulebook import Gate, Rulebook
from checklist.verdict import Verdict
from desk.viewing.clocks import ClockView, clock_views
from desk.viewing.document import Part, TestAccountView, parts, test_account
from desk.viewing.history import ENGINE, HistoryLine, Teller, event_rows, history
from desk.viewing.items import Family, families, outcome_counts
from desk.viewing.team_time import TeamTime
from desk.viewing.waivers import WaiverView, waiver_rows, waiver_views
from models.clock import Clock
from models.decision import Assignment, Decision
from models.enums import EventName, FindingStage
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.result import Finding, ItemResult
from models.submission import Revision, Secret, Submission
from review.outlook import of_clock
from review.results import dossier_of, standing
from review.worklist import whose_turn

MOST_EVENTS = 300


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the gate says what it says: an item, how it stands, and what was seen of it."""

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
class SubmissionView:
    submission: Submission
    gate: Gate
    turn: str
    holder: str
    leased_until: datetime | None
    verdict: VerdictView
    families: tuple[Family, ...]
    counts: Mapping[str, int]
    findings: tuple[FindingView, ...]
    waivers: tuple[WaiverView, ...]
    decisions: Sequence[Decision]
    clocks: tuple[ClockView, ...]
    parts: tuple[Part, ...]
    account: TestAccountView | None
    revisions: tuple[RevisionView, ...]
    history: tuple[HistoryLine, ...]
    """Newest first, at most MOST_EVENTS."""
    history_is_cut: bool


def submission_view(session: Session, submission_id: int, time: TeamTime) -> SubmissionView | None:
    """None when there is no such submission."""
    found = _submission(session, submission_id)
    if found is None:
        return None
    submission, kept = found
    rulebook, dossier = Rulebook.load(submission.rulebook), dossier_of(submission)
    assignments = _assignments(session, submission)
    holder = next((assignment for assignment in assignments if assignment.ended_at is None), None)
    results = _results(session, submission)
    waivers = waiver_rows(session, submission.integration_id)
    clocks = _clocks(session, submission)
    events = event_rows(session, Event.submission_id == submission.id, limit=MOST_EVENTS + 1)
    said = standing(session, submission, at=time.at)
    asked = rulebook.items_of(submission.gate, dossier.kinds, submission.kind)
    by_family = families(rulebook, asked, results, waivers, said, at=time.at)
    names = {assignment.person_id: assignment.person.name for assignment in assignments}
    teller = Teller(rulebook, time, names)
    paused = any(pause.to_at is None for clock in clocks if clock.stopped_at is None for pause in clock.pauses)
    return SubmissionView(
        submission=submission,
        gate=rulebook.gate(submission.gate),
        turn=whose_turn(submission, paused=paused),
        holder=holder.person.name if holder else "",
        leased_until=holder.leased_until if holder else None,
        verdict=_verdict(said, by_family, teller),
        families=by_family,
        counts=outcome_counts(by_family),
        findings=_findings(session, submission, teller),
        waivers=waiver_views(waivers, teller),
        decisions=_decisions(session, submission),
        clocks=clock_views(clocks, time, lambda clock: of_clock(session, clock, submission.kind, at=time.at), events),
        parts=parts(dossier, kept),
        account=test_account(dossier, kept),
        revisions=_revisions(session, submission, events),
        history=history(events[:MOST_EVENTS], teller),
        history_is_cut=len(events) > MOST_EVENTS,
    )


def _submission(session: Session, submission_id: int) -> tuple[Submission, frozenset[str]] | None:
    """The submission and the key paths of the secrets that are kept for its integration; never a secret."""
    kept = (
        select(func.aggregate_strings(Secret.path, " "))
        .where(Secret.integration_id == Submission.integration_id)
        .scalar_subquery()
    )
    row = session.execute(
        select(Submission, kept)
        .where(Submission.id == submission_id)
        .options(
            joinedload(Submission.integration).joinedload(Integration.partner),
            joinedload(Submission.submitted_by).lazyload(Person.role_rows),
        )
    ).one_or_none()
    return (row[0], frozenset((row[1] or "").split())) if row is not None else None


def _assignments(session: Session, submission: Submission) -> Sequence[Assignment]:
    return session.scalars(
        select(Assignment)
        .where(Assignment.submission_id == submission.id)
        .options(joinedload(Assignment.person).lazyload(Person.role_rows))
    ).all()


def _results(session: Session, submission: Submission) -> Sequence[ItemResult]:
    """What is current of each item; a check's word before a person's."""
    return session.scalars(
        select(ItemResult)
        .where(ItemResult.submission_id == submission.id, ItemResult.superseded_at.is_(None))
        .options(joinedload(ItemResult.judged_by).lazyload(Person.role_rows))
        .order_by(ItemResult.source, ItemResult.id)
    ).all()


def _clocks(session: Session, submission: Submission) -> Sequence[Clock]:
    return session.scalars(
        select(Clock)
        .where(Clock.submission_id == submission.id)
        .options(joinedload(Clock.calendar), joinedload(Clock.policy))
        .order_by(Clock.id)
    ).all()


def _decisions(session: Session, submission: Submission) -> Sequence[Decision]:
    """Newest first."""
    return session.scalars(
        select(Decision)
        .where(Decision.submission_id == submission.id)
        .options(joinedload(Decision.decided_by).lazyload(Person.role_rows))
        .order_by(Decision.id.desc())
    ).all()


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


def _revisions(session: Session, submission: Submission, events: Iterable[Event]) -> tuple[RevisionView, ...]:
    """Newest first, each with the parts that it changed. Without the documents: they may be large."""
    changed = {
        event.data.get("revision"): tuple(str(part).replace("_", " ") for part in event.data.get("changed", ()))
        for event in events
        if event.name == EventName.RESUBMITTED
    }
    rows = session.execute(
        select(Revision.revision, Revision.submitted_at, Person.name)
        .outerjoin(Person, Person.id == Revision.submitted_by_id)
        .where(Revision.submission_id == submission.id)
        .order_by(Revision.revision.desc())
    )
    return tuple(
        RevisionView(number=number, by=name or ENGINE, at=at, changed=changed.get(number, ()))
        for number, at, name in rows
    )


def _verdict(said: Verdict, by_family: Iterable[Family], teller: Teller) -> VerdictView:
    seen = {item.id: item.summary for family in by_family for item in family.items}
    places = (("failed", said.failed), ("open", said.unknown))
    return VerdictView(
        said=said,
        reasons=tuple(
            Reason(teller.title(item), place, seen.get(item) or "nobody has looked yet")
            for place, items in places
            for item in items
        ),
        waived=tuple(teller.title(item) for item in said.waived),
        warned=tuple(teller.title(item) for item in said.warned),
        shadow=tuple(teller.title(item) for item in said.shadow),
    )
