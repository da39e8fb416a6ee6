"""What a holiday costs that is added while many clocks run: shown, then applied, beside one clock after another.

    .venv/bin/python -m bench.revise [--clocks 5000]

So many running clocks (two a submission; a third have waited for the partner once or twice, one in ten waits now) and
as many stopped ones keep the team's calendar, and a day that many of them count becomes a holiday. `preview` is what
`calendar change --dry-run` computes, `apply` the same change with its commit. The reference does to an equal database
what a plain loop would: load each running clock, move it to the new version, compute it, keep its revision, write its
event. Both have to come to the same due dates.

The last line is JSON; `ratio` is the reference's seconds over those of applying, on SQLite; `aim_seconds` what applying
to 5,000 clocks may take at most.
"""

import argparse
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bench.deliver import postgres, sqlite
from checklist.rulebook import Rulebook
from migrations import apply as migrate
from models.clock import CalendarVersion, Clock, ClockRevision, Pause, PolicyVersion
from models.database import Database
from models.enums import EventName, GateName, IntegrationStage, Role, SubmissionKind, SubmissionStage, TargetName
from models.integration import Integration
from models.people import Partner, Person, PersonRole
from models.submission import Submission
from review import calendars, policies
from review import clock as rules
from review.actions import revising
from review.actions.clocks import revision_of, set_terms
from review.actions.record import record
from review.calendars import compiled

AIM_SECONDS = 5.0
AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
HOLIDAY = {"2026-11-27": "Day after Thanksgiving"}
BECAUSE = "The day after Thanksgiving is free this year"
RULEBOOK = Rulebook.load("v1")
PROMISES = (TargetName.FIRST_RESPONSE, TargetName.DECISION)


def fill(database: Database, clocks: int) -> int:
    """Submissions with two clocks each, half of them running; gives the id of the lead who will change the calendar."""
    chance = random.Random(7)
    with database.write.begin() as session:
        lead = Person(name="Lena", email="lena@bench.example", created_at=AT, role_rows=[PersonRole(role=Role.LEAD)])
        session.add(lead)
        calendar = calendars.in_force(session, "team", RULEBOOK, at=AT - timedelta(days=400))
        policy = policies.in_force(session, RULEBOOK, at=AT - timedelta(days=400))
        submissions = clocks  # two clocks each, and as many stopped as running
        session.flush()
        numbers = range(1, submissions + 1)
        session.execute(
            insert(Partner), [{"id": n, "name": f"Partner {n}", "website": "", "created_at": AT} for n in numbers]
        )
        session.execute(insert(Integration), [_integration(n) for n in numbers])
        session.execute(insert(Submission), [_submission(n) for n in numbers])
        rows, pauses = [], []
        for number in numbers:
            for target in PROMISES:
                row, waits = _clock(len(rows) + 1, number, target, calendar, policy, chance)
                rows.append(row)
                pauses += waits
        session.execute(insert(Clock), rows)
        session.execute(insert(Pause), pauses)
        session.execute(insert(ClockRevision), [_first_terms(row) for row in rows])
        return lead.id


def _integration(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "slug": f"works-{number}",
        "name": f"Works {number}",
        "partner_id": number,
        "stage": IntegrationStage.BUILDING,
        "stage_since": AT,
        "version": 1,
    }


def _submission(number: int) -> dict[str, Any]:
    runs = number % 2 == 0
    return {
        "id": number,
        "integration_id": number,
        "kind": SubmissionKind.LAUNCH,
        "gate": GateName.PUBLIC_BETA,
        "stage": SubmissionStage.IN_REVIEW if runs else SubmissionStage.APPROVED,
        "rulebook": RULEBOOK.version,
        "document": {},
        "submitted_at": AT,
        "version": 1,
    }


def _clock(
    number: int,
    submission: int,
    target: TargetName,
    calendar: CalendarVersion,
    policy: PolicyVersion,
    chance: random.Random,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    row = policies.policy_of(policy).target(target)
    runs = submission % 2 == 0
    started = AT - timedelta(minutes=chance.randrange(5 * 1440 if runs else 200 * 1440))
    waits = _pauses(started, chance, runs=runs)
    stopped = None if runs else started + timedelta(minutes=chance.randrange(12 * 1440))
    if stopped is not None:
        waits = [(since, until) for since, until in waits if until is not None and until < stopped]
    state = rules.ClockState(started, row.seconds, tuple(waits), stopped)
    known = rules.ClockState(started, row.seconds, tuple(wait for wait in waits if wait[1] is not None), stopped)
    hours = compiled(calendar)
    fire = None if stopped else rules.next_fire(hours, state, _rungs(policy, row.ladder, row.business_day_seconds), 0)
    return {
        "id": number,
        "submission_id": submission,
        "target": target,
        "calendar_id": calendar.id,
        "policy_id": policy.id,
        "target_seconds": row.seconds,
        "business_day_seconds": row.business_day_seconds,
        "ladder": row.ladder,
        "started_at": started,
        "stopped_at": stopped,
        "stopped_because": "" if runs else EventName.APPROVED.value,
        "due_at": rules.due_at(hours, known),
        "breach_at": rules.breach_at(hours, known),
        "next_fire_at": fire.at if fire else None,
        "breached": stopped is not None and rules.is_breached(hours, state, stopped),
    }, [
        {"clock_id": number, "from_at": since, "to_at": until, "reason": EventName.QUESTION_ASKED.value}
        for since, until in waits
    ]


def _rungs(policy: PolicyVersion, ladder: str, business_day_seconds: int) -> tuple[rules.Rung, ...]:
    return policies.rungs(policies.policy_of(policy), ladder, business_day_seconds)


def _pauses(started: datetime, chance: random.Random, *, runs: bool) -> list[rules.Pause]:
    waits: list[rules.Pause] = []
    since = started
    for _ in range(chance.choice((0, 0, 0, 0, 1, 2))):
        since += timedelta(minutes=chance.randrange(1, 1440))
        until = since + timedelta(minutes=chance.randrange(1, 1440))
        waits.append((since, until))
        since = until
    if runs and chance.random() < 0.1:
        waits.append((max(since, AT - timedelta(hours=chance.randrange(1, 20))), None))
    return waits


def _first_terms(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("calendar_id", "policy_id", "target_seconds", "due_at", "breach_at")
    first = {"clock_id": row["id"], "revision": 1, "recorded_at": row["started_at"], "because": "started"}
    return first | {name: row[name] for name in kept}


def changed(session: Session) -> dict[str, Any]:
    """The team's calendar with one more holiday."""
    standing = calendars.as_it_stands(session, "team", AT.date())
    assert standing is not None
    return {**standing.spec, "holidays": standing.spec["holidays"] | HOLIDAY}


def in_bulk(database: Database, lead_id: int) -> dict[str, float]:
    """Seconds of the preview and of the change."""
    began = perf_counter()
    with database.read() as session:
        seen = revising.preview_calendar(session, "team", changed(session), at=AT)
    previewed = perf_counter()
    with database.write.begin() as session:
        lead = session.get_one(Person, lead_id)
        _, done = revising.change_calendar(session, "team", changed(session), by=lead, at=AT, because=BECAUSE)
    applied = perf_counter()
    if seen != done:
        raise SystemExit("the preview shows something else than what was done")
    print(f"  {seen.summary} ({seen.looked_at} running clocks)", flush=True)
    return {"preview": round(previewed - began, 2), "apply": round(applied - previewed, 2)}


def one_by_one(database: Database, lead_id: int) -> float:
    """Seconds of the plain loop."""
    began = perf_counter()
    with database.write.begin() as session:
        lead = session.get_one(Person, lead_id)
        before = session.scalars(select(CalendarVersion)).one()
        document = changed(session)
        after = CalendarVersion(
            name=before.name,
            version=2,
            digest="2" * 64,
            spec=document,
            created_at=AT,
            created_by_id=lead_id,
            because=BECAUSE,
        )
        session.add(after)
        session.flush()
        for number in session.scalars(select(Clock.id).where(Clock.stopped_at.is_(None)).order_by(Clock.id)).all():
            clock = session.get_one(Clock, number)
            was = clock.due_at
            clock.calendar = after
            clock.revision += 1
            set_terms(clock)
            session.add(revision_of(clock, at=AT, because=BECAUSE))
            if clock.due_at != was:
                submission = session.get_one(Submission, clock.submission_id)
                data = {"target": clock.target.value, "due_at": clock.due_at.isoformat(), "was_due_at": was.isoformat()}
                record(session, EventName.CLOCK_REVISED, at=AT, by=lead, submission=submission, **data)
    return round(perf_counter() - began, 2)


def dues(database: Database) -> list[tuple[datetime, datetime, datetime | None]]:
    with database.read() as session:
        rows = session.execute(select(Clock.due_at, Clock.breach_at, Clock.next_fire_at).order_by(Clock.id))
        return [(due, breach, fire) for due, breach, fire in rows]


def measure(address: str, clocks: int, *, bulk: bool) -> tuple[Any, list[Any]]:
    migrate.upgrade(address)
    database = Database(address)
    try:
        lead_id = fill(database, clocks)
        result = in_bulk(database, lead_id) if bulk else one_by_one(database, lead_id)
        return result, dues(database)
    finally:
        database.close()


def side_by_side(addresses: tuple[str, str], clocks: int) -> dict[str, float]:
    """The change, and the loop over an equal database."""
    seconds, fast = measure(addresses[0], clocks, bulk=True)
    reference, slow = measure(addresses[1], clocks, bulk=False)
    if fast != slow:
        raise SystemExit("the loop came to other due dates")
    return {**seconds, "one_by_one": reference, "ratio": round(reference / seconds["apply"], 1)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--clocks", type=int, default=5_000)
    chosen = arguments.parse_args()
    with sqlite() as first, sqlite() as second:
        on_sqlite = side_by_side((first, second), chosen.clocks)
    print("sqlite", on_sqlite, flush=True)
    with postgres() as first, postgres() as second:
        on_postgres = side_by_side((first, second), chosen.clocks)
    print("postgresql", on_postgres, flush=True)
    slowest = max(on_sqlite["apply"], on_postgres["apply"])
    print(
        json.dumps(
            {
                "bench": "revise",
                "clocks": chosen.clocks,
                "ratio": on_sqlite["ratio"],
                "aim_seconds": AIM_SECONDS,
                "within_aim": slowest <= AIM_SECONDS,
                "sqlite": on_sqlite,
                "postgresql": on_postgres,
            }
        )
    )


if __name__ == "__main__":
    main()
