"""When in an audit's interval an integration is looked at: at an hour of its host's own, the same each time.

Pure. Everything of one host shares the hour, so that it is asked one thing after another and not all night long.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

SLOT: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def interval_start(at: datetime, interval: timedelta) -> datetime:
    """When the interval that `at` lies in began. Intervals are counted from 1970, so every worker counts alike."""
    return at - (at - _EPOCH) % interval


def slot_start(host: str, began: datetime, interval: timedelta) -> datetime:
    """When the turn of a host comes in the interval that began then; less than an interval later."""
    slots = max(1, interval // SLOT)
    number = int.from_bytes(hashlib.blake2b(host.encode("utf-8", "replace"), digest_size=8).digest())
    # Less than a second apart, so that in the order of their turns those of one host stand together.
    apart = timedelta(microseconds=number // slots % 1_000_000)
    return began + SLOT * (number % slots) + apart


def due_from(host: str, began: datetime, interval: timedelta, last_looked_at: datetime | None) -> datetime:
    """From when on it is to be looked at in this interval: at its hour, or at once when nobody
    looked at it in the one before.
    """
    turn = slot_start(host, began, interval)
    if last_looked_at is None or last_looked_at < began - interval:
        return began
    return turn


def host_of(address: str | None, otherwise: str) -> str:
    """The host an integration is looked at by; `otherwise` where it names no address that can be read."""
    try:
        host = urlsplit(address or "").hostname
    except ValueError:
        host = None
    return host or otherwise
