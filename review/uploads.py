"""Reading what partners sent: for checks, and for the pages that show it."""

import asyncio
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.uploads import StoredFile, Uploads
from models.database import Database
from models.integration import Integration
from models.upload import Upload


def upload_of(session: Session, digest: str, *, partner_id: int | None = None) -> Upload | None:
    """The file; of that company alone where one is given."""
    query = select(Upload).where(Upload.digest == digest)
    if partner_id is not None:
        query = query.where(Upload.partner_id == partner_id)
    return session.scalars(query.order_by(Upload.partner_id).limit(1)).first()


def kept_of(session: Session, partner_id: int, digests: Collection[str]) -> frozenset[str]:
    """Which of these the company has sent."""
    query = select(Upload.digest).where(Upload.partner_id == partner_id, Upload.digest.in_(digests))
    return frozenset(session.scalars(query))


def uploads_in(database: Database, *, partner_id: int | None = None) -> Uploads:
    """What checks read: files of the company whose integration it is, or of the one that is given."""

    def read(slug: str, digest: str) -> StoredFile | None:
        with database.read() as session:
            whose = partner_id or session.scalar(select(Integration.partner_id).where(Integration.slug == slug))
            found = upload_of(session, digest, partner_id=whose) if whose is not None else None
            return StoredFile(found.media_type, found.data) if found is not None else None

    async def ask(slug: str, digest: str) -> StoredFile | None:
        return await asyncio.to_thread(read, slug, digest)

    return ask
