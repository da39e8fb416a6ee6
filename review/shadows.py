"""Items in shadow with their would-be outcomes: what they would do if they counted, by what the last audits found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checklist.rulebook import Item, Rulebook
from models.enums import LIVE, OPEN_SUBMISSION, Outcome, ResultSource
from models.integration import Integration
from models.result import ItemResult
from models.submission import Submission

TOLD: Final = frozenset({Outcome.PASSED, Outcome.WARNED, Outcome.FAILED, Outcome.UNKNOWN})
"""What does not apply to something is no answer about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """An item that decides nothing until a day. `of` is how many it was looked at for: live, or under way."""

    item: str
    title: str
    until: date
    would_fail: int
    cant_tell: int
    of: int

    @property
    def told(self) -> str:
        """Such as "would fail 3 of 10 if it counted today (2 can't be told); it counts from 2027-01-01"."""
        if not self.of:
            return f"nobody has been looked at for it yet; it counts from {self.until}"
        open_ones = f" ({self.cant_tell} can't be told)" if self.cant_tell else ""
        return f"would fail {self.would_fail} of {self.of} if it counted today{open_ones}; it counts from {self.until}"


def in_shadow(rulebook: Rulebook, on: date) -> tuple[Item, ...]:
    return tuple(item for item in rulebook.items if item.is_shadow(on))


def shadows(session: Session, rulebook: Rulebook, *, on: date) -> Mapping[str, Shadow]:
    """The rulebook's items that are in shadow on a day, by id.

    Counted is what the last audits found of all that is live, for an item that audits look at; for another one what
    the checks found of submissions under way.
    """
    items = in_shadow(rulebook, on)
    counts = {
        **_counted(session, [item.id for item in items if item.live], live=True),
        **_counted(session, [item.id for item in items if not item.live], live=False),
    }
    return {item.id: _shadow(item, counts) for item in items}


def _shadow(item: Item, counts: Mapping[tuple[str, Outcome], int]) -> Shadow:
    assert item.shadow_until is not None, "only items in shadow are counted here"
    return Shadow(
        item=item.id,
        title=item.title,
        until=item.shadow_until,
        would_fail=counts.get((item.id, Outcome.FAILED), 0),
        cant_tell=counts.get((item.id, Outcome.UNKNOWN), 0),
        of=sum(counts.get((item.id, outcome), 0) for outcome in TOLD),
    )


def _counted(session: Session, items: Iterable[str], *, live: bool) -> dict[tuple[str, Outcome], int]:
    names = list(items)
    if not names:
        return {}
    current = (
        select(ItemResult.item, ItemResult.outcome, func.count())
        .where(
            ItemResult.item.in_(names),
            ItemResult.source == ResultSource.CHECK,
            ItemResult.superseded_at.is_(None),
        )
        .group_by(ItemResult.item, ItemResult.outcome)
    )
    if live:
        current = current.join(Integration, Integration.id == ItemResult.integration_id).where(
            ItemResult.audit_run_id.is_not(None), Integration.stage.in_(LIVE)
        )
    else:
        current = current.join(Submission, Submission.id == ItemResult.submission_id).where(
            Submission.stage.in_(OPEN_SUBMISSION)
        )
    return {(item, outcome): number for item, outcome, number in session.execute(current)}
