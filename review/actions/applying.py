"""Other terms, applied: running clocks rewritten in bulk, each with a row that keeps what is believed from now on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, literal, select, update
from sqlalchemy.orm import Session

from models.clock import CalendarVersion, Clock, ClockRevision, PolicyVersion
from models.enums import EventName
from models.people import Person
from models.submission import Submission
from review.actions.clocks import STARTED
from review.actions.record import OfSubmission, record, record_each
from review.affected import RUNS
from review.revision import Move, Outcome, Preview, Promised, Revised, moved

TOLD_MOVES = 10
"""Moves that a message names; the others are counted."""

Pins = Callable[[Promised], tuple[int, int]]
"""The calendar version and the policy version that a clock is pinned to from now on, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who revises, when and why; `source` is what the new terms come from, such as "calendar team, version 3"."""

    by: Person
    at: datetime
    because: str
    source: str


def hold_submissions(session: Session, concerned: ColumnElement[bool]) -> None:
    """Wait for whoever is at work on a submission of a running clock, and keep others from it.

    In the order of their numbers, so that two revisions don't wait for each other in a circle; as weakly as
    `refusing.lock`, whose reason holds here too.
    """
    clocks = select(Clock.submission_id).where(concerned, RUNS)
    held = select(Submission.id).where(Submission.id.in_(clocks)).order_by(Submission.id)
    session.execute(held.with_for_update(key_share=True)).all()


def tell(
    session: Session,
    name: EventName,
    version: CalendarVersion | PolicyVersion,
    outcomes: Sequence[Outcome],
    deed: Deed,
) -> Preview:
    """Record the change itself, with what it does."""
    preview = Preview.of(outcomes)
    record(
        session,
        name,
        at=deed.at,
        by=deed.by,
        name=version.name,
        version=version.version,
        because=deed.because,
        summary=preview.summary,
        moves=[as_data(move) for move in preview.moves[:TOLD_MOVES]],
        more_moves=max(len(preview.moves) - TOLD_MOVES, 0),
    )
    return preview


def as_data(move: Move) -> dict[str, Any]:
    """A move as an event carries it."""
    return {
        "integration": move.integration,
        "submission": move.submission,
        "target": move.target.value,
        "was": move.was.isoformat(),
        "now": move.now.isoformat(),
    }


def apply(session: Session, outcomes: Sequence[Outcome], deed: Deed, *, pins: Pins) -> None:
    """Give the running ones among the clocks their new terms, as a new revision each; the submissions are held.

    As many statements for thousands as for one. A submission whose due date moves has that in its history.
    """
    running = [(one, one.revised) for one in outcomes if one.revised is not None]
    if not running:
        return
    session.flush()
    _keep_first_terms(session)
    session.execute(update(Clock), [_as_clock(one, revised, pins) for one, revised in running])
    session.execute(insert(ClockRevision), [_as_revision(one, revised, pins, deed) for one, revised in running])
    _forget(session)
    said = [
        OfSubmission(one.promised.submission_id, one.promised.integration_id, _as_said(move, deed))
        for one, _ in running
        if (move := moved(one)) is not None
    ]
    record_each(session, EventName.CLOCK_REVISED, said, at=deed.at, by=deed.by)


def _keep_first_terms(session: Session) -> None:
    """A clock that an upgrade of the database started has no row for its first terms; from now on it needs one."""
    kept = exists().where(ClockRevision.clock_id == Clock.id)
    first_terms = {
        "clock_id": Clock.id,
        "revision": Clock.revision,
        "calendar_id": Clock.calendar_id,
        "policy_id": Clock.policy_id,
        "target_seconds": Clock.target_seconds,
        "due_at": Clock.due_at,
        "breach_at": Clock.breach_at,
        "recorded_at": Clock.started_at,
        "because": literal(STARTED),
    }
    lacking = select(*first_terms.values()).where(RUNS, Clock.revision == 1, ~kept)
    session.execute(insert(ClockRevision).from_select(list(first_terms), lacking))


def _as_clock(one: Outcome, revised: Revised, pins: Pins) -> dict[str, Any]:
    promised, terms = one.promised, one.terms
    calendar_id, policy_id = pins(promised)
    return {
        "id": promised.clock_id,
        "calendar_id": calendar_id,
        "policy_id": policy_id,
        "target_seconds": terms.target_seconds,
        "business_day_seconds": terms.business_day_seconds,
        "ladder": terms.ladder,
        "due_at": revised.due_at,
        "breach_at": revised.breach_at,
        "next_fire_at": revised.next_fire_at,
        "last_rung": revised.told,
        "last_level": revised.told_level,
        "breached": revised.breached,
        "breach_cause": promised.breach_cause if revised.breached else "",
        "revision": promised.revision + 1,
    }


def _as_revision(one: Outcome, revised: Revised, pins: Pins, deed: Deed) -> dict[str, Any]:
    calendar_id, policy_id = pins(one.promised)
    return {
        "clock_id": one.promised.clock_id,
        "revision": one.promised.revision + 1,
        "calendar_id": calendar_id,
        "policy_id": policy_id,
        "target_seconds": one.terms.target_seconds,
        "due_at": revised.due_at,
        "breach_at": revised.breach_at,
        "recorded_at": deed.at,
        "because": deed.because,
    }


def _as_said(move: Move, deed: Deed) -> dict[str, Any]:
    return {
        "target": move.target.value,
        "due_at": move.now.isoformat(),
        "was_due_at": move.was.isoformat(),
        "because": deed.because,
        "source": deed.source,
    }


def _forget(session: Session) -> None:
    """Clocks that the session has read are read again: they were rewritten behind its back."""
    for row in list(session.identity_map.values()):
        if isinstance(row, Clock):
            session.expire(row)
