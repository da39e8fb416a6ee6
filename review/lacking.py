"""What an integration lacks for Public: each item with what was seen, since when, and how to mend it."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from models.enums import GateName, Outcome
from models.integration import Integration
from models.result import ItemResult
from review.results import as_value, current_audit_results, live_standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A required item of the gate to Public that was not seen to hold: what was seen, and how to mend it."""

    item: str
    title: str
    seen: str
    fix: str


def obstacles(rulebook: Rulebook, items: Iterable[str], found: Iterable[CheckResult]) -> tuple[Obstacle, ...]:
    """These items with what was found of each, in their order."""
    results = {result.item: result for result in found}
    rows = []
    for item_id in items:
        item, result = rulebook.item(item_id), results.get(item_id)
        seen = result.summary if result is not None else "no audit has looked at it under this rulebook"
        fix = result.fix if result is not None else ""
        rows.append(Obstacle(item=item_id, title=item.title, seen=seen, fix=fix or item.help))
    return tuple(rows)


def lacking(session: Session, integration: Integration, *, rulebook: Rulebook, at: datetime) -> tuple[Obstacle, ...]:
    """What the latest audit saw fail of what Public asks. What it could not tell is ours, and not in here."""
    found = [as_value(row) for row in current_audit_results(session, integration.id)]
    said = live_standing(session, integration, GateName.PUBLIC, found, rulebook=rulebook, at=at)
    return obstacles(rulebook, said.failed, found)


def lacking_since(session: Session, integration: Integration, item: str) -> datetime:
    """When an audit first saw what the latest one still sees: the item failing, whatever the words."""
    found = lacking_since_each(session, {integration.id: [item]})
    return found.get((integration.id, item), integration.stage_since)


def lacking_since_each(session: Session, lacks: Mapping[int, Collection[str]]) -> Mapping[tuple[int, str], datetime]:
    """The same of many, by integration and item; what no audit saw fail is left out. One query."""
    wanted = {(number, item) for number, items in lacks.items() for item in items}
    rows = session.execute(
        select(ItemResult.integration_id, ItemResult.item, ItemResult.outcome, ItemResult.judged_at)
        .join(Integration, Integration.id == ItemResult.integration_id)
        .where(
            ItemResult.integration_id.in_(lacks),
            ItemResult.item.in_({item for _, item in wanted}),
            ItemResult.audit_run_id.is_not(None),
            ItemResult.judged_at >= Integration.stage_since,
            # A night on which nobody could tell is no night on which it held.
            ItemResult.outcome != Outcome.UNKNOWN,
        )
        .order_by(ItemResult.judged_at, ItemResult.id)
    )
    since: dict[tuple[int, str], datetime] = {}
    for number, item, outcome, judged_at in rows:
        if (number, item) not in wanted:
            continue
        if outcome is Outcome.FAILED:
            since.setdefault((number, item), judged_at)
        else:
            since.pop((number, item), None)
    return since


def digest_of(rows: Iterable[Obstacle]) -> str:
    """The same for the same content; empty when nothing lacks."""
    content = [[row.item, row.seen, row.fix] for row in rows]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest() if content else ""
