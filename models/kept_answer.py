"""Answers that are kept for a while, so that a request which is sent again does nothing twice."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

KEY_CHARACTERS = 200


class KeptAnswer(Base):
    """What was answered to one person's request with an `Idempotency-Key`, written with what the request did."""

    __tablename__ = "kept_answers"
    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        CheckConstraint("length(key) >= 1", name="key_says_something"),
        CheckConstraint("status BETWEEN 200 AND 299", name="only_what_was_done_is_kept"),
        Index("ix_kept_answers_kept_at", "kept_at"),
        {"comment": "answers to requests with an Idempotency-Key, for a day"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), comment="whose key it is")
    key: Mapped[str] = mapped_column(String(KEY_CHARACTERS), comment="as the sender chose it")
    fingerprint: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 of method, address, precondition and body: the same key means the same request"
    )
    status: Mapped[int] = mapped_column(comment="the answer's status")
    headers: Mapped[list[str]] = mapped_column(comment="the answer's own headers: names and values in turn")
    ciphertext: Mapped[bytes] = mapped_column(
        LargeBinary, comment="the answer's body, encrypted: some show a secret once"
    )
    kept_at: Mapped[datetime] = mapped_column(comment="when it was answered; a day later the key is free again")
