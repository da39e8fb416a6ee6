"""A text's words in a few numbers, so that two versions of a page can be compared without keeping either."""

import re
import zlib
from collections.abc import Collection
from typing import Final

WORDS_KEPT: Final = 48
"""Words that stand for all of them: those with the least digests (a bottom sketch)."""

WORD: Final = re.compile(r"[^\W\d_]{3,}")
"""No digits: dates and counters change by themselves."""


def sketch(text: str) -> list[int]:
    """The numbers of a text, least first."""
    return sorted({zlib.crc32(word.encode()) for word in set(WORD.findall(text.casefold()))})[:WORDS_KEPT]


def alike(before: Collection[int], now: Collection[int]) -> float:
    """The share of words that two texts have in common, estimated from their sketches; 1 for two empty ones."""
    least = sorted({*before, *now})[:WORDS_KEPT]
    return len(set(before).intersection(now, least)) / len(least) if least else 1.0
