"""The catalog as the engine sees it: where approved integrations are published, and read back to verify."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from models.enums import IntegrationStage

STATUS_OF_STAGE = {
    IntegrationStage.PUBLIC_BETA: "PUBLIC_BETA",
    IntegrationStage.PUBLIC: "PUBLIC",
    IntegrationStage.DELISTED: "DEPRECATED",
}
"""The catalog's own words (programme facts, statuses)."""


class CatalogUnreadable(Exception):
    """The catalog can't be read or written; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Tile:
    """What the catalog shows of one integration."""

    slug: str
    name: str
    status: str
    document: Mapping[str, Any]
    """The approved revision, without secrets."""


class Catalog(Protocol):
    """Where integrations are listed. Publishing the same tile again changes nothing."""

    def publish(self, tile: Tile) -> None:
        """List the tile, or replace it. CatalogUnreadable when that can't be done."""
        ...

    def status(self, slug: str) -> str | None:
        """The status the catalog shows now; None when it doesn't list the slug."""
        ...


class FileCatalog:
    """A catalog in one JSON file, of the shape that `import catalog` reads; written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def publish(self, tile: Tile) -> None:
        with self._locked():
            tiles = self._read()
            tiles[tile.slug] = _row(tile, tiles.get(tile.slug, {}))
            self._write(tiles)

    def status(self, slug: str) -> str | None:
        row = self._read().get(slug)
        return None if row is None else str(row["status"])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            document = json.loads(self._path.read_text("utf-8"))
            return {row["slug"]: row for row in document["destinations"]}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CatalogUnreadable(
                f"the catalog {self._path} can't be read ({error}); restore it, or move it away to begin anew"
            ) from error

    def _write(self, tiles: Mapping[str, Mapping[str, Any]]) -> None:
        document = {"destinations": [tiles[slug] for slug in sorted(tiles)]}
        with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False, encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self._path)


def _row(tile: Tile, before: Mapping[str, Any]) -> dict[str, Any]:
    listed = tile.document.get("catalog", {})
    components = tile.document.get("components", ())
    methods = {method for component in components for method in component.get("methods", ())}
    return {
        **before,
        "slug": tile.slug,
        "name": tile.name,
        "website": listed.get("website") or tile.document.get("partner", {}).get("website", ""),
        "status": tile.status,
        "description": listed.get("description", ""),
        "categories": listed.get("categories", []),
        "logo": listed.get("logo", ""),
        "mark": listed.get("mark", ""),
        "methods": sorted(methods),
    }
