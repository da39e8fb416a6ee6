"""A preflight as Markdown: for a job's summary, or a comment beside a change."""

import re
from collections.abc import Iterator
from typing import Final

from checklist.outcome import CheckResult
from desk.preflighting.running import Preflight
from desk.preflighting.words import SAYS, by_family, not_asked_yet
from models.enums import GateSays, Outcome

HEADINGS: Final = {
    Outcome.FAILED: "To mend",
    Outcome.UNKNOWN: "Open: nothing is held against you",
    Outcome.WARNED: "Holds, with something worth a look",
    Outcome.PASSED: "Holds",
    Outcome.NOT_APPLICABLE: "Not asked now",
}
"""Worst first; what holds is only listed."""

TITLES: Final = {
    GateSays.HOLDS: "Preflight: everything holds",
    GateSays.FAILS: "Preflight: not yet",
    GateSays.OPEN: "Preflight: nothing fails",
}

LISTED_ONLY: Final = frozenset({Outcome.PASSED})

_CODE = re.compile(r"(`[^`\n]+`)")
_STEERS = re.compile(r"([\\`*_{}\[\]<>()#+|~!&$])")
_MENTION = re.compile(r"(?<![\w.+-])@(?=\w)")


def in_markdown(found: Preflight) -> str:
    """The whole page, ending in a newline."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Preflight) -> Iterator[str]:
    gate = found.rulebook.gate(found.dossier.gate).title
    yield f"# {TITLES[found.verdict.says]}"
    yield ""
    yield f"{harmless(found.dossier.integration.name)}, gate {gate}, rulebook {found.rulebook.version}. {_said(found)}"
    for outcome, heading in HEADINGS.items():
        results = [(family, one) for family, all_of in by_family(found) for one in all_of if one.outcome is outcome]
        if not results:
            continue
        yield ""
        yield f"## {heading} ({len(results)})"
        yield ""
        for family, result in results:
            yield from _entry(found, family, result)


def _said(found: Preflight) -> str:
    """The verdict's sentence, in the words of this page."""
    return (
        SAYS[found.verdict.says]
        .replace("what is marked FAIL", "what is listed first")
        .replace("what is marked with a question mark", "what is open")
    )


def _entry(found: Preflight, family: str, result: CheckResult) -> Iterator[str]:
    item = found.rulebook.item(result.item)
    if result.outcome in LISTED_ONLY:
        yield f"- {item.title} (`{item.id}`)"
        return
    yield f"- **{family}: {item.title}** (`{item.id}`)"
    if later := not_asked_yet(found, item):
        yield f"  - {later}"
    yield f"  - seen: {harmless(result.summary)}"
    if result.outcome is Outcome.FAILED:
        yield f"  - expected: {harmless(result.expected)}"
    if result.fix:
        yield f"  - fix: **{harmless(result.fix)}**"


def harmless(text: str) -> str:
    """Words that partners' pages may have chosen: one line, no markup but code, no mention of anybody."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return "".join(
        piece if _CODE.fullmatch(piece) else _MENTION.sub("@\N{ZERO WIDTH SPACE}", _STEERS.sub(r"\\\1", piece))
        for piece in _CODE.split(line)
    )
