"""What a reviewer can choose from when changes are requested."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from checklist.rulebook import Item, Rulebook
from checklist.verdict import settled
from models.enums import ItemMode, Outcome, ResultSource
from models.submission import Submission
from review.results import as_value, current_results, dossier_of, standing, words_of_people


@dataclass(frozen=True, slots=True)
class Reason:
    """One choice. With an item it becomes a finding about it; without, its text goes before the reviewer's own."""

    id: str
    title: str
    text: str
    """What the partner reads."""
    fix: str = ""
    item: str = ""
    likely: bool = False
    """Chosen already when the dialog opens."""


class Reasons(Protocol):
    """Where the choices come from. Each is offered once and by a stable id."""

    def __call__(self, session: Session, submission: Submission, at: datetime) -> Sequence[Reason]: ...


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


def _is_for_a_person(item: Item, outcome: Outcome | None) -> bool:
    return item.mode is not ItemMode.AUTOMATIC or outcome in {None, Outcome.UNKNOWN, Outcome.WARNED}
