"""Which graduations the engine may approve by itself, and why not the others.

One bad audit must not graduate anything, and neither must one good one: every required item of the gate has to pass by
check in several audits in a row, over days, with no waiver; and what a person has acted on stays a person's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.promises import GraduationPolicy
from checklist.rulebook import Item, Rulebook
from models.audit import AuditEntry
from models.enums import (
    AuditGrade,
    GateName,
    Outcome,
    ResultSource,
    Severity,
    SubmissionKind,
    SubmissionStage,
)
from models.event import Event
from models.integration import Integration
from models.result import Waiver
from models.submission import Submission
from review.facts import in_words
from review.results import current_results

LOOKED_AT_WITHIN: Final = timedelta(days=7)
"""What the latest audit saw longer ago may no longer be true."""

FARTHEST_LOOK_BACK: Final = timedelta(days=365)

AUTOMATICALLY: Final = "automatically"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one audit saw: when, its grade, and the items that passed."""

    at: datetime
    grade: AuditGrade | None
    passed: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one graduation. `looks` are those since it is in Public Beta, newest first."""

    at: datetime
    policy: GraduationPolicy
    second_approval: bool
    asked: Sequence[Item]
    """The gate's required items."""
    passed: Collection[str]
    """Items that the graduation's own check saw pass."""
    waived: Collection[str]
    looks: Sequence[Look]
    touched: str
    """What a person did with it first, in words; empty while nobody has."""


def streak(known: Known) -> Sequence[Look]:
    """The latest audits that all saw everything pass, newest first."""
    asked = {item.id for item in known.asked}
    held = takewhile(lambda look: look.grade is AuditGrade.HOLDS and asked <= look.passed, known.looks)
    return tuple(held)


def withheld(known: Known) -> list[str]:
    """Every reason why a person has to decide it, as whole sentences; empty: the engine may."""
    if known.policy.decide != AUTOMATICALLY:
        return ["the rulebook leaves graduations to a person"]
    return [*_of_the_gate(known), *_of_the_audits(known)]


def _of_the_gate(known: Known) -> Iterable[str]:
    if known.second_approval:
        yield "the gate asks for a second approval"
    if not known.asked:
        yield "the gate requires nothing that could have held"
    if missing := [item.title for item in known.asked if item.id not in known.passed]:
        yield f"no check saw this pass when the graduation was opened: {', '.join(missing)}"
    if known.waived:
        yield f"a waiver covers {', '.join(sorted(known.waived))}"
    if known.touched:
        yield f"a person has taken it on ({known.touched})"


def _of_the_audits(known: Known) -> Iterable[str]:
    policy, held = known.policy, streak(known)
    if len(held) < policy.audits_in_a_row:
        yield f"{len(held)} of {policy.audits_in_a_row} audits in a row saw everything pass"
        return
    if known.at - held[0].at > LOOKED_AT_WITHIN:
        yield f"the last audit is more than {LOOKED_AT_WITHIN.days} days old"
    if held[0].at - held[-1].at < timedelta(days=policy.days):
        yield f"the audits that saw everything pass do not yet span {policy.days} days"


def decidable(session: Session, integration: Integration, *, rulebook: Rulebook, at: datetime) -> list[Submission]:
    """The integration's graduation in review that the engine may approve now, as a list of none or one."""
    if rulebook.graduation.decide != AUTOMATICALLY:
        return []
    waiting = session.scalars(
        select(Submission).where(
            Submission.integration_id == integration.id,
            Submission.kind == SubmissionKind.GRADUATION,
            Submission.stage == SubmissionStage.IN_REVIEW,
        )
    ).all()
    known = knowns(session, waiting, rulebook=rulebook, at=at)
    return [one for one in waiting if not withheld(known[one.id])]


def knowns(
    session: Session, submissions: Collection[Submission], *, rulebook: Rulebook, at: datetime
) -> Mapping[int, Known]:
    """What is known of each graduation, by its id. Policy and its thresholds are those of `rulebook`, the one in force,
    so that a change counts at once; the items are those that the submission was opened under.
    """
    ids = [one.integration_id for one in submissions]
    looks, waived = _looks(session, ids, at), _waived(session, ids)
    return {
        one.id: Known(
            at=at,
            policy=rulebook.graduation,
            second_approval=_asks_twice(rulebook) or _asks_twice(Rulebook.load(one.rulebook)),
            asked=required(one, at),
            passed={
                row.item
                for row in current_results(session, one)
                if row.source is ResultSource.CHECK and row.outcome is Outcome.PASSED
            },
            waived=waived[one.integration_id],
            looks=[look for look in looks[one.integration_id] if look.at >= one.integration.stage_since],
            touched=_touched(session, one),
        )
        for one in submissions
    }


def required(submission: Submission, at: datetime) -> tuple[Item, ...]:
    """Required items of the gate that count on that day."""
    kinds = frozenset(component.kind for component in submission.integration.components)
    items = Rulebook.load(submission.rulebook).items_of(GateName.PUBLIC, kinds, submission.kind)
    return tuple(item for item in items if item.severity is Severity.REQUIRED and not item.is_shadow(at.date()))


def _asks_twice(rulebook: Rulebook) -> bool:
    return rulebook.gate(GateName.PUBLIC).second_approval


def _looks(session: Session, ids: Collection[int], at: datetime) -> dict[int, list[Look]]:
    rows = session.execute(
        select(AuditEntry.integration_id, AuditEntry.done_at, AuditEntry.grade, AuditEntry.outcomes)
        .where(
            AuditEntry.integration_id.in_(ids), AuditEntry.done_at <= at, AuditEntry.done_at > at - FARTHEST_LOOK_BACK
        )
        .order_by(AuditEntry.done_at.desc(), AuditEntry.audit_run_id.desc())
    )
    looks: dict[int, list[Look]] = defaultdict(list)
    for number, done_at, grade, outcomes in rows:
        passed = frozenset(outcomes.get(Outcome.PASSED.value, ()))
        looks[number].append(Look(at=done_at, grade=grade, passed=passed))
    return looks


def _waived(session: Session, ids: Collection[int]) -> dict[int, set[str]]:
    waived: dict[int, set[str]] = defaultdict(set)
    rows = select(Waiver.integration_id, Waiver.item).where(Waiver.integration_id.in_(ids), Waiver.ended_at.is_(None))
    for number, item in session.execute(rows):
        waived[number].add(item)
    return waived


def _touched(session: Session, submission: Submission) -> str:
    first = session.scalar(
        select(Event)
        .where(Event.submission_id == submission.id, Event.person_id.is_not(None))
        .order_by(Event.id)
        .limit(1)
    )
    return "" if first is None else in_words(first)
