"""Pictures: how a browser showed the pages that results rest on."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

MOST_PICTURE_BYTES = 600_000


class Picture(Base):
    """One picture, found by its digest: the evidence of any number of results names it."""

    __tablename__ = "pictures"
    __table_args__ = (
        # What is served as evidence must not fill the database: a window of a page needs a tenth of this.
        CheckConstraint(f"length(data) BETWEEN 1 AND {MOST_PICTURE_BYTES}", name="is_neither_empty_nor_large"),
        CheckConstraint("length(digest) = 64", name="digest_is_whole"),
        {"comment": "how a browser showed the pages that results rest on"},
    )

    digest: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of the file, in hexadecimal")
    data: Mapped[bytes] = mapped_column(LargeBinary, comment="the file: PNG, or JPEG where a PNG is too large")
    taken_at: Mapped[datetime] = mapped_column(comment="when it was last seen like this")
