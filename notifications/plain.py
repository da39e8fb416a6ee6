"""Text that steers nobody's program."""

import unicodedata

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that break lines, reorder text or can't be seen: nothing of this in a title."""


def visible(text: str) -> str:
    """A space in place of everything that breaks lines, reorders text or can't be seen."""
    return "".join(" " if unicodedata.category(character) in INVISIBLE else character for character in text)


def without_controls(text: str) -> str:
    """Without control characters, which some programs obey, and halves of characters; lines and tabs stay."""
    return "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    )
