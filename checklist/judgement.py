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

from checklist import page_words
from checklist.mentions import (
    Mentions,
    host_of,
    is_within,
    may_name,
    mentions_of,
    names_marketplace,
    urlsplit_path,
)
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


ENOUGH_INSTRUCTIONS = 2
ENOUGH_ENTRIES = 5
"""Links besides navigation from which on a page with a fitting title is a list."""
ENOUGH_PROSE = 250
ENOUGH_TEXT = 1_500
"""Characters of sentences, or of all the page's own text, from which on a page is taken for what it seems to be.

Fewer may be a notice in words we don't know, within the menu and the small print of its site.
"""
ENOUGH_SIBLINGS = 3
LIST_SHARE = 0.5
"""From so many other links to an entry's folder on, and such a share of all, a page is a list whatever its title."""
ENOUGH_FOR_A_NOTICE = 3
OWN_LINKS = 20
OWN_SHARE = 0.8
"""From so many links on, of which so large a share stays with the marketplace, a page is the marketplace's own."""

_GONE = frozenset({404, 410})
_NUMBERED = re.compile(r"\W*\d+[.)]")


def judge_partner_docs(facts: PageFacts, asked: Question) -> Judgement:
    """Documentation on the partner's own site: about this integration, and telling how to set it up."""
    mentions = mentions_of(facts, asked.programme)
    headings = [heading for heading in facts.headings if page_words.SET_UP.search(heading) or _NUMBERED.match(heading)]
    instructions = len(page_words.INSTRUCTION.findall(facts.text))
    signals = _signals(facts, mentions) | {"set_up_headings": len(headings), "instructions": instructions}
    signals |= {"steps": facts.ordered_steps, "samples": facts.samples}
    name = asked.programme.marketplace
    if (other := _not_the_partners(facts, asked, signals)) is not None:
        return other
    if _is_about(facts, mentions):
        if headings or facts.ordered_steps > 1 or facts.samples or instructions >= ENOUGH_INSTRUCTIONS:
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
    named = [link for link in facts.links if _bears_the_name(link, programme, named_in_prose=mentions.named > 0)]
    linked = [link for link in named if not _in_folder(link, page_words.FEATURE_FOLDER)]
    in_main = [link for link in linked if not link.in_navigation]
    # A feature of the company's own may have the same name: it leads to the product, or stands among its steps.
    is_feature = (named and not linked) or any(map(page_words.OWN_STEPS.fullmatch, facts.labels))
    own_titles = {facts.title, facts.main_heading}
    tiles = [label for label in facts.labels if names_marketplace(label, programme) and label not in own_titles]
    entries = [] if is_feature else tiles
    titles = f"{facts.title} {facts.main_heading}"
    is_usable = facts.state is PageState.USABLE
    presents = page_words.LISTING.search(f"{titles} {urlsplit_path(facts.url)}" if is_usable else titles) is not None
    presents |= is_usable and any(_is_among_its_like(link, facts) for link in in_main)
    signals = _signals(facts, mentions) | {"entries": len(entries) + len(in_main), "is_list": presents}
    name = programme.marketplace
    if (other := _not_the_partners(facts, asked, signals)) is not None:
        return other
    if presents and (entries or in_main) and not _is_shadowed(mentions):
        return Judgement(Outcome.PASSED, f"the page {_called(facts)} lists {name}", signals=signals)
    if _is_about(facts, mentions) and page_words.INTEGRATES.search(_all_words(facts)):
        return Judgement(
            Outcome.PASSED, f"the page {_called(facts)} presents the integration with {name}", signals=signals
        )
    if presents and (hint := _hint(facts, mentions, linked, programme)):
        return Judgement(Outcome.UNKNOWN, f"on {_called(facts)} {name} {hint}; a person looks", signals=signals)
    fix = f"Add {name} to the page that lists your integrations or partners, with its name as text."
    is_list = presents and sum(not link.in_navigation for link in facts.links) >= ENOUGH_ENTRIES
    expected = f"lists {name} among the integrations"
    return _without_signs(facts, mentions, asked, expected, fix, signals, is_the_page=is_list)


def _is_among_its_like(entry: Link, facts: PageFacts) -> bool:
    """Whether most links besides navigation lead to the same folder of integrations: a list, whatever its title."""
    if not _in_folder(entry, page_words.LISTING_FOLDER):
        return False
    pages = {urlsplit_path(link.href).rstrip("/") for link in facts.links if not link.in_navigation}
    folder = _folder_of(entry)
    like = [path for path in pages if path.startswith(folder)]
    return len(like) > ENOUGH_SIBLINGS and len(like) >= LIST_SHARE * len(pages)


def _hint(facts: PageFacts, mentions: Mentions, linked: list[Link], programme: Programme) -> str | None:
    """Where a list may show the marketplace though no entry was recognised."""
    quoted = re.compile(rf"[\"'>]{re.escape(programme.marketplace)}[\"'<]")
    if linked:
        return "stands in the navigation, but not in the list"
    if mentions.named:
        return "is named, but not as an entry of the list"
    if quoted.search(facts.scripts):
        return "stands in the data of a script, which a browser may show"
    if any(names_marketplace(picture, programme) for picture in facts.pictures):
        return "may be a picture without words"
    return None


def judge_blog_post(facts: PageFacts, asked: Question) -> Judgement:
    """A launch post: about this integration, announcing it, with a date that the page itself declares."""
    mentions = mentions_of(facts, asked.programme)
    announces = page_words.ANNOUNCEMENT.search(_all_words(facts)) is not None
    declared = facts.published
    signals = _signals(facts, mentions) | {
        "announces": announces,
        "published": declared.on.isoformat() if declared else None,
        "declared_by": declared.declared_by if declared else None,
    }
    name = asked.programme.marketplace
    if (other := _not_the_partners(facts, asked, signals)) is not None:
        return other
    integrates = page_words.INTEGRATES.search(_all_words(facts)) is not None
    if not _is_about(facts, mentions) or not integrates:
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


def _all_words(facts: PageFacts) -> str:
    return f"{facts.title} {facts.description} {facts.text}"


def _bears_the_name(link: Link, programme: Programme, *, named_in_prose: bool) -> bool:
    """A link that says the name, or leads to a page of that name: among integrations, or where the text says it too."""
    if names_marketplace(link.text, programme):
        return True
    if not _leads_to_a_page_of(link.href, _names_in_addresses(programme.marketplace, programme.aliases)):
        return False
    return named_in_prose or programme.marketplace in link.text or _in_folder(link, page_words.LISTING_FOLDER)


@cache
def _names_in_addresses(marketplace: str, aliases: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower().replace(" ", "-").partition(".")[0] for name in (marketplace, *aliases))


def _leads_to_a_page_of(href: str, names: frozenset[str]) -> bool:
    if not may_name(href, names):
        return False
    last = urlsplit_path(href).rstrip("/").rpartition("/")[2].lower().partition(".")[0]
    return any(last in {name, f"{name}-integration", f"{name}-com", f"{name}-io"} for name in names)


def _folder_of(link: Link) -> str:
    path = urlsplit_path(link.href).rstrip("/")
    return "/" + path[: path.rfind("/") + 1].lstrip("/.")


def _in_folder(link: Link, folder: re.Pattern[str]) -> bool:
    return folder.search(_folder_of(link)) is not None


def _is_about(facts: PageFacts, mentions: Mentions) -> bool:
    """Whether a page is about the marketplace, for the reason we ask: not to compare, to leave or to explain it.

    One that looks like a notice keeps the titles of the page it stands for, so that its text has to say more.
    """
    says_more = facts.state is PageState.USABLE or mentions.in_prose >= ENOUGH_FOR_A_NOTICE
    return mentions.is_about and not mentions.is_aside and says_more


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
    around = " ".join((*facts.labels, *(host_of(link.href) for link in facts.links)))
    seen = re.sub(r"\W+", "", f"{_all_words(facts)} {facts.url or ''} {around}".lower())
    alternatives = {"".join(re.findall(r"\w+", part.lower())) for part in re.split(r"[/|(),]", partner)} - {""}
    return wanted in seen or any(alternative in seen for alternative in alternatives)


def _without_signs(
    facts: PageFacts,
    mentions: Mentions,
    asked: Question,
    expected: str,
    fix: str,
    signals: Mapping[str, Any],
    *,
    is_the_page: bool = False,
) -> Judgement:
    """No sign was found: whose turn it is depends on whether this is the page at all."""
    if asked.status in _GONE:
        return Judgement(Outcome.FAILED, f"the page does not exist: it answers {asked.status}", fix, signals)
    if (why := why_not_the_page(facts, asked, is_the_page=is_the_page)) is not None:
        return Judgement(Outcome.UNKNOWN, why, signals=signals)
    if (mentions.is_subject and mentions.named > 0) or mentions.is_spoken_of:
        told = f"it is not clear that {_called(facts)} {expected}; a person looks"
        return Judgement(Outcome.UNKNOWN, told, signals=signals)
    return Judgement(Outcome.FAILED, f"nothing on the page {_called(facts)} shows that it {expected}", fix, signals)


def why_not_the_page(facts: PageFacts, asked: Question, *, is_the_page: bool = False) -> str | None:
    """Why a sign that is missing here counts against nobody; None where this plainly is the page.

    A page of few words may be a notice in words we don't know, unless something else shows that `is_the_page`.
    """
    if asked.status is not None and not 200 <= asked.status < 300:
        return f"the page answers {asked.status}, which tells nothing about it"
    if facts.state is not PageState.USABLE:
        return f"could not read the page: {facts.state_reason}"
    if not is_the_page and facts.prose < ENOUGH_PROSE and len(facts.text) < ENOUGH_TEXT:
        return f"the page {_called(facts)} says too little to tell whether it is the one meant; a person looks"
    return None


PageRule = Callable[[PageFacts, Question], Judgement]
