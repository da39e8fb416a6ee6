"""Reading what partners sent: for checks, and for the pages that show it."""

import asyncio
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.uploads import StoredFile, Uploads, digest_in, named_in
from models.database import Database
from models.integration import Integration
from models.upload import Upload
from review.finding_people import PartnerUnknown, partner_called


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


def unkept(session: Session, partner_id: int, dossier: Dossier) -> list[tuple[str, str]]:
    """Key path and address of files that the document names and the company has not sent, or that are kept no more."""
    named = list(named_in(dossier))
    kept = kept_of(session, partner_id, [digest_in(url) or "" for _, url in named]) if named else frozenset()
    return [(path, url) for path, url in named if digest_in(url) not in kept]


def company_of(session: Session, dossier: Dossier) -> int | None:
    """Whose files the document may name: the integration's company, or before there is one the partner of its name."""
    owner = session.scalar(select(Integration.partner_id).where(Integration.slug == dossier.integration.slug))
    if owner is not None:
        return owner
    try:
        return partner_called(session, dossier.partner.name).id
    except PartnerUnknown:
        return None


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
