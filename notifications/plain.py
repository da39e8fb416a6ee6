"""Text that steers nobody's program."""

import unicodedata

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that break lines, reorder text or can't be seen: nothing of this in a title."""


def visible(text: str) -> str:
    """A space in place of everything that breaks lines, reorders text or can't be seen."""
    return "".join(" " if unicodedata.category(character) in INVISIBLE else character for character in text)
