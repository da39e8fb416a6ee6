"""What people click at: submissions before the reviewers, a team that is signed in, and the desk they reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.clicking.books import wrong
from bench.clicking.forms import Click
from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.signing.cookie import new_secret
from models.database import Database
from models.enums import ChannelName, ItemMode, Outcome, Role, SignInWay
from models.event import Event
from models.people import Person
from notifications.programme import ProgrammeSettings
from review.actions import checking, submitting
from review.actions.companies import add_person
from review.actions.signing_in import begin_sign_in
from review.vault import Vault

AT: Final = datetime(2026, 11, 23, 18, tzinfo=UTC)
RULEBOOK: Final = Rulebook.load("v1")
VAULT: Final = Vault("x" * 32)
PROGRAMME: Final = ProgrammeSettings(base_url="http://127.0.0.1", channels=frozenset({ChannelName.FILE}))
LEADS: Final = 3
"""Of so many of the team one is a lead, who may act on what others have."""


@dataclass(frozen=True, slots=True)
class World:
    """What was there before the first click."""

    submissions: Sequence[int]
    secrets: Mapping[int, str]
    """What the cookie of each person holds, by their id."""
    people: Mapping[str, int]
    """Ids by e-mail address."""
    newest_event: int


def filled(database: Database, *, reviewers: int, submissions: int) -> World:
    with database.write.begin() as session:
        ids = [in_review(session, number) for number in range(submissions)]
        team = [_of_the_team(session, number) for number in range(reviewers)]
        secrets = {person.id: new_secret() for person in team}
        for person in team:
            begin_sign_in(session, person, secret=secrets[person.id], way=SignInWay.LINK, at=AT)
        newest = session.scalar(select(func.max(Event.id))) or 0
        return World(ids, secrets, {person.email: person.id for person in team}, newest)


def counted(session: Session, world: World, clicks: Sequence[Click]) -> list[str]:
    """What does not agree between the clicks and the database."""
    return wrong(session, clicks, after=world.newest_event, before={})


def desk_over(database: Database, clock: Callable[[], datetime]) -> Any:
    """The desk's pages; a decision can be undone for a minute, and nobody is told of it meanwhile."""
    desk = Desk(database, clock, programme=PROGRAMME, vault=VAULT, undo_for=timedelta(minutes=1))
    return assemble(desk, names=LOOPBACK_NAMES)


def in_review(session: Session, number: int) -> int:
    """The number of a new submission that a person has to decide."""
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


def _of_the_team(session: Session, number: int) -> Person:
    role = Role.REVIEWER if number % LEADS else Role.LEAD
    name, email = f"Rosa {_letters(number)}", f"rosa-{number}@team.test"
    return add_person(session, name=name, email=email, roles=frozenset({role}), at=AT)


def _letters(number: int) -> str:
    """A family name that no other number has."""
    return "".join("ABCDEFGHIJ"[int(digit)] for digit in str(number)).capitalize() + "son"
