"""Fifty people at the same submissions: what it takes, and that nothing they do gets lost.

    .venv/bin/python -m bench.clicks [--seconds 60] [--clients 50] [--submissions 12] [--postgres ADDRESS] [--by forms]

Once by the forms of the desk's pages, read and sent as a browser does it, once by the API. Everybody looks at a
submission, waits for a moment as people do, and acts on what they saw. Afterwards the database is held to what they
were told: what was accepted has its effect and its event, once; what was refused has none, and was told why, on a
stale page also who changed what. The last line is JSON; `ratio` is PostgreSQL's accepted acts a second over SQLite's.
"""

import argparse
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from time import monotonic, perf_counter, sleep
from typing import Any, Final

import httpx
from sqlalchemy import select

from bench.clicking import api
from bench.clicking.forms import Click, Reviewer
from bench.clicking.serving import serving
from bench.clicking.world import AT, World, counted, desk_over, filled
from bench.deliver import postgres, sqlite
from desk.signing.cookie import PLAIN
from migrations import apply
from models.database import Database
from models.people import Person

LONGEST_LOOK_SECONDS: Final = 0.05

Measured = dict[str, Any]


def by_forms(database: Database, world: World, seconds: float) -> Measured:
    """Everybody at the desk's pages. SystemExit when something was lost, or refused without a reason."""
    clicks: list[Click] = []
    took: list[float] = []
    with serving(desk_over(database, lambda: AT)) as address:
        until = monotonic() + seconds

        def work(person: int, secret: str) -> None:
            with httpx.Client(base_url=address, cookies={PLAIN: secret}, timeout=60) as client:
                reviewer = Reviewer(person, client, random.Random(person), world.people)
                while monotonic() < until:
                    one = reviewer.chance.choice(world.submissions)
                    reviewer.look(one)
                    sleep(reviewer.chance.uniform(0, LONGEST_LOOK_SECONDS))
                    began = perf_counter()
                    if (click := reviewer.act(one)) is not None:
                        clicks.append(click)
                        took.append(perf_counter() - began)

        at_once([lambda one=one: work(*one) for one in world.secrets.items()])
    with database.read() as session:
        wrong = counted(session, world, clicks)
    refused = Counter(str(click.status) for click in clicks if not click.is_done)
    return measured(sum(click.is_done for click in clicks), refused, took, seconds, wrong)


def by_api(database: Database, world: World, seconds: float) -> Measured:
    told = api.Told()
    with database.write.begin() as session:
        people = session.scalars(select(Person).where(Person.id.in_(world.secrets))).all()
        tokens = [api.token_of(session, person) for person in people]
    with serving(api.api_over(database)) as address:
        until = monotonic() + seconds
        at_once(
            [
                lambda each=each: api.clicking(address, each[1], world.submissions, until, told, each[0])
                for each in enumerate(tokens)
            ]
        )
    wrong = api.lost(database, told, world.newest_event)
    return measured(len(told.accepted), told.refused, told.seconds, seconds, wrong)


WAYS: Final[dict[str, Callable[[Database, World, float], Measured]]] = {"forms": by_forms, "api": by_api}


def at_once(works: Sequence[Callable[[], None]]) -> None:
    """Do each in a thread of its own; an error of any is raised at the end."""
    with ThreadPoolExecutor(len(works)) as threads:
        running = [threads.submit(work) for work in works]
    for one in running:
        one.result()


def measured(
    accepted: int, refused: Counter[str], took: Sequence[float], seconds: float, wrong: Sequence[str]
) -> Measured:
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))
    if not accepted or not refused:
        raise SystemExit(f"{accepted} acts were accepted, {dict(refused)} refused: nothing was shown")
    return {
        "accepted": accepted,
        "refused": dict(refused),
        "accepted_per_second": round(accepted / seconds, 1),
        "p95_ms": round(quantiles(took, n=20)[-1] * 1_000),
    }


def measure(address: str, way: str, *, clients: int, submissions: int, seconds: float) -> Measured:
    """Click for so long at a migrated, empty database."""
    database = Database(address)
    try:
        world = filled(database, reviewers=clients, submissions=submissions)
        return WAYS[way](database, world, seconds)
    finally:
        database.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--clients", type=int, default=50)
    arguments.add_argument("--submissions", type=int, default=12)
    arguments.add_argument("--postgres", default=os.environ.get("TEST_DATABASE_URL", ""))
    arguments.add_argument("--by", choices=list(WAYS), default="", help="one of the two ways alone")
    chosen = arguments.parse_args()
    if chosen.postgres and not chosen.by:
        arguments.error("an address of an empty database serves one way; say which with --by")
    asked = {"clients": chosen.clients, "submissions": chosen.submissions, "seconds": chosen.seconds}
    results: dict[str, dict[str, Measured]] = {}
    for way in [chosen.by] if chosen.by else WAYS:
        results[way] = {}
        with sqlite() as address:
            apply.upgrade(address)
            results[way]["sqlite"] = measure(address, way, **asked)
        print(way, "sqlite", results[way]["sqlite"], flush=True)
        if chosen.postgres:
            results[way]["postgresql"] = measure(chosen.postgres, way, **asked)
        else:
            with postgres() as address:
                apply.upgrade(address)
                results[way]["postgresql"] = measure(address, way, **asked)
        print(way, "postgresql", results[way]["postgresql"], flush=True)
    ratios = {
        way: round(found["postgresql"]["accepted_per_second"] / found["sqlite"]["accepted_per_second"], 2)
        for way, found in results.items()
    }
    print(json.dumps({"bench": "clicks", **asked, "ratio": ratios, **results}))


if __name__ == "__main__":
    main()
