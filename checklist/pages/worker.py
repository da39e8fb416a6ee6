"""The process that reads what strangers wrote. It has no secrets, opens nothing, and ends with its pipe.

Imports little on purpose: it starts again whenever a page was too much for it.
"""

import base64
import math
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from checklist.images import NoSvg, svg_facts
from checklist.pages.facts import PageFacts
from checklist.pages.handover import facts_values, packed, page_from, svg_values, unpacked
from checklist.pages.reading import Saved

PIPE = 0
"""The descriptor questions come from and answers go to: a socket in place of standard input."""
HEAD = 8
"""Bytes before each message that say its length, highest first."""
WORN_AFTER_CPU_SECONDS = 60
"""So much work, or half of its memory, and a worker says that it wants to be replaced."""
READY = "ready"


def work(seconds: float, memory: int, reading: str) -> None:
    """Answer until the pipe is closed.

    A question that takes longer than `seconds` ends the process by the system's alarm, should the parent not do so.
    `memory` bounds the address space, in bytes. `reading` names the function that reads pages, as `module:name`.
    """
    module, _, name = reading.partition(":")
    read: Callable[[Saved], PageFacts] = getattr(import_module(module), name)
    answers: dict[str, Callable[[Any], Any]] = {
        "page": lambda values: facts_values(read(page_from(values))),
        "svg": _svg,
    }
    size = _size()

    def is_worn() -> bool:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime > WORN_AFTER_CPU_SECONDS or size() > memory // 2

    _confine(seconds, memory)
    _send(packed(READY))
    while (question := _received()) is not None:
        # The parent kills at `seconds`; this is for when it is no more.
        signal.setitimer(signal.ITIMER_REAL, seconds + 1)
        answer = _answered(question, answers, is_worn)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(answer)


def _answered(question: bytes, answers: Mapping[str, Callable[[Any], Any]], is_worn: Callable[[], bool]) -> bytes:
    try:
        kind, values = unpacked(question)
        return packed({"facts": answers[kind](values), "worn": is_worn()})
    except NoSvg as none:
        return packed({"no_svg": str(none), "worn": is_worn()})
    except MemoryError:
        return packed({"unreadable": "memory"})
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to hear of it
        return packed({"unreadable": f"{type(error).__name__} in {_place(error)}"})


def _svg(values: Any) -> list[Any]:
    return svg_values(svg_facts(base64.b64decode(values)))


def _place(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return "?" if frame is None else f"{frame.tb_frame.f_code.co_name}:{frame.tb_lineno}"


def _confine(seconds: float, memory: int) -> None:
    """Give up what reading doesn't need. Where a system knows a limit otherwise, the others still hold."""
    cpu = WORN_AFTER_CPU_SECONDS + math.ceil(seconds) + 1
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_CORE: 0,  # a dump of memory would leave a partner's page on disk
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,  # neither files nor sockets: only the pipe stays
    }
    # From here on standard error leads nowhere: what strangers wrote must not reach our log by a crash's words.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)
    for limit, most in limits.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


def _size() -> Callable[[], int]:
    """What tells the bytes of address space in use; opened before nothing can be any more.

    The greatest memory that the system counts for a process is no use here: it begins with what the parent had.
    """
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return lambda: 0
    return lambda: int(os.pread(file, 64, 0).split()[0]) * resource.getpagesize()


def _received() -> bytes | None:
    """The next question, None when the parent is gone."""
    head = _read(HEAD)
    return None if head is None else _read(int.from_bytes(head, "big"))


def _read(length: int) -> bytes | None:
    pieces = []
    while length:
        with suppress(ConnectionError):
            if piece := os.read(PIPE, min(length, 1 << 20)):
                pieces.append(piece)
                length -= len(piece)
                continue
        return None
    return b"".join(pieces)


def _send(message: bytes) -> None:
    left = memoryview(len(message).to_bytes(HEAD, "big") + message)
    while left:
        left = left[os.write(PIPE, left) :]
