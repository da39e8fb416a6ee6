"""Announcement: where the partner tells of the integration."""

import asyncio
import re
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from checklist.case import Case, check
from checklist.checks.asking import ask, judged_page
from checklist.checks.showing import has_scripts, show
from checklist.judgement import judge_blog_post, judge_integrations_page
from checklist.mentions import is_within, mentions_of
from checklist.outcome import CheckResult, Evidence
from checklist.pages import Link, PageFacts, PageState
from checklist.rulebook import Rulebook
from models.enums import Outcome

_POST_ON = {
    "twitter": re.compile(r"^/(?:[^/]+|i/web)/status(?:es)?/\d+"),
    "linkedin": re.compile(r"^/(?:embed/)?(?:posts|feed/update|pulse)/\S+|^/[^/]+/(?:posts|detail)/\S+"),
}
_SHORT = re.compile(r"/(?=[\w-]*[\dA-Z])[\w-]{4,14}")
LONGEST_SHORT_HOST = 12
_NETWORK_NAMES = {"twitter": "Twitter/X", "linkedin": "LinkedIn"}


@check("marketing.integrations_page", reads=("marketing.integrations_page", "partner.name"), lasts=True)
async def integrations_page(case: Case) -> CheckResult:
    """The partner's page of integrations or partners lists {marketplace}."""
    url = case.dossier.marketing.integrations_page
    if not url:
        return case.failed("no integrations page is given", fix="Give its address as `marketing.integrations_page`.")
    return await judged_page(case, url, judge_integrations_page, what="your integrations page")


@check(
    "marketing.blog_post",
    reads=("marketing.blog_post", "marketing.email_announcement", "partner.name"),
    thresholds={"min_announcement_characters": int},
    lasts=True,
)
async def blog_post(case: Case) -> CheckResult:
    """A published, dated post about the integration with {marketplace}, or the e-mail announcement."""
    given = case.dossier.marketing
    if given.blog_post:
        return await judged_page(case, given.blog_post, judge_blog_post, what="your post")
    letter = (given.email_announcement or "").strip()
    if not letter:
        fix = "Give the post as `marketing.blog_post`, or the text of the e-mail as `marketing.email_announcement`."
        return case.failed("neither a post nor an e-mail announcement is given", fix=fix)
    evidence = Evidence("text", letter[:600])
    facts = PageFacts(PageState.USABLE, "", text=letter)
    if not re.search(rf"\b{re.escape(case.marketplace)}\b", letter):
        fix = f"Name {case.marketplace} and tell what the integration does."
        return case.failed(f"the e-mail announcement does not name {case.marketplace}", evidence, fix=fix)
    if len(letter) < case.item.threshold("min_announcement_characters", int):
        return case.failed(
            "the e-mail announcement is only a line", evidence, fix="Attach the whole text as it is sent."
        )
    if mentions_of(facts, case.rulebook.programme).named == 0:
        told = f"the e-mail announcement has the word {case.marketplace}, but not clearly as a name; a person looks"
        return case.unknown(told, evidence)
    return case.passed("the e-mail announcement is attached", evidence, characters=len(letter))


@check("marketing.shared", reads=("marketing.shared",), thresholds={"twitter": tuple, "linkedin": tuple})
def shared(case: Case) -> CheckResult:
    """The address of a post on Twitter/X and of one on LinkedIn."""
    given = case.dossier.marketing.shared
    evidence = [Evidence("answer", address, address) for address in given]
    missing, no_post = [], []
    short = [address for address in given if _is_short(address) and not _is_on_a_network(address, case)]
    for network, shape in _POST_ON.items():
        domains = case.item.threshold(network, tuple)
        there = [address for address in given if is_within(address, domains)]
        if not there:
            missing.append(_NETWORK_NAMES[network])
        elif not any(_is_post(address, shape) for address in there):
            no_post.append(_NETWORK_NAMES[network])
    if missing and len(short) >= len(missing):
        told = f"{', '.join(short[:2])} may lead to the post on {' and '.join(missing)}; a person opens it"
        return case.unknown(told, *evidence, missing=missing)
    if missing:
        told = f"no post on {' and '.join(missing)} is given"
        return case.failed(
            told,
            *evidence,
            fix="Share the launch there, then list the address of each post under `marketing.shared`.",
            missing=missing,
        )
    if no_post:
        told = f"the address on {' and '.join(no_post)} is no post but a profile or a search"
        return case.failed(told, *evidence, fix="Open the post itself and copy its address.")
    told = "posts on Twitter/X and LinkedIn are given; those sites show them to people only"
    return case.warned(told, *evidence, fix="Nothing to do for you: a reviewer may open them.")


@check(
    "marketing.utm",
    reads=("marketing.integrations_page", "marketing.blog_post", "documentation.partner_url"),
    thresholds={"bare_links": str},
    lasts=True,
)
async def utm(case: Case) -> CheckResult:
    """Each link to a page of {marketplace} carries the UTM parameters of the guide."""
    dossier = case.dossier
    pages = {
        "your documentation": dossier.documentation.partner_url,
        "your integrations page": dossier.marketing.integrations_page,
        "your post": dossier.marketing.blog_post,
    }
    evidence: list[Evidence] = []
    bare: list[str] = []
    unread: list[str] = []
    count = 0
    given = {what: url for what, url in pages.items() if url}
    read = await asyncio.gather(*(_marketplace_links(case, url, what) for what, url in given.items()))
    for what, (links, looked_at, trouble) in zip(given, read, strict=True):
        evidence += looked_at
        if links is None:
            unread.append(f"{what} ({trouble})" if trouble else what)
            continue
        count += len(links)
        bare += [link.href for link in links if not _has_parameters(link, case.rulebook)]
    if not evidence:
        return case.failed(
            "no page is given whose links could be looked at",
            fix="Give `documentation.partner_url`, `marketing.integrations_page` and `marketing.blog_post`.",
        )
    if bare:
        told = f"{len(bare)} of {count} links lack the UTM parameters, such as {bare[0]}"
        fix = f"Link to {_corrected(bare[0], case)} instead, and mend the others in the same way."
        says = case.failed if _bare_fails(case) else case.warned
        return says(told, *evidence, fix=fix, bare=bare[:50])
    if unread:
        seen = f"; the {count} other links are right" if count else ""
        return case.unknown(f"could not read {', '.join(unread)}{seen}", *evidence, links=count)
    told = (
        f"all {count} links to {case.marketplace} carry them"
        if count
        else f"none of the pages links to {case.marketplace}"
    )
    return case.passed(told, *evidence, links=count)


@check("marketing.brand_kit", reads=("marketing", "documentation.partner_url", "catalog.screenshots"))
def brand_kit(case: Case) -> CheckResult:
    """Logos of {marketplace} are used as the brand kit has them."""
    dossier = case.dossier
    addresses = (
        dossier.marketing.integrations_page,
        dossier.marketing.blog_post,
        dossier.documentation.partner_url,
        *(shot.url for shot in dossier.catalog.screenshots),
    )
    evidence = [Evidence("page", "may show the logo", address) for address in addresses if address]
    return case.unknown("waits for a reviewer to look at the logos on these pages", *evidence)


async def _marketplace_links(case: Case, url: str, what: str) -> tuple[list[Link] | None, list[Evidence], str]:
    """The page's links to the marketplace; in a browser where scripts write them. None, and why, where it could not
    be read.
    """
    asked = await ask(case, url, what=what)
    if asked.trouble is not None:
        return None, [asked.evidence], ""
    facts = await case.context.facts_of(asked.fetched)
    links = [link for link in facts.links if _is_marketplace_page(link, case.rulebook)]
    is_bare = any(not _has_parameters(link, case.rulebook) for link in links)
    shown = None
    if facts.state is PageState.NEEDS_BROWSER or (is_bare and _bare_fails(case) and has_scripts(facts)):
        shown = await show(case, asked.fetched)
        if shown.facts is not None and shown.is_usable:
            links = [link for link in shown.facts.links if _is_marketplace_page(link, case.rulebook)]
            return links, [asked.evidence, *shown.evidence], ""
    evidence = [asked.evidence, *(shown.evidence if shown is not None else ())]
    if facts.state is not PageState.USABLE and not facts.links:
        return None, evidence, f"{facts.state_reason}; {shown.trouble}" if shown is not None else ""
    return links, evidence, ""


def _bare_fails(case: Case) -> bool:
    return case.item.threshold("bare_links", str) != Outcome.WARNED


def _is_on_a_network(address: str, case: Case) -> bool:
    return any(is_within(address, case.item.threshold(network, tuple)) for network in _POST_ON)


def _is_short(address: str) -> bool:
    """Whether an address looks like one that a network or a shortener made for another, such as lnkd.in/d4fGh."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (
        bool(parts.hostname) and len(parts.hostname or "") <= LONGEST_SHORT_HOST and bool(_SHORT.fullmatch(parts.path))
    )


def _is_post(address: str, shape: re.Pattern[str]) -> bool:
    """By the path, or by what a company's page on LinkedIn says in its query of the post it shows."""
    parts = urlsplit(address)
    return bool(shape.search(parts.path)) or "updateEntityUrn" in parse_qs(parts.query)


def _is_marketplace_page(link: Link, rulebook: Rulebook) -> bool:
    if not is_within(link.href, rulebook.programme.domains):
        return False
    machine = is_within(link.href, rulebook.utm.exempt) or link.href.startswith(rulebook.oauth.enable)
    return not machine


def _corrected(href: str, case: Case) -> str:
    """The link with the parameters it lacks, before its fragment."""
    parts = urlsplit(href)
    given = dict(parse_qsl(parts.query))
    suggested = parse_qsl(case.rulebook.utm.suggested.format(slug=case.dossier.integration.slug))
    lacking = {name: value for name, value in suggested if not given.get(name, "").strip()}
    return urlunsplit(parts._replace(query=urlencode({**given, **lacking})))


def _has_parameters(link: Link, rulebook: Rulebook) -> bool:
    given = parse_qs(urlsplit(link.href).query)
    return all(given.get(name, [""])[0].strip() for name in rulebook.utm.required)
