"""How much memory a process and all that it started use."""

import os
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def family_of(root: int) -> list[int]:
    """The process and all its descendants; without /proc, or once it is gone, the process alone."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        try:
            # The program's name stands in brackets and may hold anything; the parent is the second field after it.
            after = entry.read_text().rpartition(")")[2].split()
        except (OSError, UnicodeDecodeError):
            continue
        children.setdefault(int(after[1]), []).append(int(entry.parent.name))
    family = [root]
    for member in family:
        family += children.get(member, ())
    return family


def used_by(root: int) -> int:
    """Bytes in use by the process and its descendants; pages that they share are counted once. 0 where unknown."""
    own, shared = 0, [0]
    for member in family_of(root):
        try:
            sizes = (_PROC / str(member) / "statm").read_text().split()
        except OSError:
            continue
        resident, common = int(sizes[1]) * _PAGE, int(sizes[2]) * _PAGE
        own += resident - common
        shared.append(common)
    return own + max(shared)
