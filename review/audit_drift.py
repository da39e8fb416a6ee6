"""What of a live integration is materially other than it was when it was approved, although everything still holds.

Pure. Facts decide: where a page is, its title, its words, where the button leads, the file of the logo. Each is
compared only where both looks know it. White space, digits and what a page changes by itself (dates, counters,
nonces) are no drift; a page's words are other when fewer than half of them are the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

from checklist.outcome import CheckResult, Evidence
from checklist.word_sketch import WORD, alike

ALIKE_FROM: Final = 0.5
"""Share of words two texts have in common, from which on they are the same page, edited."""

FILES: Final = frozenset({"catalog.logo", "catalog.mark"})
"""Items whose file itself was approved; another file is another logo."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a result was recognised by; empty where it does not tell."""

    address: str = ""
    title: str = ""
    words: frozenset[int] = frozenset()
    client: str = ""
    leads_to: str = ""
    file: str = ""


def marks_of(result: CheckResult) -> Marks:
    facts = result.facts
    page = next((each for each in result.evidence if each.kind == "page" and each.status is not None), None)
    client, leads_to = _button(facts.get("targets"))
    return Marks(
        address=_address(page) if page is not None else "",
        title=" ".join(str(facts.get("title") or "").split()),
        words=frozenset(number for number in facts.get("words") or () if isinstance(number, int)),
        client=client,
        leads_to=leads_to,
        file=(page.digest or "") if page is not None and result.item in FILES else "",
    )


def differences(before: Marks, now: Marks) -> list[str]:
    """What is materially other, as sentences; empty when nothing is."""
    told = []
    if _other(before.address, now.address):
        told.append(f"the page is now at {now.address}; it was at {before.address}")
    if _other(_wordy(before.title), _wordy(now.title)):
        told.append(f"the page is now called “{now.title[:120]}”; it was “{before.title[:120]}”")
    if before.words and now.words and alike(before.words, now.words) < ALIKE_FROM:
        told.append("most of the page's words are others")
    if _other(before.client, now.client):
        told.append(f"the button's client_id is now {now.client[:80]}; it was {before.client[:80]}")
    if _other(before.leads_to, now.leads_to):
        told.append(f"the button now leads back to {now.leads_to[:200]}; it led to {before.leads_to[:200]}")
    if _other(before.file, now.file):
        told.append("the file is another one")
    return told


def drift(approved: Mapping[str, CheckResult], now: Iterable[CheckResult]) -> dict[str, list[str]]:
    """By item, what differs from what was approved; items without a difference are left out."""
    found = {
        result.item: differences(marks_of(approved[result.item]), marks_of(result))
        for result in now
        if result.item in approved
    }
    return {item: told for item, told in found.items() if told}


def _other(before: str, now: str) -> bool:
    return bool(before and now) and before != now


def _wordy(title: str) -> str:
    """A title without what changes by itself: digits, case, white space."""
    return " ".join(WORD.findall(title.casefold()))


def _address(page: Evidence) -> str:
    """Where a page is, without what visits add to an address."""
    try:
        parts = urlsplit(page.url or "")
    except ValueError:
        return ""
    return urlunsplit(parts._replace(query="", fragment="")).rstrip("/") if parts.scheme else ""


def _button(targets: Any) -> tuple[str, str]:
    """The client and the way back of the first button's address that names a client."""
    for target in targets if isinstance(targets, list | tuple) else ():
        try:
            asked = parse_qs(urlsplit(str(target)).query)
        except ValueError:
            continue
        if client := asked.get("client_id", [""])[0]:
            return client, asked.get("redirect_uri", [""])[0]
    return "", ""
