"""The account behind a due date: every stretch of planned time, whether it counted, and why not."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from review.calendar_hours import OpeningHours, Reason
from review.intervals import Stretch, common, without
from review.open_time import EPOCH, NOTHING, SECOND, to_seconds


class LedgerRow(NamedTuple):
    """A stretch of planned time: whether it counted, why (or why not), the holiday's name if it has one.

    `seconds` is the length of the stretch, `total` the counted seconds up to and including it.
    """

    from_at: datetime
    to_at: datetime
    counted: bool
    reason: Reason
    name: str
    seconds: int | float
    total: int | float


class _Part(NamedTuple):
    """A row before it is written: instants since 1970."""

    start: timedelta
    end: timedelta
    counted: bool
    reason: Reason
    name: str


def account(hours: OpeningHours, first: timedelta, last: timedelta, pauses: Sequence[Stretch]) -> tuple[LedgerRow, ...]:
    """The rows from first to last, counted from 1970 like the (merged) pauses; oldest first."""
    rows: list[LedgerRow] = []
    total = NOTHING
    for start, end, counted, reason, name in _joined(_parts(hours, first, last, pauses)):
        total += end - start if counted else NOTHING
        spent = to_seconds(end - start), to_seconds(total)
        rows.append(LedgerRow(EPOCH + start, EPOCH + end, counted, reason, name, *spent))
    return tuple(rows)


def _parts(hours: OpeningHours, first: timedelta, last: timedelta, pauses: Sequence[Stretch]) -> Iterator[_Part]:
    """The planned stretches within first and last, with the pauses cut out of what would count."""
    for start, end, counted, reason, name in hours.planned(first // SECOND, -(-last // SECOND)):
        whole = max(start * SECOND, first), min(end * SECOND, last)
        if whole[0] == whole[1]:  # both ends of the account are one instant within a second
            continue
        if not counted:
            yield _Part(*whole, False, reason, name)
            continue
        parts = [_Part(*part, True, reason, name) for part in without([whole], pauses)]
        parts += [_Part(*part, False, Reason.PAUSE, "") for part in common([whole], pauses)]
        yield from sorted(parts)


def _joined(parts: Iterable[_Part]) -> Iterator[_Part]:
    """Neighbours that touch and say the same made one: a night shift, or a week that never closes."""
    held: _Part | None = None
    for part in parts:
        if held is not None and held.end == part.start and held[2:] == part[2:]:
            held = held._replace(end=part.end)
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held
