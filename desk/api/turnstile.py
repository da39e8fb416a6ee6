"""How many requests of a costly kind are let through: preflights ask strangers' addresses, intake is for forms."""

import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

WINDOW_SECONDS: Final = 60.0
SOON_SECONDS: Final = 10
"""When to come back to a full house: about as long as a preflight takes."""


class Full(Exception):
    """Nobody is let through now; the message says why, and `retry_after` in how many whole seconds to come back."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one process. `a_minute` and `at_once` are for each company, or each person of the team."""

    a_minute: int = 6
    at_once: int = 2
    at_once_of_all: int = 4


class Turnstile:
    """Counts who came through in the last minute and who is inside, in this process's memory."""

    def __init__(
        self, bounds: Bounds | None = None, *, of: str = "preflights", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`of` names what is counted; `clock` gives seconds that never go back."""
        self._of = of
        self._bounds = bounds or Bounds()
        self._clock = clock
        self._came: defaultdict[Hashable, deque[float]] = defaultdict(deque)
        self._inside: Counter[Hashable] = Counter()

    @contextmanager
    def through(self, who: Hashable) -> Iterator[None]:
        """Be inside for the time of the block. Raises Full, which counts for nothing."""
        self._let_in(who)
        try:
            yield
        finally:
            self._inside[who] -= 1
            if not self._inside[who]:
                del self._inside[who]

    def _let_in(self, who: Hashable) -> None:
        bounds, now, came = self._bounds, self._clock(), self._recent(who)
        if self._inside[who] >= bounds.at_once:
            raise Full(f"{bounds.at_once} {self._of} of yours are running, which is the most at once", SOON_SECONDS)
        if len(came) >= bounds.a_minute:
            wait = max(1, math.ceil(came[0] + WINDOW_SECONDS - now))
            raise Full(f"there were {bounds.a_minute} {self._of} of yours in the last minute, which is the most", wait)
        if self._inside.total() >= bounds.at_once_of_all:
            told = f"{bounds.at_once_of_all} {self._of} are running here, which is the most this server runs at once"
            raise Full(told, SOON_SECONDS)
        came.append(now)
        self._inside[who] += 1

    def _recent(self, who: Hashable) -> deque[float]:
        """When they came in the last minute; whoever did not come is forgotten."""
        since = self._clock() - WINDOW_SECONDS
        for one, came in list(self._came.items()):
            while came and came[0] <= since:
                came.popleft()
            if not came:
                del self._came[one]
        return self._came[who]
