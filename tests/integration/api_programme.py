"""The desk's story served with its API, and a token of each role for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.fetch import Fetcher
from desk.api.answering import etag
from desk.api.assembling import create_api
from desk.api.means import INTAKE, Means, UnderWay
from desk.api.preflight import Preflights
from desk.api.problem_kinds import KINDS
from desk.api.turnstile import Bounds, Turnstile
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.preflighting.surroundings import surroundings
from desk.rendering import Desk
from models.database import Database
from models.enums import Role, TokenScope
from models.event import Event
from models.people import Person
from models.submission import Submission
from review.actions.companies import add_person
from review.actions.tokens import issue_token
from review.scopes import held
from review.vault import Vault
from settings import Settings
from tests.fixtures.told import told_in
from tests.integration.desk_story import NOW, Story, tell

TEAM = {
    "rosa": Role.REVIEWER,
    "idris": Role.LEAD,
    "mara": Role.MANAGER,
    "otis": Role.AUDITOR,
    "ada": Role.ADMIN,
}
TOKENS = {name: f"lrt_{name}-{'x' * 40}" for name in (*TEAM, "quill", "moss")}
"""One of each role, and two of partners: of quillharbor, which is in review, and mossbeacon, which was sent back."""

VAULT = Vault("x" * 32)


@dataclass
class Programme:
    """What a test may change before it asks: the time, the bounds."""

    database: Database
    story: Story
    folder: Path
    now: datetime = NOW
    seconds: float = 0.0
    intake: Bounds = INTAKE
    uploads: Bounds = INTAKE
    preflights: Bounds = field(default_factory=lambda: Bounds(a_minute=1_000, at_once=50, at_once_of_all=50))
    fetcher: Any = Fetcher
    surroundings: Any = None
    under_way: UnderWay = field(default_factory=UnderWay)

    def app(self) -> FastAPI:
        settings = Settings(_env_file=None, data=self.folder)
        desk = Desk(self.database, lambda: self.now + timedelta(seconds=self.seconds), "", "https://desk.example")
        intake = Turnstile(self.intake, of="submissions")
        opens = Preflights(
            self.surroundings or (lambda at: surroundings(settings, at, load=False)),
            Turnstile(self.preflights),
        )
        uploads = Turnstile(self.uploads, of="files")
        api = create_api(desk, opens, Means(VAULT, self.fetcher, intake, self.under_way, uploads))
        return assemble(desk, names=LOOPBACK_NAMES, api=api)

    def version(self, name: str) -> str:
        """The submission's ETag as it stands."""
        with self.database.read() as session:
            return etag(session, session.get_one(Submission, self.story.ids[name]))

    def events(self, name: str) -> list[str]:
        with self.database.read() as session:
            about = Event.submission_id == self.story.ids[name]
            return list(session.scalars(select(Event.name).where(about).order_by(Event.id)))


def programme_in(database: Database, folder: Path) -> Programme:
    """The story, told in this database, with people of every role."""
    return Programme(database, told_in(database, everybody), folder)


def everybody(session: Session) -> Story:
    story = tell(session)
    people = {name: _person(session, name, role) for name, role in TEAM.items()}
    for name, of in (("quill", "quillharbor"), ("moss", "mossbeacon")):
        people[name] = session.get_one(Submission, story.ids[of]).submitted_by
    for name, person in people.items():
        issue(session, person, name, held(person.roles))
    return story


def issue(session: Any, person: Person, name: str, scopes: Any, token: str = "") -> None:
    issue_token(
        session,
        person,
        token=token or TOKENS[name],
        name=name,
        scopes=sorted(scopes, key=list(TokenScope).index),
        at=NOW,
        until=NOW + timedelta(days=300),
    )


def _person(session: Any, name: str, role: Role) -> Person:
    known = session.scalar(select(Person).where(Person.email == f"{name}@team.test"))
    return known or add_person(
        session, name=name.capitalize(), email=f"{name}@team.test", roles=frozenset({role}), at=NOW
    )


@contextmanager
def client(address: str, who: str | None) -> Iterator[httpx.Client]:
    """Who asks: a name of TOKENS, a token, or nobody."""
    headers = {} if who is None else {"Authorization": f"Bearer {TOKENS.get(who, who)}"}
    with httpx.Client(base_url=f"{address}/api", headers=headers, timeout=60) as opened:
        yield opened


def problem(answer: httpx.Response, name: str) -> dict[str, Any]:
    """The problem, which is one of that name and looks as all do."""
    assert answer.status_code == KINDS[name].status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["type"] == f"/api/problems/{name}"
    return said


def detail(answer: httpx.Response, name: str) -> str:
    """What such a problem says."""
    return str(problem(answer, name)["detail"])
