"""A change shown before it is made: what would happen, what stands against it, and the form that makes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from review.revision import Preview

MOVES_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """`says` are whole sentences of what would happen; `against` what stands in the way, so that there is no button.

    `stale` says who changed what since the reader looked; there is no button then either, because what they filled in
    rests on what others have written over. `fields` go along hidden, the seen version among them.
    """

    here: str
    title: str
    says: Sequence[str]
    action: str
    button: str
    fields: Sequence[tuple[str, str]]
    back: str
    back_to: str
    against: Sequence[str] = ()
    stale: str = ""
    preview: Preview | None = None
    takes_away: bool = False
    """Whether it ends something, so that its button says so by its look."""
