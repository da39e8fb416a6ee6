"""`/launch-review queue|show|help`: what only the person who typed it sees."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.wiring import Ports
from models.enums import OPEN_SUBMISSION
from models.people import Person
from models.submission import Submission
from notifications.buttons import OPEN_IN_DESK
from notifications.card import card, slack_date
from notifications.instants import in_words
from notifications.reading import Reader
from notifications.rendering import address
from notifications.slack_text import escaped, plain, section
from notifications.words import GATE, STAGE
from review.actions.companies import IntegrationUnknown
from review.finding_submissions import SubmissionUnknown, integration_called, submission_called
from review.worklist import Row, open_count, queue

USAGE: Final = (
    "Say `/launch-review queue`, `/launch-review show ID` (or an integration's slug), or `/launch-review help`."
)
HELP: Final = (
    "`queue` lists the ten that are due first, with whose turn each is.\n"
    "`show ID` shows the card of a submission, `show SLUG` that of an integration's newest one; its buttons work there "
    "as well.\nOnly you see the answers."
)
SHOWN = 10

TURN: Final = {"reviewer": "the reviewers' turn", "partner": "the partner's turn", "engine": "being checked"}

Blocks = list[dict[str, Any]]


def answer(here: Ports, person_id: int, text: str) -> Blocks:
    """The answer to what was typed after the command."""
    with here.database.read() as session:
        person = session.get_one(Person, person_id)
        match text.split():
            case ["queue"]:
                return _queue(here, session, person)
            case ["show", called]:
                return _show(here, session, person, called)
            case ["help"] | []:
                return [_ours(USAGE), _ours(HELP)]
    return [_ours(USAGE)]


def _queue(here: Ports, session: Session, person: Person) -> Blocks:
    at = here.now()
    rows = queue(session, at=at, limit=SHOWN)
    if not rows:
        return [section("Nothing waits.")]
    blocks = [block for row in rows for block in _row(here, row, person, at)]
    if (more := open_count(session) - len(rows)) > 0:
        blocks.append(section(f"… and {more} more in the desk."))
    return blocks


def _row(here: Ports, row: Row, person: Person, at: datetime) -> Blocks:
    trouble = [f"{count} {name}" for count, name in ((row.failed, "failed"), (row.unknown, "unknown")) if count]
    words = f"{row.submission_id}: {row.integration} ({row.partner}), {GATE[row.gate]}, {STAGE[row.stage]}"
    button = {
        "type": "button",
        "text": plain("Open in desk"),
        "url": f"{here.programme.base_url}/submissions/{row.submission_id}",
        "action_id": OPEN_IN_DESK,
    }
    holder = row.assignee if row.assignee and row.leased_until and row.leased_until > at else ""
    state = [TURN[row.turn], f"with {holder}" if holder else "nobody has taken it", *trouble]
    return [
        {**section(words), "accessory": button},
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": f"{_due(row, person)}; {escaped(', '.join(state), 300)}"}],
        },
    ]


def _due(row: Row, person: Person) -> str:
    if row.due_at is None:
        return "No date while the partner is waited for" if row.paused else "No clock is running"
    date = slack_date(row.due_at, in_words(row.due_at, person.time_zone))
    return f"*Late*, was due {date}" if row.breached else f"Due {date}"


def _show(here: Ports, session: Session, person: Person, called: str) -> Blocks:
    submission = _called(session, called)
    if submission is None:
        return [section(f"There is no submission and no integration {called!r}; `queue` shows what is open.")]
    facts = Reader(session, here.now()).newest(submission.id)
    if facts is None:
        return [section(f"Nothing has happened to submission {submission.id} yet.")]
    url = address(here.programme.base_url, facts)
    return [dict(block) for block in card(facts, url=url, time_zone=person.time_zone, acts=here.programme.slack_acts)]


def _called(session: Session, called: str) -> Submission | None:
    """By id or external id; else the integration's newest open one, or its newest."""
    try:
        return submission_called(session, called)
    except SubmissionUnknown:
        pass
    try:
        integration = integration_called(session, called)
    except IntegrationUnknown:
        return None
    newest_open_first = (Submission.stage.not_in(OPEN_SUBMISSION), Submission.id.desc())
    of_it = select(Submission).where(Submission.integration_id == integration.id).order_by(*newest_open_first).limit(1)
    return session.scalar(of_it)


def _ours(words: str) -> dict[str, Any]:
    """Our own words, with emphasis."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}
