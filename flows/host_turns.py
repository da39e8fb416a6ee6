"""Turns at the hosts of the web among all processes on one database: one worker asks a host at a time.

A worker keeps a host for as long as it has something to ask there, but not longer than LONGEST_SECONDS while others may
wait, and a pause lies before the next one. Rows are written a few times a second for all hosts together, never for
each request.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from models.database import Database
from models.host_turn import HostTurn

LOG = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a host stays with a worker that gives no sign of life; longer than any fetch takes."""

RENEWED_AFTER_SECONDS = 20.0
IDLE_SECONDS = 1.0
LONGEST_SECONDS = 10.0
ASKED_EVERY_SECONDS = 0.1
"""How often a host that another worker has is asked for."""


@dataclass(slots=True)
class _Held:
    since: float
    renewed: float
    left: float | None = None
    """When it was asked last; None while it is asked."""


class HostTurns:
    """The turns of one fetcher. Seconds are the event loop's; what is written is the clock's, so the clocks of all
    machines must agree to within the pause.
    """

    def __init__(self, database: Database, *, worker: str, now: Callable[[], datetime], spacing_seconds: float) -> None:
        self._database = database
        self._holder = f"{worker[-128:]}/{uuid.uuid4().hex}"
        self._now = now
        self._pause = timedelta(seconds=spacing_seconds)
        self._held: dict[str, _Held] = {}
        self._wanted: dict[str, asyncio.Future[None]] = {}
        self._news = asyncio.Event()
        self._clerk: asyncio.Task[None] | None = None

    def holds(self, host: str) -> bool:
        held = self._held.get(host)
        if held is None:
            return False
        now = asyncio.get_running_loop().time()
        return now - held.since < LONGEST_SECONDS and now - held.renewed < LEASE.total_seconds() / 2

    async def take(self, host: str) -> None:
        if not self.holds(host):
            if self._clerk is None:
                self._clerk = asyncio.create_task(self._write_down(), name="turns at hosts")
            future = self._wanted.setdefault(host, asyncio.get_running_loop().create_future())
            self._news.set()
            try:
                # Turns lets one at a time ask for a host, so nobody shares the future.
                await future
            except asyncio.CancelledError:
                self.leave(host)
                raise
            finally:
                self._wanted.pop(host, None)
        self._held[host].left = None

    def leave(self, host: str) -> None:
        if (held := self._held.get(host)) is not None:
            held.left = asyncio.get_running_loop().time()

    async def aclose(self) -> None:
        if self._clerk is None:
            return
        self._clerk.cancel()
        with suppress(asyncio.CancelledError):
            await self._clerk
        self._clerk = None
        gone = list(self._held)
        self._held.clear()
        try:
            await asyncio.to_thread(self._store, gone, [], [])
        except Exception:  # their leases end by themselves
            LOG.warning("%d hosts stay taken for a minute: they can't be given back now", len(gone), exc_info=True)

    async def _write_down(self) -> None:
        """Give back, renew and take, all in one transaction, as long as the fetcher lives."""
        loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), IDLE_SECONDS / 2)
            self._news.clear()
            now = loop.time()
            back = [
                host
                for host, held in self._held.items()
                if held.left is not None and (host in self._wanted or now - held.left >= IDLE_SECONDS)
            ]
            renewed = [
                host
                for host, held in self._held.items()
                if host not in back and now - held.renewed >= RENEWED_AFTER_SECONDS
            ]
            for host in back:
                del self._held[host]
            wanted = [host for host in self._wanted if host not in self._held]
            if not (back or renewed or wanted):
                continue
            try:
                kept, got = await asyncio.to_thread(self._store, back, renewed, wanted)
            except Exception as error:  # noqa: BLE001 - a database that is away is asked again; who waits, waits
                LOG.warning("turns at hosts can't be written down: %s", error)
                await asyncio.sleep(IDLE_SECONDS)
                self._news.set()
                continue
            for host in renewed:
                if host in kept:
                    self._held[host].renewed = now
                else:
                    # We were away for so long that another worker took it; holds() has said no since then.
                    self._held.pop(host, None)
            for host in got:
                self._held[host] = _Held(since=now, renewed=now, left=now)
                if (future := self._wanted.get(host)) is not None and not future.done():
                    self._held[host].left = None
                    future.set_result(None)
            if any(not future.done() for future in self._wanted.values()):
                await asyncio.sleep(ASKED_EVERY_SECONDS)
                self._news.set()

    def _store(
        self, back: Collection[str], renewed: Collection[str], wanted: Collection[str]
    ) -> tuple[list[str], list[str]]:
        """Which of the renewed are still ours, and which of the wanted are ours now."""
        at = self._now()
        ours = HostTurn.held_by == self._holder
        with self._database.write.begin() as session:
            if back:
                mine = update(HostTurn).where(HostTurn.host.in_(back), ours)
                session.execute(mine.values(until=at + self._pause, held_by=""))
            kept: list[str] = []
            if renewed:
                mine = update(HostTurn).where(HostTurn.host.in_(renewed), ours).values(until=at + LEASE)
                kept = list(session.scalars(mine.returning(HostTurn.host)))
            if not wanted:
                return kept, []
            # The same words on both databases, but each dialect has its own class for them. In one order everywhere,
            # so that two workers can't wait for each other's rows.
            insert = postgresql.insert if self._database.is_postgresql else sqlite.insert
            rows = [{"host": host, "held_by": self._holder, "until": at + LEASE} for host in sorted(wanted)]
            taking = insert(HostTurn).values(rows)
            taking = taking.on_conflict_do_update(
                index_elements=["host"],
                set_={"held_by": taking.excluded.held_by, "until": taking.excluded.until},
                where=HostTurn.until <= at,
            )
            return kept, list(session.scalars(taking.returning(HostTurn.host)))
