"""Webhook endpoints: the addresses at which other systems hear what happened, and how they have answered lately."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.people import Partner

ADDRESS_CHARACTERS = 2_048
PREFIX = "endpoint:"


class WebhookEndpoint(Base):
    """One address of the programme or of a partner; a partner's hears of its own integrations alone."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("(disabled_at IS NULL) = (disabled_because = '')", name="disabled_says_why"),
        CheckConstraint("(former_ciphertext IS NULL) = (former_until IS NULL)", name="a_former_secret_ends"),
        Index("ix_webhook_endpoints_partner_id", "partner_id"),
        {"comment": "where other systems hear what happened"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(ADDRESS_CHARACTERS), comment="where messages are posted")
    partner_id: Mapped[int | None] = mapped_column(
        ForeignKey("partners.id"), comment="whose it is; empty for the programme's own"
    )
    events: Mapped[list[str]] = mapped_column(comment="names of events and prefixes, such as submission.*")
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary, comment="the secret, encrypted with the application's key")
    former_ciphertext: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="the secret before it, encrypted too; messages are signed with both for a while"
    )
    former_until: Mapped[datetime | None] = mapped_column(comment="until when the former secret signs too")
    created_at: Mapped[datetime] = mapped_column()
    disabled_at: Mapped[datetime | None] = mapped_column(comment="nothing is sent since; empty while it is in use")
    disabled_because: Mapped[str] = mapped_column(Text, default="", comment="why nothing is sent")
    last_success_at: Mapped[datetime | None] = mapped_column(comment="when it last took a message")
    last_failure_at: Mapped[datetime | None] = mapped_column(comment="when it last did not")
    last_failure: Mapped[str] = mapped_column(Text, default="", comment="what it said then")
    failing_since: Mapped[datetime | None] = mapped_column(
        comment="its first failure after its last success; empty while it takes messages"
    )
    given_up_at: Mapped[datetime | None] = mapped_column(comment="when a message was last given up since it fails")
    gone_at: Mapped[datetime | None] = mapped_column(comment="when it said that it is gone for good")

    partner: Mapped[Partner | None] = relationship()

    @property
    def recipient(self) -> str:
        """How deliveries name it. Not by its address, which may hold a token and is shown where deliveries are."""
        return f"{PREFIX}{self.id}"


def endpoint_number(recipient: str) -> int | None:
    """The id in a delivery's recipient; None when it names no endpoint."""
    number = recipient.removeprefix(PREFIX)
    named = recipient.startswith(PREFIX) and number.isascii() and number.isdigit() and len(number) < 18
    return int(number) if named else None
