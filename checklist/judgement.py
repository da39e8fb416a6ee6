"""What a page shows, judged from its facts alone: positive signs decide a pass, the page's state the rest.

A page without the signs counts against the partner only where it is plainly the page (usable) or plainly gone.
The checks use these rules on what they fetch, and the command `judge` on pages somebody saved.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from checklist.mentions import Mentions, is_within, may_name, mentions_of, names_marketplace, urlsplit_path
from checklist.pages import Link, PageFacts, PageState
from checklist.programme import Programme
from checklist.rulebook import Rulebook
from models.enums import Outcome


@dataclass(frozen=True, slots=True)
class Question:
    """What a page is judged for: the rules, whose page it should be (None: don't ask), and the day."""

    rulebook: Rulebook
    partner: str | None = None
    on: date | None = None
    slug: str | None = None
    wider_scopes: tuple[str, ...] = ()
    status: int | None = None

    @property
    def programme(self) -> Programme:
        return self.rulebook.programme


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome, what was seen in one sentence, how to fix it, and the signs it rests on."""

    outcome: Outcome
    summary: str
    fix: str = ""
    signals: Mapping[str, Any] = field(default_factory=dict)


_SET_UP = re.compile(
    r"\b(set[ -]?up|install(ation|ing)?|configur\w+|connect(ing|ion)?|enabl\w+|getting started|quick ?start|"
    r"steps?|how to|prerequisites|requirements|integrat(e|ing)|activat\w+)\b|^\W*\d+[.)]",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"\b(click|select|navigate to|go to|log ?in to|copy|paste|enter|choose|add|search for|enable|open|toggle)\b",
    re.IGNORECASE,
)
_LISTING = re.compile(
    r"\b(integrat\w*|partners?|partnerships?|marketplace|directory|ecosystem|connect(or|ors|ions|s)?|destinations?|sources?|"
    r"apps?|app store|add-?ons?|plugins?|extensions?)\b",
    re.IGNORECASE,
)
_ANNOUNCEMENT = re.compile(
    r"\b(announc\w+|introduc\w+|launch\w*|excited|thrilled|delighted|happy to|proud to|now available|new integration|"
    r"now (supports?|integrates?)|partner(ed|ing|ship)|today we)\b",
    re.IGNORECASE,
)
_INTEGRATES = re.compile(
    r"\b(integrat\w+|connect\w*|sync\w*|destination|source|partner\w*|sends?|data|events?)\b", re.IGNORECASE
)
ENOUGH_INSTRUCTIONS = 3
OWN_LINKS = 20
OWN_SHARE = 0.8
"""From so many links on, of which so large a share stays with the marketplace, a page is the marketplace's own."""

_GONE = frozenset({404, 410})


def judge_partner_docs(facts: PageFacts, asked: Question) -> Judgement:
    """Documentation on the partner's own site: about this integration, and telling how to set it up."""
    mentions = mentions_of(facts, asked.programme)
    headings = [heading for heading in facts.headings if _SET_UP.search(heading)]
    instructions = len(_INSTRUCTION.findall(facts.text))
    signals = _signals(facts, mentions) | {"set_up_headings": len(headings), "instructions": instructions}
    name = asked.programme.marketplace
    if (other := _not_the_partners(facts, asked, signals)) is not None:
        return other
    if mentions.is_about:
        if headings or facts.ordered_steps > 1 or instructions >= ENOUGH_INSTRUCTIONS:
            told = f"the page {_called(facts)} is about {name} and tells how to set it up"
            return Judgement(Outcome.PASSED, told, signals=signals)
        told = f"the page {_called(facts)} is about {name}, but no set-up steps were recognised; a person looks"
        return Judgement(Outcome.UNKNOWN, told, signals=signals)
    fix = f"Give the address of the page that tells your customers how to connect {name}, and name {name} in its title."
    return _without_signs(facts, mentions, asked, f"is documentation of an integration with {name}", fix, signals)


def judge_integrations_page(facts: PageFacts, asked: Question) -> Judgement:
    """The page that lists integrations or partners: one entry of it is the marketplace."""
    programme = asked.programme
    mentions = mentions_of(facts, programme)
    entries = [label for label in facts.labels if names_marketplace(label, programme)]
    linked = [link for link in facts.links if _is_entry(link, programme, named_in_prose=mentions.named > 0)]
    in_main = [link for link in linked if not link.in_navigation]
    presents = _LISTING.search(f"{facts.title} {facts.main_heading} {facts.description} {urlsplit_path(facts.url)}")
    signals = _signals(facts, mentions) | {"entries": len(entries) + len(in_main), "is_list": presents is not None}
    name = programme.marketplace
    if (other := _not_the_partners(facts, asked, signals)) is not None:
        return other
    if presents and (entries or in_main) and not _is_shadowed(mentions):
        return Judgement(Outcome.PASSED, f"the page {_called(facts)} lists {name}", signals=signals)
    if mentions.is_about and _INTEGRATES.search(f"{facts.title} {facts.description} {facts.text}"):
        return Judgement(
            Outcome.PASSED, f"the page {_called(facts)} presents the integration with {name}", signals=signals
        )
    if linked and presents:
        told = f"{name} stands in the navigation of {_called(facts)}, but not in its list; a person looks"
        return Judgement(Outcome.UNKNOWN, told, signals=signals)
    fix = f"Add {name} to the page that lists your integrations or partners, with its name as text."
    return _without_signs(facts, mentions, asked, f"lists {name} among the integrations", fix, signals)


def judge_blog_post(facts: PageFacts, asked: Question) -> Judgement:
    """A launch post: about this integration, announcing it, with a date that the page itself declares."""
    mentions = mentions_of(facts, asked.programme)
    announces = bool(_ANNOUNCEMENT.search(f"{facts.title} {facts.description} {facts.text}"))
    declared = facts.published
    signals = _signals(facts, mentions) | {
        "announces": announces,
        "published": declared.on.isoformat() if declared else None,
        "declared_by": declared.declared_by if declared else None,
    }
    name = asked.programme.marketplace
    if (other := _not_the_partners(facts, asked, signals)) is not None:
        return other
    if not mentions.is_about:
        fix = f"Give the address of the post itself, not of the list of posts, and name {name} in its title."
        return _without_signs(facts, mentions, asked, f"is a post about the integration with {name}", fix, signals)
    if declared is not None and asked.on is not None and declared.on > asked.on:
        return Judgement(
            Outcome.UNKNOWN, f"the post declares a date to come, {declared.on}; a person looks", signals=signals
        )
    if declared is not None:
        told = f"the post {_called(facts)} is about {name}, dated {declared.on} ({declared.declared_by})"
        return Judgement(Outcome.PASSED, told, signals=signals)
    if announces:
        told = f"the post {_called(facts)} is about {name}, but declares no date"
        fix = "Declare the date in the page: article:published_time, JSON-LD datePublished or a time element."
        return Judgement(Outcome.WARNED, told, fix, signals)
    told = f"the page {_called(facts)} is about {name}, but neither announces it nor declares a date; a person looks"
    return Judgement(Outcome.UNKNOWN, told, signals=signals)


def _signals(facts: PageFacts, mentions: Mentions) -> dict[str, Any]:
    return {
        "title": facts.title[:200],
        "main_heading": facts.main_heading[:200],
        "in_title": mentions.in_title,
        "in_heading": mentions.in_heading,
        "named": mentions.named,
        "common": mentions.common,
        "links_to_marketplace": mentions.links,
        "vocabulary": list(mentions.vocabulary),
    }


def _called(facts: PageFacts) -> str:
    title = facts.title or facts.main_heading
    return f"“{title[:80]}”" if title else "without a title"


def _is_entry(link: Link, programme: Programme, *, named_in_prose: bool) -> bool:
    """A link that bears the name, or leads to a page of that name while a text beside it says it."""
    if names_marketplace(link.text, programme):
        return True
    is_said = named_in_prose or programme.marketplace in link.text
    return is_said and _leads_to_a_page_of(link.href, _names_in_addresses(programme.marketplace, programme.aliases))


@cache
def _names_in_addresses(marketplace: str, aliases: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower().replace(" ", "-").partition(".")[0] for name in (marketplace, *aliases))


def _leads_to_a_page_of(href: str, names: frozenset[str]) -> bool:
    if not may_name(href, names):
        return False
    last = urlsplit_path(href).rstrip("/").rpartition("/")[2].lower().partition(".")[0]
    return any(last in {name, f"{name}-integration", f"{name}-com", f"{name}-io"} for name in names)


def _is_shadowed(mentions: Mentions) -> bool:
    """A page that uses the word far more often as an everyday word does not list the marketplace by it."""
    return mentions.common > 2 + 2 * mentions.named and not mentions.links


def _not_the_partners(facts: PageFacts, asked: Question, signals: Mapping[str, Any]) -> Judgement | None:
    programme = asked.programme
    if facts.url is not None and is_within(facts.url, programme.domains):
        fix = "Give the address of a page on your own site."
        return Judgement(Outcome.FAILED, f"this is a page of {programme.marketplace}, not your own", fix, signals)
    own = signals["links_to_marketplace"]
    if own >= OWN_LINKS and own >= OWN_SHARE * len(facts.links):
        told = f"most links of {_called(facts)} stay with {programme.marketplace}, as on its own pages; a person looks"
        return Judgement(Outcome.UNKNOWN, told, signals=signals)
    whose = asked.partner if facts.url is not None and facts.state is PageState.USABLE else None
    if whose is not None and signals["in_title"] | signals["in_heading"] and not _speaks_of(facts, whose):
        told = f"neither the page {_called(facts)} nor its address names {whose}; a person looks whether it is theirs"
        return Judgement(Outcome.UNKNOWN, told, signals=signals)
    return None


def _speaks_of(facts: PageFacts, partner: str) -> bool:
    """Whether the page or its address names the partner; spelling, spaces and legal endings aside."""
    words = re.findall(r"\w+", partner.lower())
    while len(words) > 1 and words[-1] in {"inc", "ltd", "llc", "gmbh", "ai", "io", "com", "co", "corp"}:
        words.pop()
    wanted = "".join(words)
    seen = re.sub(r"\W+", "", f"{facts.title} {facts.description} {facts.text} {facts.url or ''}".lower())
    alternatives = {"".join(re.findall(r"\w+", part.lower())) for part in re.split(r"[/|(),]", partner)} - {""}
    return wanted in seen or any(alternative in seen for alternative in alternatives)


def _without_signs(
    facts: PageFacts, mentions: Mentions, asked: Question, expected: str, fix: str, signals: Mapping[str, Any]
) -> Judgement:
    """No sign was found: whose turn it is depends on whether this is the page at all."""
    if asked.status in _GONE:
        return Judgement(Outcome.FAILED, f"the page does not exist: it answers {asked.status}", fix, signals)
    if asked.status is not None and not 200 <= asked.status < 300:
        return Judgement(
            Outcome.UNKNOWN, f"the page answers {asked.status}, which tells nothing about it", signals=signals
        )
    if facts.state is not PageState.USABLE:
        return Judgement(Outcome.UNKNOWN, f"could not read the page: {facts.state_reason}", signals=signals)
    if mentions.is_subject and mentions.named > 0:
        return Judgement(
            Outcome.UNKNOWN, f"it is not clear that {_called(facts)} {expected}; a person looks", signals=signals
        )
    return Judgement(Outcome.FAILED, f"nothing on the page {_called(facts)} shows that it {expected}", fix, signals)


PageRule = Callable[[PageFacts, Question], Judgement]
