"""Characters that some programs obey, taken out of what people wrote (pure)."""

import unicodedata


def without_controls(text: str) -> str:
    """Without control characters and halves of characters; lines and tabs stay."""
    return "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    )
