"""Giving several submissions to one person: what would happen to each, before anything does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models.decision import Assignment
from models.integration import Integration
from models.people import Person
from models.submission import Submission
from review import facts
from review.actions.assigning import assign, unfit
from review.actions.refusing import lock
from review.lifecycle import MoveName, MoveRefused, refusals


@dataclass(frozen=True, slots=True)
class Chosen:
    """A submission as the page showed it: its version, and who had it (0: nobody)."""

    submission_id: int
    version: int
    holder_id: int

    @classmethod
    def parse(cls, text: str) -> "Chosen":
        """ValueError unless it was written by `str`."""
        submission_id, version, holder_id = (int(part) for part in text.split("."))
        if min(submission_id, version) < 1 or holder_id < 0 or max(submission_id, version, holder_id) >= 2**63:
            raise ValueError(text)
        return cls(submission_id, version, holder_id)

    def __str__(self) -> str:
        return f"{self.submission_id}.{self.version}.{self.holder_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one of them. `now` is what to send to have it done; None when it can't be."""

    submission_id: int
    integration: str
    partner: str
    was: str
    """Who has it; empty when nobody does."""
    now: Chosen | None
    refused: tuple[str, ...] = ()
    stale: str = ""
    """Who changed it since the reader saw it, and what they did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigning:
    to: Person
    changes: Sequence[Change]

    @property
    def possible(self) -> Sequence[Change]:
        return [change for change in self.changes if change.now is not None]

    @property
    def refused(self) -> Sequence[Change]:
        return [change for change in self.changes if change.now is None]

    @property
    def stale(self) -> Sequence[Change]:
        return [change for change in self.changes if change.stale]


class Outdated(Exception):
    """Something changed since the reader saw what would happen; nothing was done."""


def preview(session: Session, chosen: Iterable[Chosen], *, to: Person, by: Person, at: datetime) -> Assigning:
    """What would happen to each that exists, in the order in which they were chosen. Changes nothing."""
    wanted = {one.submission_id: one for one in chosen}
    found = session.scalars(
        select(Submission)
        .where(Submission.id.in_(wanted))
        .options(joinedload(Submission.integration).joinedload(Integration.partner))
    )
    by_id = {submission.id: submission for submission in found}
    there = [(by_id[number], one) for number, one in wanted.items() if number in by_id]
    return Assigning(to=to, changes=[_change(session, one, seen, to, by, at) for one, seen in there])


def assign_all(session: Session, chosen: Iterable[Chosen], *, to: Person, by: Person, at: datetime) -> int:
    """Give all of them or none: Outdated when one is not as the reader saw it, or is refused by now."""
    done = 0
    # In one order, so that two people who do this at once wait for each other instead of one for the other and back.
    for seen in sorted(set(chosen), key=lambda one: one.submission_id):
        submission = session.get(Submission, seen.submission_id)
        if submission is None:
            raise Outdated
        lock(session, submission)
        if _stale(session, submission, seen):
            raise Outdated
        try:
            assign(session, submission, to=to, by=by, at=at, seen_version=seen.version)
        except MoveRefused:
            raise Outdated from None
        done += 1
    return done


def _change(session: Session, submission: Submission, seen: Chosen, to: Person, by: Person, at: datetime) -> Change:
    known = facts.of_submission(session, submission, by=by, at=at)
    reasons = refusals(MoveName.ASSIGN, submission.stage, known) or unfit(session, submission, to, at)
    holder = known.holder
    if not reasons and holder is not None and holder.id == to.id and holder.until > at:
        reasons = [f"{to.name} has it already"]
    return Change(
        submission_id=submission.id,
        integration=submission.integration.name,
        partner=submission.integration.partner.name,
        was=holder.name if holder is not None and holder.until > at else "",
        now=None if reasons else Chosen(submission.id, submission.version, holder.id if holder is not None else 0),
        refused=tuple(reasons),
        stale=_stale(session, submission, seen),
    )


def _stale(session: Session, submission: Submission, seen: Chosen) -> str:
    """Who did what since; empty when it is as it was seen."""
    held_by = session.scalar(
        select(Assignment.person_id).where(Assignment.submission_id == submission.id, Assignment.ended_at.is_(None))
    )
    if submission.version == seen.version and (held_by or 0) == seen.holder_id:
        return ""
    return facts.changed_last(session, submission) or "somebody changed it"
