"""Files that were sent instead of an address: how a submission names them, and what a check sees of one."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from checklist.dossier import Dossier

SCHEME: Final = "upload:"
_ADDRESS = re.compile(r"upload:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was sent; `media_type` is what its content showed."""

    media_type: str
    data: bytes


Uploads = Callable[[str, str], Awaitable[StoredFile | None]]
"""The file of an integration's company: by the integration's slug and the digest. None where it is not kept."""


async def no_uploads(slug: str, digest: str) -> StoredFile | None:
    """Where nothing was ever sent, as in a preflight from the command line."""
    del slug, digest
    return None


def address_of(digest: str) -> str:
    return f"{SCHEME}{digest}"


def digest_in(address: str) -> str | None:
    """The digest that `upload:DIGEST` names; None for any other address."""
    found = _ADDRESS.fullmatch(address.strip())
    return found[1] if found else None


def named_in(dossier: Dossier) -> Iterator[tuple[str, str]]:
    """Key path and address of everything in the catalog entry that says it was sent."""
    catalog = dossier.catalog
    places = {"catalog.logo": catalog.logo, "catalog.mark": catalog.mark}
    places |= {f"catalog.screenshots.{number}": shot.url for number, shot in enumerate(catalog.screenshots)}
    return ((path, url) for path, url in places.items() if url and url.startswith(SCHEME))
