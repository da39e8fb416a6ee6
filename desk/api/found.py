"""Finding what an address names, for this bearer: what is another company's is not there."""

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from desk.api.problems import Problem
from models.integration import Integration
from models.submission import Submission
from review.tokens import Bearer


def own(bearer: Bearer) -> ColumnElement[bool]:
    """Integrations that the bearer knows of."""
    return true() if bearer.partner_id is None else Integration.partner_id == bearer.partner_id


def submission_of(session: Session, bearer: Bearer, number: int) -> Submission:
    """Problem when there is none of that number, or it is another company's."""
    wanted = select(Submission).join(Submission.integration).where(Submission.id == number, own(bearer))
    found = session.scalar(wanted)
    if found is None:
        raise Problem("no-such-thing", f"there is no submission {number}")
    return found


def integration_of(session: Session, bearer: Bearer, slug: str) -> Integration:
    """Problem when there is none of that slug, or it is another company's."""
    found = session.scalar(select(Integration).where(Integration.slug == slug, own(bearer)))
    if found is None:
        raise Problem("no-such-thing", f"there is no integration {slug!r}")
    return found
