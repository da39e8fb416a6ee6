"""How a check puts an endpoint under the rulebook's load, and what that comes to."""

from typing import Final

from checklist.case import Case
from checklist.delivery.load import LoadRule
from checklist.delivery.suite import Suite
from checklist.delivery.volume import Held, put_under_load
from checklist.outcome import CheckResult, Evidence
from checklist.rulebook import Item, Threshold
from models.enums import Outcome

LOAD_THRESHOLDS: Final[dict[str, type[Threshold]]] = {
    "in_review": bool,
    "ramp": tuple,
    "plateau_seconds": float,
    "most_calls": int,
    "most_seconds": float,
    "failures_in_a_row": int,
    "error_share": float,
    "p95_seconds": float,
}
"""Whether the review sends the load by itself, how much of it, and what has to hold meanwhile."""

LONGEST_LOAD_SECONDS: Final = 300.0
"""The longest a load may take with all there is around it."""

WORST_FIRST: Final = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.WARNED, Outcome.PASSED)


def load_rule(item: Item) -> LoadRule:
    """The load of the rulebook's item."""
    return LoadRule(
        ramp=item.threshold("ramp", tuple),
        plateau_seconds=item.threshold("plateau_seconds", float),
        most_calls=item.threshold("most_calls", int),
        most_seconds=item.threshold("most_seconds", float),
        failures_in_a_row=item.threshold("failures_in_a_row", int),
        error_share=item.threshold("error_share", float),
        p95_seconds=item.threshold("p95_seconds", float),
    )


async def under_load(case: Case, suite: Suite) -> CheckResult:
    """The load on one endpoint. Passed when the last rate was held; failed only for what it answered."""
    rule = load_rule(case.item)

    async def send(number: int) -> int | None:
        fetched = await suite.deliver(number)
        return fetched.status if fetched.outcome == "ok" else None

    held = await put_under_load(send, rule)
    goal = rule.ramp[-1]
    evidence = list(_evidence(held, suite.endpoint.url))
    facts = {"held_per_second": held.rate, "calls": held.sent, "plateaus": list(held.plateaus)}
    if held.rate >= goal:
        return case.passed(f"held {goal} calls a second", *evidence, **facts)
    ended = f"it ended because {held.stop}" if held.stop is not None else "the rates above were not held"
    told = f"held {held.rate} calls a second of {goal}; {ended}"
    if held.is_evidence:
        fix = "Take a call, answer 2xx at once, and work on it afterwards; let the endpoint grow with its load."
        return case.failed(told, *evidence, fix=fix, **facts)
    return case.unknown(told, *evidence, **facts)


def _evidence(held: Held, url: str) -> list[Evidence]:
    return [
        Evidence(
            "request",
            f"{met['rate']} a second: {met['ended']} of {met['due']} calls ended, {met['failed']} failed, "
            f"95 of 100 within {met['p95_seconds']:.2f} s",
            url,
        )
        for met in held.plateaus
        if met["sent"]
    ]
