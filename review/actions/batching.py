"""Batches of an audit: which worker has which part of a run, until when. A worker that died lets go by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from models.audit import AuditEntry, AuditRun
from models.enums import LIVE
from models.integration import Integration

LEASE = timedelta(minutes=2)
"""How long a batch stays with a worker that gives no sign of life."""

JOINED_WITHIN = timedelta(days=1)
"""A run that began longer ago is no other worker's concern: the world it was to look at is gone."""

FEWEST = 60
"""Integrations in a batch although others could share: fewer, and a worker can't look at many at once."""


def take_batch(session: Session, run: AuditRun, *, worker: str, at: datetime, most: int) -> list[int]:
    """Integrations of the run for this worker, until a lease from now; none when there is nothing that is free.

    A worker takes its share of what is left, alone as if another one were about to join, so that all end together. A
    partner's integrations stay together as far as they go, because they mostly share hosts.
    """
    free = (*_to_do(run.id), _is_free(at))
    # The run's other workers, as far as their leases tell.
    others = session.scalar(
        select(func.count(AuditEntry.taken_by.distinct()))
        .join(AuditEntry.integration)
        .where(*_to_do(run.id), AuditEntry.taken_until > at, AuditEntry.taken_by != worker)
    )
    left = session.scalar(select(func.count()).select_from(AuditEntry).join(AuditEntry.integration).where(*free))
    share = -(-(left or 0) // max(2, (others or 0) + 1))
    most = min(most, max(FEWEST, share))
    batch = list(
        session.scalars(
            select(AuditEntry.integration_id)
            .join(AuditEntry.integration)
            .where(*free)
            .order_by(Integration.partner_id, Integration.id)
            .limit(most)
            .with_for_update(of=AuditEntry, skip_locked=True)
        )
    )
    _set(session, run.id, batch, taken_by=worker, taken_until=at + LEASE)
    return batch


def keep_batch(session: Session, run_id: int, batch: Sequence[int], *, worker: str, at: datetime) -> None:
    """A sign of life: what is left of the batch stays with the worker for another lease."""
    _set(session, run_id, _still_held(session, run_id, batch, worker), taken_until=at + LEASE)


def give_back(session: Session, run_id: int, batch: Sequence[int], *, worker: str) -> None:
    """Let others take what is left of the batch."""
    _set(session, run_id, _still_held(session, run_id, batch, worker), taken_by=None, taken_until=None)


def let_go(session: Session) -> None:
    """End every lease. For a system that is the only one on its database, when it starts."""
    session.execute(
        update(AuditEntry)
        .where(AuditEntry.done_at.is_(None), AuditEntry.taken_until.is_not(None))
        .values(taken_by=None, taken_until=None)
    )


def is_all_done(session: Session, run_id: int, *, at: datetime | None = None) -> bool:
    """Whether nothing of the run is left to do, by anybody; with `at`, nothing whose turn has come by then."""
    turn = () if at is None else (_has_its_turn(at),)
    return not session.scalar(select(_entries(*_to_do(run_id), *turn).exists()))


def runs_to_share(session: Session, *, at: datetime) -> list[int]:
    """Runs with something that is free to take, or with nothing but their end left; oldest first."""
    runs = session.scalars(
        select(AuditRun.id)
        .where(AuditRun.finished_at.is_(None), AuditRun.started_at > at - JOINED_WITHIN)
        .order_by(AuditRun.id)
    ).all()
    return [
        run_id
        for run_id in runs
        if session.scalar(select(_entries(*_to_do(run_id), _is_free(at)).exists())) or is_all_done(session, run_id)
    ]


def _entries(*where: ColumnElement[bool]) -> Select[tuple[int]]:
    return select(AuditEntry.integration_id).join(AuditEntry.integration).where(*where)


def _to_do(run_id: int) -> tuple[ColumnElement[bool], ...]:
    return AuditEntry.audit_run_id == run_id, AuditEntry.done_at.is_(None), Integration.stage.in_(LIVE)


def _is_free(at: datetime) -> ColumnElement[bool]:
    return or_(AuditEntry.taken_until.is_(None), AuditEntry.taken_until <= at) & _has_its_turn(at)


def _has_its_turn(at: datetime) -> ColumnElement[bool]:
    return or_(AuditEntry.due_at.is_(None), AuditEntry.due_at <= at)


def _still_held(session: Session, run_id: int, batch: Sequence[int], worker: str) -> list[int]:
    # What is being stored at this moment needs no lease, and waiting for it could end in a deadlock.
    return list(
        session.scalars(
            select(AuditEntry.integration_id)
            .where(
                AuditEntry.audit_run_id == run_id,
                AuditEntry.integration_id.in_(batch),
                AuditEntry.done_at.is_(None),
                AuditEntry.taken_by == worker,
            )
            .with_for_update(skip_locked=True)
        )
    )


def _set(session: Session, run_id: int, batch: Sequence[int], **values: object) -> None:
    if batch:
        session.execute(
            update(AuditEntry)
            .where(AuditEntry.audit_run_id == run_id, AuditEntry.integration_id.in_(batch))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
