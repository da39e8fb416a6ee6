"""Which of the secrets that partners handed over may be used with what they send now.

A test key goes to the endpoint that it was handed over for, and to no other: who changes the address has to know the
key. Otherwise somebody in a partner's place could have it sent to a server of their own.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from models.submission import Revision, Secret, Submission
from review.vault import Vault

COMPONENTS = "components"


def kept_secrets(session: Session, integration_id: int, dossier: Dossier, vault: Vault) -> dict[str, str]:
    """The integration's secrets that this document may use, in the clear, by key path. SecretUnreadable."""
    rows = session.scalars(select(Secret).where(Secret.integration_id == integration_id)).all()
    if not rows:
        return {}
    # A secret is written in the moment of the revision that brought it, so that one says what it was for.
    brought = (
        select(Revision.submitted_at, Revision.document)
        .join(Submission, Submission.id == Revision.submission_id)
        .where(Submission.integration_id == integration_id, Revision.submitted_at.in_([row.updated_at for row in rows]))
    )
    documents: dict[Any, list[Mapping[str, Any]]] = {}
    for at, document in session.execute(brought):
        documents.setdefault(at, []).append(document)
    return {
        row.path: vault.open(row.ciphertext)
        for row in rows
        if may_be_used(row.path, documents.get(row.updated_at, ()), dossier)
    }


def may_be_used(path: str, brought_by: Iterable[Mapping[str, Any]], dossier: Dossier) -> bool:
    """Whether a secret has its place in the document, and goes where the documents that brought it said."""
    part, _, rest = path.partition(".")
    if part != COMPONENTS:
        return True
    number = int(rest.partition(".")[0])
    if number >= len(dossier.components):
        return False
    said = [_endpoint(document, number) for document in brought_by]
    return bool(said) and all(endpoint == dossier.components[number].endpoint for endpoint in said)


def _endpoint(document: Mapping[str, Any], number: int) -> str | None:
    components = document.get(COMPONENTS) or []
    return components[number].get("endpoint") if number < len(components) else None
