"""What the commands and pages work with: the real things, on a database that is ready for this release."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from desk.beside_demo import as_beside_demo
from desk.cli.errors import InputWrong, Refused
from desk.signing.provider import Provider, is_safe
from flows.wiring import Ports, SettingUnusable, wire
from migrations import apply
from models.database import Database
from settings import Settings


class NotMigrated(Refused):
    """The database does not have this release's schema, or there is none yet."""

    def __init__(self, settings: Settings, stands: apply.State) -> None:
        super().__init__(_missing(settings) or _of_another_release(settings, stands))


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
    chosen = settings or as_beside_demo(read_settings())
    require_schema(chosen)
    return wire(chosen)


def require_schema(settings: Settings) -> None:
    """NotMigrated unless the database has this release's schema."""
    try:
        stands = apply.state(settings.database_address)
    except DBAPIError as error:
        words = str(error.orig).strip().splitlines()[0]
        raise Refused(f"the database {_shown(settings)} can't be reached: {words}") from error
    if stands.current != stands.head:
        raise NotMigrated(settings, stands)


def _missing(settings: Settings) -> str:
    """What to do where the file of the database isn't there; empty when it is, or when a server has it."""
    file = apply.file_of(settings.database_address)
    if file is None or file.exists():
        return ""
    if settings.database_url:
        return (
            f"there is no database {_shown(settings)} yet: run `launch-review db upgrade`, "
            "or set LAUNCH_REVIEW_DATABASE_URL to the one that is meant"
        )
    return (
        f"there is no data in {settings.data.resolve()} yet: run `launch-review up` or `launch-review db upgrade` "
        "here, or set LAUNCH_REVIEW_DATA to the folder that has it"
    )


def _of_another_release(settings: Settings, stands: apply.State) -> str:
    has = f"is at revision {stands.current}" if stands.current else "is not migrated"
    by_itself = "" if settings.database_url else " (`launch-review up` does it by itself)"
    return (
        f"the database {_shown(settings)} {has}, this release needs {stands.head}: "
        f"run `launch-review db upgrade`{by_itself}"
    )


def _shown(settings: Settings) -> str:
    """The database's address, its password hidden; also without its options, which may hold one."""
    return make_url(settings.database_address).set(query={}).render_as_string(hide_password=True)


@contextmanager
def writing(ports: Ports) -> Iterator[Session]:
    """One transaction for one verb. Two people at once: the later one is told, not shown a database's words."""
    try:
        with ports.database.write.begin() as session:
            yield session
    except IntegrityError as error:
        raise Refused("somebody else did this at the same moment; look again, then repeat it if needed") from error


def provider_of(settings: Settings, clock: Callable[[], datetime]) -> Provider | None:
    """The team's identity provider; None where none is set. SettingUnusable, also for an address of the desk itself
    over which nobody should sign in.
    """
    if not is_safe(settings.base_url):
        raise SettingUnusable(
            f"LAUNCH_REVIEW_BASE_URL: saw {settings.base_url!r}, expected an address that begins https://, or http:// "
            "on this machine alone: whoever listens in between could act as who signs in"
        )
    given = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret.get_secret_value())
    if not any(given):
        return None
    if not all(given):
        raise SettingUnusable(
            "LAUNCH_REVIEW_OIDC_ISSUER, LAUNCH_REVIEW_OIDC_CLIENT_ID and LAUNCH_REVIEW_OIDC_CLIENT_SECRET go together; "
            "set all three, or none"
        )
    issuer, client_id, client_secret = given
    if not is_safe(issuer):
        raise SettingUnusable(f"LAUNCH_REVIEW_OIDC_ISSUER: saw {issuer!r}, expected an address that begins https://")
    back_to = f"{settings.base_url.rstrip('/')}/sign-in/provider/back"
    return Provider(issuer, client_id, client_secret, back_to, lambda: clock().timestamp())
