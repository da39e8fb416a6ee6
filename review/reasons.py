"""The reasons library as it stands: what is offered for a submission, and what is meant by a key."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from checklist.verdict import settled
from models.enums import Outcome, ResultSource, TargetName
from models.reason import Reason, ReasonVersion
from models.submission import Submission
from review import calendars, policies
from review.reasons_due import fix_by
from review.reasons_fitting import Items, LibraryReason, in_order
from review.results import active_waivers, as_value, current_results, dossier_of, words_of_people


class ReasonUnknown(LookupError):
    """No reason has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no reason {key!r}: `launch-review reasons list` shows those there are")


class ReasonRetired(Exception):
    """It is no longer offered."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the reason {key} is retired: choose another one, or say it in your own words")


class Entry(NamedTuple):
    """A reason with the words it has now."""

    row: Reason
    words: ReasonVersion

    @property
    def value(self) -> LibraryReason:
        return LibraryReason(
            key=self.row.key,
            version=self.words.version,
            title=self.words.title,
            text=self.words.text,
            items=tuple(self.words.items),
            links=tuple(self.words.links),
            fix_by_days=self.words.fix_by_days,
        )


def library(session: Session, *, retired: bool = False) -> list[Entry]:
    """What is offered, by key; with what no longer is, if asked."""
    query = _entries().order_by(Reason.key)
    rows = session.execute(query if retired else query.where(Reason.retired_at.is_(None)))
    return [Entry(*row) for row in rows.tuples()]


def reason_called(session: Session, key: str) -> Entry:
    """The reason of that key, retired or not; ReasonUnknown otherwise."""
    row = session.execute(_entries().where(Reason.key == key.strip())).tuples().one_or_none()
    if row is None:
        raise ReasonUnknown(key)
    return Entry(*row)


def chosen(session: Session, keys: Iterable[str]) -> list[Entry]:
    """The reasons of these keys, each once, in their order. Raises ReasonUnknown, ReasonRetired."""
    found = [reason_called(session, key) for key in dict.fromkeys(key.strip() for key in keys)]
    if gone := next((entry for entry in found if entry.row.retired_at is not None), None):
        raise ReasonRetired(gone.row.key)
    return found


def offered(session: Session, submission: Submission, at: datetime) -> list[LibraryReason]:
    """What a reviewer of this submission can choose, what fits first (`reasons_fitting.in_order`)."""
    return in_order((entry.value for entry in library(session)), items_of(session, submission, at))


def items_of(session: Session, submission: Submission, at: datetime) -> Items:
    """How the submission's items stand; one that is waived is not asked."""
    rulebook = Rulebook.load(submission.rulebook)
    waived = {waiver.item for waiver in active_waivers(session, submission.integration_id) if at.date() <= waiver.until}
    of_gate = rulebook.items_of(submission.gate, dossier_of(submission).kinds, submission.kind)
    asked = [item.id for item in of_gate if item.id not in waived]
    rows = current_results(session, submission)
    checked = [as_value(row) for row in rows if row.source is ResultSource.CHECK]
    found = settled(rulebook, checked, words_of_people(rows, at))
    outcomes = {item: found[item].outcome if item in found else Outcome.UNKNOWN for item in asked}
    return Items(
        asked=asked,
        failed=tuple(item for item, outcome in outcomes.items() if outcome is Outcome.FAILED),
        unknown=tuple(item for item, outcome in outcomes.items() if outcome is Outcome.UNKNOWN),
    )


def last_days(
    session: Session, submission: Submission, reasons: Sequence[LibraryReason], at: datetime
) -> list[date | None]:
    """Until which day each asks to be fixed when the decision is made at `at`.

    Counted by the team's calendar: the one by which a decision is promised.
    """
    if not any(reason.fix_by_days for reason in reasons):
        return [None] * len(reasons)
    rulebook = Rulebook.load(submission.rulebook)
    promised = policies.promise(policies.as_it_stands(session, rulebook), submission, TargetName.DECISION)
    version = calendars.as_it_stands(session, promised.calendar, at.date(), rulebook)
    assert version is not None, "a policy names only calendars that are there"
    calendar = calendars.compiled(version)
    return [fix_by(calendar, at, reason.fix_by_days) if reason.fix_by_days else None for reason in reasons]


def _entries() -> Select[tuple[Reason, ReasonVersion]]:
    of_now = and_(ReasonVersion.reason_id == Reason.id, ReasonVersion.version == Reason.version)
    return select(Reason, ReasonVersion).join(ReasonVersion, of_now)
