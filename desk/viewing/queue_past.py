"""The queue as it stood at an instant of the past, as one reader's page shows it: read, and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from desk.viewing.queue import Team, end_of_day, team_of
from desk.viewing.team_time import TeamTime
from models.enums import SubmissionKind
from review.past.queue import queue_at
from review.reports.course import Turn
from review.worklist import Asked, Row, View

MOST_SHOWN: Final = 200
MOST: Final = 100_000
"""Submissions that were open at once; the views are kept apart among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """The first lines of `number`."""

    rows: Sequence[Row]
    number: int
    team: Team
    time: TeamTime


def past_view(session: Session, asked: Asked, *, time: TeamTime) -> PastView:
    """What `asked.reader` would have seen at `time.at`, with instants in their zone and people's names of now."""
    team = team_of(session)
    time = replace(time, zone=team.zone(asked.reader, time.zone))
    kept = past_lines(session, replace(asked, until=end_of_day(time)), time=time)
    return PastView(rows=kept[:MOST_SHOWN], number=len(kept), team=team, time=time)


def past_lines(session: Session, asked: Asked, *, time: TeamTime) -> list[Row]:
    """Everything that was asked for, as it stood at `time.at`, soonest due first."""
    mine = asked.reader if asked.view is View.MINE else None
    rows = queue_at(session, at=time.at, mine=mine, breaching=asked.view is View.BREACHING, limit=MOST)
    return [row for row in rows if KEEPS.get(asked.view, _all)(row, asked, time) and _is_among(row, asked)]


def _all(row: Row, asked: Asked, time: TeamTime) -> bool:
    del row, asked, time
    return True


def _is_unassigned(row: Row, asked: Asked, time: TeamTime) -> bool:
    del asked
    return row.holder(time.at) is None


def _is_due_today(row: Row, asked: Asked, time: TeamTime) -> bool:
    del time
    return row.due_at is not None and asked.until is not None and row.due_at < asked.until


def _is_the_partners(row: Row, asked: Asked, time: TeamTime) -> bool:
    del asked, time
    return row.turn == Turn.PARTNER.value


def _is_graduation(row: Row, asked: Asked, time: TeamTime) -> bool:
    del asked, time
    return row.kind is SubmissionKind.GRADUATION


KEEPS: Final[Mapping[View, Callable[[Row, Asked, TeamTime], bool]]] = {
    View.UNASSIGNED: _is_unassigned,
    View.TODAY: _is_due_today,
    View.PARTNER: _is_the_partners,
    View.GRADUATION: _is_graduation,
}
"""What of the lines a view keeps; `queue_at` itself knows the others."""


def _is_among(row: Row, asked: Asked) -> bool:
    """The filters and the search of `review.worklist_asked`; external ids aren't looked through."""
    words = asked.search.lower()
    places = (row.integration, row.partner, row.slug)
    return (
        (asked.kind is None or row.kind is asked.kind)
        and (asked.gate is None or row.gate is asked.gate)
        and (asked.stage is None or row.stage is asked.stage)
        and (asked.assignee is None or row.assignee_id == asked.assignee)
        and (any(words in place.lower() for place in places) or words == str(row.submission_id))
    )
