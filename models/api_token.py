"""API tokens: what opens the desk's API for one person's programs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ApiToken(Base):
    """One token of one person; a revoked or expired one is kept, so that it can be told when it worked."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("expires_at > created_at", name="expires_after_it_is_made"),
        CheckConstraint("revoked_at IS NULL OR revoked_at >= created_at", name="is_revoked_after_it_is_made"),
        {"comment": "bearer tokens of people's programs, without the tokens"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the token, which is kept nowhere")
    name: Mapped[str] = mapped_column(String(100), comment="what the token is for, in its owner's words")
    scopes: Mapped[list[str]] = mapped_column(comment="what it may be used for: values of TokenScope")
    created_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column(comment="from then on it opens nothing")
    revoked_at: Mapped[datetime | None] = mapped_column(comment="when it was taken back; empty while it works")
    last_used_at: Mapped[datetime | None] = mapped_column(comment="about when it last opened something, to the hour")
