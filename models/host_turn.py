"""Which worker may ask which host of the web: one at a time, over all processes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class HostTurn(Base):
    """A host that somebody asks now or asked lately; without a row it is free."""

    __tablename__ = "host_turns"
    __table_args__ = (
        CheckConstraint("length(host) >= 1", name="names_a_host"),
        {"comment": "hosts of the web that a worker asks now, or asked lately"},
    )

    host: Mapped[str] = mapped_column(String(255), primary_key=True, comment="its name, without a port")
    held_by: Mapped[str] = mapped_column(String(192), comment="who asks it; a worker may be several of these")
    until: Mapped[datetime] = mapped_column(comment="nobody else asks it before; pause and lease in one")
