"""Whose turn an integration is among the workers: a lease, so that two don't do the same work side by side."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from flows.wiring import Ports
from models.enums import EventName
from models.integration import Integration
from models.submission import Submission
from review.actions.companies import IntegrationUnknown
from review.actions.record import record
from review.path import came_to

LEASE = timedelta(minutes=5)
"""Longer than any run takes; the work of a worker that died waits this long for another one."""

FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=1)
STUCK_AFTER = 5
"""Failures in a row after which a person hears of it: about five minutes of trying."""


def due_slugs(session: Session, *, at: datetime, limit: int) -> Sequence[str]:
    """Integrations with something to do that nobody is on, longest waiting first."""
    free = or_(Integration.run_leased_until.is_(None), Integration.run_leased_until <= at)
    return session.scalars(
        select(Integration.slug)
        .where(Integration.next_run_at <= at, free)
        .order_by(Integration.next_run_at)
        .limit(limit)
    ).all()


def let_go(session: Session) -> None:
    """End every lease. For a system that is the only one on its database, when it starts."""
    session.execute(update(Integration).where(Integration.run_leased_until.is_not(None)).values(run_leased_until=None))


@dataclass(frozen=True, slots=True)
class Turn:
    """One worker's turn on one integration."""

    ports: Ports
    slug: str

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[bool]:
        """Whether the turn is ours. A run that fails is tried again later, and later again; five times, and a
        person hears of it. IntegrationUnknown for a slug that isn't there.
        """
        seen = await asyncio.to_thread(self._take)
        if seen is None:
            yield False
            return
        try:
            yield True
        except Exception as error:
            await asyncio.to_thread(self._failed, f"{type(error).__name__}: {error}")
            raise
        else:
            await asyncio.to_thread(self._done, seen)

    def came_to(self) -> tuple[str, str]:
        """Where the path stands, as a name and a sentence."""
        with self.ports.database.read() as session:
            integration = session.scalars(select(Integration).where(Integration.slug == self.slug)).one()
            mine = select(Submission).where(Submission.integration_id == integration.id)
            return came_to(integration, session.scalars(mine).all())

    def _take(self) -> datetime | None:
        """Take the lease and give the instant that was due; None while another worker has it."""
        at = self.ports.now()
        with self.ports.database.write.begin() as session:
            row = session.execute(
                select(Integration.id, Integration.next_run_at, Integration.run_leased_until)
                .where(Integration.slug == self.slug)
                .with_for_update()
            ).one_or_none()
            if row is None:
                raise IntegrationUnknown(self.slug)
            if row.run_leased_until is not None and row.run_leased_until > at:
                return None
            self._set(session, run_leased_until=at + LEASE)
            return row.next_run_at or at

    def _done(self, seen: datetime) -> None:
        """Nothing more is due, unless a verb woke the integration again while we worked, or a decision that could
        still be undone takes effect later.
        """
        stands = select(func.min(Submission.stands_at)).where(
            Submission.integration_id == Integration.id, Submission.stands_at > seen, Submission.applied_at.is_(None)
        )
        with self.ports.database.write.begin() as session:
            self._set(session, run_leased_until=None, failed_runs=0)
            session.execute(
                update(Integration)
                .where(Integration.slug == self.slug, Integration.next_run_at <= seen)
                .values(next_run_at=stands.scalar_subquery())
            )

    def _failed(self, error: str) -> None:
        at = self.ports.now()
        with self.ports.database.write.begin() as session:
            integration = session.scalars(
                select(Integration).where(Integration.slug == self.slug).with_for_update()
            ).one()
            failures = integration.failed_runs + 1
            wait = min(FIRST_RETRY * 2 ** min(failures - 1, 20), LONGEST_RETRY)
            self._set(session, run_leased_until=None, failed_runs=failures, next_run_at=at + wait)
            if failures == STUCK_AFTER:
                record(
                    session,
                    EventName.PATH_STUCK,
                    at=at,
                    integration=integration,
                    step="launch",
                    error=error,
                    since=at.isoformat(),
                )

    def _set(self, session: Session, **values: object) -> None:
        # Past the version on purpose: whose turn it is changes nothing that a person looks at.
        session.execute(update(Integration).where(Integration.slug == self.slug).values(**values))
