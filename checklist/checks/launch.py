"""Since the launch: whether what was checked then still holds."""

from checklist.case import Case, check
from checklist.outcome import CheckResult, Evidence


@check("launch.holds", reads=())
def holds(case: Case) -> CheckResult:
    """No item of the launch has fallen since."""
    launch = case.context.launch
    if launch is None:
        return case.unknown("no results of the launch are known here; the nightly audit brings them")
    shown = Evidence("source", f"the latest verdict on the launch: {launch.says.value}")
    if launch.failed:
        fallen = ", ".join(launch.failed)
        return case.failed(
            f"fallen since the launch: {fallen}",
            shown,
            fix="Mend them; the audit sees it the next night.",
            failed=list(launch.failed),
        )
    if launch.unknown:
        told = f"nothing has fallen, but nobody could tell for {', '.join(launch.unknown)}"
        return case.warned(told, shown, fix="Nothing to do for you: a person looks.", unknown=list(launch.unknown))
    return case.passed("everything from the launch still holds", shown)
