"""What stored facts say under other thresholds, check by check: nobody is asked again. Pure.

Each function gets the item as it was judged and as it would be, with what was found, and says what would be found:
None where that rests on something that was never gathered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from checklist.checks.customers import FRESH_FOR
from checklist.outcome import CheckResult
from checklist.rulebook import Item, Rulebook
from models.enums import Outcome


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found, under which rules, and when."""

    result: CheckResult
    item: Item
    rulebook: Rulebook
    at: datetime


Recall = Callable[[Found, Item, Rulebook], Outcome | None]


def _customers(found: Found, item: Item, rulebook: Rulebook) -> Outcome | None:
    """From how many were counted: fewer days can only leave fewer, more days only more."""
    active = found.result.facts.get("active")
    if not isinstance(active, int) or _excluded(found.rulebook, found.item) != _excluded(rulebook, item):
        return None
    days, then = item.threshold("window_days", int), found.item.threshold("window_days", int)
    enough = active >= item.threshold("at_least", int)
    if enough and days >= then:
        return Outcome.PASSED
    if not enough and days <= then:
        source = next((evidence.at for evidence in found.result.evidence if evidence.at is not None), None)
        is_old = source is not None and source < found.at - FRESH_FOR
        return Outcome.UNKNOWN if is_old else Outcome.FAILED
    return None


def _excluded(rulebook: Rulebook, item: Item) -> tuple[object, ...]:
    free = [one.thresholds["free_mail"] for one in rulebook.items if "free_mail" in one.thresholds]
    return (rulebook.programme.domains, item.thresholds.get("not_customers"), free)


def _links(found: Found, item: Item, rulebook: Rulebook) -> Outcome | None:
    """From the links that lacked parameters, as the pages were fetched: a browser may show others."""
    facts, before = found.result.facts, found.rulebook.utm
    if found.rulebook.programme.domains != rulebook.programme.domains or before.exempt != rulebook.utm.exempt:
        return None
    if facts.get("links") == 0 and found.result.outcome is Outcome.PASSED:
        return Outcome.PASSED
    lacks_no_less = set(before.required) <= set(rulebook.utm.required)
    if facts.get("bare") and lacks_no_less:
        return Outcome.WARNED if item.threshold("bare_links", str) == Outcome.WARNED else Outcome.FAILED
    if found.result.outcome is Outcome.PASSED and set(rulebook.utm.required) <= set(before.required):
        return Outcome.PASSED
    return None


def _logo(found: Found, item: Item, rulebook: Rulebook) -> Outcome | None:
    del rulebook
    aspect = found.result.facts.get("aspect")
    if not isinstance(aspect, int | float):
        return found.result.outcome  # what else can be wrong with it, no threshold changes
    return Outcome.PASSED if aspect >= item.threshold("min_aspect", float) else Outcome.WARNED


def _mark(found: Found, item: Item, rulebook: Rulebook) -> Outcome | None:
    del rulebook
    aspect = found.result.facts.get("aspect")
    if not isinstance(aspect, int | float):
        return found.result.outcome
    return Outcome.PASSED if abs(aspect - 1) <= item.threshold("square_within", float) else Outcome.FAILED


def _screenshots(found: Found, item: Item, rulebook: Rulebook) -> Outcome | None:
    del rulebook
    sizes = found.result.facts.get("sizes")
    if not sizes:
        return None
    width, height = (item.threshold(name, int) for name in ("min_width", "min_height"))
    is_small = any(across < width or down < height for across, down in sizes)
    if is_small:
        return Outcome.FAILED
    # What failed for its size alone may hide another that could not be measured.
    counted = found.result.facts.get("count")
    return Outcome.PASSED if counted == len(sizes) else None


def _email(found: Found, item: Item, rulebook: Rulebook) -> Outcome | None:
    del rulebook
    domain = found.result.facts.get("domain")

    was_free, is_free = (domain in one.threshold("free_mail", tuple) for one in (found.item, item))
    if domain is None:
        return found.result.outcome
    if is_free:
        return Outcome.FAILED
    return None if was_free else found.result.outcome


def _volume(found: Found, item: Item, rulebook: Rulebook) -> Outcome | None:
    """From the rate that was held, where only the rates asked for differ."""
    del rulebook
    held = found.result.facts.get("held_per_second")
    apart = {"ramp", "in_review"}
    same = all(found.item.thresholds.get(name) == value for name, value in item.thresholds.items() if name not in apart)
    if not isinstance(held, int) or not same:
        return None
    ramp = item.threshold("ramp", tuple)
    if held >= ramp[-1]:
        return Outcome.PASSED
    return Outcome.FAILED if found.result.outcome is Outcome.FAILED else None


RECALLS: Final[Mapping[str, Recall]] = {
    "access.email": _email,
    "catalog.logo": _logo,
    "catalog.mark": _mark,
    "catalog.screenshots": _screenshots,
    "customers.active": _customers,
    "marketing.utm": _links,
    "test.volume": _volume,
}
"""By the check's name. A check that reads the submission alone needs none: it is run again."""
