"""What the commands and pages work with: the real things, on a database that is ready for this release."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from desk.cli.errors import InputWrong, Refused
from flows.wiring import Ports, wire
from migrations import apply
from models.database import Database
from settings import Settings


class NotMigrated(Refused):
    """The database does not have this release's schema."""

    def __init__(self, stands: apply.State) -> None:
        has = f"is at revision {stands.current}" if stands.current else "is not migrated"
        super().__init__(
            f"the database {has}, this release needs {stands.head}: run `launch-review db upgrade` "
            "(`launch-review up` does it by itself)"
        )


def read_settings() -> Settings:
    """The settings; InputWrong names the first variable that can't be used, without its value."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "LAUNCH_REVIEW_" + "_".join(str(key) for key in first["loc"]).upper()
        raise InputWrong(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None


def open_database(settings: Settings) -> Database:
    """The database, if it can be reached and has this release's schema. NotMigrated, or Refused with its words."""
    require_schema(settings)
    return Database(settings.database_address)


def open_ports(settings: Settings | None = None) -> Ports:
    """Everything real, on a database that is ready."""
    chosen = settings or read_settings()
    require_schema(chosen)
    return wire(chosen)


def require_schema(settings: Settings) -> None:
    """NotMigrated unless the database has this release's schema."""
    try:
        stands = apply.state(settings.database_address)
    except DBAPIError as error:
        raise Refused(f"the database can't be reached: {str(error.orig).strip().splitlines()[0]}") from error
    if stands.current != stands.head:
        raise NotMigrated(stands)


@contextmanager
def writing(ports: Ports) -> Iterator[Session]:
    """One transaction for one verb. Two people at once: the later one is told, not shown a database's words."""
    try:
        with ports.database.write.begin() as session:
            yield session
    except IntegrityError as error:
        raise Refused("somebody else did this at the same moment; look again, then repeat it if needed") from error
