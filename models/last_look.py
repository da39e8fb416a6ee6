"""What audits go by the next time: what each result rested on, and how each page was recognised."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Document


class LastLook(Base):
    """What the latest results of one integration rested on. It only saves work: without it everything is judged."""

    __tablename__ = "last_looks"
    __table_args__ = ({"comment": "what the latest audit of an integration rested on"},)

    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id"), primary_key=True, autoincrement=False)
    judged_by: Mapped[str] = mapped_column(String(64), comment="digest of the rules and the release that judged")
    bases: Mapped[dict[str, Any]] = mapped_column(
        Document, comment="by item: digest of what was read of the listing, pages with their contents, since when"
    )


class SeenPage(Base):
    """A page as an audit last saw it, so that it can be asked for only if it changed."""

    __tablename__ = "seen_pages"
    __table_args__ = (
        Index("ix_seen_pages_fetched_at", "fetched_at"),
        {"comment": "pages as audits last saw them"},
    )

    key: Mapped[str] = mapped_column(String(64), primary_key=True, comment="digest of what was asked, and how")
    asked: Mapped[dict[str, Any]] = mapped_column(Document, comment="address, content types, robots, domains")
    etag: Mapped[str] = mapped_column(Text, comment="as the server gave it; empty: none")
    last_modified: Mapped[str] = mapped_column(Text, comment="as the server gave it; empty: none")
    content: Mapped[str] = mapped_column(String(64), comment="digest of all that a check can read of it")
    fetched_at: Mapped[datetime] = mapped_column(comment="when it was last seen, or said to be as it was")
