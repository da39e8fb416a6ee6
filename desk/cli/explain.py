"""`launch-review explain`: why each clock of a submission is due when it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import Parameter
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from desk.cli.errors import InputWrong
from desk.cli.ledger import ledger_document
from desk.cli.moments import past_moment
from desk.cli.writing import AsJson, instant, say, say_json, table
from desk.viewing.clocks import ledger_lines, terms_of
from desk.viewing.explaining import foreseen, moves, next_told, sentences
from desk.viewing.team_time import TeamTime
from desk.wiring import open_ports
from models.clock import Clock
from models.enums import EventName, TargetName
from models.event import Event
from models.submission import Submission
from review.believing import Belief, believed
from review.calendars import compiled
from review.explaining import account
from review.finding_submissions import submission_called
from review.outlook import Outlook, of_clock

AsOf = Annotated[
    str | None,
    Parameter(help="What was believed then: an instant with its zone, or a day (its end, where the team is)."),
]
OneTarget = Annotated[TargetName | None, Parameter(help="Only the clock of this promise, such as first_response.")]


def explain(submission: str, *, target: OneTarget = None, as_of: AsOf = None, json: AsJson = False) -> int:
    """Why each clock of a submission is due when it is: what counted, what did not, and by which rules.

    With --as-of, what was believed of it then: by the terms, pauses and answers that were known.
    """
    ports = open_ports()
    now = ports.now()
    with ports.database.read() as session:
        found = submission_called(session, submission)
        zone = TeamTime.of(ports.rulebook(now.date()), now).zone
        at = now if as_of is None else past_moment("--as-of", as_of, zone, now)
        if target is not None and not clocks_of(session, found, target):
            raise InputWrong(f"explain --target {target.value}: submission {found.id} has no such clock")
        time = TeamTime.of(ports.rulebook(now.date()), at)
        document, explained = explanation(session, found, time, target=target, foresee=as_of is None)
        if not explained:
            raise InputWrong(f"explain --as-of {as_of}: no clock of submission {found.id} had started then")
    if json:
        say_json(document)
        return 0
    if as_of is not None:
        say(f"As it was believed on {time.shown(at)}", "")
    for number, lines in enumerate(explained):
        say(*([""] if number else []), *lines)
    return 0


def explanation(
    session: Session, submission: Submission, time: TeamTime, *, target: TargetName | None = None, foresee: bool = True
) -> tuple[dict[str, Any], list[list[str]]]:
    """What was believed of each clock at the reader's instant, as JSON and as lines of text; `foresee` also says what
    is likely. A clock that had not started then is left out.
    """
    clocks = clocks_of(session, submission, target)
    beliefs = [(clock, belief) for clock in clocks if (belief := believed(session, clock, time.at)) is not None]
    revised = session.scalars(
        select(Event).where(Event.submission_id == submission.id, Event.name == EventName.CLOCK_REVISED)
    ).all()
    explained = [
        _explained(clock, belief, time, _likely(session, clock, submission, time.at) if foresee else None, revised)
        for clock, belief in beliefs
    ]
    document = {
        "submission": submission.id,
        "integration": submission.integration.slug,
        "at": instant(time.at),
        "clocks": [one for one, _ in explained],
    }
    return document, [lines for _, lines in explained]


def clocks_of(session: Session, submission: Submission, target: TargetName | None) -> Sequence[Clock]:
    """Running ones first, then in the order in which they were started."""
    wanted = select(Clock).where(Clock.submission_id == submission.id)
    if target is not None:
        wanted = wanted.where(Clock.target == target)
    with_terms = wanted.options(joinedload(Clock.calendar), joinedload(Clock.policy), joinedload(Clock.revisions))
    return session.scalars(with_terms.order_by(Clock.stopped_at.is_not(None), Clock.id)).unique().all()


def _likely(session: Session, clock: Clock, submission: Submission, at: datetime) -> Outlook | None:
    return None if clock.stopped_at is not None else of_clock(session, clock, submission.kind, at=at)


def _explained(
    clock: Clock, belief: Belief, time: TeamTime, outlook: Outlook | None, revised: Sequence[Event]
) -> tuple[dict[str, Any], list[str]]:
    """One clock as it was known at an instant, as JSON and as lines of text."""
    calendar, state = compiled(belief.calendar), belief.state
    own = replace(time, zone=ZoneInfo(calendar.spec.tz), business_day_seconds=clock.business_day_seconds)
    counted = account(calendar, state, at=time.at)
    words = sentences(terms_of(clock.target, belief.calendar, belief.policy), state, counted, own)
    words += moves([event for event in revised if event.at <= time.at], clock, own)
    if outlook is not None:
        words += (*foreseen(outlook, state, own), *next_told(clock, own))
    rows = [
        (line.when, line.why, line.spent if line.counted else "-", line.total) for line in ledger_lines(counted, own)
    ]
    document = {
        "target": clock.target.value,
        "started_at": instant(state.started_at),
        "stopped_at": instant(state.stopped_at),
        "due_at": instant(belief.due_at),
        "breach_at": instant(belief.breach_at),
        "target_seconds": state.target_seconds,
        "used_seconds": counted.used,
        "remaining_seconds": counted.remaining,
        "breached": counted.breached,
        "cause": clock.breach_cause or None if counted.breached else None,
        "paused_since": instant(counted.paused_since),
        "calendar": {"name": belief.calendar.name, "version": belief.calendar.version, "tz": calendar.spec.tz},
        "policy": {"name": belief.policy.name, "version": belief.policy.version},
        "revision": belief.revision,
        "pauses": [
            {
                "from": instant(pause.from_at),
                "to": instant(pause.to_at if pause.to_at is not None and pause.to_at <= time.at else None),
                "because": pause.reason,
            }
            for pause in clock.pauses
            if pause.from_at <= time.at
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
            if row.recorded_at <= time.at
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
