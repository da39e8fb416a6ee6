"""Holding the database to what people were told: each accepted click has its effect and event, no other has."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.clicking.forms import Click
from desk.acts import Act
from models.decision import Assignment, Decision
from models.enums import EventName, ResultSource
from models.event import Event
from models.note import Note
from models.people import Person
from models.result import ItemResult, Waiver

EVENTS: Final[Mapping[Act, frozenset[EventName]]] = {
    Act.APPROVE: frozenset({EventName.APPROVED, EventName.APPROVAL_RECORDED}),
    Act.REQUEST_CHANGES: frozenset({EventName.CHANGES_REQUESTED}),
    Act.REJECT: frozenset({EventName.REJECTED}),
    Act.ASK: frozenset({EventName.QUESTION_ASKED}),
    Act.MESSAGE: frozenset({EventName.MESSAGE_SENT}),
    Act.ATTEST: frozenset({EventName.ITEM_ATTESTED}),
    Act.WAIVE: frozenset({EventName.WAIVER_GRANTED}),
    Act.CLAIM: frozenset({EventName.CLAIMED}),
    Act.ASSIGN: frozenset({EventName.ASSIGNED}),
    Act.RELEASE: frozenset({EventName.RELEASED}),
    Act.UNDO: frozenset({EventName.DECISION_UNDONE}),
}
"""What each act leaves in the history; a note leaves nothing there (decision 0026)."""

MOVES_VERSION: Final = frozenset({Act.APPROVE, Act.REQUEST_CHANGES, Act.REJECT, Act.UNDO, Act.ATTEST, Act.WAIVE})
HOLDS: Final = frozenset({Act.CLAIM, Act.ASSIGN, Act.RELEASE})
ROWS: Final[tuple[tuple[Any, Any, Any, frozenset[Act]], ...]] = (
    (Decision, Decision.reason, Decision.decided_by_id, frozenset({Act.APPROVE, Act.REQUEST_CHANGES, Act.REJECT})),
    (ItemResult, ItemResult.summary, ItemResult.judged_by_id, frozenset({Act.ATTEST})),
    (Waiver, Waiver.reason, Waiver.granted_by_id, frozenset({Act.WAIVE})),
    (Note, Note.text, Note.written_by_id, frozenset({Act.NOTE})),
)
"""Where the words of each act lie, and whose they are."""
WHO_DID_WHAT: Final = re.compile(r"([A-Z][\w’' -]+|the engine), [a-z ]+, ")


def wrong(session: Session, clicks: Sequence[Click], *, after: int, before: Mapping[int, int]) -> list[str]:
    """What does not agree; empty when nothing was lost. Events past `after` count; `before` is who had what."""
    done = [click for click in clicks if click.is_done]
    made = select(Event).where(Event.id > after, Event.person_id.is_not(None)).order_by(Event.id)
    events = session.scalars(made).all()
    names = {name for (name,) in session.execute(select(Person.name))}
    return [
        *_unhelpful(clicks, names),
        *_differing("words kept", Counter(_words_said(done)), Counter(_words_kept(session))),
        *_differing("events", Counter(map(_expected, filter(_tells, done))), Counter(map(_happened, events))),
        *_two_from_one_page(done),
        *_handed(session, [click for click in done if click.act in HOLDS], events, before),
    ]


def _unhelpful(clicks: Iterable[Click], names: Iterable[str]) -> Iterable[str]:
    """Refusals that don't say why; of a page that was stale also without who changed what."""
    people = {*names, "the engine"}
    for click in clicks:
        if click.is_done:
            continue
        told = {found[1] for found in WHO_DID_WHAT.finditer(click.said)}
        is_told = any(name.endswith(person) for name in told for person in people)
        if click.status not in {409, 422} or not click.said or (click.status == 409 and not is_told):
            yield f"{click.act} of {click.submission} by {click.person}: {click.status} {click.said[:300]!r}"


def _words_said(done: Iterable[Click]) -> Iterable[tuple[str, int, str]]:
    for click in done:
        for table, _, _, acts in ROWS:
            if click.act in acts:
                yield table.__tablename__, click.person, click.mark


def _words_kept(session: Session) -> Iterable[tuple[str, int, str]]:
    for table, words, whose, _ in ROWS:
        asked = select(whose, words).where(words.startswith("click "))
        if table is ItemResult:
            asked = asked.where(ItemResult.source == ResultSource.PERSON)
        for person, text in session.execute(asked):
            yield table.__tablename__, person, text.partition("\n")[0]


def _tells(click: Click) -> bool:
    """Not who takes or gives what they see with that person already: that makes a lease longer, and no event."""
    if click.act is Act.NOTE:
        return False
    if click.act in HOLDS:
        return click.holder != {Act.CLAIM: click.person, Act.ASSIGN: click.to, Act.RELEASE: 0}[click.act]
    return True


def _expected(click: Click) -> tuple[int, int, frozenset[EventName], str]:
    has_words = click.act not in HOLDS and click.act is not Act.UNDO
    return click.person, click.submission, EVENTS[click.act], click.mark if has_words else ""


def _happened(event: Event) -> tuple[int | None, int | None, frozenset[EventName], str]:
    kind = next((names for names in EVENTS.values() if event.name in names), frozenset({EventName(event.name)}))
    words = str(event.data.get("reason") or event.data.get("text") or "")
    return event.person_id, event.submission_id, kind, words.partition("\n")[0]


def _two_from_one_page(done: Iterable[Click]) -> Iterable[str]:
    """Of what moves the version, one alone can have been done from each: a second would have written over it."""
    starts = Counter((click.submission, click.version) for click in done if click.act in MOVES_VERSION)
    return [f"{count} acts on {one} from version {version}" for (one, version), count in starts.items() if count > 1]


def _handed(
    session: Session, done: Sequence[Click], events: Iterable[Event], before: Mapping[int, int]
) -> Iterable[str]:
    """Each who took it, gave it or let it go saw whom they took it from; and the last of them is who has it now."""
    having, kept = dict(before), dict[int, int]()
    saw = Counter((click.submission, click.person, click.act, click.holder) for click in done if _tells(click))
    was: Counter[tuple[int, int | None, Act, int]] = Counter()
    for event in events:
        one = event.submission_id
        if one is None:
            continue
        now = having.get(one, 0)
        act = next((act for act in HOLDS if event.name in EVENTS[act]), None)
        if act is not None:
            was[one, event.person_id, act, now] += 1
            having[one] = 0 if act is Act.RELEASE else int(event.data["person_id"])
        elif event.name in {EventName.APPROVED, EventName.REJECTED, EventName.CHANGES_REQUESTED}:
            kept[one] = now
            having[one] = now if event.name == EventName.CHANGES_REQUESTED else 0
        elif event.name == EventName.DECISION_UNDONE:
            having[one] = kept[one]
        elif event.name == EventName.APPROVAL_RECORDED and now == event.person_id:
            having[one] = 0
    yield from _differing("takings", saw, was)
    have_now = select(Assignment.submission_id, Assignment.person_id).where(Assignment.ended_at.is_(None))
    stands = dict(session.execute(have_now).tuples().all())
    for one, person in having.items():
        if stands.get(one, 0) != person:
            yield f"submission {one} is with {stands.get(one, 0)}, and by its history with {person}"


def _differing(what: str, told: Counter[Any], stands: Counter[Any]) -> Iterable[str]:
    yield from (f"{what}: told, and not there: {one} ({count})" for one, count in (told - stands).items())
    yield from (f"{what}: there, and not told: {one} ({count})" for one, count in (stands - told).items())
