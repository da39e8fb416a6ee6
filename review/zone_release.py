"""Which release of the time zone database this machine's zones come from, and from where.

The standard library takes a zone from the first folder of `zoneinfo.TZPATH` that has it, else from the `tzdata`
package; either may be older than the other.
"""

import re
import zoneinfo
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

_VERSION = re.compile(r"# version (\S+)")


class ZoneRelease(NamedTuple):
    """`name` is such as "tzdata 2026c", `place` the folder or package that it was read from."""

    name: str
    place: str


def zone_release(key: str) -> ZoneRelease:
    """The release that a zone such as Europe/Berlin comes from; of unknown version where none is said."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / key).is_file():
            return ZoneRelease(_named(folder), str(folder))
    return ZoneRelease(_named(files("tzdata") / "zoneinfo"), "the tzdata package")


def _named(folder: Traversable) -> str:
    source = folder / "tzdata.zi"
    if source.is_file():
        with source.open(encoding="utf-8") as lines:
            said = _VERSION.match(lines.readline())
        if said is not None:
            return f"tzdata {said[1]}"
    return "tzdata of unknown version"
