"""`launch-review explain`: why each clock of a submission is due when it is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import Parameter
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from desk.cli.errors import InputWrong
from desk.cli.ledger import ledger_document
from desk.cli.writing import AsJson, instant, say, say_json, table
from desk.viewing.clocks import ledger_lines, terms_of
from desk.viewing.explaining import foreseen, sentences
from desk.viewing.team_time import TeamTime
from desk.wiring import open_ports
from models.clock import Clock
from models.enums import TargetName
from models.submission import Submission
from review.actions.clocks import state_of
from review.calendars import compiled
from review.explaining import account
from review.finding_submissions import submission_called
from review.outlook import Outlook, of_clock

OneTarget = Annotated[TargetName | None, Parameter(help="Only the clock of this promise, such as first_response.")]


def explain(submission: str, *, target: OneTarget = None, json: AsJson = False) -> int:
    """Why each clock of a submission is due when it is: what counted, what did not, and by which rules."""
    ports = open_ports()
    at = ports.now()
    with ports.database.read() as session:
        found = submission_called(session, submission)
        clocks = _clocks(session, found, target)
        if target is not None and not clocks:
            raise InputWrong(f"explain --target {target.value}: submission {found.id} has no such clock")
        time = TeamTime.of(ports.rulebook(at.date()), at)
        explained = [
            _explained(clock, time, None if clock.stopped_at else of_clock(session, clock, found.kind, at=at))
            for clock in clocks
        ]
        document = {
            "submission": found.id,
            "integration": found.integration.slug,
            "at": instant(at),
            "clocks": [one for one, _ in explained],
        }
    if json:
        say_json(document)
        return 0
    for number, (_, lines) in enumerate(explained):
        say(*([""] if number else []), *lines)
    return 0


def _clocks(session: Session, submission: Submission, target: TargetName | None) -> Sequence[Clock]:
    """Running ones first, then in the order in which they were started."""
    wanted = select(Clock).where(Clock.submission_id == submission.id)
    if target is not None:
        wanted = wanted.where(Clock.target == target)
    with_terms = wanted.options(joinedload(Clock.calendar), joinedload(Clock.policy), joinedload(Clock.revisions))
    return session.scalars(with_terms.order_by(Clock.stopped_at.is_not(None), Clock.id)).unique().all()


def _explained(clock: Clock, time: TeamTime, outlook: Outlook | None) -> tuple[dict[str, Any], list[str]]:
    """One clock as JSON, and as lines of text."""
    calendar, state = compiled(clock.calendar), state_of(clock)
    own = replace(time, zone=ZoneInfo(calendar.spec.tz), business_day_seconds=clock.business_day_seconds)
    counted = account(calendar, state, at=time.at)
    words = sentences(terms_of(clock), state, counted, own)
    if outlook is not None:
        words += foreseen(outlook, state, own)
    rows = [
        (line.when, line.why, line.spent if line.counted else "-", line.total) for line in ledger_lines(counted, own)
    ]
    document = {
        "target": clock.target.value,
        "started_at": instant(clock.started_at),
        "stopped_at": instant(clock.stopped_at),
        "due_at": instant(counted.due_at),
        "breach_at": instant(counted.breach_at),
        "target_seconds": clock.target_seconds,
        "used_seconds": counted.used,
        "remaining_seconds": counted.remaining,
        "breached": clock.breached or counted.breached,
        "cause": clock.breach_cause or None,
        "paused_since": instant(counted.paused_since),
        "calendar": {"name": clock.calendar.name, "version": clock.calendar.version, "tz": calendar.spec.tz},
        "policy": {"name": clock.policy.name, "version": clock.policy.version},
        "pauses": [
            {"from": instant(pause.from_at), "to": instant(pause.to_at), "because": pause.reason}
            for pause in clock.pauses
        ],
        "revisions": [
            {
                "revision": row.revision,
                "since": instant(row.recorded_at),
                "due_at": instant(row.due_at),
                "breach_at": instant(row.breach_at),
                "because": row.because,
            }
            for row in clock.revisions
        ],
        "ledger": [ledger_document(row) for row in counted.rows],
        "outlook": None if outlook is None else _outlook(outlook),
        "why": list(words),
    }
    return document, [*words, *table(("when", "what", "counted", "so far"), rows)]


def _outlook(outlook: Outlook) -> dict[str, Any]:
    chance = outlook.chance
    return {
        "chance": chance.probability,
        "chance_low": chance.low,
        "chance_high": chance.high,
        "comparable": chance.comparable,
        "basis": chance.basis.value,
        "earliest_at": instant(outlook.earliest_at),
        "latest_at": instant(outlook.latest_at),
    }
