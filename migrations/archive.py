"""The whole database as one file, and back: the same for SQLite and PostgreSQL, so it also moves from one to the other.

A zip with `manifest.json`, one `tables/NAME.ndjson` per table, and files that lie beside the database. Each line is a
row as a JSON array in the order of the manifest's columns; instants are ISO 8601 in UTC, bytes are base64. All of it is
read in one transaction, so that it is the database of one instant, while work goes on.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Table, func, insert, select, text
from sqlalchemy import Enum as EnumType
from sqlalchemy.types import Date, LargeBinary

from migrations import apply
from models.base import Instant
from models.schema import metadata

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
AT_ONCE: Final = 1_000
"""Rows in one statement."""

LONGEST_MANIFEST: Final = 1_000_000

Progress = Callable[[str, int], None]


class ArchiveUnusable(Exception):
    """A file that can't be taken in here; the message says why and what was expected."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What an archive holds: rows by table, and the names of the files beside them."""

    revision: str
    made_at: str
    rows: Mapping[str, int]
    files: tuple[str, ...]


def write_archive(
    engine: Engine,
    file: Path,
    *,
    revision: str,
    beside: Mapping[str, Path],
    at: datetime,
    progress: Progress = lambda _table, _rows: None,
) -> Archived:
    """Write all tables and the files `beside` by their names. The file is there when all of it is."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    tables: dict[str, dict[str, Any]] = {}
    options: dict[str, Any] = {"reads_only": True}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    reading = engine.execution_options(**options)
    with reading.connect() as connection, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in metadata.sorted_tables:
            count, digest = 0, hashlib.sha256()
            with archive.open(f"tables/{table.name}.ndjson", "w", force_zip64=True) as lines:
                for line in _lines(connection, table):
                    lines.write(line)
                    digest.update(line)
                    count += 1
            columns = [column.name for column in table.columns]
            tables[table.name] = {"columns": columns, "rows": count, "sha256": digest.hexdigest()}
            progress(table.name, count)
        for name, path in beside.items():
            archive.write(path, f"files/{name}")
        manifest = {
            "format": FORMAT,
            "revision": revision,
            "made_at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tables": tables,
            "files": sorted(beside),
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    unfinished.replace(file)
    return _archived(manifest)


def read_manifest(file: Path) -> Archived:
    """What the file says that it holds. ArchiveUnusable when it is no archive."""
    with _opened(file) as archive:
        return _archived(_manifest(archive, file))


def restore_archive(engine: Engine, file: Path, *, progress: Progress = lambda _table, _rows: None) -> Archived:
    """Take every row in, all or none, into a database of the archive's revision without any rows.

    ArchiveUnusable when it is of another revision, when rows are there already, or when the file is damaged.
    """
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        found = _archived(manifest)
        stands = apply.state(engine.url.render_as_string(hide_password=False))
        if stands.current != found.revision:
            raise ArchiveUnusable(
                f"{file}: was made at revision {found.revision}, the database is at {stands.current or 'none'}; "
                "restore with the release that made it, then upgrade"
            )
        with engine.begin() as connection:
            if full := _tables_with_rows(connection):
                raise ArchiveUnusable(
                    f"the database has rows already (in {', '.join(full[:3])}{'…' if len(full) > 3 else ''}); expected "
                    "an empty one: name another with LAUNCH_REVIEW_DATABASE_URL or LAUNCH_REVIEW_DATA"
                )
            for table in metadata.sorted_tables:
                _fill(connection, table, archive, manifest["tables"].get(table.name), file)
                progress(table.name, found.rows.get(table.name, 0))
            _number_on(connection)
    return found


def restore_files(file: Path, folder: Path) -> list[Path]:
    """Put the files that lay beside the database into a folder; one that is there already stays. What was written."""
    written = []
    with _opened(file) as archive:
        for name in _archived(_manifest(archive, file)).files:
            target = folder / Path(name).name
            if not target.exists():
                target.write_bytes(archive.read(f"files/{name}"))
                target.chmod(0o600)
                written.append(target)
    return written


# --- rows -------------------------------------------------------------------------------------------------------------


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    keys = list(table.primary_key.columns)
    rows = connection.execution_options(yield_per=AT_ONCE).execute(select(table).order_by(*keys))
    for row in rows:
        yield json.dumps([_written(value) for value in row], ensure_ascii=False).encode() + b"\n"


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value.value if isinstance(value, Enum) else value


def _reader(column: "Column[Any]") -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, Instant):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    if isinstance(kind, LargeBinary):
        return base64.b64decode
    if isinstance(kind, EnumType) and kind.enum_class is not None:
        return kind.enum_class
    return lambda value: value


def _fill(
    connection: Connection, table: Table, archive: zipfile.ZipFile, said: Mapping[str, Any] | None, file: Path
) -> None:
    columns = [column.name for column in table.columns]
    if said is None or said["columns"] != columns:
        raise ArchiveUnusable(f"{file}: the table {table.name} has other columns than here; it is damaged")
    readers = [_reader(column) for column in table.columns]
    digest, count = hashlib.sha256(), 0
    batch: list[dict[str, Any]] = []
    with archive.open(f"tables/{table.name}.ndjson") as lines:
        for line in lines:
            digest.update(line)
            count += 1
            values = json.loads(line)
            pairs = zip(columns, readers, values, strict=True)
            batch.append({name: None if value is None else read(value) for name, read, value in pairs})
            if len(batch) == AT_ONCE:
                connection.execute(insert(table), batch)
                batch = []
    if batch:
        connection.execute(insert(table), batch)
    if (count, digest.hexdigest()) != (said["rows"], said["sha256"]):
        raise ArchiveUnusable(f"{file}: the rows of {table.name} are not those that were written; it is damaged")


def _tables_with_rows(connection: Connection) -> list[str]:
    return [
        table.name
        for table in metadata.sorted_tables
        if connection.scalar(select(func.count()).select_from(select(text("1")).select_from(table).limit(1).subquery()))
    ]


def _number_on(connection: Connection) -> None:
    """PostgreSQL numbers new rows by sequences, which inserted numbers don't move."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        for column in table.primary_key.columns:
            sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            if sequence is not None:
                highest = connection.scalar(select(func.max(column)))
                if highest is not None:
                    connection.execute(select(func.setval(sequence, highest)))


# --- the file ---------------------------------------------------------------------------------------------------------


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else "is no archive of `db backup`"
        raise ArchiveUnusable(f"{file}: {said or error}") from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    try:
        if archive.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
            raise ValueError("too long")  # noqa: TRY301 - told as all others
        manifest = json.loads(archive.read(MANIFEST))
        _archived(manifest)
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ArchiveUnusable(f"{file}: is no archive of `db backup`") from error
    if manifest["format"] != FORMAT:
        raise ArchiveUnusable(f"{file}: has the format {manifest['format']}, this release reads {FORMAT}")
    return dict(manifest)


def _archived(manifest: Mapping[str, Any]) -> Archived:
    rows = {str(name): int(table["rows"]) for name, table in manifest["tables"].items()}
    return Archived(str(manifest["revision"]), str(manifest["made_at"]), rows, tuple(map(str, manifest["files"])))
