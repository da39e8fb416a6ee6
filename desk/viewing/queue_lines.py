"""The lines of the queue in words: all that the template of one line reads, so that equal lines are rendered once.

Every open page fetches its list anew when something happened, and most lines are then as they were a moment ago.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from desk.viewing.team_time import TeamTime, machine
from desk.words import said
from models.enums import SubmissionKind
from review.worklist import Row


class Line(NamedTuple):
    """Instants and amounts in words are those of one minute and one zone."""

    submission_id: int
    version: int
    integration: str
    partner: str
    asks: str
    stage: str
    turn: str
    reason: str
    target: str
    """Empty without a clock."""
    left: str
    due: str
    due_machine: str
    paused: bool
    breached: bool
    holder: str
    is_mine: bool
    had_it: str
    """Who let it lie."""
    assignee_id: int
    grey: str
    """Why the reader can't take it; empty when they can."""
    may_assign: bool
    failed: int
    unknown: int
    being_checked: bool
    since: str
    sent: str
    sent_machine: str
    revision: int
    is_past: bool
    """Of an instant of the past: it is read, and nothing else."""


def lines(
    rows: Iterable[Row],
    time: TeamTime,
    *,
    reader_id: int | None,
    grey: Mapping[int, str],
    may_assign: bool,
    is_past: bool = False,
) -> list[Line]:
    """In their order, as this reader sees them at that time."""
    return [_line(row, time, reader_id, grey.get(row.submission_id, ""), may_assign, is_past) for row in rows]


def _line(
    row: Row,
    time: TeamTime,
    reader_id: int | None,
    grey: str,
    may_assign: bool,  # noqa: FBT001
    is_past: bool,  # noqa: FBT001
) -> Line:
    holder = row.holder(time.at)
    due, due_machine = _instant(row.due_at, time)
    sent, sent_machine = _instant(row.submitted_at, time)
    return Line(
        submission_id=row.submission_id,
        version=row.version,
        integration=row.integration,
        partner=row.partner,
        asks=said(row.kind) + (f" to {said(row.gate)}" if row.kind is SubmissionKind.UPDATE else ""),
        stage=said(row.stage),
        turn=row.turn,
        reason=row.reason,
        target=said(row.target),
        left="" if row.remaining_seconds is None else time.left(row.remaining_seconds),
        due=due,
        due_machine=due_machine,
        paused=row.paused,
        breached=row.breached,
        holder=holder or "",
        is_mine=holder is not None and row.assignee_id == reader_id,
        had_it=row.assignee or "" if holder is None else "",
        assignee_id=row.assignee_id or 0,
        grey=grey,
        may_assign=may_assign,
        failed=row.failed,
        unknown=row.unknown,
        being_checked=row.turn == "engine",
        since="" if row.submitted_at is None else time.since(row.submitted_at),
        sent=sent,
        sent_machine=sent_machine,
        revision=row.revision,
        is_past=is_past,
    )


def _instant(at: datetime | None, time: TeamTime) -> tuple[str, str]:
    """For the eye and for the `datetime` attribute; both empty for None."""
    return ("", "") if at is None else _written(at, time.zone, time.at.astimezone(time.zone).year)


@lru_cache(maxsize=8_192)
def _written(at: datetime, zone: ZoneInfo, year: int) -> tuple[str, str]:
    """As `TeamTime.shown`, to which of now only the year matters."""
    return TeamTime(datetime(year, 7, 1, tzinfo=UTC), zone, business_day_seconds=1).shown(at), machine(at)
