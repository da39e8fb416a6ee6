"""What a reviewer can choose from when changes are requested: the library, and items that it is silent about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy.orm import Session

from checklist.rulebook import Item, Rulebook
from checklist.verdict import settled
from models.enums import ItemMode, Outcome, ResultSource
from models.submission import Submission
from review.reasons import offered
from review.reasons_fitting import LibraryReason
from review.results import as_value, current_results, dossier_of, standing, words_of_people

OF_LIBRARY: Final = "reason:"
"""Before the key in the id of a choice: items have ids of the same letters."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One choice. With a key it is the library's, which knows its text, links and day; with an item it becomes a
    finding about it; without either, its text goes before the reviewer's own.
    """

    id: str
    title: str
    text: str
    """What the partner reads."""
    fix: str = ""
    item: str = ""
    key: str = ""
    likely: bool = False
    """Chosen already when the dialog opens."""


class Reasons(Protocol):
    """Where the choices come from. Each is offered once and by a stable id."""

    def __call__(self, session: Session, submission: Submission, at: datetime) -> Sequence[Reason]: ...


def of_library(session: Session, submission: Submission, at: datetime) -> Sequence[Reason]:
    """What failed without holding the gate, in the check's own words; then the library, what fits first; then the items
    that no reason speaks of.
    """
    reasons = offered(session, submission, at)
    spoken_of = {item for reason in reasons for item in reason.items}
    items = of_items(session, submission, at)
    seen = [reason for reason in items if reason.likely]
    silent = [reason for reason in items if not reason.likely and reason.item not in spoken_of]
    return [*seen, *map(_choice, reasons), *silent]


def is_of_library(choice_id: str) -> bool:
    return choice_id.startswith(OF_LIBRARY)


def of_items(session: Session, submission: Submission, at: datetime) -> Sequence[Reason]:
    """The gate's items that a person may find wanting, in the rulebook's order.

    What failed and holds the gate is no choice: the decision tells it with its fix in any case. What failed
    without holding it is chosen already; of the others those that no check has seen pass.
    """
    rulebook = Rulebook.load(submission.rulebook)
    rows = current_results(session, submission)
    found = settled(
        rulebook,
        [as_value(row) for row in rows if row.source is ResultSource.CHECK],
        words_of_people(rows, at),
    )
    said = standing(session, submission, at=at)
    asked = rulebook.items_of(submission.gate, dossier_of(submission).kinds, submission.kind)
    reasons = []
    for item in asked:
        result = found.get(item.id)
        if item.id in {*said.failed, *said.waived}:
            continue
        if result is not None and result.outcome is Outcome.FAILED:
            reasons.append(
                Reason(item.id, item.title, result.summary, result.fix or item.help, item=item.id, likely=True)
            )
        elif _is_for_a_person(item, None if result is None else result.outcome):
            text = f"{item.title}: this does not hold yet."
            reasons.append(Reason(item.id, item.title, text, item.help, item=item.id))
    return reasons


def _choice(reason: LibraryReason) -> Reason:
    return Reason(f"{OF_LIBRARY}{reason.key}", reason.title, reason.text, key=reason.key)


def _is_for_a_person(item: Item, outcome: Outcome | None) -> bool:
    return item.mode is not ItemMode.AUTOMATIC or outcome in {None, Outcome.UNKNOWN, Outcome.WARNED}
