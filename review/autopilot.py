"""Which graduations the engine may approve by itself, and why not the others.

One bad audit must not graduate anything, and neither must one good one: every required item of the gate has to pass by
check in several audits in a row, over days, with no waiver; and what a person has acted on stays a person's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

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
from models.result import ItemResult, Waiver
from models.submission import Submission
from review.facts import in_words

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
    waived: Mapping[str, date]
    """Items that a waiver covers, each with its last day."""
    looks: Sequence[Look]
    touched: str
    """What a person did with it first, in words; empty while nobody has."""
    next_look_at: datetime
    """When the next audit is expected to look at it."""
    interval: timedelta
    """Between two audits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """One reason why the engine leaves a graduation to a person, and what would release it."""

    why: str
    frees: str
    at: datetime | None = None
    """When that can be at the earliest; None where a person has to act."""


A_PERSON: Final = "a person decides it"


def streak(known: Known) -> Sequence[Look]:
    """The latest audits that all saw everything pass, newest first."""
    return tuple(takewhile(lambda look: _saw_all(known, look), known.looks))


def withheld(known: Known) -> list[Withheld]:
    """Every reason why a person has to decide it; empty: the engine may."""
    if known.policy.decide != AUTOMATICALLY:
        return [LEFT_TO_A_PERSON]
    return [*_of_the_gate(known), *_of_the_audits(known)]


LEFT_TO_A_PERSON: Final = Withheld(why="the rulebook leaves graduations to a person", frees=A_PERSON)


def _of_the_gate(known: Known) -> Iterable[Withheld]:
    if known.second_approval:
        yield Withheld(why="the gate asks for a second approval", frees="two people approve it")
    if not known.asked:
        yield Withheld(why="the gate requires nothing that could have held", frees=A_PERSON)
    if missing := [item.title for item in known.asked if item.id not in known.passed]:
        seen = f"no check saw this pass when the graduation was opened: {', '.join(missing)}"
        yield Withheld(why=seen, frees=A_PERSON)
    for item, until in sorted(known.waived.items()):
        ends = datetime.combine(until + timedelta(days=1), time(), known.at.tzinfo)
        yield Withheld(
            why=f"a waiver covers {item}",
            frees="the item passes in an audit, or the waiver's last day is over",
            at=ends,
        )
    if known.touched:
        yield Withheld(why=f"a person has taken it on ({known.touched})", frees=A_PERSON)


def _of_the_audits(known: Known) -> Iterable[Withheld]:
    policy, held = known.policy, streak(known)
    if (left := policy.audits_in_a_row - len(held)) > 0:
        spans_at = (
            held[-1].at + timedelta(days=policy.days) if held else known.next_look_at + timedelta(days=policy.days)
        )
        yield Withheld(
            why=f"{len(held)} of {policy.audits_in_a_row} audits in a row saw everything pass"
            f"{_broken(known, len(held))}",
            frees=f"{left} more {'audit' if left == 1 else 'audits'} in a row that {'sees' if left == 1 else 'see'} "
            "everything pass",
            at=max(known.next_look_at + (left - 1) * known.interval, spans_at),
        )
        return
    if known.at - held[0].at > LOOKED_AT_WITHIN:
        yield Withheld(
            why=f"the last audit is more than {LOOKED_AT_WITHIN.days} days old",
            frees="the next audit sees everything pass",
            at=known.next_look_at,
        )
    if held[0].at - held[-1].at < timedelta(days=policy.days):
        yield Withheld(
            why=f"the audits that saw everything pass do not yet span {policy.days} days",
            frees="everything still passes in an audit then",
            at=max(known.next_look_at, held[-1].at + timedelta(days=policy.days)),
        )


def _saw_all(known: Known, look: Look) -> bool:
    return look.grade is AuditGrade.HOLDS and {item.id for item in known.asked} <= look.passed


def _broken(known: Known, held: int) -> str:
    """What the audit before the streak did not see; empty where there was none."""
    if held == len(known.looks):
        return ""
    look = known.looks[held]
    missing = [item.title for item in known.asked if item.id not in look.passed]
    return f"; the one of {look.at:%Y-%m-%d} did not: {', '.join(missing) or 'something else of it did not hold'}"


def held_back(
    session: Session, submissions: Collection[Submission], *, rulebook: Rulebook, at: datetime
) -> Mapping[int, Sequence[Withheld]]:
    """Why each graduation in review is left to a person, by its id; a fixed number of queries, none by a rulebook that
    leaves all of them to a person.
    """
    waiting = [one for one in submissions if one.stage is SubmissionStage.IN_REVIEW]
    if rulebook.graduation.decide != AUTOMATICALLY:
        return {one.id: [LEFT_TO_A_PERSON] for one in waiting}
    known = knowns(session, waiting, rulebook=rulebook, at=at) if waiting else {}
    return {number: withheld(one) for number, one in known.items()}


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
    passed, touched = _passed(session, submissions), _touched(session, submissions)
    interval = timedelta(hours=rulebook.audit.interval_hours)
    return {
        one.id: Known(
            at=at,
            policy=rulebook.graduation,
            second_approval=_asks_twice(rulebook) or _asks_twice(Rulebook.load(one.rulebook)),
            asked=required(one, at),
            passed=passed[one.id],
            waived=waived[one.integration_id],
            looks=[look for look in looks.seen[one.integration_id] if look.at >= one.integration.stage_since],
            touched=touched.get(one.id, ""),
            next_look_at=_next_look(looks, one.integration_id, interval, at),
            interval=interval,
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


class _Looks(NamedTuple):
    """What audits saw by integration, newest first; and when one that has not looked yet will."""

    seen: Mapping[int, Sequence[Look]]
    due: Mapping[int, datetime]


def _looks(session: Session, ids: Collection[int], at: datetime) -> _Looks:
    is_recent = (AuditEntry.done_at <= at) & (AuditEntry.done_at > at - FARTHEST_LOOK_BACK)
    is_to_come = AuditEntry.done_at.is_(None) & (AuditEntry.due_at > at)
    rows = session.execute(
        select(AuditEntry.integration_id, AuditEntry.done_at, AuditEntry.due_at, AuditEntry.grade, AuditEntry.outcomes)
        .where(AuditEntry.integration_id.in_(ids), is_recent | is_to_come)
        .order_by(AuditEntry.done_at.desc(), AuditEntry.audit_run_id.desc())
    )
    seen: dict[int, list[Look]] = defaultdict(list)
    due: dict[int, datetime] = {}
    for number, done_at, due_at, grade, outcomes in rows:
        if done_at is None:
            due[number] = min(due.get(number, due_at), due_at)
            continue
        passed = frozenset(outcomes.get(Outcome.PASSED.value, ()))
        seen[number].append(Look(at=done_at, grade=grade, passed=passed))
    return _Looks(seen, due)


def _next_look(looks: _Looks, number: int, interval: timedelta, at: datetime) -> datetime:
    """When its turn comes; while no run has given it one, an interval after the last look, and never in the past."""
    if number in looks.due:
        return looks.due[number]
    return max(at, looks.seen[number][0].at + interval) if looks.seen.get(number) else at


def _waived(session: Session, ids: Collection[int]) -> dict[int, dict[str, date]]:
    waived: dict[int, dict[str, date]] = defaultdict(dict)
    rows = select(Waiver.integration_id, Waiver.item, Waiver.until).where(
        Waiver.integration_id.in_(ids), Waiver.ended_at.is_(None)
    )
    for number, item, until in session.execute(rows):
        waived[number][item] = until
    return waived


def _passed(session: Session, submissions: Collection[Submission]) -> Mapping[int, set[str]]:
    """Items that each one's own check saw pass."""
    rows = select(ItemResult.submission_id, ItemResult.item).where(
        ItemResult.submission_id.in_([one.id for one in submissions]),
        ItemResult.superseded_at.is_(None),
        ItemResult.source == ResultSource.CHECK,
        ItemResult.outcome == Outcome.PASSED,
    )
    passed: dict[int, set[str]] = defaultdict(set)
    for number, item in session.execute(rows).tuples():
        if number is not None:
            passed[number].add(item)
    return passed


def _touched(session: Session, submissions: Collection[Submission]) -> Mapping[int, str]:
    """What a person did first with each that a person has touched."""
    first = (
        select(func.min(Event.id))
        .where(Event.submission_id.in_([one.id for one in submissions]), Event.person_id.is_not(None))
        .group_by(Event.submission_id)
    )
    rows = session.scalars(select(Event).where(Event.id.in_(first)).options(joinedload(Event.person)))
    return {row.submission_id: in_words(row) for row in rows if row.submission_id is not None}
