"""A secret shown to a person: decrypted for this one answer, and an event says who looked at which, and when."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from models.enums import EventName
from models.people import Person
from models.submission import Secret, Submission
from review.actions.record import record
from review.actions.refusing import refuse
from review.lifecycle import MoveName, MoveRefused
from review.vault import Vault

TEST_ACCOUNT: Final = "test_account.secret"
"""Key path of the test account's password in a submission's document."""


def reveal(session: Session, submission: Submission, path: str, *, by: Person, at: datetime, vault: Vault) -> str:
    """The secret at a key path of the document, in clear. Never log or store it.

    MoveRefused when the person may not see it or none is kept; SecretUnreadable under another key.
    """
    refuse(session, submission, MoveName.REVEAL, by=by, at=at)
    kept = session.get(Secret, (submission.integration_id, path))
    if kept is None:
        raise MoveRefused(MoveName.REVEAL, f"submission {submission.id}", [f"no secret is kept as {path}"])
    secret = vault.open(kept.ciphertext)
    record(session, EventName.SECRET_REVEALED, at=at, by=by, submission=submission, path=path)
    return secret
