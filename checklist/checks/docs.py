"""Documentation: what the marketplace hosts, what the partner hosts, and whether they match."""

from checklist.case import Case, check
from checklist.checks.asking import as_result, ask, judged_page
from checklist.fetch import PAGES, PLAIN
from checklist.judgement import judge_partner_docs
from checklist.outcome import CheckResult, Evidence
from checklist.template import judge_segment_doc


@check("docs.segment", reads=("documentation.segment", "documentation.segment_url", "components"), lasts=True)
async def segment(case: Case) -> CheckResult:
    """The filled-in template: a title, Getting started, what it supports, and nothing of the template's own text."""
    written = case.dossier.documentation
    kinds = case.dossier.kinds
    if written.segment and written.segment.strip():
        return as_result(
            case, judge_segment_doc(written.segment, kinds, case.rulebook), Evidence("text", written.segment[:300])
        )
    if not written.segment_url:
        fix = "Put the Markdown text in `documentation.segment`, or its address in `documentation.segment_url`."
        return case.failed(f"no documentation for {case.marketplace} to host is given", fix=fix)
    asked = await ask(case, written.segment_url, accept=PAGES, what="the documentation draft")
    if asked.trouble is not None:
        return asked.trouble
    if asked.fetched.content_type not in PLAIN:
        told = f"{asked.fetched.final_url} is a rendered page; only its Markdown can be compared, so a person looks"
        return case.unknown(told, asked.evidence)
    return as_result(case, judge_segment_doc(asked.fetched.text, kinds, case.rulebook), asked.evidence)


@check("docs.partner", reads=("documentation.partner_url", "partner.name"), lasts=True)
async def partner(case: Case) -> CheckResult:
    """A public page on the partner's own site about the integration with {marketplace} that tells how to set it up."""
    url = case.dossier.documentation.partner_url
    if not url:
        return case.failed(
            "no address of your own documentation is given", fix="Give it as `documentation.partner_url`."
        )
    return await judged_page(case, url, judge_partner_docs, what="your documentation")


@check("docs.matches", reads=("documentation", "components", "test_account.notes"))
def matches(case: Case) -> CheckResult:
    """Signing up, finding the API key and seeing data arrive work as the documentation says."""
    written = case.dossier.documentation
    shown = [
        Evidence("page", "your own documentation", written.partner_url) if written.partner_url else None,
        Evidence("text", f"documentation for {case.marketplace}: {written.segment[:300]}") if written.segment else None,
        Evidence("answer", f"notes on the test account: {case.dossier.test_account.notes[:300]}")
        if case.dossier.test_account.notes
        else None,
    ]
    found = tuple(evidence for evidence in shown if evidence is not None)
    return case.unknown("waits for a reviewer to follow the documentation with the test account", *found)
