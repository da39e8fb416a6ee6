"""Files that partners sent: the logo, the mark and screenshots of their integrations."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

MOST_UPLOAD_BYTES = 3_000_000
UPLOAD_TYPES = ("image/svg+xml", "image/png", "image/jpeg", "image/webp")


class Upload(Base):
    """One file of one company, found by its digest. What two companies sent alike is each one's own."""

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint(f"length(data) BETWEEN 1 AND {MOST_UPLOAD_BYTES}", name="is_neither_empty_nor_large"),
        CheckConstraint("length(digest) = 64", name="digest_is_whole"),
        CheckConstraint(f"media_type IN {UPLOAD_TYPES}", name="is_an_image"),
        {"comment": "images that partners sent for the catalog"},
    )

    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True, comment="whose it is")
    digest: Mapped[str] = mapped_column(
        String(64), primary_key=True, index=True, comment="SHA-256 of the file, in hexadecimal"
    )
    media_type: Mapped[str] = mapped_column(String(40), comment="as its content shows, never as somebody said")
    data: Mapped[bytes] = mapped_column(LargeBinary, comment="the file as it was sent")
    uploaded_at: Mapped[datetime] = mapped_column(comment="when it was last sent")
