"""What the nightly look for drift costs when many clocks run, beside one clock after another.

    .venv/bin/python -m bench.drift [--clocks 100000]

So many running clocks (those of `bench.revise`: a third have waited for the partner, one in ten waits now) keep the
team's calendar, and of every hundredth the due date is an hour from what the zone's rules say today. `look` is what
`calendar drift` and the nightly flow do: read all of them, and compare with this machine's zones and the installed
holidays. The reference loads each clock with its pauses and computes its due and breach alone, for the zones only; both
have to find the same clocks.

The last line is JSON; `ratio` is the reference's seconds over those of the look, on SQLite; `aim_seconds` what looking
at 100,000 may take at most.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter

from sqlalchemy import select, update

from bench.deliver import postgres, sqlite
from bench.revise import AT, fill
from migrations import apply as migrate
from models.clock import Clock
from models.database import Database
from review import clock as rules
from review.actions import drifting
from review.actions.clocks import state_of
from review.calendars import compiled

AIM_SECONDS = 5.0
HOUR = timedelta(hours=1)
Found = list[tuple[int, str]]
"""Clocks that would move: their submission and target."""


@contextmanager
def drifted(address: str, clocks: int) -> Iterator[Database]:
    """A database in which every hundredth running clock was told a due date of other rules."""
    migrate.upgrade(address)
    database = Database(address)
    try:
        fill(database, clocks)
        chosen = select(Clock.id, Clock.due_at).where(Clock.stopped_at.is_(None), Clock.id % 100 < 1)
        with database.write.begin() as session:
            told = [{"id": clock_id, "due_at": due_at - HOUR} for clock_id, due_at in session.execute(chosen)]
            session.execute(update(Clock), told)
        yield database
    finally:
        database.close()


def at_once(database: Database) -> tuple[float, Found]:
    """Seconds of the look, and what it found."""
    began = perf_counter()
    with database.read() as session:
        drifts = drifting.look(session, at=AT).drifts
    seconds = perf_counter() - began
    return seconds, sorted((move.submission, move.target.value) for drift in drifts for move in drift.moves)


def one_by_one(database: Database) -> tuple[float, Found]:
    """Seconds of the plain loop, and what it found."""
    began = perf_counter()
    with database.read() as session:
        found = []
        for clock in session.scalars(select(Clock).where(Clock.stopped_at.is_(None))):
            calendar, state = compiled(clock.calendar), state_of(clock)
            now = (rules.due_at(calendar, state), rules.breach_at(calendar, state))
            if state.paused_since is None and now != (clock.due_at, clock.breach_at):
                found.append((clock.submission_id, clock.target.value))
    return perf_counter() - began, sorted(found)


def side_by_side(address: str, clocks: int) -> dict[str, float]:
    with drifted(address, clocks) as database:
        seconds, found = at_once(database)
        reference, found_singly = one_by_one(database)
    if found != found_singly or not found:
        raise SystemExit(f"the look found {len(found)} clocks, the loop {len(found_singly)}; expected the same ones")
    print(f"  {len(found)} of {clocks} would move", flush=True)
    return {"look": round(seconds, 2), "one_by_one": round(reference, 2), "ratio": round(reference / seconds, 1)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--clocks", type=int, default=100_000)
    chosen = arguments.parse_args()
    with sqlite() as address:
        on_sqlite = side_by_side(address, chosen.clocks)
    print("sqlite", on_sqlite, flush=True)
    with postgres() as address:
        on_postgres = side_by_side(address, chosen.clocks)
    print("postgresql", on_postgres, flush=True)
    print(
        json.dumps(
            {
                "bench": "drift",
                "clocks": chosen.clocks,
                "ratio": on_sqlite["ratio"],
                "aim_seconds": AIM_SECONDS,
                "within_aim": max(on_sqlite["look"], on_postgres["look"]) <= AIM_SECONDS,
                "sqlite": on_sqlite,
                "postgresql": on_postgres,
            }
        )
    )


if __name__ == "__main__":
    main()
