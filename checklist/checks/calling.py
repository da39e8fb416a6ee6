"""How a check sends test calls to a subscription: what has to be there first, and what the answers come to."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from checklist.case import Case
from checklist.checks.asking import OPEN_ADDRESS, WRONG_ADDRESS
from checklist.delivery import ownership
from checklist.delivery.colours import OUTCOMES, Meaning, deciding, meaning_of
from checklist.delivery.endpoint import Endpoint
from checklist.delivery.exchange import Exchange
from checklist.delivery.suite import Shown, Suite
from checklist.outcome import CheckResult, Evidence
from checklist.rulebook import Item
from checklist.verdict import SKIPPED_BECAUSE
from models.enums import ComponentKind, Outcome, Severity

SPEAKS_FOR_ALL: Final = "test.delivery"
"""The check that tells what keeps all test calls from being sent, so that it is told once."""

Ask = Callable[[Suite], Awaitable[Sequence[Exchange] | None]]
"""What an endpoint answers: nothing when it took no call to go on from, None when it has no such call at all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One call with what its answer means."""

    exchange: Exchange
    meaning: Meaning
    endpoint: str

    def as_evidence(self) -> Evidence:
        exchange = self.exchange
        words = [f"{exchange.call}: {self.meaning.colour}"]
        if exchange.status is None:
            words.append(exchange.trouble)
        else:
            again = f"{exchange.broke_first}, then " if exchange.broke_first is not None else ""
            words.append(f"answered {again}{exchange.status} in {exchange.seconds:.2f} s")
            words += [f"“{exchange.said}”"] if exchange.said else []
        return Evidence("request", ", ".join(words), self.endpoint, exchange.status, exchange.at)

    def as_json(self) -> dict[str, object]:
        exchange = self.exchange
        return {
            "call": exchange.call,
            "asks": exchange.probe.value,
            "colour": self.meaning.colour.value,
            "status": exchange.status,
            "seconds": round(exchange.seconds, 3),
        }


async def ready_suites(case: Case) -> list[Suite] | CheckResult:
    """The suite of each subscription, once all of them show whose they are; else the result that this is."""
    components = case.dossier.components_of(ComponentKind.SUBSCRIPTION)
    if not components or any(not component.endpoint for component in components):
        told = "no endpoint is given to test"
        return _not_ready(case, told, "Give the address that receives the calls as `endpoint` of the component.")
    if any(not component.methods for component in components):
        told = "a subscription names no Spec call it supports"
        return _not_ready(case, told, "Name them as `methods` of the component.")
    endpoints = [Endpoint.of(component, case.dossier.integration.slug) for component in components]
    if None in endpoints:
        told = "a subscription gives no API key to call it with"
        return _not_ready(case, told, "Give a key that works for test calls only as `api_key` of the component.")
    suites = [case.context.suite_of(endpoint, case.rulebook) for endpoint in endpoints if endpoint is not None]
    for suite in suites:
        if (trouble := await _not_shown(case, suite)) is not None:
            return trouble
    return suites


async def called(case: Case, ask: Ask, *, passed: Callable[[Sequence[Judged]], str], nothing: str) -> CheckResult:
    """What the answers come to. `nothing` tells why there was no call to go on from, `passed` what is all green."""
    suites = await ready_suites(case)
    if isinstance(suites, CheckResult):
        return suites
    answers = [(suite, await ask(suite)) for suite in suites]
    if all(exchanges is None for _, exchanges in answers):
        return case.not_applicable("none of the supported calls has what this asks about")
    judged = [one for suite, exchanges in answers for one in _judged(case, suite, exchanges or ())]
    result = _result(case, judged, passed)
    if result.outcome is not Outcome.FAILED and any(
        exchanges is not None and not exchanges for _, exchanges in answers
    ):
        return case.unknown(f"could not tell: {nothing}", *result.evidence)
    return result


def _judged(case: Case, suite: Suite, exchanges: Sequence[Exchange]) -> Iterator[Judged]:
    slow_seconds, after_launch = case.rulebook.delivery.slow_seconds, case.context.after_launch
    for exchange in exchanges:
        meaning = meaning_of(exchange, slow_seconds=slow_seconds, after_launch=after_launch)
        yield Judged(exchange, meaning, suite.endpoint.url)


def _result(case: Case, judged: Sequence[Judged], passed: Callable[[Sequence[Judged]], str]) -> CheckResult:
    evidence = [one.as_evidence() for one in judged]
    calls = [one.as_json() for one in judged]
    colour = deciding(one.meaning.colour for one in judged)
    told = [one for one in judged if one.meaning.colour is colour]
    summary = "; ".join(_in_words(told))
    fix = " ".join(dict.fromkeys(one.meaning.fix for one in told if one.meaning.fix))
    match OUTCOMES[colour]:
        case Outcome.FAILED:
            return case.failed(summary, *evidence, fix=fix, calls=calls)
        case Outcome.UNKNOWN:
            return case.unknown(summary, *evidence, calls=calls)
        case Outcome.WARNED:
            return case.warned(summary, *evidence, fix=fix, calls=calls)
        case _:
            return case.passed(passed(judged), *evidence, calls=calls)


def _in_words(judged: Sequence[Judged]) -> Iterator[str]:
    """What is said of which calls. Without times, which differ each time: what is the same has to read the same."""
    calls: dict[str, list[str]] = {}
    for one in judged:
        status = f" ({one.exchange.status})" if one.exchange.status is not None else ""
        calls.setdefault(f"{one.meaning.why}{status}", []).append(one.exchange.call)
    for why, names in calls.items():
        yield f"{', '.join(dict.fromkeys(names))}: {why}"


async def _not_shown(case: Case, suite: Suite) -> CheckResult | None:
    """The result that an endpoint makes which does not show whose it is; None when it does."""
    owner = await suite.owner()
    url = suite.endpoint.url
    match owner.shown:
        case Shown.YES:
            return None
        case Shown.IN_THE_CLEAR:
            told = f"no test calls were sent: {url} is not https://, and the key would travel in the clear"
            return _not_ready(case, told, "Serve the endpoint over HTTPS.", *owner.evidence)
        case Shown.NEVER_ASKED if owner.kind in WRONG_ADDRESS:
            return _not_ready(case, f"{url} cannot be asked: {owner.seen}", OPEN_ADDRESS, *owner.evidence)
        case Shown.NO:
            told = f"no test calls were sent: {suite.endpoint.host} does not show yet that it is yours ({owner.seen})"
            return _not_ready(case, told, _how_to_show(suite), *owner.evidence)
        case _:
            told = f"no test calls were sent: nobody could tell whether {url} shows whose it is ({owner.seen})"
            how = f". {_how_to_show(suite)}" if owner.shown is Shown.UNCLEAR else ""
            return case.unknown(told + how, *owner.evidence)


def _how_to_show(suite: Suite) -> str:
    """Both ways, with what exactly goes where."""
    file, record = ownership.place_of(suite.endpoint), ownership.record_of(suite.endpoint)
    instead = f"; or into a TXT record of {record}" if record is not None else ""
    return f"Put this line into {file}, served as it is{instead}: {suite.text}"


def _not_ready(case: Case, summary: str, fix: str, *evidence: Evidence) -> CheckResult:
    """What has to be there before any call can be sent is missing: told by one item, and the others wait for it.

    What is live was let in without some of it, so there nobody failed to give it.
    """
    if case.context.after_launch:
        return case.unknown(summary, *evidence)
    speaker = _speaker(case)
    if speaker is not None and speaker != case.item.id:
        told = f"skipped because {speaker} does not hold: {summary}"
        return CheckResult(case.item.id, Outcome.NOT_APPLICABLE, told, facts={SKIPPED_BECAUSE: speaker})
    expected = f"{case.marketplace} has what it needs to call the endpoint, and the endpoint shows that it is yours."
    return CheckResult(case.item.id, Outcome.FAILED, summary, expected, fix, evidence)


def _speaker(case: Case) -> str | None:
    """The id of the item of this run that tells for all, when it holds the gate."""
    return next((item.id for item in case.asked if item.check == SPEAKS_FOR_ALL and _holds_the_gate(case, item)), None)


def _holds_the_gate(case: Case, item: Item) -> bool:
    return item.severity is Severity.REQUIRED and not item.is_shadow(case.context.today)
