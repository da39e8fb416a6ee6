"""What looking at the past costs, among 100,000 submissions: the queue as it stood at an instant, from the events.

    .venv/bin/python -m bench.past [--copies 250] [--database sqlite|postgresql]

Filled by `bench/filling/programme.py` with 402 submissions for each copy, 12 of them open; once with a tenth of the
copies and once with all. The past has no index of due dates, so a queue of then costs what was open then: what is to be
seen is that a line costs the same among ten times as many submissions. Beside it the queue of now, which ends when its
first page is full.

The last line is JSON; `ratio` is the cost of a line among all copies over that among a tenth of them.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter

from bench.filling.programme import AT, ENGINES
from models.database import Database
from review.past.queue import queue_at
from review.past.submissions import open_at
from review.worklist import queue

ROUNDS = 3
EVERYTHING = 1_000_000
LONG_AGO = timedelta(days=200)


@dataclass(frozen=True)
class Cost:
    """Seconds, medians of ROUNDS."""

    submissions: int
    open: int
    found_s: float
    """Which were open, their stages and turns: the events alone."""
    queue_s: float
    """Every line of the queue of then."""
    long_ago_s: float
    open_long_ago: int
    now_s: float
    """The first 200 lines of the queue of now."""


def measured(name: str, copies: int) -> Cost:
    with ENGINES[name](copies) as address:
        database = Database(address)
        try:
            found_s, opened = _timed(database, lambda session: open_at(session, at=AT))
            queue_s, rows = _timed(database, lambda session: queue_at(session, at=AT, limit=EVERYTHING))
            past: datetime = AT - LONG_AGO
            long_ago_s, before = _timed(database, lambda session: queue_at(session, at=past, limit=EVERYTHING))
            now_s, _ = _timed(database, lambda session: queue(session, at=AT))
        finally:
            database.close()
    assert len(rows) == len(opened)
    return Cost(402 * copies, len(rows), found_s, queue_s, long_ago_s, len(before), now_s)


def _timed(database, ask):
    seconds = []
    for _ in range(ROUNDS):
        with database.read() as session:
            began = perf_counter()
            answer = ask(session)
            seconds.append(perf_counter() - began)
    return median(seconds), answer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--copies", type=int, default=250)
    parser.add_argument("--database", choices=sorted(ENGINES), default="sqlite")
    chosen = parser.parse_args()
    few, all_of_them = (measured(chosen.database, copies) for copies in (max(chosen.copies // 10, 1), chosen.copies))
    ratio = (all_of_them.queue_s / all_of_them.open) / (few.queue_s / few.open)
    told = {"bench": "past", "database": chosen.database, "ratio": round(ratio, 2)}
    print(json.dumps(told | {"few": asdict(few), "all": asdict(all_of_them)}))


if __name__ == "__main__":
    main()
