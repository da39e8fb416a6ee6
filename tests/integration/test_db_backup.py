"""A backup holds everything, and comes back on either database; nothing half, and never over what is there."""

import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from desk.cli.main import run
from migrations import apply
from models.database import Database
from models.event import Event
from models.integration import Integration
from models.schema import metadata
from tests.building import NOW, audited, in_review, live, sent_back


@pytest.fixture
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LAUNCH_REVIEW_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalog.json").write_text('{"destinations": []}')
    (tmp_path / "data" / "secret.key").write_text("a key")

    def at(address):
        monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", address)

    return at


def address_of(database):
    return database.engine.url.render_as_string(hide_password=False)


def filled(database):
    with database.write.begin() as session:
        in_review(session, "brook")
        sent_back(session, "cedar")
        audited(session, live(session, "acme"))
    return address_of(database)


def everything(address):
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            return {
                table.name: [
                    tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))
                ]
                for table in metadata.sorted_tables
            }
    finally:
        engine.dispose()


@pytest.fixture
def empty_postgres(postgres_server):
    with postgres_server.fresh() as url:
        yield url.render_as_string(hide_password=False) if not isinstance(url, str) else url


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
def test_everything_comes_back_on_either_database(database, environment, tmp_path, capsys, to, request):
    address, file = filled(database), tmp_path / "backup.zip"
    environment(address)
    assert run(["db", "backup", str(file)]) == 0
    assert "rows at revision" in capsys.readouterr().err
    assert file.stat().st_mode & 0o077 == 0
    target = f"sqlite:///{tmp_path}/again.sqlite" if to == "sqlite" else request.getfixturevalue("empty_postgres")
    environment(target)
    assert run(["db", "restore", str(file)]) == 0
    assert everything(target) == everything(address)
    assert run(["db", "check"]) == 0
    # Numbers go on where they ended.
    again = Database(target)
    with again.write.begin() as session:
        last = session.scalar(select(func.max(Event.id)))
        in_review(session, "dune")
        assert session.scalar(select(func.max(Event.id))) > last
    again.close()


def test_the_catalog_comes_along_and_the_key_only_when_asked(sqlite_database, environment, tmp_path, capsys):
    environment(filled(sqlite_database))
    for options, names in (([], {"catalog.json"}), (["--with-key"], {"catalog.json", "secret.key"})):
        file = tmp_path / f"{len(options)}.zip"
        assert run(["db", "backup", str(file), *options]) == 0
        assert ("the key of stored secrets is not in it" in capsys.readouterr().err) is (not options)
        with zipfile.ZipFile(file) as archive:
            assert {Path(name).name for name in archive.namelist() if name.startswith("files/")} == names
    for name in ("catalog.json", "secret.key"):
        (tmp_path / "data" / name).unlink()
    (tmp_path / "data" / "catalog.json").write_text("another")
    environment(f"sqlite:///{tmp_path}/again.sqlite")
    assert run(["db", "restore", str(tmp_path / "1.zip")]) == 0
    assert (tmp_path / "data" / "catalog.json").read_text() == "another"
    assert (tmp_path / "data" / "secret.key").read_text() == "a key"


def test_nothing_is_written_over(sqlite_database, environment, tmp_path, capsys):
    environment(filled(sqlite_database))
    file = tmp_path / "backup.zip"
    assert run(["db", "backup", str(file)]) == 0
    assert run(["db", "backup", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err
    before = everything(address_of(sqlite_database))
    assert run(["db", "restore", str(file)]) == 1
    assert "the database has rows already" in capsys.readouterr().err
    assert everything(address_of(sqlite_database)) == before


def spoilt(file, to, change):
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(to, "w") as other:
        for name in archive.namelist():
            other.writestr(name, change(name, archive.read(name)))


def without_a_row(name, content):
    return content.split(b"\n", 1)[1] if name == "tables/integrations.ndjson" else content


def of_another_release(name, content):
    return json.dumps(json.loads(content) | {"revision": "0001"}) if name == "manifest.json" else content


def without_a_table(name, content):
    if name != "manifest.json":
        return content
    manifest = json.loads(content)
    del manifest["tables"]["events"]
    return json.dumps(manifest)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_a_row, "FOREIGN KEY|are not those that were written"),
        (of_another_release, "was made at revision 0001"),
        (without_a_table, "has other columns than here"),
    ],
)
def test_a_damaged_archive_is_taken_in_not_at_all(sqlite_database, environment, tmp_path, capsys, change, told):
    environment(filled(sqlite_database))
    file, bad = tmp_path / "backup.zip", tmp_path / "bad.zip"
    assert run(["db", "backup", str(file)]) == 0
    spoilt(file, bad, change)
    target = f"sqlite:///{tmp_path}/again.sqlite"
    environment(target)
    capsys.readouterr()
    assert run(["db", "restore", str(bad)]) == 1
    said = capsys.readouterr().err
    assert any(words in said for words in told.split("|")), said
    assert all(rows == [] for rows in everything(target).values())


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_another_file_is_one_line(environment, tmp_path, capsys, content):
    environment(f"sqlite:///{tmp_path}/again.sqlite")
    file = tmp_path / "other.zip"
    file.write_bytes(content)
    assert run(["db", "restore", str(file)]) == 1
    assert "is no archive of `db backup`" in capsys.readouterr().err
    assert run(["db", "restore", str(tmp_path / "none.zip")]) == 1


def test_a_backup_is_of_one_instant_while_work_goes_on(database, environment, tmp_path):
    address = filled(database)
    engine = create_engine(address)
    from migrations.archive import read_manifest, write_archive

    def meanwhile(table, _rows):
        if table == "partners":
            with database.write.begin() as session:
                live(session, "late")

    revision = apply.state(address).head
    own = Database(address)
    write_archive(own.engine, tmp_path / "b.zip", revision=revision, beside={}, at=NOW, progress=meanwhile)
    own.close()
    engine.dispose()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Integration)) == 4
    assert read_manifest(tmp_path / "b.zip").rows["integrations"] == 3
