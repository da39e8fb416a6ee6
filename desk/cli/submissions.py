"""Sending a submission and looking at what there is: submit, queue, show, history."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from textwrap import indent
from typing import Annotated, Any

from cyclopts import Parameter
from sqlalchemy import select

from checklist.document import load_document
from checklist.rulebook import Rulebook
from desk.cli.as_of import AsOf, instant_of
from desk.cli.errors import InputWrong
from desk.cli.notes import notes_as_json
from desk.cli.writing import AsJson, duration, instant, say, say_json, table, tell
from desk.published.events import event_as_json
from desk.published.received import received_as_json
from desk.published.submissions import SubmissionShown, row_as_json, shown
from desk.viewing.history import HistoryLine
from desk.viewing.history import history as told_in_order
from desk.viewing.team_time import TeamTime
from desk.viewing.telling.told import Teller, Told
from desk.wiring import open_ports, writing
from desk.words import counted
from models.decision import Assignment
from models.event import Event
from models.note import Note
from models.people import Person
from review.actions.submitting import submit as submit_document
from review.finding_people import person_called
from review.finding_submissions import submission_called
from review.notes import notes_of
from review.overdue import overdue, team_day
from review.past.queue import queue_at
from review.past.submissions import open_at
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
        document = received_as_json(received, row)
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
    as_of: AsOf = None,
) -> int:
    """What waits for somebody, soonest due first. With --as-of, what waited then, as it was known then."""
    if mine and as_ is None:
        raise InputWrong("queue --mine: whose? Add --as PERSON, an e-mail address that `people list` shows")
    ports = open_ports()
    at = instant_of(ports, as_of)
    with ports.database.read() as session:
        me = person_called(session, as_).id if mine and as_ is not None else None
        if as_of is None:
            rows, all_open = worklist(session, at=at, mine=me, breaching=breaching, limit=limit), open_count(session)
        else:
            rows = queue_at(session, at=at, mine=me, breaching=breaching, limit=limit)
            all_open = len(open_at(session, at=at))
        late = () if as_of is not None else overdue(session, today=team_day(ports.rulebook(at.date()), at))
    if not_mended := len({one.slug for one in late if one.waits}):
        tell(f"{counted(not_mended, 'integration')} not mended in time, to be decided: see `report readiness`")
    if json:
        say_json([row_as_json(row) for row in rows])
        return 0
    if rows:
        say(*table(QUEUE_HEAD, [_row_in_words(row, at) for row in rows]))
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
        document = shown(session, found, at=ports.now())
        notes = notes_as_json(session, found)
    if json:
        say_json({**document, "notes": notes})
        return 0
    say(*_in_words(document, notes))
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
        document = [dict(event_as_json(event)) for event in events]
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


def _row_in_words(row: Row, at: datetime) -> tuple[object, ...]:
    left = "" if row.remaining_seconds is None else duration(row.remaining_seconds)
    return (
        row.submission_id,
        f"{row.integration} ({row.partner})",
        row.gate.value,
        row.stage.value,
        row.turn,
        instant(row.due_at),
        f"{left} (paused)" if row.paused else left,
        row.holder(at),
        row.failed,
        row.unknown,
    )


def _undone(at: str | None) -> str:
    return f" (undone {at})" if at else ""


def _in_words(document: SubmissionShown, notes: Sequence[Mapping[str, Any]]) -> list[str]:
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
    lines += [f"{one['at']} note by {one['by']}, for the team only: {one['text']}" for one in notes]
    return lines
