"""Working integration: the endpoint of a subscription."""

from urllib.parse import urlsplit

from checklist.case import Case, check
from checklist.checks.asking import OPEN_ADDRESS, WRONG_ADDRESS
from checklist.outcome import CheckResult, Evidence
from models.enums import ComponentKind

NO_ANSWER = frozenset({"dns", "connect", "deadline", "incomplete", "protocol"})
"""Kinds of trouble that leave open whether the certificate is good."""


@check("test.https", reads=("components",))
async def https(case: Case) -> CheckResult:
    """A fixed, public https:// address with a certificate that browsers trust."""
    endpoints = [component.endpoint for component in case.dossier.components_of(ComponentKind.SUBSCRIPTION)]
    if not endpoints or None in endpoints or "" in endpoints:
        return case.failed(
            "a subscription gives no endpoint",
            fix="Give the address that receives the calls as `endpoint` of the component.",
        )
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


def _with_an_endpoint(case: Case) -> CheckResult:
    """Calls are sent only by the delivery test suite, to an endpoint whose ownership was shown; here there is none."""
    components = case.dossier.components_of(ComponentKind.SUBSCRIPTION)
    if not any(component.endpoint for component in components):
        return case.failed(
            "no endpoint is given to test",
            fix="Give the address that receives the calls as `endpoint` of the component.",
        )
    evidence = [Evidence("answer", "the endpoint given", component.endpoint) for component in components]
    return case.unknown("this release sends no test calls; a reviewer tests it by hand", *evidence)


@check("test.delivery", reads=("components",))
def delivery(case: Case) -> CheckResult:
    """Each call under `methods` is answered with 2xx, and one that is not supported with 501."""
    components = case.dossier.components_of(ComponentKind.SUBSCRIPTION)
    if any(not component.methods for component in components):
        return case.failed(
            "a subscription names no Spec call it supports", fix="Name them as `methods` of the component."
        )
    return _with_an_endpoint(case)


@check("test.auth", reads=("components",))
def auth(case: Case) -> CheckResult:
    """A call with a wrong key is answered with 401 or 403."""
    return _with_an_endpoint(case)


@check("test.malformed", reads=("components",))
def malformed(case: Case) -> CheckResult:
    """A malformed call is answered with 400 and a JSON body with a `message`."""
    return _with_an_endpoint(case)


@check("test.duplicate", reads=("components",))
def duplicate(case: Case) -> CheckResult:
    """The same `messageId` a second time is no error."""
    return _with_an_endpoint(case)


@check("test.casing", reads=("components",))
def casing(case: Case) -> CheckResult:
    """Fields in any casing are accepted."""
    return _with_an_endpoint(case)


@check("test.volume", reads=("components",))
def volume(case: Case) -> CheckResult:
    """The endpoint keeps up with the rulebook's load."""
    return _with_an_endpoint(case)
