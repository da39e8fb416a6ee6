"""Judging again under other rules, from what is stored: no request to anybody. Pure.

An item whose rules are the same keeps its outcome. Else stored facts decide (`recalling`), or the submission's own
document, where the check asks nobody. What rests on something that was never gathered can't be told.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, NoReturn

from checklist.case import CHECKS, Case, Check, Context
from checklist.checks import load_all
from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.recalling import RECALLS, Found
from checklist.rulebook import Item, Rulebook
from checklist.run import unsaid
from checklist.verdict import SKIPPED_BECAUSE, Verdict
from models.enums import ItemMode, Outcome, Severity

log = logging.getLogger(__name__)


class How(StrEnum):
    """What an outcome under other rules rests on."""

    SAME = "same_rule"
    FACTS = "stored_facts"
    DOCUMENT = "document"
    PERSON = "a_person"
    NOTHING = "never_gathered"


@dataclass(frozen=True, slots=True)
class Again:
    """An item's outcome under other rules. `at` is when what it rests on was seen; None where nothing was."""

    result: CheckResult
    how: How
    at: datetime | None = None

    @property
    def can_be_told(self) -> bool:
        return self.how is not How.NOTHING


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged again: what was found by item, its document, and which items are waived."""

    found: Mapping[str, Found]
    dossier: Callable[[], Dossier | None]
    """Read only where it is needed; None where nothing is live."""
    waived: frozenset[str] = frozenset()
    after_launch: bool = True


NEVER_GATHERED: Final = "what this asks was never looked at; the next audit tells"
WAITS: Final = "waits for a person to confirm it"

KEEPS_A_SECRET: Final = frozenset({"test.account"})
"""Checks that read what is kept apart and encrypted: nobody opens it for this."""

_ALL_PARTS: Final = ("programme", "categories", "utm", "oauth", "template", "spec", "delivery")
_NAMES: Final = {"marketplace", "aliases", "vocabulary", "domains"}
"""What checks read of the programme; the rest is for people."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "access.agreements": (),
    "access.email": (),
    "access.survey": (),
    "access.website": (),
    "catalog.categories": ("categories",),
    "catalog.description": ("template",),
    "catalog.logo": (),
    "catalog.mark": (),
    "catalog.screenshots": (),
    "catalog.support": (),
    "catalog.website": (),
    "customers.active": ("programme",),
    "docs.matches": (),
    "docs.partner": ("programme",),
    "docs.segment": ("programme", "template", "utm"),
    "launch.holds": (),
    "marketing.blog_post": ("programme",),
    "marketing.brand_kit": (),
    "marketing.integrations_page": ("programme",),
    "marketing.shared": (),
    "marketing.utm": ("programme", "utm", "oauth"),
    "oauth.button": ("programme", "oauth"),
    "replay.info": (),
    "security.guidance": (),
    "select.member": (),
    "test.account": (),
    "test.https": (),
    "test.spec": ("spec",),
}
"""Parts of the rulebook, besides its item, that a check reads; one that is not listed may read all of them."""

ASKS_NOBODY_WHEN: Final[Mapping[str, Callable[[Dossier], bool]]] = {
    "access.website": lambda dossier: not dossier.partner.website,
    "catalog.logo": lambda dossier: not dossier.catalog.logo,
    "catalog.mark": lambda dossier: not dossier.catalog.mark,
    "catalog.screenshots": lambda dossier: not dossier.catalog.screenshots,
    "catalog.website": lambda dossier: not dossier.catalog.website,
    "docs.partner": lambda dossier: not dossier.documentation.partner_url,
    "docs.segment": lambda dossier: (
        bool((dossier.documentation.segment or "").strip()) or not dossier.documentation.segment_url
    ),
    "marketing.blog_post": lambda dossier: not dossier.marketing.blog_post,
    "marketing.integrations_page": lambda dossier: not dossier.marketing.integrations_page,
    "oauth.button": lambda dossier: not dossier.oauth.page,
}
"""When a check that asks the web judges by the submission alone: its text is there, or no address is given."""


def judged_again(
    items: Iterable[Item],
    rulebook: Rulebook,
    subject: Subject,
    *,
    at: datetime,
    launch: Verdict | None = None,
) -> dict[str, Again]:
    """These items of a rulebook, judged at an instant from what is stored of the subject; by id, in their order.

    `launch` is how the gate to Public Beta would stand, for the gate to Public.
    """
    _loaded()
    again: dict[str, Again] = {}
    for item in items:
        again[item.id] = _skipped(item, rulebook, subject, again, at) or _judged(item, rulebook, subject, at, launch)
    return again


@cache
def _loaded() -> None:
    """Once: asking the importer again for every integration costs more than judging it."""
    load_all()


def _judged(item: Item, rulebook: Rulebook, subject: Subject, at: datetime, launch: Verdict | None) -> Again:
    if item.mode is ItemMode.MANUAL:
        return Again(CheckResult(item.id, Outcome.UNKNOWN, WAITS), How.PERSON)
    found = _found(item, subject)
    check = CHECKS.get(item.check or "")
    if found is not None and _is_same(found, item, rulebook, launch):
        return Again(_named(item, found.result), How.SAME, found.at)
    if found is not None and not _was_skipped(found) and (recall := RECALLS.get(item.check or "")) is not None:
        outcome = recall(found, item, rulebook)
        if outcome is not None:
            return Again(_with(item, found.result, outcome), How.FACTS, found.at)
    result = _from_document(item, rulebook, subject, check, at, launch) if check is not None else None
    if result is not None:
        return Again(result, How.DOCUMENT, found.at if found is not None else None)
    return Again(CheckResult(item.id, Outcome.UNKNOWN, NEVER_GATHERED), How.NOTHING)


def _found(item: Item, subject: Subject) -> Found | None:
    """What is stored of the item, or of another with the same check: an item may have got another name."""
    if (own := subject.found.get(item.id)) is not None:
        return own if own.item.check == item.check else None
    return next((one for one in subject.found.values() if one.item.check == item.check), None)


def _is_same(found: Found, item: Item, rulebook: Rulebook, launch: Verdict | None) -> bool:
    if item.check == "launch.holds" and launch is not None:
        said = found.result.facts
        return [*said.get("failed", ())] == [*launch.failed] and [*said.get("unknown", ())] == [*launch.unknown]
    if _was_skipped(found) and found.result.facts[SKIPPED_BECAUSE] not in item.needs:
        return False
    return found.item.thresholds == item.thresholds and all(
        _part(found.rulebook, name) == _part(rulebook, name) for name in PARTS.get(item.check or "", _ALL_PARTS)
    )


def _part(rulebook: Rulebook, name: str) -> Any:
    return rulebook.programme.model_dump(include=_NAMES) if name == "programme" else getattr(rulebook, name)


def _skipped(
    item: Item, rulebook: Rulebook, subject: Subject, again: Mapping[str, Again], at: datetime
) -> Again | None:
    """An item waits for one that newly fails, as it would in a run."""
    for need in item.needs:
        now, before = again.get(need), subject.found.get(need)
        if now is None or need in subject.waived or (before is not None and before.result.outcome is Outcome.FAILED):
            continue
        needed = rulebook.item(need)
        holds_the_gate = needed.severity is Severity.REQUIRED and not needed.is_shadow(at.date())
        if now.result.outcome is Outcome.FAILED and holds_the_gate:
            summary = f"skipped because {need} would not hold"
            skipped = CheckResult(item.id, Outcome.NOT_APPLICABLE, summary, facts={SKIPPED_BECAUSE: need})
            return Again(skipped, now.how, now.at)
    return None


def _was_skipped(found: Found) -> bool:
    return SKIPPED_BECAUSE in found.result.facts


def _from_document(
    item: Item, rulebook: Rulebook, subject: Subject, check: Check, at: datetime, launch: Verdict | None
) -> CheckResult | None:
    """The check itself, where it reads the submission alone. None where it would ask somebody, or open a secret."""
    dossier = subject.dossier()
    if dossier is None or check.name in KEEPS_A_SECRET:
        return None
    if subject.after_launch and unsaid(item, dossier):
        return None
    if _asks_somebody(check, dossier):
        return None
    context = Context(fetcher=Nobody(), at=at, launch=launch, after_launch=subject.after_launch)
    case = Case(dossier, rulebook, item, context, check.expected_of(item, rulebook), rulebook.items)
    try:
        found = check.run(case)
        return found if isinstance(found, CheckResult) else _finished(found)
    except Exception:
        log.exception("check of %s broke for %s", item.id, dossier.external_id)
        return None


def _asks_somebody(check: Check, dossier: Dossier) -> bool:
    judges_here = ASKS_NOBODY_WHEN.get(check.name)
    return inspect.iscoroutinefunction(check.run) and not (judges_here is not None and judges_here(dossier))


class _Asked(Exception):
    """A check that was to judge by the submission alone wanted to ask somebody."""


class Nobody:
    """A door to the web that leads nowhere."""

    user_agent = ""

    async def get(self, *_: object, **__: object) -> NoReturn:
        raise _Asked

    async def request(self, *_: object, **__: object) -> NoReturn:
        raise _Asked

    async def texts_of(self, *_: object, **__: object) -> NoReturn:
        raise _Asked


def _finished(running: Awaitable[CheckResult]) -> CheckResult | None:
    """A coroutine that waits for nobody ends at its first step; one that would wait is given up."""
    steps = running.__await__()
    try:
        next(steps)
    except StopIteration as ended:
        result: CheckResult = ended.value
        return result
    except _Asked:
        return None
    return None


def _named(item: Item, result: CheckResult) -> CheckResult:
    return result if result.item == item.id else _with(item, result, result.outcome)


def _with(item: Item, result: CheckResult, outcome: Outcome) -> CheckResult:
    return CheckResult(item.id, outcome, result.summary, evidence=result.evidence, facts=result.facts)
