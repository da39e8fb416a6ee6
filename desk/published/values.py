"""Kinds of values that every document shares."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from notifications.public_events import instant

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""2026-11-23T09:00:00Z."""
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]


def at_or_none(at: datetime | None) -> Instant | None:
    return None if at is None else instant(at)
