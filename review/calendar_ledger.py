"""The account behind a due date: every stretch of planned time, whether it counted, and why not."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from review.calendar_hours import OpeningHours, Planned, Reason
from review.intervals import Interval, common, without
from review.open_time import MICROSECONDS, to_instant, to_seconds


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


def account(hours: OpeningHours, first: int, last: int, pauses: Sequence[Interval]) -> tuple[LedgerRow, ...]:
    """The rows from first to last, in microseconds since 1970 like the (merged) pauses; oldest first."""
    rows: list[LedgerRow] = []
    total = 0
    for opens, closes, counted, reason, name in _joined(_stretches(hours, first, last, pauses)):
        total += closes - opens if counted else 0
        spent = to_seconds(closes - opens), to_seconds(total)
        rows.append(LedgerRow(to_instant(opens), to_instant(closes), counted, reason, name, *spent))
    return tuple(rows)


def _stretches(hours: OpeningHours, first: int, last: int, pauses: Sequence[Interval]) -> Iterator[Planned]:
    """The planned stretches in microseconds, with the pauses cut out of what would count."""
    for stretch in hours.planned(first // MICROSECONDS, -(-last // MICROSECONDS)):
        whole = (max(stretch.start * MICROSECONDS, first), min(stretch.end * MICROSECONDS, last))
        if not stretch.counted:
            yield stretch._replace(start=whole[0], end=whole[1])
            continue
        parts = [stretch._replace(start=start, end=end) for start, end in without([whole], pauses)]
        parts += [Planned(start, end, False, Reason.PAUSE, "") for start, end in common([whole], pauses)]
        yield from sorted(parts)


def _joined(stretches: Iterable[Planned]) -> Iterator[Planned]:
    """Neighbours that touch and say the same made one: a night shift, or a week that never closes."""
    held: Planned | None = None
    for stretch in stretches:
        if held is not None and held.end == stretch.start and held[2:] == stretch[2:]:
            held = held._replace(end=stretch.end)
            continue
        if held is not None:
            yield held
        held = stretch
    if held is not None:
        yield held
