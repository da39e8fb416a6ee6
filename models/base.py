"""What every table shares: names of constraints, instants in UTC, enums as checked text, JSON."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, MetaData, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator


class InstantIsNaive(ValueError):
    """An instant without a zone was about to be stored."""

    def __init__(self, value: datetime) -> None:
        super().__init__(f"the instant {value.isoformat()} has no zone; instants are aware, in UTC")


class Instant(TypeDecorator[datetime]):
    """An aware instant: stored in UTC, read back aware in UTC, on databases with and without zones alike."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise InstantIsNaive(value)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def choice(of: type[StrEnum], name: str) -> Enum:
    """A closed list as text with a check constraint called `name`; adding a value is an ordinary migration."""
    return Enum(
        of,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def only_rows(where: str) -> dict[str, Any]:
    """An index's arguments that make it cover only the rows for which `where` holds, on both databases."""
    return {"postgresql_where": text(where), "sqlite_where": text(where)}


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, int: Id, dict[str, Any]: Document, list[str]: Document}  # noqa: RUF012 - SQLAlchemy reads it off the class
