"""Reads pages of strangers in processes of their own, which are killed when a page is too much for them.

The scan before parsing (`prescan`) keeps out the markup that is known to keep the parser busy; this bounds what it
doesn't know: time, memory, a crash. A page is never tried twice.
"""

import asyncio
import base64
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from checklist.fetch import Fetched
from checklist.images import NoSvg, SvgFacts
from checklist.pages.facts import PageFacts, PageState
from checklist.pages.handover import Malformed, facts_from, packed, page_values, svg_from, unpacked
from checklist.pages.reader import Unreadable, saved_of
from checklist.pages.reading import Saved
from checklist.pages.worker import HEAD, READY

SECONDS = 5.0
"""The longest a page may be read, from when a worker has it; the slowest real page takes a hundredth."""
MEMORY = 600_000_000
"""Bytes of address space of a worker."""
LARGEST_ANSWER = 32_000_000
"""Bytes of facts."""
START_SECONDS = 60.0
START = """\
import json, sys
paths, *arguments = json.loads(sys.argv[1])
sys.path[:] = paths
from checklist.pages.worker import work
work(*arguments)
"""
CLOSED = "was not read any more: the work ended"
READING = "checklist.pages.reading:facts_of"

Facts = TypeVar("Facts")

log = logging.getLogger(__name__)


class WorkerFailed(Exception):
    """A process that reads pages did not start: our own fault, and none of a page."""


class _Gone(Exception):
    """The worker ended, or was ended, before its answer was there."""


class PageReaders:
    """Up to `workers` processes that read, one page each at a time. The first page starts the first of them.

    Belongs to no event loop: any loop of any thread may ask. Close it when the last one has asked (`close`, or
    `async with`); what is left open ends with this process. `seconds` and `memory` (bytes of address space) bound
    what one page may cost. `reading` names the function that the workers read with, as `module:name`.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        seconds: float = SECONDS,
        memory: int = MEMORY,
        reading: str = READING,
    ) -> None:
        self._seconds = seconds
        self._arguments = (seconds, memory, reading)
        # A thread waits for each busy worker. They are our own: the default ones of a loop serve the database.
        self._threads = ThreadPoolExecutor(workers or min(4, os.cpu_count() or 1), thread_name_prefix="page-reader")
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._alive: set[_Worker] = set()
        self._closed = False
        self._at_the_end = weakref.finalize(self, _end_all, self._alive)

    async def facts_of(self, page: Fetched | Saved) -> PageFacts:
        saved = saved_of(page)
        try:
            return await self._asked("page", page_values(saved), facts_from)
        except Unreadable as why:
            log.warning("the page %s %s", saved.url or "without an address", why)
            return PageFacts(PageState.UNREADABLE, f"the page {why}", saved.url)

    async def svg_facts(self, body: bytes) -> SvgFacts:
        return await self._asked("svg", base64.b64encode(body).decode(), svg_from)

    @property
    def pids(self) -> frozenset[int]:
        """The processes there are now."""
        with self._lock:
            return frozenset(worker.pid for worker in self._alive)

    def close(self) -> None:
        """End all workers, also those that are reading; who waits for one hears that the page could not be read."""
        with self._lock:
            self._closed = True
            self._idle.clear()
            _end_all(self._alive)
        self._threads.shutdown(cancel_futures=True)

    async def aclose(self) -> None:
        await asyncio.to_thread(self.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _asked(self, kind: str, values: Any, made: Callable[[Any], Facts]) -> Facts:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, kind, values, made)

    def _answer(self, kind: str, values: Any, made: Callable[[Any], Facts]) -> Facts:
        """The facts, from a worker that is ours alone for so long. Raises NoSvg and Unreadable."""
        question = packed([kind, values])
        worker = self._taken()
        is_fit = False
        try:
            answer = worker.answer(question, self._seconds)
            facts = made(_facts_in(answer))
            is_fit = answer.get("worn") is False
        except NoSvg:
            is_fit = answer.get("worn") is False
            raise
        except Malformed as why:
            raise Unreadable(f"could not be read: our reader answered with {why}") from None
        finally:
            if is_fit:
                self._give_back(worker)
            else:
                self._dismiss(worker)
        return facts

    def _taken(self) -> "_Worker":
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_running:
                    return worker
                self._alive.discard(worker)
                worker.end()
            if self._closed:
                raise Unreadable(CLOSED)
            worker = _Worker(self._arguments)
            self._alive.add(worker)
        return worker

    def _give_back(self, worker: "_Worker") -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(worker)

    def _dismiss(self, worker: "_Worker") -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.end()


def _facts_in(answer: dict[str, Any]) -> Any:
    if "facts" in answer:
        return answer["facts"]
    if "no_svg" in answer:
        raise NoSvg(str(answer["no_svg"])[:300])
    if answer.get("unreadable") == "memory":
        raise Unreadable("took more memory to read than a page may")
    raise Unreadable(f"could not be read, which is our own fault ({str(answer.get('unreadable'))[:200]})")


class _Worker:
    """One process and our end of its pipe. Asked by one thread at a time; ended by any."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        self._pipe, theirs = socket.socketpair()
        # Alone: without our environment, where the secrets are, and out of reach of the terminal's Ctrl-C.
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own words
                [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", START, json.dumps([_paths(), *arguments])],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._ending = threading.Lock()
        self._is_ready = False
        self._was_ended = False

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def answer(self, question: bytes, seconds: float) -> dict[str, Any]:
        """What it says; Unreadable when it takes longer than `seconds` or ends, Malformed for nonsense."""
        if not self._is_ready:
            self._wait_until_ready()
        try:
            deadline = time.monotonic() + seconds
            self._pipe.settimeout(seconds)
            self._pipe.sendall(len(question).to_bytes(HEAD, "big") + question)
            answer: Any = unpacked(self._received(deadline))
        except TimeoutError:
            raise Unreadable(f"took longer than {seconds:g} seconds to read") from None
        except (_Gone, OSError):
            if self._was_ended:
                raise Unreadable(CLOSED) from None
            raise Unreadable(f"could not be read: reading it ended our reader ({self._how_it_ended()})") from None
        if not isinstance(answer, dict):
            raise Malformed(f"a {type(answer).__name__}")
        return answer

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        with self._ending:
            self._was_ended = True
            self._process.kill()
            self._process.wait()
            with suppress(OSError):
                self._pipe.shutdown(socket.SHUT_RDWR)
            self._pipe.close()

    def _wait_until_ready(self) -> None:
        try:
            if unpacked(self._received(time.monotonic() + START_SECONDS)) == READY:
                self._is_ready = True
                return
        except (_Gone, OSError, Malformed) as error:
            if self._was_ended:
                raise Unreadable(CLOSED) from None
            raise WorkerFailed(f"a process that reads pages did not start ({self._how_it_ended()})") from error
        raise WorkerFailed("a process that reads pages did not say that it is ready")

    def _received(self, deadline: float) -> bytearray:
        length = int.from_bytes(self._read(HEAD, deadline), "big")
        if length > LARGEST_ANSWER:
            raise Malformed(f"an answer of {length:,} bytes")
        return self._read(length, deadline)

    def _read(self, length: int, deadline: float) -> bytearray:
        message = bytearray(length)
        left = memoryview(message)
        while left:
            if (seconds := deadline - time.monotonic()) <= 0:
                raise TimeoutError
            self._pipe.settimeout(seconds)
            count = self._pipe.recv_into(left)
            if not count:
                raise _Gone
            left = left[count:]
        return message

    def _how_it_ended(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        code = self._process.returncode
        if code is None:
            return "it closed its pipe"
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _end_all(workers: set[_Worker]) -> None:
    while workers:
        workers.pop().end()


def _paths() -> list[str]:
    """Where our own modules and the installation's are; nothing relative, since the worker stands elsewhere."""
    root = str(Path(__file__).resolve().parents[2])
    return [*(path for path in sys.path if Path(path).is_absolute() and path != root), root]
