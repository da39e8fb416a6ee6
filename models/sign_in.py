"""Sign-ins: which browsers act for whom on the desk, and the mailed links that begin them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, choice
from models.enums import SignInWay


class SignIn(Base):
    """One browser of one person. One that has ended is kept for a while, so that it can be told when it was used."""

    __tablename__ = "sign_ins"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("seen_at >= began_at", name="is_seen_after_it_began"),
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="ends_after_it_began"),
        {"comment": "browsers that act for people on the desk, without their secrets"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the cookie's secret, which is kept nowhere")
    way: Mapped[SignInWay] = mapped_column(choice(SignInWay, "way_is_known"), comment="how the person showed who it is")
    began_at: Mapped[datetime] = mapped_column(comment="when the person signed in")
    seen_at: Mapped[datetime] = mapped_column(comment="about when it was last used, to the minute")
    ended_at: Mapped[datetime | None] = mapped_column(comment="signed out or revoked; empty while it works")


class SignInLink(Base):
    """One mailed address that signs its reader in once."""

    __tablename__ = "sign_in_links"
    __table_args__ = (
        CheckConstraint("expires_at > made_at", name="expires_after_it_is_made"),
        CheckConstraint("used_at IS NULL OR used_at >= made_at", name="is_used_after_it_is_made"),
        {"comment": "mailed addresses that sign their readers in, once each"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(comment="when it was asked for")
    expires_at: Mapped[datetime] = mapped_column(comment="from then on it opens nothing")
    used_at: Mapped[datetime | None] = mapped_column(comment="used or revoked; empty while it works")
