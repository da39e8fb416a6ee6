"""Adherence to the Spec."""

from checklist.case import Case, check
from checklist.outcome import CheckResult, Evidence
from checklist.spec_lint import lint
from models.enums import ComponentKind


@check("test.spec", reads=("components",), thresholds={"max_requests_per_second": int})
def spec(case: Case) -> CheckResult:
    """Components name the Spec calls they support, and streams send them as the Spec has them.

    A stream sends at most {max_requests_per_second} requests a second.
    """
    components = case.dossier.components
    if not components:
        return case.failed("no component is given", fix="Add each component under `components`, with its kind.")
    broken: list[str] = []
    advice: list[str] = []
    evidence: list[Evidence] = []
    most = case.item.threshold("max_requests_per_second", int)
    for number, component in enumerate(components):
        where = f"components.{number}"
        if component.kind is not ComponentKind.STREAM:
            if not component.methods:
                broken.append(f"{where} names no Spec call it supports")
            else:
                evidence.append(Evidence("answer", f"{where} supports {', '.join(component.methods)}"))
            continue
        if not component.samples:
            broken.append(f"{where} gives no sample of what it sends")
        if component.requests_per_second is not None and component.requests_per_second > most:
            broken.append(f"{where} sends {component.requests_per_second:g} requests a second, more than {most}")
        for index, sample in enumerate(component.samples):
            findings = list(lint(sample, case.rulebook.spec))
            at = f"{where}.samples.{index}"
            broken += [f"{at}.{finding.where}: {finding.seen}" for finding in findings if finding.decides]
            advice += [f"{at}.{finding.where}: {finding.seen}" for finding in findings if not finding.decides]
            evidence.append(Evidence("request", f"{at}: {len(findings)} findings"))
    if broken:
        more = f" (and {len(broken) - 3} more)" if len(broken) > 3 else ""
        fix = "Change what the component sends, and the sample with it; the facts list every place."
        return case.failed("; ".join(broken[:3]) + more, *evidence, fix=fix, broken=broken, advice=advice)
    if advice:
        return case.warned(
            "; ".join(advice[:3]), *evidence, fix="Follow the Spec's naming where you can.", advice=advice
        )
    return case.passed("everything given adheres to the Spec", *evidence)
