"""Adherence to the Spec."""

from collections.abc import Iterator, Sequence

from checklist.case import Case, check
from checklist.dossier import Component
from checklist.outcome import CheckResult, Evidence
from checklist.spec_lint import Finding, lint
from models.enums import ComponentKind

TOLD = 3
"""Findings that a summary names."""
SHOWN = 20
"""Findings of one sample that its evidence names."""


@check("test.spec", reads=("components",), thresholds={"max_requests_per_second": int})
def spec(case: Case) -> CheckResult:
    """Components name the Spec calls they support, and streams send them as the Spec has them.

    A stream sends at most {max_requests_per_second} requests a second.
    """
    components = case.dossier.components
    if not components:
        return case.failed(
            "no component is given",
            fix="Add each component under `components`, with its `kind`: subscription, plugin or stream.",
        )
    broken: list[str] = []
    fixes: list[str] = []
    advice: list[str] = []
    reasons: list[str] = []
    evidence: list[Evidence] = []
    most = case.item.threshold("max_requests_per_second", int)
    for number, component in enumerate(components):
        where = f"components.{number}"
        for lack, fix in _lacking(component, where, most):
            broken.append(lack)
            fixes.append(fix)
        if component.kind is not ComponentKind.STREAM:
            if component.methods:
                evidence.append(Evidence("answer", f"{where} supports {', '.join(component.methods)}"))
            continue
        for index, sample in enumerate(component.samples):
            findings = list(lint(sample, case.rulebook.spec))
            at = f"{where}.samples.{index}"
            if deciding := [f"{at}.{_told(finding)}" for finding in findings if finding.decides]:
                broken += deciding
                fixes.append("Change what the component sends, and the sample with it.")
            advice += [f"{at}.{_told(finding)}" for finding in findings if not finding.decides]
            reasons += [f"{finding.seen}: {finding.why}." for finding in findings if finding.why]
            evidence.append(Evidence("request", f"{at}: {_first([_told(finding) for finding in findings], SHOWN)}"))
    if broken:
        fix = " ".join(dict.fromkeys((*fixes, *reasons)))
        return case.failed(_first(broken, TOLD), *evidence, fix=fix, broken=broken, advice=advice)
    if advice:
        fix = "Follow the Spec's naming where you can."
        return case.warned(_first(advice, TOLD), *evidence, fix=fix, advice=advice)
    return case.passed("everything given adheres to the Spec", *evidence)


def _lacking(component: Component, where: str, most: int) -> Iterator[tuple[str, str]]:
    """What the component says too little or too much of, each with how to mend it."""
    if component.kind is not ComponentKind.STREAM:
        if not component.methods:
            yield f"{where} names no Spec call it supports", f'Name them as `{where}.methods`, such as ["identify"].'
        return
    if not component.samples:
        fix = f"Add one request as the component sends it, its headers and its body, as `{where}.samples`."
        yield f"{where} gives no sample of what it sends", fix
    if component.requests_per_second is not None and component.requests_per_second > most:
        fix = f"Send at most {most} requests a second, and say so in `{where}.requests_per_second`."
        yield f"{where} sends {component.requests_per_second:g} requests a second, more than {most}", fix


def _told(finding: Finding) -> str:
    return f"{finding.where}: {finding.seen}"


def _first(told: Sequence[str], most: int) -> str:
    more = f" (and {len(told) - most} more)" if len(told) > most else ""
    return ("; ".join(told[:most]) or "nothing to mend") + more
