"""The published JSON of a preflight, which other programs rely on."""

from typing import NotRequired, cast

from typing_extensions import TypedDict

from checklist.outcome import CheckResult
from checklist.rulebook import Item
from desk.preflighting.running import Preflight


class EvidenceDocument(TypedDict):
    """One thing that was looked at."""

    kind: str
    seen: str
    url: NotRequired[str]
    status: NotRequired[int]
    at: NotRequired[str]
    digest: NotRequired[str]


class ItemDocument(TypedDict):
    """One item of the checklist: what was seen, what was expected, and how to mend it."""

    id: str
    title: str
    outcome: str
    severity: str
    summary: str
    expected: str
    fix: str
    evidence: list[EvidenceDocument]


class PreflightDocument(TypedDict):
    """What the checks of one gate said."""

    rulebook: str
    gate: str
    verdict: str
    items: list[ItemDocument]


def document(found: Preflight) -> PreflightDocument:
    """The preflight in JSON values."""
    return {
        "rulebook": found.rulebook.version,
        "gate": found.dossier.gate.value,
        "verdict": found.verdict.says.value,
        "items": [_item(found.rulebook.item(result.item), result) for result in found.results],
    }


def _item(item: Item, result: CheckResult) -> ItemDocument:
    return {
        "id": item.id,
        "title": item.title,
        "outcome": result.outcome.value,
        "severity": item.severity.value,
        "summary": result.summary,
        "expected": result.expected,
        "fix": result.fix,
        "evidence": [cast(EvidenceDocument, evidence.as_json()) for evidence in result.evidence],
    }
