"""Customers: who actively uses it. Only how many is told and kept, never who."""

from datetime import timedelta
from itertools import chain
from typing import Final

from checklist.case import Case, check
from checklist.customers import CustomersUnreadable, CustomersWithheld, Excluded, count, hashed, window_of
from checklist.outcome import CheckResult, Evidence

FRESH_FOR: Final = timedelta(days=3)
"""A nightly export may miss a weekend. An older count can show that there are enough customers, not that some lack."""

HASHES_KEPT: Final = 50
"""The same ones as long as they count, so that a later look can tell whether these are the customers of before."""


@check(
    "customers.active",
    reads=("integration.slug", "partner.website", "partner.contact_email"),
    thresholds={"at_least": int, "window_days": int, "not_customers": tuple},
)
async def active(case: Case) -> CheckResult:
    """At least {at_least} customers, not affiliated with the partner, in production.

    Each has a successful delivery in the last {window_days} days.
    """
    source, at = case.context.customers, case.context.at
    if source is None:
        return case.unknown("no source of customers is configured here; the programme's team counts them")
    slug, window = case.dossier.integration.slug, case.item.threshold("window_days", int)
    since, until = window_of(at, window)
    try:
        report = await source.usage(slug, since, until)
    except CustomersWithheld as why:
        return case.unknown(str(why))
    except CustomersUnreadable as error:
        # Only the team can mend it; the partner reads the summary, and the evidence is for who looks into it.
        told = "the source of customers could not be read; the programme's team looks into it"
        return case.unknown(told, Evidence("source", str(error), at=at))
    counted = count(report.rows, at=at, window_days=window, excluded=_excluded(case))
    needed, found = case.item.threshold("at_least", int), len(counted.active)
    others = {name: len(getattr(counted, name)) for name in ("affiliated", "not_production", "not_recent")}
    left_out = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in others.items() if number)
    told = f"{found} of {needed} customers use {slug} actively" + (f" (left out: {left_out})" if left_out else "")
    numbers = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in {"active": found, **others}.items())
    shown = Evidence("source", f"{report.source}, as of {report.as_of:%Y-%m-%dT%H:%M:%SZ}: {numbers}", at=report.as_of)
    hashes = hashed(counted.active, salt=case.context.salt, integration=slug)[:HASHES_KEPT]
    facts = {"active": found, **others, "customers": list(hashes)}
    if found >= needed:
        return case.passed(told, shown, **facts)
    if report.as_of < at - FRESH_FOR:
        return case.unknown(f"{told}, but the source is as of {report.as_of:%Y-%m-%d}, too long ago", shown, **facts)
    missing = needed - found
    more = f"{missing} more customer{'s' if missing != 1 else ''}"
    fix = f"Bring {more} to use it in production; each counts from its first successful delivery."
    return case.failed(told, shown, fix=fix, **facts)


def _excluded(case: Case) -> Excluded:
    """The partner, the marketplace itself, and whom the rulebook lists. A free mailbox makes nobody related."""
    partner, programme = case.dossier.partner, case.rulebook.programme
    listed = (*programme.domains, *case.item.threshold("not_customers", tuple))
    lists = [item.threshold("free_mail", tuple) for item in case.rulebook.items if "free_mail" in item.thresholds]
    return Excluded.of((partner.website, partner.contact_email), listed, shared=chain.from_iterable(lists))
