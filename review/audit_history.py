"""How each item of a live integration stood over the audits: from when to when, and when it was last seen so."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import Outcome
from models.integration import Integration
from models.result import ItemResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time over which audits said the same of an item. `until` is when the next word came; None: it still stands.

    `last_seen` is the last audit that said so, as far as it is known.
    """

    item: str
    outcome: Outcome
    since: datetime
    until: datetime | None
    last_seen: datetime
    summary: str


def item_history(session: Session, integration: Integration) -> dict[str, tuple[Stretch, ...]]:
    """By item, oldest first. A result that said nothing new kept its row, so rows are the changes."""
    rows = session.scalars(
        select(ItemResult)
        .where(ItemResult.integration_id == integration.id, ItemResult.audit_run_id.is_not(None))
        .order_by(ItemResult.item, ItemResult.judged_at, ItemResult.id)
    )
    looked_at = integration.last_audited_at
    found: dict[str, list[Stretch]] = {}
    for row in rows:
        # What stands was said again by the last audit, also where nothing had changed and nothing was judged anew.
        last = (looked_at or row.judged_at) if row.superseded_at is None else row.superseded_at
        stretch = Stretch(
            item=row.item,
            outcome=row.outcome,
            since=row.judged_at,
            until=row.superseded_at,
            last_seen=max(last, row.judged_at),
            summary=row.summary,
        )
        found.setdefault(row.item, []).append(stretch)
    return {item: joined(stretches) for item, stretches in found.items()}


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The same with neighbours of one outcome as one: other words about the same are no change."""
    result: list[Stretch] = []
    for stretch in stretches:
        if result and result[-1].outcome is stretch.outcome:
            result[-1] = replace(stretch, since=result[-1].since)
        else:
            result.append(stretch)
    return tuple(result)
