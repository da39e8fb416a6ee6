"""Letters as they will go out, kept in this process for the few minutes in which somebody looks at one."""

import secrets
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

KEPT_FOR: Final = timedelta(minutes=10)
MOST: Final = 200


class Letters:
    """HTML of letters by a key that nobody can guess; each only for whoever asked for it."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, int, str]] = {}
        self._lock = Lock()

    def keep(self, html: str, *, of: int, at: datetime) -> str:
        """The key of a letter for one person; the oldest go when there are too many."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            fresh = {one: kept for one, kept in self._kept.items() if at - kept[0] < KEPT_FOR}
            self._kept = dict(list(fresh.items())[1 - MOST :]) | {key: (at, of, html)}
        return key

    def read(self, key: str, *, of: int, at: datetime) -> str | None:
        """None for what was never kept, is another person's, or has been forgotten."""
        with self._lock:
            kept = self._kept.get(key)
        return kept[2] if kept is not None and kept[1] == of and at - kept[0] < KEPT_FOR else None
