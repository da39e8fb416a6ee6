"""A preflight for people: by family, each item with what was seen, and how to mend it."""

from collections.abc import Iterator
from typing import Final

from checklist.outcome import CheckResult
from checklist.rulebook import Item
from desk.preflighting.running import Preflight
from models.enums import GateSays, Outcome

SIGNS: Final = {
    Outcome.PASSED: "ok  ",
    Outcome.WARNED: "warn",
    Outcome.FAILED: "FAIL",
    Outcome.UNKNOWN: "?   ",
    Outcome.NOT_APPLICABLE: "-   ",
}

LATER: Final = "ltr "
"""Instead of FAIL or a question mark, for what is in shadow."""

SAYS: Final = {
    GateSays.HOLDS: "Everything holds.",
    GateSays.FAILS: "Not yet: mend what is marked FAIL, then run it again.",
    GateSays.OPEN: "Nothing fails. A person looks at what is marked with a question mark.",
}


def in_words(found: Preflight) -> Iterator[str]:
    """Lines of plain text, without what comes last: SAYS of the verdict."""
    for title, results in by_family(found):
        yield title
        for result in results:
            yield from (_plain(line) for line in _in_words(found, found.rulebook.item(result.item), result))
        yield ""


def by_family(found: Preflight) -> Iterator[tuple[str, list[CheckResult]]]:
    """The results under their families' titles, in the rulebook's order."""
    sorted_in: dict[str, list[CheckResult]] = {}
    for result in found.results:
        sorted_in.setdefault(found.rulebook.item(result.item).family, []).append(result)
    for family, title in found.rulebook.families.items():
        if family in sorted_in:
            yield title, sorted_in[family]


def not_asked_yet(found: Preflight, item: Item) -> str:
    """From when an item in shadow counts that would not hold; empty for any other."""
    return f"not asked yet: it counts from {item.shadow_until}" if item.id in found.verdict.shadow else ""


def _in_words(found: Preflight, item: Item, result: CheckResult) -> Iterator[str]:
    later = not_asked_yet(found, item)
    yield f"  {LATER if later else SIGNS[result.outcome]}  {item.title} ({item.id})"
    if later:
        yield f"        {later}"
    if result.outcome is not Outcome.PASSED:
        yield f"        seen: {result.summary}"
    if result.outcome is Outcome.FAILED:
        yield f"        expected: {result.expected}"
    if result.fix:
        yield f"        fix: {result.fix}"


def _plain(line: str) -> str:
    """Pages chose some of these words: nothing in them may steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in line)
