"""Fifty people at the same submissions over the API: what it takes, and that nothing they do gets lost.

    .venv/bin/python -m bench.clicks [--seconds 60] [--clients 50] [--submissions 12] [--postgres ADDRESS]

Each client looks at a submission, waits for a moment as people do, and acts on what it saw, with the `ETag` of then.
Afterwards the database is held to what the clients were told: each act that was accepted has one event of that person
at that tag and no other has; each refusal named a reason; no two accepted acts started from the same tag. The last
line is JSON; `ratio` is PostgreSQL's accepted acts a second over SQLite's.
"""

import argparse
import json
import os
import random
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from time import monotonic, perf_counter, sleep
from typing import Any

import httpx
import uvicorn
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.deliver import postgres, sqlite
from checklist.dossier import Dossier
from checklist.fetch import Fetcher
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from desk.api.assembling import create_api
from desk.api.means import Means
from desk.api.preflight import Preflights
from desk.api.turnstile import Turnstile
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.preflighting.surroundings import surroundings
from desk.rendering import Desk
from migrations import apply
from models.database import Database
from models.enums import ItemMode, Outcome, Role, TokenScope
from models.event import Event
from review.actions import checking, submitting
from review.actions.companies import add_person
from review.actions.tokens import issue_token
from review.vault import Vault
from settings import Settings

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
RULEBOOK = Rulebook.load("v1")
VAULT = Vault("x" * 32)
LONGEST_LOOK_SECONDS = 0.05
REFUSED = frozenset({409, 412})


@dataclass
class Told:
    """What the clients were answered."""

    accepted: list[dict[str, Any]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def fill(database: Database, clients: int, submissions: int) -> tuple[list[int], list[str]]:
    """Submissions before the reviewers, and a lead's token for each client: leads may act on what others have."""
    with database.write.begin() as session:
        ids = [_in_review(session, number) for number in range(submissions)]
        tokens = []
        for number in range(clients):
            lead = add_person(
                session,
                name=f"Lead {number}",
                email=f"lead-{number}@team.test",
                roles=frozenset({Role.LEAD}),
                at=AT,
            )
            token = f"lrt_clicks-{number}"
            issue_token(
                session,
                lead,
                token=token,
                name="clicks",
                scopes=[TokenScope.READ, TokenScope.SUBMIT, TokenScope.REVIEW],
                at=AT,
                until=AT + timedelta(days=300),
            )
            tokens.append(token)
    return ids, tokens


def _in_review(session: Session, number: int) -> int:
    document = {
        "external_id": f"clicks-{number}",
        "kind": "launch",
        "partner": {"name": f"Partner {number}", "contact_email": f"jo@partner-{number}.test"},
        "integration": {"slug": f"partner-{number}", "name": f"Partner {number}"},
        "components": [{"kind": "subscription", "endpoint": "https://partner.test/hook", "methods": ["track"]}],
    }
    sent = submitting.submit(session, Dossier.parse(document), by=None, at=AT, rulebook=RULEBOOK, vault=VAULT)
    items = RULEBOOK.items_of(sent.submission.gate, ["subscription"], sent.submission.kind)
    found = [
        CheckResult(item.id, Outcome.PASSED if item.mode is ItemMode.AUTOMATIC else Outcome.UNKNOWN, "looked at")
        for item in items
        if item.mode is not ItemMode.MANUAL
    ]
    checking.take_results(session, sent.submission, found, revision=1, inputs={}, at=AT)
    checking.open_review(session, sent.submission, at=AT)
    return sent.submission.id


@contextmanager
def serving(database: Database) -> Iterator[str]:
    """The desk's API on loopback; its clock stands, so that no lease runs out meanwhile."""
    settings = Settings(_env_file=None, data=Path(tempfile.gettempdir()))
    preflights = Preflights(lambda at: surroundings(settings, at, load=False), Turnstile())
    desk = Desk(database, lambda: AT, "", "https://desk.example")
    app = assemble(desk, names=LOOPBACK_NAMES, api=create_api(desk, preflights, Means(VAULT, Fetcher)))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        running = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        running.start()
        while not server.started:
            sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/api"
        finally:
            server.should_exit = True
            running.join(timeout=10)


def clicking(address: str, token: str, ids: list[int], until: float, told: Told, number: int) -> None:
    """One person: looks, thinks, acts on what they saw."""
    chance = random.Random(number)
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as api:
        while monotonic() < until:
            one = chance.choice(ids)
            seen = api.get(f"/submissions/{one}/verdict")
            tag = seen.headers.get("ETag", "")
            sleep(chance.uniform(0, LONGEST_LOOK_SECONDS))
            move, body = chance.choice(
                (
                    ("claim", {"message": "I have it."}),
                    ("release", {}),
                    ("attest", {"item": "docs.matches", "outcome": "passed", "reason": "Looks right."}),
                    ("waive", {"item": "test.volume", "reason": "Shown by hand.", "until": "2027-01-31"}),
                    ("ask", {"text": "Which plan?"}),
                    ("answer", {"text": "The large one."}),
                )
            )
            began = perf_counter()
            answer = api.post(f"/submissions/{one}/{move}", json=body, headers={"If-Match": tag})
            _note(told, one, move, token, tag, answer, perf_counter() - began)


def _note(told: Told, one: int, move: str, token: str, tag: str, answer: httpx.Response, seconds: float) -> None:
    with told.lock:
        told.seconds.append(seconds)
        if answer.status_code == 200:
            told.accepted.append(
                {"submission": one, "move": move, "token": token, "tag": tag, "then": answer.headers["ETag"]}
            )
            return
        said = answer.json()
        names_why = bool(said.get("reasons") or said.get("changed"))
        if answer.status_code in REFUSED and names_why:
            told.refused[said["type"].rpartition("/")[2]] += 1
        else:
            told.odd.append(f"{move}: {answer.status_code} {answer.text[:300]}")


def lost(database: Database, told: Told, before: int) -> list[str]:
    """What does not agree between the clients and the database; empty when nothing was lost."""
    done = [one for one in told.accepted if one["then"] != one["tag"]]  # a release of what nobody has does nothing
    starts = Counter((one["submission"], one["tag"]) for one in done)
    wrong = [f"two acts on {submission} from {tag}" for (submission, tag), count in starts.items() if count > 1]
    with database.read() as session:
        made = Event.id > before, Event.person_id.is_not(None)
        events = {event.id: event for event in session.scalars(select(Event).where(*made))}
    by_act = {int(one["then"].strip('"').partition(".")[2]): one for one in done}
    if len(by_act) != len(done):
        wrong.append(f"{len(done)} acts were accepted and end at {len(by_act)} events")
    for number, event in events.items():
        act = by_act.get(number)
        if act is None or act["submission"] != event.submission_id:
            wrong.append(f"event {number} ({event.name}) belongs to no accepted act")
    wrong += [f"the act that ends at event {number} has none" for number in by_act.keys() - events.keys()]
    for submission in {one["submission"] for one in done}:
        chain = sorted((one for one in done if one["submission"] == submission), key=lambda one: _event(one["then"]))
        wrong += [
            f"submission {submission}: an act from {later['tag']} follows one that ended at {earlier['then']}"
            for earlier, later in pairwise(chain)
            if later["tag"] != earlier["then"]
        ]
    return [*wrong, *told.odd]


def _event(tag: str) -> int:
    return int(tag.strip('"').partition(".")[2])


def measure(address: str, *, clients: int, submissions: int, seconds: float) -> dict[str, Any]:
    """Click for so long. SystemExit when something was lost, or refused without a reason."""
    database = Database(address)
    told = Told()
    try:
        ids, tokens = fill(database, clients, submissions)
        with database.read() as session:
            before = max(session.scalars(select(Event.id)))
        with serving(database) as api:
            until = monotonic() + seconds
            threads = [
                threading.Thread(target=clicking, args=(api, token, ids, until, told, number))
                for number, token in enumerate(tokens)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if wrong := lost(database, told, before):
            raise SystemExit("\n".join(wrong[:20]))
    finally:
        database.close()
    if not told.accepted or not told.refused:
        raise SystemExit(f"{len(told.accepted)} acts were accepted, {dict(told.refused)} refused: nothing was shown")
    return {
        "accepted": len(told.accepted),
        "refused": dict(told.refused),
        "accepted_per_second": round(len(told.accepted) / seconds, 1),
        "p95_ms": round(quantiles(told.seconds, n=20)[-1] * 1_000),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--clients", type=int, default=50)
    arguments.add_argument("--submissions", type=int, default=12)
    arguments.add_argument("--postgres", default=os.environ.get("TEST_DATABASE_URL", ""))
    chosen = arguments.parse_args()
    asked = {"clients": chosen.clients, "submissions": chosen.submissions, "seconds": chosen.seconds}
    results: dict[str, dict[str, Any]] = {}
    with sqlite() as address:
        apply.upgrade(address)
        results["sqlite"] = measure(address, **asked)
    print("sqlite", results["sqlite"], flush=True)
    if chosen.postgres:
        results["postgresql"] = measure(chosen.postgres, **asked)
    else:
        with postgres() as address:
            apply.upgrade(address)
            results["postgresql"] = measure(address, **asked)
    print("postgresql", results["postgresql"], flush=True)
    ratio = results["postgresql"]["accepted_per_second"] / results["sqlite"]["accepted_per_second"]
    print(json.dumps({"bench": "clicks", **asked, "ratio": round(ratio, 2), **results}))


if __name__ == "__main__":
    main()
