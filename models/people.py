"""Partners and people: who builds integrations, who reviews them, and what each may do."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, choice
from models.enums import Role

STANDARD_TIER = "standard"


class Partner(Base):
    """A company that builds integrations."""

    __tablename__ = "partners"
    __table_args__ = (UniqueConstraint("name"), {"comment": "companies that build integrations"})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), comment="the company's name as the partner writes it")
    website: Mapped[str] = mapped_column(String(2048), default="", comment="the company's website")
    tier: Mapped[str] = mapped_column(
        String(32), default=STANDARD_TIER, comment="which promises the policy makes to it, such as standard or select"
    )
    created_at: Mapped[datetime] = mapped_column(comment="when the partner was first seen")

    people: Mapped[list["Person"]] = relationship(back_populates="partner")


class Person(Base):
    """Somebody who acts or is told: a reviewer, a lead, a partner's contact."""

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("email"),
        # Addresses are compared as text, so one person must not appear under two spellings.
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        {"comment": "everybody who acts or is told"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), comment="how the person is called")
    email: Mapped[str] = mapped_column(String(320), comment="lower case; also the sign-in name")
    partner_id: Mapped[int | None] = mapped_column(
        ForeignKey("partners.id"), index=True, comment="the partner this person belongs to; empty for the team"
    )
    time_zone: Mapped[str] = mapped_column(String(64), default="Etc/UTC", comment="IANA zone for reading instants")
    slack_id: Mapped[str | None] = mapped_column(String(32), comment="Slack member id, once matched by e-mail")
    active: Mapped[bool] = mapped_column(default=True, comment="false: keeps the history, may no longer act")
    created_at: Mapped[datetime] = mapped_column(comment="when the person was added")

    partner: Mapped[Partner | None] = relationship(back_populates="people")
    role_rows: Mapped[list["PersonRole"]] = relationship(
        back_populates="person", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(row.role for row in self.role_rows)


class PersonRole(Base):
    """One role of one person."""

    __tablename__ = "person_roles"
    __table_args__ = ({"comment": "what each person may do"},)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role_is_known"), primary_key=True)

    person: Mapped[Person] = relationship(back_populates="role_rows")
