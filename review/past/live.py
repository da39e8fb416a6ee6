"""What reports over live integrations read: as it stands now, from the tables, or as it stood, from the past."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from checklist.outcome import CheckResult
from models.audit import AuditEntry
from models.enums import LIVE, IntegrationStage
from models.integration import Integration
from models.result import ItemResult, Waiver
from review.past.integrations import audit_results_at, last_entries_at, stood_at, waivers_at
from review.past.stages import Stood
from review.results import as_value


class LiveState:
    """By an integration's id: its stage, what audits found of it, the last look, and its waivers.

    Each is read when it is first asked for, by one query. `at` is an instant of the past; None is now. `only` leaves
    out all but these, of now.
    """

    def __init__(self, session: Session, at: datetime | None = None, *, only: Collection[int] | None = None) -> None:
        self._session = session
        self._at = at
        self._wanted = (
            Integration.stage.in_(LIVE) if only is None else Integration.stage.in_(LIVE) & Integration.id.in_(only)
        )
        self._ids = select(Integration.id).where(self._wanted)

    @cached_property
    def stages(self) -> Mapping[int, Stood]:
        if self._at is not None:
            stood = stood_at(self._session, at=self._at)
            return {number: one for number, one in stood.items() if one.stage in LIVE}
        rows = self._session.execute(
            select(Integration.id, Integration.stage, Integration.stage_since).where(self._wanted)
        )
        return {number: Stood(stage, since, None, is_exact=True) for number, stage, since in rows}

    @cached_property
    def results(self) -> Mapping[int, Sequence[CheckResult]]:
        if self._at is not None:
            return audit_results_at(self._session, None, at=self._at)
        current = ItemResult.audit_run_id.is_not(None) & ItemResult.superseded_at.is_(None)
        results: dict[int, list[CheckResult]] = defaultdict(list)
        for row in self._session.scalars(select(ItemResult).where(ItemResult.integration_id.in_(self._ids), current)):
            results[row.integration_id].append(as_value(row))
        return results

    @cached_property
    def entries(self) -> Mapping[int, AuditEntry]:
        if self._at is not None:
            return last_entries_at(self._session, at=self._at)
        rows = self._session.scalars(
            select(AuditEntry)
            .join(Integration, Integration.id == AuditEntry.integration_id)
            .where(self._wanted, AuditEntry.done_at == Integration.last_audited_at)
            .order_by(AuditEntry.audit_run_id)
        )
        return {entry.integration_id: entry for entry in rows}

    @cached_property
    def waivers(self) -> Mapping[int, Sequence[Waiver]]:
        if self._at is not None:
            return waivers_at(self._session, at=self._at)
        let: dict[int, list[Waiver]] = defaultdict(list)
        wanted = select(Waiver).where(Waiver.integration_id.in_(self._ids), Waiver.ended_at.is_(None))
        for waiver in self._session.scalars(wanted.options(joinedload(Waiver.granted_by)).order_by(Waiver.id)):
            let[waiver.integration_id].append(waiver)
        return let

    @cached_property
    def audited_at(self) -> Mapping[int, datetime]:
        return {number: entry.done_at for number, entry in self.entries.items() if entry.done_at is not None}

    def ids(self, *stages: IntegrationStage) -> set[int]:
        """Those that stand in one of these stages."""
        return {number for number, stood in self.stages.items() if stood.stage in stages}
