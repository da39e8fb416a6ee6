"""Enable button: one click for the customer."""

from dataclasses import replace
from typing import Final

from checklist.button_leads import Lead, domains_of, leads_of
from checklist.button_trail import Followed, Trail, followed, judge_leads, judge_trail
from checklist.case import Case, check
from checklist.checks.asking import ask, judged_by, question_of
from checklist.enable_button import Button, buttons_of, judge_buttons, judge_without_button, shown, troubles_of
from checklist.fetch import JSON, PAGES, Kind
from checklist.judgement import Judgement, Question
from checklist.outcome import CheckResult, Evidence
from checklist.pages import PageFacts
from models.enums import Outcome

MOST_FOLLOWED: Final = 3
"""Buttons of a page that are followed: nobody shows more than one or two."""
ENDS_IT: Final[frozenset[Kind]] = frozenset({"deadline", "connect", "tls", "dns", "rate_limited", "server"})
"""Trouble that the next address of the same site would meet again."""


@check("oauth.button", reads=("oauth", "integration.slug", "partner.website"), lasts=True)
async def button(case: Case) -> CheckResult:
    """A button that leads to {marketplace}'s authorize address.

    It carries response_type=code, a client_id, the scope of this integration, an https redirect and a state.
    """
    url = case.dossier.oauth.page
    if not url:
        return case.failed("no page with the button is given", fix="Give the page that shows it as `oauth.page`.")
    asked = await ask(case, url, what="the page with the button")
    if asked.trouble is not None:
        return asked.trouble
    looking = _Looking(case)
    found = await judged_by(case, asked, looking.judge)
    return replace(found, evidence=(*found.evidence, *looking.evidence))


class _Looking:
    """Looks at one page, and follows what it shows as far as somebody who is not signed in gets."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._asked = question_of(case, None)
        rule = case.rulebook.oauth
        self._marketplace = domains_of(*rule.authorize, rule.enable) | frozenset(case.rulebook.programme.domains)
        self.evidence: list[Evidence] = []

    async def judge(self, facts: PageFacts, asked: Question) -> Judgement:
        """What the page shows; asked again of the same page as a browser shows it."""
        self._asked = asked
        buttons = buttons_of(facts, self._case.rulebook.oauth)
        if buttons:
            return await self._confirmed(buttons, judge_buttons(buttons, self._asked))
        own = domains_of(facts.url, self._case.dossier.partner.website)
        leads = leads_of(facts, self._asked.programme, own)
        if not leads:
            return judge_without_button(facts, self._asked)
        found = await self._followed(leads, own)
        judgement = judge_leads(found, [lead for lead in leads if not lead.href], facts, self._asked)
        return await self._confirmed([button for one in found for button in one.buttons], judgement)

    async def _followed(self, leads: tuple[Lead, ...], own: frozenset[str]) -> list[Followed]:
        found: list[Followed] = []
        for lead in [lead for lead in leads if lead.href][:MOST_FOLLOWED]:
            trail = await self._trail(lead.href, own)
            found.append(followed(lead, trail, self._asked))
            if found[-1].buttons or trail.fetched.kind in ENDS_IT:
                break
        return found

    async def _confirmed(self, buttons: list[Button], judgement: Judgement) -> Judgement:
        """What following the right ones of these buttons adds: one that works is enough."""
        if judgement.outcome is not Outcome.PASSED:
            return judgement
        right = [each for each in buttons if each.is_whole and not troubles_of(each, self._asked)]
        confirmed = judgement
        for each in right[:MOST_FOLLOWED]:
            confirmed = judge_trail(judgement, await self._trail(each.target, self._marketplace), self._asked)
            if confirmed.outcome is Outcome.PASSED:
                break
        return confirmed

    async def _trail(self, address: str, within: frozenset[str]) -> Trail:
        """Ask an address, and go where it leads within these domains: never back to the partner with an answer."""
        context = self._case.context
        fetched = await context.fetcher.get(address, accept=PAGES | JSON, within=within)
        facts = await context.facts_of(fetched) if fetched.ok or fetched.text else None
        trail = Trail(fetched, facts)
        seen = f"{fetched.status} {fetched.content_type}".strip() if fetched.status else fetched.reason
        led = f", led to {shown(trail.end)}"[:500] if trail.addresses else ""
        told = f"followed the button: {seen}{led}"
        self.evidence.append(Evidence("page", told, shown(address)[:500], fetched.status, fetched.fetched_at))
        return trail
