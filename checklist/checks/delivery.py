"""Working integration: the endpoint of a subscription."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from checklist.case import Case, check
from checklist.checks.asking import OPEN_ADDRESS, WRONG_ADDRESS
from checklist.checks.calling import Judged, called, ready_suites
from checklist.checks.loading import LOAD_THRESHOLDS, LONGEST_LOAD_SECONDS, WORST_FIRST, under_load
from checklist.delivery.calls import Probe
from checklist.outcome import CheckResult, Evidence
from models.enums import ComponentKind

NO_ANSWER = frozenset({"dns", "connect", "deadline", "incomplete", "protocol"})
"""Kinds of trouble that leave open whether the certificate is good."""

NO_ENDPOINT = (
    "a subscription gives no endpoint",
    "Give the address that receives the calls as `endpoint` of the component.",
)
NO_COMPONENT = (
    "no component is given, so there is no endpoint to look at",
    "Add a component with `kind` subscription and its `endpoint`, if it receives calls; else one of the kind it is.",
)
"""What is seen without an endpoint, and how to mend it."""


@check("test.https", reads=("components",))
async def https(case: Case) -> CheckResult:
    """A fixed, public https:// address with a certificate that browsers trust."""
    endpoints = [component.endpoint for component in case.dossier.components_of(ComponentKind.SUBSCRIPTION)]
    if not endpoints or None in endpoints or "" in endpoints:
        told, fix = NO_ENDPOINT if endpoints else NO_COMPONENT
        return case.failed(told, fix=fix)
    evidence: list[Evidence] = []
    unknown: CheckResult | None = None
    for endpoint in [address for address in endpoints if address]:
        if urlsplit(endpoint).scheme.lower() != "https":
            return case.failed(
                f"{endpoint} does not start with https://", *evidence, fix="Serve the endpoint over HTTPS."
            )
        fetched = await case.context.fetcher.get(endpoint, robots=False)
        seen = f"answers {fetched.status} to a plain request" if fetched.status else fetched.reason
        evidence.append(Evidence("request", seen, endpoint, fetched.status, fetched.fetched_at))
        if fetched.kind == "tls":
            fix = "Install a certificate for this name from an authority that browsers trust, with its whole chain."
            return case.failed(f"{endpoint}: {fetched.reason}", *evidence, fix=fix, kind="tls")
        if fetched.outcome == "refused" and fetched.kind in WRONG_ADDRESS:
            told = f"{endpoint} cannot be asked: {fetched.reason}"
            return case.failed(told, *evidence, fix=OPEN_ADDRESS, kind=fetched.kind)
        if fetched.outcome != "ok" and fetched.kind in NO_ANSWER:
            unknown = case.unknown(f"could not reach {endpoint}: {fetched.reason}", *evidence, kind=fetched.kind)
    if unknown is not None:
        return unknown
    return case.passed("the endpoint answers over HTTPS with a good certificate", *evidence)


@check("test.delivery", reads=("components",))
async def delivery(case: Case) -> CheckResult:
    """The endpoint shows that it is yours, each call under `methods` is answered with 2xx, and every other with 501."""
    return await called(case, lambda suite: suite.each_type(), passed=_delivered, nothing="no call was made")


@check("test.auth", reads=("components",))
async def auth(case: Case) -> CheckResult:
    """A call with a wrong key is answered with 401 or 403."""
    told = "a call with a wrong key is refused"
    return await called(case, lambda suite: suite.with_a_wrong_key(), passed=lambda _: told, nothing="no call was made")


@check("test.malformed", reads=("components",))
async def malformed(case: Case) -> CheckResult:
    """A malformed call is answered with 400 and a JSON body with a `message`."""
    told = "malformed calls are refused, and it is said why"
    return await called(case, lambda suite: suite.malformed(), passed=lambda _: told, nothing="no call was made")


@check("test.duplicate", reads=("components",))
async def duplicate(case: Case) -> CheckResult:
    """The same `messageId` a second time is no error."""
    told, nothing = "a call that comes twice does no harm", "no call was taken, so none could be sent again"
    return await called(case, lambda suite: suite.repeated(), passed=lambda _: told, nothing=nothing)


@check("test.casing", reads=("components",))
async def casing(case: Case) -> CheckResult:
    """Traits and properties are accepted in any casing."""
    told = "traits and properties are taken in any casing"
    nothing = "no call with traits or properties was taken, so none could be sent in another casing"
    return await called(case, lambda suite: suite.in_any_casing(), passed=lambda _: told, nothing=nothing)


@check("test.volume", reads=("components",), thresholds=LOAD_THRESHOLDS, seconds=LONGEST_LOAD_SECONDS)
async def volume(case: Case) -> CheckResult:
    """The endpoint holds the last rate of the ramp {ramp} (calls a second) for {plateau_seconds:g} seconds.

    At most {error_share:.0%} of the calls fail, and 95 of 100 are answered within {p95_seconds:g} seconds.
    """
    asked = case.context.load
    if asked is None:
        asked = case.item.threshold("in_review", bool) and not case.context.after_launch
    if not asked:
        return case.unknown(
            "no load was sent: it is only on request, with `launch-review preflight FILE --only test.volume`"
        )
    suites = await ready_suites(case)
    if isinstance(suites, CheckResult):
        return suites
    results = [await under_load(case, suite) for suite in suites]
    return min(results, key=lambda result: WORST_FIRST.index(result.outcome))


def _delivered(judged: Sequence[Judged]) -> str:
    declared = [one.exchange.call for one in judged if one.exchange.probe is Probe.DECLARED]
    others = [one.exchange.call for one in judged if one.exchange.probe is Probe.UNDECLARED]
    told = f"delivered: {', '.join(dict.fromkeys(declared))}"
    return f"{told}; answered as not supported: {', '.join(dict.fromkeys(others))}" if others else told
