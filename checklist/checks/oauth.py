"""Enable button: one click for the customer."""

from checklist.case import Case, check
from checklist.checks.asking import judged_page
from checklist.enable_button import judge_enable_button
from checklist.outcome import CheckResult


@check("oauth.button", reads=("oauth", "integration.slug"))
async def button(case: Case) -> CheckResult:
    """A button that leads to {marketplace}'s authorize address.

    It carries response_type=code, a client_id, the scope of this integration, an https redirect and a state.
    """
    url = case.dossier.oauth.page
    if not url:
        return case.failed("no page with the button is given", fix="Give the page that shows it as `oauth.page`.")
    return await judged_page(case, url, judge_enable_button, what="the page with the button")
