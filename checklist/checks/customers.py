"""Customers: who actively uses it."""

from checklist.case import Case, check
from checklist.customers import CustomersUnreadable, count
from checklist.outcome import CheckResult, Evidence


@check("customers.active", reads=("integration.slug",), thresholds={"at_least": int, "window_days": int})
async def active(case: Case) -> CheckResult:
    """At least {at_least} customers, not affiliated with the partner, in production.

    Each has a successful delivery in the last {window_days} days.
    """
    source, context = case.context.customers, case.context
    if source is None:
        return case.unknown("no source of customers is configured here; the programme's team counts them")
    slug = case.dossier.integration.slug
    try:
        report = await source.usage(slug, context.at)
    except CustomersUnreadable as error:
        return case.unknown(f"the source of customers could not be read: {error}")
    window = case.item.threshold("window_days", int)
    counted = count(report.rows, at=context.at, window_days=window)
    needed, found = case.item.threshold("at_least", int), len(counted.active)
    others = {name: len(getattr(counted, name)) for name in ("affiliated", "not_production", "not_recent")}
    left_out = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in others.items() if number)
    told = f"{found} of {needed} customers use {slug} actively" + (f" (left out: {left_out})" if left_out else "")
    names = ", ".join(counted.active[:20]) or "none"
    shown = Evidence("source", f"{report.source}, as of {report.as_of:%Y-%m-%dT%H:%M:%SZ}: {names}", at=report.as_of)
    if found >= needed:
        return case.passed(told, shown, active=found, **others)
    missing = needed - found
    more = f"{missing} more customer{'s' if missing != 1 else ''}"
    fix = f"Bring {more} to use it in production; each counts from its first successful delivery."
    return case.failed(told, shown, fix=fix, active=found, **others)
