"""`launch-review audit`: look again at what has launched, and read what came of it."""

import asyncio
from functools import partial
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy import select

from desk.cli.errors import InputWrong
from desk.cli.progress import Progress
from desk.cli.writing import AsJson, say, say_json, table, tell
from desk.published.audits import AuditLine, AuditShown, audit_lines, audit_shown
from desk.published.values import at_or_none
from desk.wiring import open_ports
from flows import looking, sharing
from flows.wiring import Ports
from models.audit import AuditRun
from models.integration import Integration
from notifications.public_events import instant
from review.audit_history import item_history

app = App(name="audit", help="Look again at what has launched.")

DOES_NOT_HOLD = frozenset({"regressed", "suspected"})


@app.command
async def run(
    *,
    slug: Annotated[list[str] | None, Parameter(negative="", help="Only this one; may be repeated.")] = None,
    json: AsJson = False,
) -> int:
    """Audit everything live, or what is named. Exit code 1 when something no longer holds."""
    ports = open_ports()
    run_id = await asyncio.to_thread(looking.begin, ports, slug, "the command line")
    to_do = await asyncio.to_thread(looking.batches, ports, run_id, 50)
    with Progress("auditing", sum(map(len, to_do))) as progress:
        async with looking.outlook(ports) as out:
            judge = partial(looking.judge_batch, ports, out, run_id, done=progress.advance)
            await sharing.work_through(ports, run_id, judge, most=50)
    counts = await asyncio.to_thread(looking.finish, ports, run_id)
    document = _run_as_json(ports, run_id)
    if json:
        say_json(document)
    else:
        said = ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing is live"
        say(f"audit {run_id}: {said}")
        tell(
            *[f"{row['integration']}: {row['grade']}, {row['failed']}" for row in document["entries"] if row["failed"]]
        )
    return 1 if any(row["grade"] in DOES_NOT_HOLD for row in document["entries"]) else 0


@app.command(name="list")
def list_(*, json: AsJson = False) -> int:
    """The latest runs, newest first."""
    ports = open_ports()
    with ports.database.read() as session:
        runs = session.scalars(select(AuditRun).order_by(AuditRun.id.desc()).limit(100)).all()
        rows = audit_lines(session, runs)
    if json:
        say_json(rows)
        return 0
    head = ("audit", "started_at", "finished_at", "rulebook", "asked_by", "looked_at", "found")
    say(*table(head, [_line(row) for row in rows]))
    return 0


def _line(row: AuditLine) -> tuple[object, ...]:
    found = ", ".join(f"{number} {grade}" for grade, number in row["counts"].items())
    looked_at = f"{row['integrations'] - row['left']} of {row['integrations']}"
    return (row["audit"], row["started_at"], row["finished_at"], row["rulebook"], row["asked_by"], looked_at, found)


@app.command
def history(slug: str, *, json: AsJson = False) -> int:
    """How each item of one integration stood over the audits, from when to when."""
    with open_ports().database.read() as session:
        integration = session.scalar(select(Integration).where(Integration.slug == slug))
        if integration is None:
            raise InputWrong(f"there is no integration {slug!r}; `report readiness --json` lists what is live")
        rows = [
            {
                "item": one.item,
                "outcome": one.outcome.value,
                "since": instant(one.since),
                "until": at_or_none(one.until),
                "last_seen": instant(one.last_seen),
                "summary": one.summary,
            }
            for stretches in item_history(session, integration).values()
            for one in stretches
        ]
    if json:
        say_json(rows)
        return 0
    head = ("item", "outcome", "since", "until", "last_seen", "summary")
    say(*table(head, [tuple(row.values()) for row in rows]))
    return 0


@app.command
def show(audit: int, *, json: AsJson = False) -> int:
    """What one run found of each integration."""
    document = _run_as_json(open_ports(), audit)
    if json:
        say_json(document)
        return 0
    head = ("integration", "grade", "ready_for_public", "failed", "unknown", "drifted")
    rows = [
        (row["integration"], row["grade"], row["ready_for_public"], row["failed"], row["unknown"], list(row["drifted"]))
        for row in document["entries"]
    ]
    say(*table(head, [[_cell(value) for value in row] for row in rows]))
    return 0


def _run_as_json(ports: Ports, run_id: int) -> AuditShown:
    with ports.database.read() as session:
        run = session.get(AuditRun, run_id)
        if run is None:
            raise InputWrong(f"there is no audit {run_id}; `audit list` shows those there are")
        return audit_shown(session, run)


def _cell(value: object) -> object:
    return ", ".join(value) if isinstance(value, list) else value
