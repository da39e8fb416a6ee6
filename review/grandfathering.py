"""Which version each live integration passed its gates under, and what is asked of it since."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.passed import asked_of_passed
from checklist.rulebook import Rulebook, until
from models.enums import LIVE, GateName, IntegrationStage, SubmissionStage
from models.integration import Integration
from models.submission import Submission

PASSED_GATES: Final[Mapping[IntegrationStage, tuple[GateName, ...]]] = {
    IntegrationStage.PUBLIC_BETA: (GateName.PUBLIC_BETA,),
    IntegrationStage.PUBLIC: (GateName.PUBLIC_BETA, GateName.PUBLIC),
}

PassedUnder = Mapping[GateName, str]
"""The version under which something passed each gate that it has passed."""


class Asked:
    """What a rulebook, which may be a draft, asks of live integrations on a day; for one look at many of them."""

    def __init__(self, rulebook: Rulebook, on: date) -> None:
        self.rulebook = rulebook
        self.on = on
        self.line = until(rulebook)
        self._known: dict[tuple[tuple[GateName, str], ...], Rulebook] = {}

    def of(self, passed_under: PassedUnder) -> Rulebook:
        key = tuple(sorted(passed_under.items()))
        if key not in self._known:
            self._known[key] = asked_of_passed(self.line, passed_under, on=self.on)
        return self._known[key]


def asked_of(session: Session, integration: Integration, rulebook: Rulebook, *, on: date) -> Rulebook:
    """What a rulebook asks of one integration on a day, given what it has passed."""
    asked = Asked(rulebook, on)
    if len(asked.line) == 1:
        return rulebook  # nothing older, so nothing is kept; and nobody has to ask
    return asked.of(passed_under(session, [integration], asked.line)[integration.id])


def passed_under(
    session: Session, integrations: Collection[Integration], line: Iterable[Rulebook]
) -> dict[int, PassedUnder]:
    """By integration: the version of the last approved submission of each gate it has passed.

    What was imported has none: it passed under the version in force on the day it entered its stage.
    """
    books = tuple(line)
    approved: dict[tuple[int, GateName], str] = {}
    rows = session.execute(
        select(Submission.integration_id, Submission.gate, Submission.rulebook)
        .join(Integration, Integration.id == Submission.integration_id)
        .where(
            Submission.stage == SubmissionStage.APPROVED,
            Submission.applied_at.is_not(None),
            Integration.stage.in_(LIVE),
            Submission.integration_id.in_([integration.id for integration in integrations]),
        )
        .order_by(Submission.id)
    )
    for integration_id, gate, version in rows:
        approved[integration_id, gate] = version
    return {
        integration.id: {
            gate: approved.get((integration.id, gate)) or _in_force(books, integration.stage_since.date())
            for gate in PASSED_GATES.get(integration.stage, ())
        }
        for integration in integrations
    }


def _in_force(books: tuple[Rulebook, ...], on: date) -> str:
    """Before the first version there was no other."""
    return next((book.version for book in reversed(books) if book.valid_from <= on), books[0].version)
