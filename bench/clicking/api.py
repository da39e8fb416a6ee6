"""A person who works through the API: looks at a submission, waits for a moment, acts on what they saw.

Each act goes with the `ETag` of then. Afterwards each that was accepted has one event of that person at that tag, no
other has; each refusal named a reason; no two accepted acts started from the same tag.
"""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import gettempdir
from time import monotonic, perf_counter, sleep
from typing import Any, Final

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.clicking.world import AT, VAULT
from checklist.fetch import Fetcher
from desk.api.assembling import create_api
from desk.api.means import Means
from desk.api.preflight import Preflights
from desk.api.turnstile import Turnstile
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.preflighting.surroundings import surroundings
from desk.rendering import Desk
from models.database import Database
from models.enums import TokenScope
from models.event import Event
from models.people import Person
from review.actions.tokens import issue_token
from settings import Settings

LONGEST_LOOK_SECONDS: Final = 0.05
REFUSED: Final = frozenset({409, 412})


@dataclass
class Told:
    """What the clients were answered."""

    accepted: list[dict[str, Any]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def token_of(session: Session, person: Person) -> str:
    token = f"lrt_clicks-{person.id}"
    scopes = [TokenScope.READ, TokenScope.SUBMIT, TokenScope.REVIEW]
    issue_token(session, person, token=token, name="clicks", scopes=scopes, at=AT, until=AT + timedelta(days=300))
    return token


def api_over(database: Database) -> Any:
    """The desk with its API; its clock stands, so that no lease runs out meanwhile."""
    settings = Settings(_env_file=None, data=Path(gettempdir()))
    preflights = Preflights(lambda at: surroundings(settings, at, load=False), Turnstile())
    desk = Desk(database, lambda: AT, "", "https://desk.example")
    return assemble(desk, names=LOOPBACK_NAMES, api=create_api(desk, preflights, Means(VAULT, Fetcher)))


def clicking(address: str, token: str, ids: Sequence[int], until: float, told: Told, number: int) -> None:
    chance = random.Random(number)
    with httpx.Client(base_url=f"{address}/api", headers={"Authorization": f"Bearer {token}"}, timeout=60) as api:
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
