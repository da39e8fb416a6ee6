"""Finding what an address names, for this bearer: what is another company's is not there."""

import math
from datetime import datetime

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from desk.api.problems import Problem
from models.integration import Integration
from models.submission import Submission
from review.tokens import Bearer


def own(bearer: Bearer) -> ColumnElement[bool]:
    """Integrations that the bearer knows of."""
    return true() if bearer.partner_id is None else Integration.partner_id == bearer.partner_id


def submission_of(session: Session, bearer: Bearer, number: int, *, at: datetime) -> Submission:
    """Problem when there is none of that number, it is another company's, or a decision on it can still be undone.

    The last is told to partners alone, who are told of a decision once it stands.
    """
    wanted = select(Submission).join(Submission.integration).where(Submission.id == number, own(bearer))
    found = session.scalar(wanted)
    if found is None:
        raise Problem("no-such-thing", f"there is no submission {number}")
    if bearer.partner_id is not None and not is_told(found, at) and found.stands_at is not None:
        seconds = math.ceil((found.stands_at - at).total_seconds())
        told = f"submission {number} is being decided on; look again in {seconds} seconds"
        raise Problem("not-settled", told, headers={"Retry-After": str(seconds)})
    return found


def is_told(submission: Submission, at: datetime) -> bool:
    """Whether nothing about it is held back from its partner."""
    return submission.stands_at is None or submission.stands_at <= at


def integration_of(session: Session, bearer: Bearer, slug: str) -> Integration:
    """Problem when there is none of that slug, or it is another company's."""
    found = session.scalar(select(Integration).where(Integration.slug == slug, own(bearer)))
    if found is None:
        raise Problem("no-such-thing", f"there is no integration {slug!r}")
    return found
