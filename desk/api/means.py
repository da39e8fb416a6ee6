"""What the API works with beside the desk: the keys to secrets, the door to the web, the bounds of intake."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import Request

from checklist.fetch import Fetcher
from desk.api.problems import Problem
from desk.api.turnstile import Bounds, Turnstile
from desk.rendering import Desk
from review.vault import Vault


class UnderWay:
    """Keys of requests that this process is working on."""

    def __init__(self) -> None:
        self._keys: set[tuple[int, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, person_id: int, key: str | None) -> Iterator[None]:
        """Be the only one with this person's key. Problem while another request is."""
        if key is None:
            yield
            return
        mine = (person_id, key)
        with self._lock:
            if mine in self._keys:
                raise Problem("key-in-use", f"a request with the key {key!r} is being worked on")
            self._keys.add(mine)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(mine)


INTAKE = Bounds(a_minute=60, at_once=4, at_once_of_all=16)
"""What forms send in life, many times over."""


@dataclass(frozen=True, slots=True)
class Means:
    """Given by the entry point. `fetcher` is a new door to the web, for one look at an address."""

    vault: Vault
    fetcher: Callable[[], Fetcher]
    intake: Turnstile = field(default_factory=lambda: Turnstile(INTAKE, of="submissions"))
    under_way: UnderWay = field(default_factory=UnderWay)
    uploads: Turnstile = field(default_factory=lambda: Turnstile(INTAKE, of="files"))


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def means_of(request: Request) -> Means:
    means: Means = request.app.state.means
    return means
