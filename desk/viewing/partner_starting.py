"""What a company can send first: of a new integration, and of each of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from checklist.dossier import Dossier
from models.enums import GATE_OF_KIND, GateName, SubmissionKind
from models.integration import Integration
from models.submission import Submission
from review.facts import is_under_way
from review.lifecycle import LAUNCHES_FROM


@dataclass(frozen=True, slots=True)
class Start:
    """`place` is where its form is."""

    kind: SubmissionKind
    slug: str
    name: str

    @property
    def place(self) -> str:
        return f"/partner/new/{self.kind.value}" + (f"/{self.slug}" if self.slug else "")


NEW_INTEGRATION: Final = Start(SubmissionKind.ACCESS, "", "")


def starts(session: Session, integrations: Iterable[Integration]) -> tuple[Start, ...]:
    """What each is in the stage for, with nothing of that gate under way. One query."""
    integrations = tuple(integrations)
    rows = session.scalars(
        select(Submission)
        .where(Submission.integration_id.in_([one.id for one in integrations]), Submission.applied_at.is_(None))
        .options(load_only(Submission.integration_id, Submission.gate, Submission.stage, Submission.kind))
    )
    under_way: set[tuple[int, GateName]] = {(row.integration_id, row.gate) for row in rows if is_under_way(row)}
    return tuple(
        Start(kind, one.slug, one.name)
        for one in integrations
        for kind, stages in LAUNCHES_FROM.items()
        if one.stage in stages and (one.id, GATE_OF_KIND[kind]) not in under_way
    )


def last_sent(session: Session, integration: Integration) -> Dossier | None:
    """What the company last said of it, in whatever kind of submission."""
    document = session.scalar(
        select(Submission.document)
        .where(Submission.integration_id == integration.id)
        .order_by(Submission.id.desc())
        .limit(1)
    )
    return Dossier.parse(document, "the last submission") if document is not None else None
