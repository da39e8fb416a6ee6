"""One submission as its partner sees it; nothing of the team's own is in here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from checklist.rulebook import Gate, Rulebook
from desk.api.found import is_told
from desk.viewing.conversation import Line, conversation
from desk.viewing.history import ENGINE, event_rows
from desk.viewing.partner_items import OwnFamily, OwnItem, own_families
from desk.viewing.partner_turn import Turn, clocks_of, turn_of
from desk.viewing.submission_rows import result_rows
from models.enums import EventName, FindingStage, Outcome, SubmissionStage
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.result import Finding
from models.submission import Submission
from review.facts import actor
from review.guards import Facts
from review.lifecycle import MoveName, refusals
from review.results import active_waivers, dossier_of

MOST_EVENTS: Final = 300
TEAM: Final = "The review team"
"""As in mails and in the API: who of the team it was stays inside."""
DECISIONS: Final = frozenset({EventName.APPROVED, EventName.REJECTED, EventName.CHANGES_REQUESTED})
SAYS_SOMETHING: Final = "."
"""A reason for the guards: which one is given is known when the move is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFinding:
    title: str
    item: str
    what: str
    fix: str
    fix_by: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSubmission:
    submission: Submission
    gate: Gate
    turn: Turn
    findings: tuple[OwnFinding, ...]
    families: tuple[OwnFamily, ...]
    counts: tuple[tuple[str, int], ...]
    waived: tuple[tuple[str, date], ...]
    conversation: tuple[Line, ...]
    may_answer: bool
    may_withdraw: bool
    may_revise: bool


WEIGHT: Final = ("failed", "unknown", "open", "warned", "waived", "shadow", "passed", "not_applicable")


def own_row(session: Session, submission_id: int, partner_id: int) -> Submission | None:
    """None when there is none of that number, or it is another company's."""
    return session.scalar(
        select(Submission)
        .join(Submission.integration)
        .where(Submission.id == submission_id, Integration.partner_id == partner_id)
        .options(joinedload(Submission.integration).joinedload(Integration.partner))
    )


def own_submission(session: Session, submission: Submission, by: Person, *, at: datetime) -> OwnSubmission:
    """As `by`, one of the company's people, sees it."""
    told = is_told(submission, at)
    rulebook, dossier = Rulebook.load(submission.rulebook), dossier_of(submission)
    titles = {item.id: item.title for item in rulebook.items}
    asked = rulebook.items_of(submission.gate, dossier.kinds, submission.kind)
    rows, _ = result_rows(session, submission)
    waivers = [one for one in active_waivers(session, submission.integration_id) if at.date() <= one.until]
    families = own_families(rulebook, asked, rows, waivers, at=at)
    events = event_rows(session, Event.submission_id == submission.id, limit=MOST_EVENTS)
    clocks = clocks_of(session, [submission])[submission.id]
    # What the guards of the two moves read that are offered here; the rest would be asked for in vain.
    known = Facts(
        at=at,
        actor=actor(by),
        partner_id=submission.integration.partner_id,
        reason=SAYS_SOMETHING,
        version=submission.version,
        waiting_on_partner=any(
            clock.stopped_at is None and any(pause.to_at is None for pause in clock.pauses) for clock in clocks
        ),
    )
    of_gate = {item.id for item in asked}
    return OwnSubmission(
        submission=submission,
        gate=rulebook.gate(submission.gate),
        turn=turn_of(submission, clocks, at),
        findings=_findings(session, submission, titles, told=told),
        families=families,
        counts=_counts(families),
        waived=tuple((titles.get(one.item, one.item), one.until) for one in waivers if one.item in of_gate),
        conversation=_spoken(events, submission, told=told),
        may_answer=told and not refusals(MoveName.ANSWER, submission.stage, known),
        may_revise=told and submission.stage is SubmissionStage.CHANGES_REQUESTED,
        # While a decision can be undone the form stays as it was; sending it is answered with when to come back.
        may_withdraw=not told or not refusals(MoveName.WITHDRAW, submission.stage, known),
    )


def _findings(
    session: Session, submission: Submission, titles: dict[str, str], *, told: bool
) -> tuple[OwnFinding, ...]:
    """What is open; of a decision that is not told yet, nothing."""
    wanted = select(Finding).where(Finding.submission_id == submission.id, Finding.stage == FindingStage.OPEN)
    if not told and submission.decided_at is not None:
        wanted = wanted.where(Finding.opened_at < submission.decided_at)
    return tuple(
        OwnFinding(title=titles.get(row.item, row.item), item=row.item, what=row.what, fix=row.fix, fix_by=row.fix_by)
        for row in session.scalars(wanted.order_by(Finding.id))
    )


def _spoken(events: Sequence[Event], submission: Submission, *, told: bool) -> tuple[Line, ...]:
    decided_at = submission.decided_at
    shown = [
        event
        for event in events
        if told or decided_at is None or event.at < decided_at or event.name not in {name.value for name in DECISIONS}
    ]
    return tuple(
        line if line.from_partner or line.who == ENGINE else replace(line, who=TEAM) for line in conversation(shown)
    )


def _counts(families: Iterable[OwnFamily]) -> tuple[tuple[str, int], ...]:
    counts = Counter(_counted_as(item) for family in families for item in family.items)
    return tuple((name, counts[name]) for name in WEIGHT if counts[name])


def _counted_as(item: OwnItem) -> str:
    """What need not hold now counts apart, so that nobody mends what is not asked of them."""
    if item.outcome in {None, Outcome.FAILED, Outcome.UNKNOWN}:
        if item.waived_until:
            return "waived"
        if item.shadow_until:
            return "shadow"
    return item.outcome.value if item.outcome else "open"
