"""Access: who asks, and whether the request is complete."""

import re

from checklist.case import Case, check
from checklist.checks.asking import ask
from checklist.checks.showing import show
from checklist.mail_address import mail_domain, registrable_domain
from checklist.mentions import host_of
from checklist.outcome import CheckResult, Evidence
from checklist.pages import PageState
from models.enums import Outcome

_MAILBOX = re.compile(r"@((?:[a-z0-9-]+\.)+[a-z]{2,63})")

QUESTIONS = {
    "company_name": "the company's name",
    "website": "the company's website",
    "data_in": "how customers get data in",
    "data_goes": "where the data goes and shows",
    "used_for": "what customers use the tool for",
    "heard_from": "how you heard of the programme",
}


@check("access.website", reads=("partner.website",), lasts=True)
async def website(case: Case) -> CheckResult:
    """The company's own website answers and is not a parking page."""
    url = case.dossier.partner.website
    if not url:
        return case.failed(
            "no website is given", fix="Give the address of your company's website as `partner.website`."
        )
    asked = await ask(case, url, what="the company's website")
    if asked.trouble is not None:
        return asked.trouble
    facts, evidence = await case.context.facts_of(asked.fetched), [asked.evidence]
    if facts.state in {PageState.NEEDS_BROWSER, PageState.PARKED}:
        shown = await show(case, asked.fetched)
        evidence += shown.evidence
        if shown.facts is not None and shown.facts.state in {PageState.USABLE, PageState.LOGIN, PageState.PARKED}:
            facts = shown.facts
    signals = {"page_state": facts.state.value, "title": facts.title[:200]}
    if facts.state is PageState.PARKED:
        fix = "Give the address where your company's website really is."
        return case.failed(
            f"{asked.fetched.final_url} shows a parking page of a domain seller", *evidence, fix=fix, **signals
        )
    if facts.state in {PageState.USABLE, PageState.NEEDS_BROWSER, PageState.LOGIN}:
        return case.passed(f"{asked.fetched.final_url} answers: “{facts.title[:80]}”", *evidence, **signals)
    return case.unknown(
        f"could not tell what {asked.fetched.final_url} shows: {facts.state_reason}", *evidence, **signals
    )


@check("access.email", reads=("partner.contact_email", "partner.website"), thresholds={"free_mail": tuple})
async def email(case: Case) -> CheckResult:
    """The contact's e-mail address belongs to the domain of the company's website."""
    address, site = case.dossier.partner.contact_email, case.dossier.partner.website
    if not address:
        return case.failed(
            "no contact e-mail is given", fix="Give an address at your company's domain as `partner.contact_email`."
        )
    domain = mail_domain(address)
    if domain is None:
        return case.failed(
            f"{address!r} is no e-mail address", fix="Give one plain address, such as jo@your-company.com."
        )
    shown = Evidence("answer", f"contact {address}, website {site or 'not given'}")
    own = registrable_domain(domain)
    if domain in case.item.threshold("free_mail", tuple) or own in case.item.threshold("free_mail", tuple):
        fix = "Give an address at your company's own domain."
        return case.failed(f"{domain} is a free mailbox, open to anybody", shown, fix=fix, domain=domain)
    company = registrable_domain(host_of(_with_scheme(site))) if site else None
    if own is None or company is None:
        told = f"could not tell whether {domain} belongs to the website, {site or 'which is not given'}"
        return case.unknown(told, shown, domain=domain)
    if own != company:
        return await _of_two_domains(case, own, company, shown)
    return case.passed(f"the contact's domain {domain} belongs to {company}", shown, domain=own, website=company)


async def _of_two_domains(case: Case, own: str, company: str, shown: Evidence) -> CheckResult:
    """A company may have several domains: its website shows it by leading there, or by naming addresses there."""
    asked = await ask(case, _with_scheme(case.dossier.partner.website or ""), what="the company's website")
    seen = (shown, asked.evidence)
    facts = {"domain": own, "website": company}
    told = f"the mail domain {own} is not the website's domain {company}"
    # Nothing answers for a name without an address, so that the domains stay two.
    if asked.fetched.outcome != "refused" and asked.trouble is not None and asked.trouble.outcome is Outcome.UNKNOWN:
        told = f"{told}, and the website could not be read to see whether it leads there"
        return case.unknown(told, *seen, **facts)
    if registrable_domain(host_of(asked.fetched.final_url)) == own:
        return case.passed(f"the website {company} leads to {own}, the domain of the contact", *seen, **facts)
    if own in {registrable_domain(host) for host in _MAILBOX.findall(asked.fetched.text.lower())}:
        return case.warned(f"{told}, but the website names addresses at {own}", *seen, fix="Nothing to do.", **facts)
    if own.partition(".")[0] == company.partition(".")[0]:
        told = f"{told}, but has the same name; a person looks whether it is the same company"
        return case.unknown(told, *seen, **facts)
    fix = f"Give an address at {company}, or the website that belongs to {own}."
    return case.failed(told, *seen, fix=fix, **facts)


def _with_scheme(site: str) -> str:
    return site if "//" in site else f"https://{site}"


@check("access.survey", reads=("access.survey", "access.customer_requests"), thresholds={"min_characters": int})
def survey(case: Case) -> CheckResult:
    """All six questions of the request are answered."""
    answers = case.dossier.access.survey
    shortest = case.item.threshold("min_characters", int)
    open_questions = [name for name in QUESTIONS if len(getattr(answers, name) or "") < shortest]
    requests = len(case.dossier.access.customer_requests)
    if open_questions:
        told = f"{len(open_questions)} of {len(QUESTIONS)} questions have no answer: " + "; ".join(
            QUESTIONS[name] for name in open_questions
        )
        fix = "Answer " + ", ".join(f"`access.survey.{name}`" for name in open_questions) + "."
        return case.failed(told, fix=fix, missing=open_questions, customer_requests=requests)
    plus = f", and {requests} customer request{'s' if requests != 1 else ''} highlighted" if requests else ""
    shown = Evidence("answer", "; ".join(f"{QUESTIONS[name]}: {getattr(answers, name)[:200]}" for name in QUESTIONS))
    return case.passed(f"all six questions are answered{plus}", shown, customer_requests=requests)


@check("access.agreements", reads=("access.agreements",))
def agreements(case: Case) -> CheckResult:
    """The partner agreement and the privacy policy are both accepted."""
    given = case.dossier.access.agreements
    missing = [name for name in ("partner_agreement", "privacy_policy") if not getattr(given, name)]
    if missing:
        words = " and ".join(name.replace("_", " ") for name in missing)
        fix = "Read them, then set " + " and ".join(f"`access.agreements.{name}`" for name in missing) + " to true."
        return case.failed(f"not accepted: {words}", fix=fix, missing=missing)
    return case.passed("the partner agreement and the privacy policy are accepted", Evidence("answer", "both accepted"))
