"""What is due now, done once in this process and unrecorded: for a small installation's cron, and for tests."""

import asyncio

from flows.beats import beats
from flows.wiring import Ports, using

ROUNDS = 50
"""Work makes work: a decision wakes a launch, a launch makes messages. Far more rounds than any chain has."""


async def do_what_is_due(here: Ports) -> int:
    """Run every flow that has something to do, until none has; the number of runs.

    A flow that fails is tried again at its time by whoever runs next; its error is raised once the others ran.
    """
    runs = 0
    failures: list[Exception] = []
    table = beats(here)
    with using(here):
        for _ in range(ROUNDS):
            wanted = [(beat, parameters) for beat in table for parameters in await asyncio.to_thread(beat.due)]
            if not wanted:
                break
            for beat, parameters in wanted:
                runs += 1
                try:
                    await beat.flow.fn(**parameters)
                except Exception as error:  # noqa: BLE001 - raised below, after the others had their turn
                    failures.append(error)
            if failures:
                break
    if failures:
        raise ExceptionGroup("some of what was due failed", failures)
    return runs
