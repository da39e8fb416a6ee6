"""Writers of one process, one after the other in the order in which they came.

SQLite lets one write at a time, and whoever waits asks again from time to time: a newcomer is as likely to be next as
who has waited for long, and under many writers some wait past any patience.
"""

from collections import deque
from threading import Event, Lock
from typing import Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

IN_TURN: Final = "has the turn to write"


class WritersLine:
    """At most one has the turn. Used from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: deque[Event] = deque()
        self._is_taken = False

    def enter(self, patience_seconds: float) -> bool:
        """Wait for the turn. False when it did not come in time."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = Event()
            self._waiting.append(mine)
        if mine.wait(patience_seconds):
            return True
        with self._lock:
            if mine.is_set():  # at the last moment
                return True
            self._waiting.remove(mine)
            return False

    def leave(self) -> None:
        """Give the turn to who came next."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


def line_of(engine: Engine) -> WritersLine:
    """The line of an engine's writers. A turn ends when its connection goes back to the pool, however that comes."""
    line = WritersLine()

    @event.listens_for(engine, "checkin")
    def ended(_connection: object, entry: ConnectionPoolEntry) -> None:
        if (entry.record_info or {}).pop(IN_TURN, False):
            line.leave()

    return line


def take_turn(line: WritersLine, connection: Connection, patience_seconds: float) -> None:
    """Wait in line, once for a connection however often it begins. Who waited too long asks the database by itself."""
    info = connection.connection.record_info
    if info is not None and not info.get(IN_TURN):
        info[IN_TURN] = line.enter(patience_seconds)
