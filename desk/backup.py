"""A backup: one file with the database and what belongs to it from the data folder, and back from it.

A tar archive of `manifest.json`, `database` and, where they were there, `catalog.json` and `secret.key`. The manifest
says which revision the database has and the SHA-256 of each file.
"""

import hashlib
import json
import os
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy.engine import make_url

from migrations import apply
from migrations.copying import CopyFailed, dump, is_empty, load

FORMAT = 1
DATABASE, CATALOG, KEY, MANIFEST = "database", "catalog.json", "secret.key", "manifest.json"
KNOWN = frozenset({DATABASE, CATALOG, KEY})
MOST_MANIFEST_BYTES = 100_000


class BackupUnusable(Exception):
    """A backup that can't be made or put back; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `revision` is the database's, `kind` the sort of database, `files` SHA-256 by name."""

    format: int
    kind: str
    revision: str
    made_at: str
    files: dict[str, str]


def back_up(address: str, data: Path, to: Path, *, at: datetime, with_key: bool, force: bool) -> Manifest:
    """Write a backup of a running system; readable for its owner alone. BackupUnusable, or CopyFailed."""
    if to.exists() and not force:
        raise BackupUnusable(f"{to} is there already: give another name, or --force to write over it")
    stands = apply.state(address)
    if stands.current is None:
        raise BackupUnusable("there is nothing to back up: the database is not migrated (`launch-review db upgrade`)")
    if not to.parent.is_dir():
        raise BackupUnusable(f"there is no folder {to.parent}")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=to.parent) as folder:
        place = Path(folder)
        dump(address, place / DATABASE)
        files = {DATABASE: place / DATABASE}
        wanted = [CATALOG, *([KEY] if with_key else [])]
        files |= {name: data / name for name in wanted if (data / name).is_file()}
        if with_key and KEY not in files:
            raise BackupUnusable(f"there is no {data / KEY}: the key is in LAUNCH_REVIEW_SECRET_KEY; keep that apart")
        digests = {name: _digest(path) for name, path in files.items()}
        manifest = Manifest(FORMAT, _kind(address), stands.current, at.isoformat(), digests)
        (place / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2))
        whole = place / "whole"
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as archive:
                for name, path in ((MANIFEST, place / MANIFEST), *files.items()):
                    archive.add(path, arcname=name, recursive=False)
            file.flush()
            os.fsync(file.fileno())
        whole.replace(to)
    return manifest


def restore(address: str, data: Path, backup: Path, *, force: bool) -> Manifest:
    """Put a backup in place of the database and the data folder's files; nothing is touched before all of it was
    found whole. Nobody may work on the database meanwhile. BackupUnusable, or CopyFailed.
    """
    with tempfile.TemporaryDirectory(prefix="launch-review-restore-") as folder:
        place = Path(folder)
        manifest = _unpacked(backup, place)
        if manifest.kind != _kind(address):
            raise BackupUnusable(f"{backup} is of {manifest.kind}, the database here is {_kind(address)}")
        if manifest.revision not in apply.revisions():
            raise BackupUnusable(
                f"{backup} has revision {manifest.revision}, which this release doesn't know: "
                "restore it with the release that made it, or a newer one"
            )
        if not force:
            _refuse_overwriting(address, data, manifest)
        load(address, place / DATABASE)
        data.mkdir(parents=True, exist_ok=True)
        for name in manifest.files.keys() - {DATABASE}:
            beside = data / f".{name}.restored"
            with suppress(FileNotFoundError):
                beside.unlink()
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write((place / name).read_bytes())
            beside.replace(data / name)
    found = apply.state(address).current
    if found != manifest.revision:
        raise CopyFailed(f"the restored database has revision {found}, the backup said {manifest.revision}")
    return manifest


def _refuse_overwriting(address: str, data: Path, manifest: Manifest) -> None:
    there = [] if is_empty(address) else ["a database with tables"]
    there += [str(data / name) for name in sorted(manifest.files.keys() - {DATABASE}) if (data / name).exists()]
    if there:
        raise BackupUnusable(f"there is already {' and '.join(there)}: --force puts the backup in place of it")


def _unpacked(backup: Path, place: Path) -> Manifest:
    """Unpack what a backup may hold, by name, and nothing else."""
    try:
        with tarfile.open(backup, "r:gz") as archive:
            manifest = _manifest(archive)
            for name in manifest.files:
                member = _file(archive, name)
                with (place / name).open("wb") as file:
                    while piece := member.read(1 << 20):
                        file.write(piece)
    except FileNotFoundError:
        raise BackupUnusable(f"there is no file {backup}") from None
    except (tarfile.TarError, EOFError, KeyError, ValueError, TypeError, OSError) as error:
        raise BackupUnusable(f"{backup} is no whole backup of Launch Review: {error}") from None
    if wrong := [name for name, digest in manifest.files.items() if _digest(place / name) != digest]:
        raise BackupUnusable(f"{backup} is damaged: {wrong[0]} is not what was written")
    return manifest


def _manifest(archive: tarfile.TarFile) -> Manifest:
    values: dict[str, Any] = json.loads(_file(archive, MANIFEST).read(MOST_MANIFEST_BYTES))
    manifest = Manifest(**values)
    if manifest.format != FORMAT or not manifest.files.keys() <= KNOWN or DATABASE not in manifest.files:
        raise ValueError("its manifest is of another release")
    return manifest


def _file(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name} is no file")
    return member


def _kind(address: str) -> str:
    return {"sqlite": "SQLite"}.get(make_url(address).get_backend_name(), "PostgreSQL")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
