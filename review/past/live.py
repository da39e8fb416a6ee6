"""What reports over live integrations read: as it stands now, from the tables, or as it stood, from the past."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.outcome import CheckResult
from models.audit import AuditEntry
from models.enums import LIVE, IntegrationStage
from models.integration import Integration
from models.result import ItemResult, Waiver
from review.past.integrations import audit_results_at, last_entries_at, stood_at, waivers_at
from review.past.stages import Stood
from review.results import as_value


@dataclass(frozen=True, slots=True)
class LiveState:
    """By an integration's id: its stage, what audits had found of it, the last look, and its waivers."""

    stages: Mapping[int, Stood]
    results: Mapping[int, Sequence[CheckResult]]
    entries: Mapping[int, AuditEntry]
    waivers: Mapping[int, Sequence[Waiver]]

    @property
    def audited_at(self) -> Mapping[int, datetime]:
        return {number: entry.done_at for number, entry in self.entries.items() if entry.done_at is not None}

    def ids(self, *stages: IntegrationStage) -> set[int]:
        """Those that stand in one of these stages."""
        return {number for number, stood in self.stages.items() if stood.stage in stages}


def live_now(session: Session, *, with_results: bool = True) -> LiveState:
    """As the tables have it. A fixed number of queries; the results are most of what there is to read."""
    rows = session.execute(
        select(Integration.id, Integration.stage, Integration.stage_since).where(Integration.stage.in_(LIVE))
    )
    stages = {number: Stood(stage, since, None, is_exact=True) for number, stage, since in rows}
    live = select(Integration.id).where(Integration.stage.in_(LIVE))
    results: dict[int, list[CheckResult]] = defaultdict(list)
    current = ItemResult.audit_run_id.is_not(None) & ItemResult.superseded_at.is_(None)
    wanted = select(ItemResult).where(ItemResult.integration_id.in_(live), current)
    for row in session.scalars(wanted) if with_results else ():
        results[row.integration_id].append(as_value(row))
    waivers: dict[int, list[Waiver]] = defaultdict(list)
    for waiver in session.scalars(
        select(Waiver).where(Waiver.integration_id.in_(live), Waiver.ended_at.is_(None)).order_by(Waiver.id)
    ):
        waivers[waiver.integration_id].append(waiver)
    entries = session.scalars(
        select(AuditEntry)
        .join(Integration, Integration.id == AuditEntry.integration_id)
        .where(Integration.stage.in_(LIVE), AuditEntry.done_at == Integration.last_audited_at)
        .order_by(AuditEntry.audit_run_id)
    )
    return LiveState(stages, results, {entry.integration_id: entry for entry in entries}, waivers)


def live_at(session: Session, *, at: datetime) -> LiveState:
    """As it stood at an instant."""
    stages = {number: stood for number, stood in stood_at(session, at=at).items() if stood.stage in LIVE}
    return LiveState(
        stages, audit_results_at(session, None, at=at), last_entries_at(session, at=at), waivers_at(session, at=at)
    )
