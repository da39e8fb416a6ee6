"""Sending a submission and looking at what there is: submit, queue, show, history."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Annotated, Any

from cyclopts import Parameter
from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.document import load_document
from checklist.rulebook import Rulebook
from desk.cli.errors import InputWrong
from desk.cli.notes import notes_as_json
from desk.cli.writing import AsJson, duration, instant, say, say_json, table, tell
from desk.viewing.history import HistoryLine, Teller, Told
from desk.viewing.history import history as told_in_order
from desk.viewing.team_time import TeamTime
from desk.wiring import open_ports, writing
from flows.wiring import Ports
from models.clock import Clock
from models.decision import Assignment, Decision
from models.event import Event
from models.note import Note
from models.people import Person
from models.result import Finding, ItemResult
from models.submission import Submission
from models.undo import Undo
from review.actions.submitting import submit as submit_document
from review.finding_people import person_called
from review.finding_submissions import submission_called
from review.notes import notes_of
from review.results import active_waivers, current_results, standing, verdict_as_json
from review.worklist import Row, open_count, row_of
from review.worklist import queue as worklist


def submit(file: Path, *, json: AsJson = False) -> int:
    """Take a submission in from a .toml, .yaml or .json file. The same external id again is the same submission."""
    ports = open_ports()
    dossier = load_document(file)
    at = ports.now()
    with writing(ports) as session:
        received = submit_document(
            session, dossier, by=None, at=at, rulebook=ports.rulebook(at.date()), vault=ports.vault
        )
        submission = received.submission
        row = row_of(session, submission, at=at)
        document = {
            "submission": submission.id,
            "integration": row.slug,
            "gate": row.gate.value,
            "stage": row.stage.value,
            "revision": submission.revision,
            "new": received.is_new,
            "due_at": instant(row.due_at),
        }
    if json:
        say_json(document)
    else:
        say(f"submission {document['submission']}: {row.integration}, {row.gate.value}, {row.stage.value}")
        known = "" if received.is_new else "known already, nothing changed; "
        tell(f"{known}first response due {document['due_at'] or 'without a clock'}")
    return 0


def queue(
    *,
    json: AsJson = False,
    mine: Annotated[bool, Parameter(negative="", help="Only what --as has taken.")] = False,
    breaching: Annotated[bool, Parameter(negative="", help="Only what is close to its due date or past it.")] = False,
    as_: Annotated[str | None, Parameter(name="--as", help="Who looks; needed for --mine.")] = None,
    limit: Annotated[int, Parameter(help="At most so many.")] = 200,
) -> int:
    """What waits for somebody, soonest due first."""
    if mine and as_ is None:
        raise InputWrong("queue --mine: whose? Add --as PERSON, an e-mail address that `people list` shows")
    ports = open_ports()
    at = ports.now()
    with ports.database.read() as session:
        me = person_called(session, as_).id if mine and as_ is not None else None
        rows = worklist(session, at=at, mine=me, breaching=breaching, limit=limit)
        all_open = open_count(session)
    if json:
        say_json([_row_as_json(row) for row in rows])
        return 0
    if rows:
        say(*table(QUEUE_HEAD, [_row_in_words(row) for row in rows]))
        tell(f"{len(rows)} open")
    else:
        tell(f"nothing is close to late or late; {all_open} open" if breaching else "nothing waits")
    return 0


QUEUE_HEAD = ("id", "integration", "gate", "stage", "turn", "due", "left", "with", "failed", "unknown")


def show(submission: str, *, json: AsJson = False) -> int:
    """One submission: where it stands, its items with what was seen, its clocks, findings and waivers."""
    ports = open_ports()
    with ports.database.read() as session:
        found = submission_called(session, submission)
        # Apart from the rest: whoever takes `shown` elsewhere takes no notes along.
        document = shown(session, ports, found) | {"notes": notes_as_json(session, found)}
    if json:
        say_json(document)
        return 0
    say(*_in_words(document))
    return 0


def history(submission: str, *, json: AsJson = False) -> int:
    """What happened to one submission, in order."""
    ports = open_ports()
    with ports.database.read() as session:
        found = submission_called(session, submission)
        events = session.scalars(select(Event).where(Event.submission_id == found.id).order_by(Event.id)).all()
        names = dict(
            session.execute(
                select(Person.id, Person.name)
                .join(Assignment, Assignment.person_id == Person.id)
                .where(Assignment.submission_id == found.id)
            )
            .tuples()
            .all()
        )
        now = ports.now()
        time = TeamTime.of(ports.rulebook(now.date()), now)
        told = told_in_order(events, Teller(Rulebook.load(found.rulebook), time, names))
        document = [
            {
                "at": instant(event.at),
                "event": event.name,
                "by": event.person.email if event.person is not None else None,
                "data": event.data,
            }
            for event in events
        ]
        notes = notes_of(session, found.id)
        told = (*told, *(HistoryLine(one.written_at, one.written_by.name, _noted(one)) for one in notes))
        document += [
            {"at": one["at"], "event": NOTE, "by": one["by"], "data": {"text": one["text"], "team_only": True}}
            for one in notes_as_json(session, found)
        ]
    if json:
        # Stable: at one instant events come in their order, and notes after them.
        say_json(sorted(document, key=lambda one: one["at"]))
        return 0
    for line in sorted(told, key=lambda line: line.at):
        say(*_line_in_words(line, time))
    return 0


NOTE = "note"
"""Stands among the events of `history --json`; it is none, so nothing is ever told of it."""


def _noted(note: Note) -> Told:
    return Told("wrote a note, for the team only", note.text)


def _line_in_words(line: HistoryLine, time: TeamTime) -> Iterator[str]:
    """As the desk's page has it: when and who did what, then their own words, then details."""
    yield f"{time.shown(line.at)}  {line.who} {line.told.did}."
    if line.told.quote:
        yield indent(f"“{line.told.quote}”", "    ")
    for detail in line.told.lines:
        yield indent(f"- {detail}", "    ")


def shown(session: Session, ports: Ports, submission: Submission) -> dict[str, Any]:
    """Everything the team sees of a submission, without a secret."""
    at = ports.now()
    row = row_of(session, submission, at=at)
    said = standing(session, submission, at=at)
    clocks = session.scalars(select(Clock).where(Clock.submission_id == submission.id).order_by(Clock.id))
    decisions = session.execute(
        select(Decision, Undo.undone_at)
        .outerjoin(Undo, Undo.decision_id == Decision.id)
        .where(Decision.submission_id == submission.id)
        .order_by(Decision.id)
    )
    findings = session.scalars(select(Finding).where(Finding.submission_id == submission.id).order_by(Finding.id))
    return {
        **_row_as_json(row),
        "external_id": submission.external_id,
        "rulebook": submission.rulebook,
        "verdict": {**verdict_as_json(said), "reasons": list(said.reasons)},
        "items": [_item_as_json(result) for result in sorted(current_results(session, submission), key=_by_item)],
        "clocks": [_clock_as_json(clock) for clock in clocks],
        "decisions": [
            {
                "at": instant(one.decided_at),
                "decision": one.decision.value,
                "by": one.decided_by.email,
                "reason": one.reason,
                "revision": one.revision,
                "undone_at": instant(undone_at),
            }
            for one, undone_at in decisions
        ],
        "findings": [
            {
                "item": one.item,
                "stage": one.stage.value,
                "what": one.what,
                "fix": one.fix,
                "fix_by": one.fix_by.isoformat() if one.fix_by is not None else None,
                "revision": one.revision,
            }
            for one in findings
        ],
        "waivers": [
            {"item": one.item, "reason": one.reason, "by": one.granted_by.email, "until": one.until.isoformat()}
            for one in active_waivers(session, submission.integration_id)
        ],
    }


def _by_item(result: ItemResult) -> tuple[str, str]:
    return result.item, result.source.value


def _item_as_json(result: ItemResult) -> dict[str, Any]:
    return {
        "id": result.item,
        "outcome": result.outcome.value,
        "source": result.source.value,
        "by": result.judged_by.email if result.judged_by is not None else None,
        "summary": result.summary,
        "expected": result.expected,
        "fix": result.fix,
        "evidence": result.evidence,
        "revision": result.revision,
        "judged_at": instant(result.judged_at),
        "expires_at": instant(result.expires_at),
    }


def _clock_as_json(clock: Clock) -> dict[str, Any]:
    return {
        "target": clock.target.value,
        "started_at": instant(clock.started_at),
        "due_at": instant(clock.due_at),
        "breach_at": instant(clock.breach_at),
        "stopped_at": instant(clock.stopped_at),
        "stopped_because": clock.stopped_because,
        "breached": clock.breached,
        "pauses": [[instant(pause.from_at), instant(pause.to_at)] for pause in clock.pauses],
        "calendar": f"{clock.calendar.name} {clock.calendar.version}",
    }


def _row_as_json(row: Row) -> dict[str, Any]:
    return {
        "submission": row.submission_id,
        "version": row.version,
        "integration": row.slug,
        "name": row.integration,
        "partner": row.partner,
        "kind": row.kind.value,
        "gate": row.gate.value,
        "stage": row.stage.value,
        "revision": row.revision,
        "turn": row.turn,
        "reason": row.reason,
        "target": row.target.value if row.target is not None else None,
        "due_at": instant(row.due_at),
        "breach_at": instant(row.breach_at),
        "remaining_seconds": row.remaining_seconds,
        "paused": row.paused,
        "breached": row.breached,
        "assignee": row.assignee,
        "leased_until": instant(row.leased_until),
        "failed": row.failed,
        "unknown": row.unknown,
        "submitted_at": instant(row.submitted_at),
    }


def _row_in_words(row: Row) -> tuple[object, ...]:
    left = "" if row.remaining_seconds is None else duration(row.remaining_seconds)
    return (
        row.submission_id,
        f"{row.integration} ({row.partner})",
        row.gate.value,
        row.stage.value,
        row.turn,
        instant(row.due_at),
        f"{left} (paused)" if row.paused else left,
        row.assignee,
        row.failed,
        row.unknown,
    )


def _undone(at: str | None) -> str:
    return f" (undone {at})" if at else ""


def _in_words(document: dict[str, Any]) -> list[str]:
    verdict = document["verdict"]
    lines = [
        f"submission {document['submission']} (version {document['version']}, revision {document['revision']})",
        f"{document['name']} by {document['partner']}: {document['kind']} for {document['gate']}, {document['stage']}",
        f"turn: {document['turn'] or 'nobody'}; the gate says {verdict['says']}",
        *[f"  {reason}" for reason in verdict["reasons"]],
        "",
        *table(
            ("item", "outcome", "what was seen"),
            [(item["id"], item["outcome"], item["summary"]) for item in document["items"]],
        ),
    ]
    for clock in document["clocks"]:
        state = f"stopped {clock['stopped_at']}" if clock["stopped_at"] else f"due {clock['due_at']}"
        lines.append(f"clock {clock['target']}: {state}{', breached' if clock['breached'] else ''}")
    lines += [f"waived {one['item']} until {one['until']}: {one['reason']}" for one in document["waivers"]]
    lines += [
        f"{one['at']} {one['decision']} by {one['by']}{_undone(one['undone_at'])}: {one['reason']}"
        for one in document["decisions"]
    ]
    lines += [f"{one['at']} note by {one['by']}, for the team only: {one['text']}" for one in document["notes"]]
    return lines
