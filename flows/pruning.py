"""Pruning, few rows a transaction, so that nobody waits for it."""

from collections.abc import Iterator, Sequence
from typing import Any

from flows.wiring import Ports
from review.actions.pruning import AT_ONCE, PRUNABLE


def would_go(here: Ports) -> dict[str, int]:
    """How much of each kind is past its time; changes nothing. Pictures are counted as if no evidence went before."""
    at = here.now()
    with here.database.read() as session:
        return {kind.name: kind.count(session, here.retention, at) for kind in PRUNABLE}


def prune(here: Ports) -> dict[str, int]:
    """Take out what is past its time, and say how much of each kind that was."""
    at, gone = here.now(), dict.fromkeys((kind.name for kind in PRUNABLE), 0)
    for kind in PRUNABLE:
        while True:
            # Looked for in a session that makes nobody wait; years of rows may have to be read.
            with here.database.read() as session:
                due = kind.due(session, here.retention, at)
            taken = 0
            for some in _cut(due):
                with here.database.write.begin() as session:
                    taken += kind.take(session, here.retention, at, some)
            gone[kind.name] += taken
            if not taken or kind.spared is not None:
                break
    return gone


def in_words(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing"


def _cut(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (keys[begin : begin + AT_ONCE] for begin in range(0, len(keys), AT_ONCE))
