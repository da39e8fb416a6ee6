"""The queue as the page shows it: the rows of the worklist, sieved and in slices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from desk.viewing.team_time import TeamTime
from models.enums import SubmissionKind
from review.worklist import Row, queue

PAGE_SIZE = 100

LOOKED_AT = 1_000
"""Most open submissions that are sieved, soonest due first. Real programmes have tens; the page says when it cut."""


class Sieve(StrEnum):
    """What the queue can be narrowed to, by the word in its address."""

    ALL = "all"
    UNASSIGNED = "unassigned"
    BREACHING = "breaching"
    PARTNER = "partner"
    GRADUATION = "graduation"


TITLES: Final[Mapping[Sieve, str]] = {
    Sieve.ALL: "All open",
    Sieve.UNASSIGNED: "Unassigned",
    Sieve.BREACHING: "Breaching",
    Sieve.PARTNER: "Waiting on the partner",
    Sieve.GRADUATION: "Graduations",
}

KEEPS: Final[Mapping[Sieve, Callable[[Row, datetime], bool]]] = {
    Sieve.ALL: lambda _row, _at: True,
    Sieve.UNASSIGNED: lambda row, at: row.leased_until is None or row.leased_until <= at,
    Sieve.BREACHING: lambda _row, _at: True,  # asked of the database, which knows the rungs that were told
    Sieve.PARTNER: lambda row, _at: row.turn == "partner",
    Sieve.GRADUATION: lambda row, _at: row.kind is SubmissionKind.GRADUATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """One slice of the sieved queue; `is_cut` says that there are more open submissions than were looked at."""

    rows: Sequence[Row]
    number: int
    is_cut: bool


def queue_view(session: Session, *, sieve: Sieve, page: int, time: TeamTime, page_size: int = PAGE_SIZE) -> QueueView:
    looked_at = queue(session, at=time.at, breaching=sieve is Sieve.BREACHING, limit=LOOKED_AT + 1)
    kept = [row for row in looked_at[:LOOKED_AT] if KEEPS[sieve](row, time.at)]
    first = (page - 1) * page_size
    return QueueView(rows=kept[first : first + page_size], number=len(kept), is_cut=len(looked_at) > LOOKED_AT)
