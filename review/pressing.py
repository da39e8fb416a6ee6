"""Which running clocks need somebody's eye, as conditions that the database answers."""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Exists, exists

from models.clock import Clock, Pause
from models.enums import OUR_PROMISES

AnInstant = datetime | BindParameter[datetime]
"""A value, or the parameter that stands for one in a statement that is built once."""

NEARLY_LATE = 0.75
"""The share of a target from which on it counts as breaching in the queue, once it was told."""


def waits() -> Exists:
    """The clock waits for the partner."""
    return exists().where(Pause.clock_id == Clock.id, Pause.to_at.is_(None))


def is_ours() -> ColumnElement[bool]:
    """The team keeps it; the partner's own time is no due date of ours."""
    return Clock.target.in_(OUR_PROMISES)


def is_broken(at: AnInstant) -> ColumnElement[bool]:
    """A promise of ours was exceeded, whether or not the watch has seen it yet."""
    # The last known instants of a clock that waits stand still while time goes on: that is no breach.
    return is_ours() & (Clock.breached | ((Clock.breach_at < at) & ~waits()))


def is_pressing(at: AnInstant) -> ColumnElement[bool]:
    """A promise of ours was exceeded, or was told to be nearly late."""
    return is_broken(at) | (is_ours() & (Clock.last_level >= NEARLY_LATE))
