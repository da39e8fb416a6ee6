"""What a check would say under other rules, told from what it said before: nobody is asked anything. Pure.

Three ways, surest first: what neither the item's thresholds nor the rules its check reads have changed stands; a check
that reads the submission alone is run again; and for a few others the facts they kept tell it. For the rest only a new
look can tell, and that is what is said.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from checklist.case import CHECKS, Case, Check, Context
from checklist.checks import load_all
from checklist.dossier import Dossier
from checklist.fetch import Fetched
from checklist.outcome import CheckResult
from checklist.rulebook import Item, Rulebook
from checklist.run import unsaid
from checklist.verdict import SKIPPED_BECAUSE, Verdict
from models.enums import ItemMode, Outcome, Severity

NEEDS_A_LOOK: Final = "only a new look can tell: what was kept of the last one does not say it"
NEVER_LOOKED: Final = "no audit has looked at it yet"

FREE_MAIL: Final = "free_mail"
"""A threshold that checks of other items read too."""

SECTIONS: Final = (FREE_MAIL, "programme", "categories", "utm", "oauth", "template", "spec", "delivery")
"""Parts of a rulebook besides the items that a check may read."""

SECTIONS_READ: Final[Mapping[str, Collection[str]]] = {
    "catalog.logo": (),
    "catalog.mark": (),
    "catalog.screenshots": (),
    "catalog.website": (),
    "docs.segment": ("programme", "template", "utm"),
    "docs.partner": ("programme",),
    "marketing.integrations_page": ("programme",),
    "marketing.blog_post": ("programme",),
    "marketing.utm": ("programme", "utm", "oauth"),
    "oauth.button": ("programme", "oauth"),
    "customers.active": ("programme", FREE_MAIL),
}
"""What checks that look elsewhere read of the rulebook; one that is not listed is taken to read all of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One integration as its last audit left it: the rules of then, and what was found under them, by item."""

    dossier: Dossier
    rulebook: Rulebook
    results: Mapping[str, CheckResult]


class NobodyAsked(Exception):
    """A check wanted to look elsewhere where nothing may be asked."""


class _NoWeb:
    """The door that stays shut."""

    user_agent = ""

    async def get(self, url: str, **_: Any) -> Fetched:
        raise NobodyAsked(url)

    async def request(self, *_: Any, **__: Any) -> Any:
        raise NobodyAsked

    async def texts_of(self, *_: Any, **__: Any) -> Any:
        raise NobodyAsked


def judged_again(
    seen: Seen, items: Iterable[Item], rules: Rulebook, *, at: datetime, launch: Verdict | None = None
) -> tuple[CheckResult, ...]:
    """A result for each of these items of `rules`, in their order; UNKNOWN where only a new look could tell.

    `launch` is how the gate to Public Beta stands under `rules`, for the items that ask.
    """
    load_all()
    asked = tuple(items)
    context = Context(_NoWeb(), at, launch=launch, after_launch=True)
    said: dict[str, CheckResult] = {}
    for item in asked:
        said[item.id] = _skipped(item, rules, said, context) or _again(seen, item, rules, context, asked)
    return tuple(said.values())


def _skipped(item: Item, rules: Rulebook, said: Mapping[str, CheckResult], context: Context) -> CheckResult | None:
    for need in item.needs:
        earlier = said.get(need)
        other = rules.item(need)
        holds_the_gate = other.severity is Severity.REQUIRED and not other.is_shadow(context.today)
        if earlier is not None and earlier.outcome is Outcome.FAILED and holds_the_gate:
            told = f"skipped because {need} would not hold"
            return CheckResult(item.id, Outcome.NOT_APPLICABLE, told, facts={SKIPPED_BECAUSE: need})
    return None


def _again(seen: Seen, item: Item, rules: Rulebook, context: Context, asked: tuple[Item, ...]) -> CheckResult:
    check = CHECKS.get(item.check or "")
    if item.mode is ItemMode.MANUAL or check is None:
        return CheckResult(item.id, Outcome.UNKNOWN, f"waits for a person of the {item.attested_by} to confirm it")
    if unsaid(item, seen.dossier):
        return CheckResult(item.id, Outcome.UNKNOWN, "the catalog it was imported from does not say")
    if not inspect.iscoroutinefunction(check.run):
        return _run(check, Case(seen.dossier, rules, item, context, check.expected_of(item, rules), asked))
    return _from_kept(seen, item, rules, check)


def _from_kept(seen: Seen, item: Item, rules: Rulebook, check: Check) -> CheckResult:
    """What the kept result of a check that looks elsewhere says under other rules."""
    before = _item_before(seen.rulebook, item)
    stored = seen.results.get(before.id) if before is not None else None
    if before is None or stored is None:
        return CheckResult(item.id, Outcome.UNKNOWN, NEVER_LOOKED)
    stored, same_rules = replace(stored, item=item.id), not _reads_another_rule(check, seen.rulebook, rules)
    if same_rules and SKIPPED_BECAUSE not in stored.facts:
        if item.thresholds == before.thresholds:
            return stored
        by_facts = BY_FACTS.get(check.name)
        if by_facts is not None and (outcome := by_facts(item, before, stored)) is not None:
            return _told(stored, outcome, item, check, rules)
    return CheckResult(item.id, Outcome.UNKNOWN, NEEDS_A_LOOK)


def _run(check: Check, case: Case) -> CheckResult:
    found = check.run(case)
    assert isinstance(found, CheckResult), f"{check.name} answers at once"
    return found


def _item_before(rules: Rulebook, item: Item) -> Item | None:
    """The item of the same name, or else the one with the same check: an id may be new and its evidence old."""
    same_check = [one for one in rules.items if one.check == item.check]
    return next((one for one in same_check if one.id == item.id), next(iter(same_check), None))


def _reads_another_rule(check: Check, before: Rulebook, rules: Rulebook) -> bool:
    return any(_section(before, name) != _section(rules, name) for name in SECTIONS_READ.get(check.name, SECTIONS))


def _section(rules: Rulebook, name: str) -> object:
    if name == FREE_MAIL:
        return [item.thresholds[FREE_MAIL] for item in rules.items if FREE_MAIL in item.thresholds]
    return getattr(rules, name)


def _told(stored: CheckResult, outcome: Outcome, item: Item, check: Check, rules: Rulebook) -> CheckResult:
    """The stored result with another outcome. What it said then was said of other thresholds."""
    if outcome is stored.outcome:
        return stored
    return replace(
        stored,
        outcome=outcome,
        summary=f"{stored.summary}; under the new thresholds it would be {outcome.value}",
        expected=check.expected_of(item, rules),
        fix=stored.fix or item.help,
    )


# --- what kept facts tell ---------------------------------------------------------------------------------------------


def _changed(item: Item, before: Item) -> set[str]:
    names = {*item.thresholds, *before.thresholds}
    return {name for name in names if item.thresholds.get(name) != before.thresholds.get(name)}


def _customers(item: Item, before: Item, stored: CheckResult) -> Outcome | None:
    """How many are enough, of those that were counted in the same window; a count too old to fail stays unknown."""
    found = stored.facts.get("active")
    if _changed(item, before) != {"at_least"} or not isinstance(found, int):
        return None
    if found >= item.threshold("at_least", int):
        return Outcome.PASSED
    return Outcome.FAILED if stored.outcome is not Outcome.UNKNOWN else None


def _logo(item: Item, _before: Item, stored: CheckResult) -> Outcome | None:
    aspect = stored.facts.get("aspect")
    if not isinstance(aspect, int | float):
        return None
    return Outcome.WARNED if aspect < item.threshold("min_aspect", float) else Outcome.PASSED


def _mark(item: Item, _before: Item, stored: CheckResult) -> Outcome | None:
    aspect = stored.facts.get("aspect")
    if not isinstance(aspect, int | float):
        return None
    return Outcome.FAILED if abs(aspect - 1) > item.threshold("square_within", float) else Outcome.PASSED


def _screenshots(item: Item, before: Item, stored: CheckResult) -> Outcome | None:
    """Their sizes are not kept: what was large enough is so for any smaller measure too."""
    smaller = all(item.threshold(name, int) <= before.threshold(name, int) for name in ("min_width", "min_height"))
    return Outcome.PASSED if smaller and stored.outcome is Outcome.PASSED else None


def _utm(item: Item, _before: Item, stored: CheckResult) -> Outcome | None:
    """The check says failed or warned of the same links, as the threshold has it."""
    if stored.facts.get("bare"):
        is_only_told = item.threshold("bare_links", str) == Outcome.WARNED
        return Outcome.WARNED if is_only_told else Outcome.FAILED
    return stored.outcome


BY_FACTS: Final[Mapping[str, Callable[[Item, Item, CheckResult], Outcome | None]]] = {
    "customers.active": _customers,
    "catalog.logo": _logo,
    "catalog.mark": _mark,
    "catalog.screenshots": _screenshots,
    "marketing.utm": _utm,
}
"""By check: the outcome under changed thresholds, from the facts it kept; None where they don't tell."""
