"""Who else has a submission open just now: kept in this process for a moment, never stored, never told to partners.

One process serves the desk; with several, each knows those whose pages it serves. It warns of work done twice, and
what decides is the version of the row (two reviewers, one decision).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

LOOKS_FOR: Final = timedelta(seconds=50)
"""An open page asks every twenty seconds; two silences, and whoever had it has left."""


class Presence:
    """Of each submission who was seen at it, and when. Safe to use from several threads."""

    def __init__(self) -> None:
        self._seen: dict[int, dict[int, tuple[datetime, str]]] = {}
        self._lock = Lock()

    def looks(self, submission_id: int, person_id: int, name: str, *, at: datetime) -> Sequence[str]:
        """Note that somebody looks at it, and give the names of the others who do."""
        with self._lock:
            self._forget(at)
            here = self._seen.setdefault(submission_id, {})
            here[person_id] = (at, name)
            return sorted(other for number, (_, other) in here.items() if number != person_id)

    def _forget(self, at: datetime) -> None:
        for submission_id, people in list(self._seen.items()):
            fresh = {number: seen for number, seen in people.items() if at - seen[0] < LOOKS_FOR}
            if fresh:
                self._seen[submission_id] = fresh
            else:
                del self._seen[submission_id]
