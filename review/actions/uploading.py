"""Keeping the images that partners send, within what one company may keep, and taking out what nothing names."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from checklist.sound_image import sound_image
from models.draft import Draft, FirstDraft
from models.integration import Integration
from models.people import Partner, Person
from models.submission import Revision, Submission
from models.upload import MOST_UPLOAD_BYTES, Upload

MOST_FILES: Final = 60
MOST_BYTES: Final = 30_000_000
"""Of one company."""
KEPT: Final = timedelta(days=30)
"""How long a file stays that nothing names, so that nobody loses what they are about to send."""


class NotKept(ValueError):
    """A file that is not taken; the message says why."""


class StillNamed(ValueError):
    """A file that is not taken out."""

    def __init__(self, digest: str) -> None:
        super().__init__(
            f"upload:{digest} is named by something that your company sent, by a draft or by what is live; "
            "name another file there first"
        )


def keep_upload(
    session: Session, partner_id: int, data: bytes, *, drawing: bool, at: datetime, most_files: int = MOST_FILES
) -> str:
    """The digest under which it is kept now. Raises NotKept, and Unsound for what is no such image.

    One after the other for each company: two at once can't both take its last room.
    """
    if len(data) > MOST_UPLOAD_BYTES:
        raise NotKept(f"saw {len(data):,} bytes, expected at most {MOST_UPLOAD_BYTES:,}")
    sound = sound_image(data, drawing=drawing)
    digest = hashlib.sha256(data).hexdigest()
    # An UPDATE that changes nothing locks the row on both databases, and starts the writing on SQLite.
    session.execute(update(Partner).where(Partner.id == partner_id).values(name=Partner.name))
    known = session.get(Upload, (partner_id, digest))
    if known is not None:
        known.uploaded_at = at
        return digest
    files, room = session.execute(
        select(func.count(), func.coalesce(func.sum(func.length(Upload.data)), 0)).where(
            Upload.partner_id == partner_id
        )
    ).one()
    if files >= most_files or room + len(data) > MOST_BYTES:
        told = f"your company keeps {files} files of {room:,} bytes; at most {most_files} and {MOST_BYTES:,} are kept"
        raise NotKept(f"{told}. What no submission names is taken out after {KEPT.days} days")
    session.add(Upload(partner_id=partner_id, digest=digest, media_type=sound.media_type, data=data, uploaded_at=at))
    session.flush()
    return digest


def delete_upload(session: Session, partner_id: int, digest: str) -> bool:
    """Take a file of the company out; False when it keeps none of that digest. Raises StillNamed."""
    # Nobody names or sends one of the company's while this looks.
    session.execute(update(Partner).where(Partner.id == partner_id).values(name=Partner.name))
    found = session.get(Upload, (partner_id, digest))
    if found is None:
        return False
    if any(digest in json.dumps(document) for document in _documents(session, partner_id)):
        raise StillNamed(digest)
    session.delete(found)
    session.flush()
    return True


def forget_uploads(session: Session, *, at: datetime) -> int:
    """Take out what no draft, revision or catalog entry has named for KEPT, and say how many files that were."""
    old: dict[int, list[str]] = {}
    for partner_id, digest in session.execute(
        select(Upload.partner_id, Upload.digest).where(Upload.uploaded_at < at - KEPT)
    ):
        old.setdefault(partner_id, []).append(digest)
    gone = 0
    for partner_id, digests in old.items():
        # Nobody names or sends one of the company's while this looks.
        session.execute(update(Partner).where(Partner.id == partner_id).values(name=Partner.name))
        unnamed = set(digests)
        for document in _documents(session, partner_id):
            text = json.dumps(document)
            unnamed = {digest for digest in unnamed if digest not in text}
        if unnamed:
            session.execute(
                delete(Upload).where(
                    Upload.partner_id == partner_id, Upload.digest.in_(unnamed), Upload.uploaded_at < at - KEPT
                )
            )
        gone += len(unnamed)
    return gone


def _documents(session: Session, partner_id: int) -> Iterator[Any]:
    of_company = select(Integration.id).where(Integration.partner_id == partner_id)
    submissions = select(Submission.id).where(Submission.integration_id.in_(of_company))
    its_people = select(Person.id).where(Person.partner_id == partner_id)
    asked: Iterable[Any] = (
        select(Submission.document).where(Submission.integration_id.in_(of_company)),
        select(Revision.document).where(Revision.submission_id.in_(submissions)),
        select(Integration.listing).where(Integration.partner_id == partner_id),
        select(Draft.typed).where(Draft.person_id.in_(its_people)),
        select(FirstDraft.typed).where(FirstDraft.person_id.in_(its_people)),
    )
    for query in asked:
        yield from session.scalars(query.execution_options(yield_per=50))
