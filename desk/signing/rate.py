"""How often one client may try to sign in, kept in this process's memory: a bound on noise, not on guessing.

There is nothing to guess, as links and cookies are long and random; what is bounded is mails sent and work done.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW_SECONDS: Final = 600.0
MOST: Final = 20
MOST_CLIENTS: Final = 10_000
"""Remembered at once; then the longest unseen are forgotten."""


class Rate:
    """Lets each client through so often in a window of time."""

    def __init__(
        self,
        *,
        most: int = MOST,
        window_seconds: float = WINDOW_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` gives seconds that never go back."""
        self._most, self._window, self._clock = most, window_seconds, clock
        self._came: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def lets(self, client: str) -> bool:
        """Whether it may try once more now; a try that is let through counts."""
        now = self._clock()
        with self._lock:
            came = self._came.pop(client, deque())
            while came and came[0] <= now - self._window:
                came.popleft()
            allowed = len(came) < self._most
            if allowed:
                came.append(now)
            self._came[client] = came
            while len(self._came) > MOST_CLIENTS:
                del self._came[next(iter(self._came))]
            return allowed
