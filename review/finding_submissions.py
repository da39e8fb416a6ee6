"""Finding the submission or integration that was asked for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.integration import Integration
from models.submission import Submission
from review.actions.companies import IntegrationUnknown


class SubmissionUnknown(LookupError):
    """No submission answers to what was given."""

    def __init__(self, called: str) -> None:
        super().__init__(
            f"there is no submission {called!r}; give the number or external id that `queue` or `submit` shows"
        )


def submission_called(session: Session, called: str) -> Submission:
    """The submission with that number or external id. SubmissionUnknown otherwise."""
    text = called.strip()
    if text.isdecimal() and len(text) < 18 and (found := session.get(Submission, int(text))) is not None:
        return found
    by_external_id = session.scalar(select(Submission).where(Submission.external_id == text))
    if by_external_id is None:
        raise SubmissionUnknown(called)
    return by_external_id


def integration_called(session: Session, slug: str) -> Integration:
    """The integration with that slug. IntegrationUnknown otherwise."""
    found = session.scalar(select(Integration).where(Integration.slug == slug.strip().lower()))
    if found is None:
        raise IntegrationUnknown(slug)
    return found
