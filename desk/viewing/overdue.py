"""What a lead or a manager has to decide because a partner's last day has passed, as a note on other pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from desk.viewing.team_time import TeamTime
from review.overdue import Overdue, overdue, team_day

SHOWN = 8


@dataclass(frozen=True, slots=True)
class ToDecide:
    """One integration with the items it was not mended of; `days` since the first of their last days."""

    slug: str
    name: str
    partner: str
    items: Sequence[str]
    days: int


@dataclass(frozen=True, slots=True)
class ToDecideAll:
    """Longest overdue first; `more` are not among `first`."""

    first: Sequence[ToDecide]
    more: int

    @property
    def number(self) -> int:
        return len(self.first) + self.more


def to_decide(session: Session, rulebook: Rulebook, time: TeamTime) -> ToDecideAll:
    """One query."""
    titles = {item.id: item.title for item in rulebook.items}
    waiting = [one for one in overdue(session, today=team_day(rulebook, time.at)) if one.waits]
    by_slug = [list(group) for _, group in groupby(sorted(waiting, key=lambda one: one.slug), key=lambda one: one.slug)]
    found = sorted((_of(group, titles) for group in by_slug), key=lambda one: (-one.days, one.slug))
    return ToDecideAll(found[:SHOWN], max(0, len(found) - SHOWN))


def _of(falls: Sequence[Overdue], titles: dict[str, str]) -> ToDecide:
    first = falls[0]
    return ToDecide(
        first.slug,
        first.name,
        first.partner,
        [titles.get(one.item, one.item) for one in falls],
        max(one.days for one in falls),
    )
