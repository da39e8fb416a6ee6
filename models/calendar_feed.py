"""Calendar feeds: at which secret address a person's agenda can be read."""

import hashlib
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, only_rows


class CalendarFeed(Base):
    """One secret address of one person; a closed one is kept, so that it can be told how long it was open."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="closes_after_it_opens"),
        # Somebody who renews an address believes that the former one is dead.
        Index(
            "uq_calendar_feeds_one_open",
            "person_id",
            unique=True,
            **only_rows("closed_at IS NULL"),
        ),
        {"comment": "secret addresses of people's agendas, without the secrets"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the secret, which is kept nowhere")
    opened_at: Mapped[datetime] = mapped_column()
    closed_at: Mapped[datetime | None] = mapped_column(comment="when it was closed or renewed; empty while it works")


def digest_of_secret(secret: str) -> str:
    """How a secret is kept and found again.

    Without salt or many rounds: it is long and random, so there is nothing to guess.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
