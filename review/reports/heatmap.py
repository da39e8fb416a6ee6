"""Items across integrations: what each required item looks like at each live integration, by its last audit."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, lazyload

from checklist.rulebook import Item, Rulebook
from models.audit import AuditEntry
from models.enums import LIVE, GateName, IntegrationStage, Outcome, Severity
from models.integration import Integration
from review.past.live import LiveState, live_at, live_now


class Cell(StrEnum):
    """How an item stands at an integration. NOT_LOOKED: the last audit says nothing of it, or there was none."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    NOT_LOOKED = "not_looked"


AUDITED: Final = (GateName.PUBLIC_BETA, GateName.PUBLIC)

TROUBLE: Final = {Cell.FAILED: 1_000_000, Cell.WAIVED: 1_000, Cell.UNKNOWN: 1}
"""How much a cell weighs in the order of rows: one that failed outweighs any number that are waived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    slug: str
    name: str
    partner: str
    stage: IntegrationStage
    since: datetime
    cells: tuple[Cell, ...]
    """In the order of the report's items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    at: datetime
    rulebook: str
    items: tuple[Item, ...]
    rows: tuple[HeatRow, ...]
    """Most trouble first."""

    @property
    def alike(self) -> Sequence[tuple[tuple[Cell, ...], tuple[HeatRow, ...]]]:
        """Rows whose cells are all the same, together: so many hundreds of integrations fit on a page."""
        together: dict[tuple[Cell, ...], list[HeatRow]] = {}
        for row in self.rows:
            together.setdefault(row.cells, []).append(row)
        return [(cells, tuple(rows)) for cells, rows in together.items()]

    @property
    def failures(self) -> Sequence[tuple[Item, int]]:
        """At how many integrations each item failed with nothing to waive it, most first; none that never did."""
        counts = Counter(number for row in self.rows for number, cell in enumerate(row.cells) if cell is Cell.FAILED)
        return [
            (self.items[number], count) for number, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ]


def heatmap(session: Session, *, rulebook: Rulebook, at: datetime, past: bool = False) -> HeatMap:
    """Every required item that audits look at, of both gates, at everything live. What still lies ahead of one in
    Public Beta is told too: it is what keeps it there. A fixed number of queries.
    """
    state = live_at(session, at=at) if past else live_now(session, with_results=False)
    items = tuple(
        item
        for item in rulebook.items
        if item.live and item.gate in AUDITED and item.severity is Severity.REQUIRED and not item.is_shadow(at.date())
    )
    live = state.ids(*LIVE)
    rows = [
        _row(one, state, items, at)
        for one in session.scalars(
            select(Integration).options(joinedload(Integration.partner), lazyload(Integration.components))
        )
        if one.id in live
    ]
    return HeatMap(at=at, rulebook=rulebook.version, items=items, rows=tuple(sorted(rows, key=_worst_first)))


def _row(integration: Integration, state: LiveState, items: Collection[Item], at: datetime) -> HeatRow:
    stood = state.stages[integration.id]
    waived = {waiver.item for waiver in state.waivers.get(integration.id, ()) if waiver.until >= at.date()}
    said = _said(state.entries.get(integration.id))
    return HeatRow(
        slug=integration.slug,
        name=integration.name,
        partner=integration.partner.name,
        stage=stood.stage,
        since=stood.since,
        cells=tuple(_cell(said.get(item.id), item.id, waived) for item in items),
    )


def _said(entry: AuditEntry | None) -> Mapping[str, Outcome]:
    if entry is None:
        return {}
    return {item: outcome for outcome in Outcome for item in entry.outcomes.get(outcome.value, ())}


def _cell(said: Outcome | None, item: str, waived: Collection[str]) -> Cell:
    if said is None:
        return Cell.NOT_LOOKED
    return Cell.WAIVED if item in waived and said in {Outcome.FAILED, Outcome.UNKNOWN} else Cell(said.value)


def _worst_first(row: HeatRow) -> tuple[int, str]:
    return -sum(TROUBLE.get(cell, 0) for cell in row.cells), row.slug
