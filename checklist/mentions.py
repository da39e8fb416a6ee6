"""How a page speaks of the marketplace: by its name, or of things that merely share the word.

"Segment" is a product and an everyday word: "connect Segment", "in your Segment workspace" name the product;
"create a Segment", "segments of users" do not. Grammar tells them apart, so no partner or page is listed here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from checklist.pages.facts import PageFacts
from checklist.programme import Programme

_BEFORE_A_NAME = (
    "with from to into via through using use uses in on and for by between inside within connect enable integrate both"
    " mit von aus zu und avec de vers dans et con desde en y com para do no e met naar van til fra med och"
)
_AFTER_A_NAME = (
    "workspace workspaces source sources destination destinations account accounts app integration integrations ui api"
    " apis library libraries sdk sdks event events customer customers connection connections catalog dashboard project"
    " cdp personas engage profiles protocols functions users platform warehouse spec documentation docs setup web"
)
_ARTICLE = (
    "a an the this that these each any every new another no which what user customer audience create creating edit"
    " save select saved existing your specific target default custom"
)
_AFTER_A_WORD = (
    "condition conditions rule rules definition definitions builder editor override overrides name names filter filters"
    " membership operator operators comparator comparators size criteria targeting id ids list lists"
)
_FOREIGN_SHARE = 0.3
"""From this share of letters outside Latin on, a Latin word in the text is a name."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """Counts over a page's words. `named` are uses as a name, `common` uses as an everyday word."""

    in_title: bool
    in_heading: bool
    in_address: bool
    named: int
    common: int
    links: int
    """Links to the marketplace's own domains."""
    vocabulary: tuple[str, ...]

    @property
    def is_subject(self) -> bool:
        """Whether the page presents itself under the marketplace's name."""
        return self.in_title or self.in_heading

    @property
    def is_about(self) -> bool:
        """Whether the page is about the marketplace, beyond doubt."""
        weight = self.named + min(self.links, 2) + len(self.vocabulary)
        return self.is_subject and self.named >= 1 and weight >= 3 and self.named > self.common

    @property
    def is_nowhere(self) -> bool:
        """Whether nothing on the page names the marketplace."""
        return not self.named and not self.links and not self.vocabulary


@dataclass(frozen=True, slots=True)
class _Patterns:
    name: re.Pattern[str]
    named: re.Pattern[str]
    common: re.Pattern[str]
    subject: re.Pattern[str]


def mentions_of(facts: PageFacts, programme: Programme) -> Mentions:
    """How the page speaks of the programme's marketplace."""
    patterns = _patterns(programme.marketplace, programme.aliases)
    words = "\n".join((facts.title, facts.description, *facts.headings, facts.text))
    lower = words.lower()
    return Mentions(
        in_title=bool(patterns.subject.search(facts.title)),
        in_heading=bool(patterns.subject.search(facts.main_heading)),
        in_address=programme.marketplace.lower() in re.split(r"[/_.-]", urlsplit_path(facts.url).lower()),
        named=len((patterns.name if _is_foreign(words) else patterns.named).findall(words)),
        common=len(patterns.common.findall(words)),
        links=sum(is_within(link.href, programme.domains) for link in facts.links),
        vocabulary=tuple(word for word in programme.vocabulary if word in lower),
    )


def is_within(href: str, domains: tuple[str, ...]) -> bool:
    """Whether a web address belongs to one of the domains or lies below it."""
    return _known_within(href, domains) if len(href) <= LONGEST_KNOWN else _within(href, domains)


def host_of(href: str) -> str:
    """The host of a web address in lower case, or nothing where there is none."""
    try:
        parts = urlsplit(href.strip())
        return (parts.hostname or "").rstrip(".") if parts.scheme in {"http", "https", ""} else ""
    except ValueError:
        return ""


# A site's navigation names the same addresses on every page; odd long ones are not worth the memory.
LONGEST_KNOWN = 300


@lru_cache(maxsize=16_384)
def _known_within(href: str, domains: tuple[str, ...]) -> bool:
    return _within(href, domains)


def _within(href: str, domains: tuple[str, ...]) -> bool:
    if not may_name(href, domains):
        return False
    host = host_of(href)
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def may_name(href: str, words: Iterable[str]) -> bool:
    """Whether one of the words (in lower case) may stand in an address once it is taken apart.

    Most links lead elsewhere: a no costs a tenth of taking them apart.
    """
    lower = href.lower()
    return any(word in lower for word in words) or not href.isascii() or _DROPPED.search(href) is not None


_DROPPED = re.compile(r"[\t\r\n]")
"""Left out of an address by who reads it, wherever they stand."""


def urlsplit_path(url: str | None) -> str:
    try:
        return urlsplit(url or "").path
    except ValueError:
        return ""


def names_marketplace(text: str, programme: Programme) -> bool:
    """Whether a short text is the marketplace's name, as on a tile: "Segment", "Segment integration"."""
    return bool(_tile(programme.marketplace, programme.aliases).fullmatch(text.strip()))


_ON_A_TILE = r"logo|icon|integration|cdp|customer data platform|by \w++|source|destination"


@cache
def _tile(name: str, aliases: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(each) for each in (*aliases, name))
    return re.compile(
        rf"(?:{names})(?:\s*(?:[-–—:(]\s*)?(?:{_ON_A_TILE})\)?)*",
        re.IGNORECASE,
    )


@cache
def _patterns(name: str, aliases: tuple[str, ...]) -> _Patterns:
    word = re.escape(name)
    either = rf"(?:{re.escape(name)}|{re.escape(name.lower())})"
    other = "|".join(re.escape(alias) for alias in aliases) or r"(?!)"
    before, after = (rf"(?:{'|'.join(words.split())})" for words in (_BEFORE_A_NAME, _AFTER_A_NAME))
    article, noun = (rf"(?:{'|'.join(words.split())})" for words in (_ARTICLE, _AFTER_A_WORD))
    no_noun = rf"(?!\s+(?i:{noun})\b)(?![-\w])"
    as_name = (
        rf"\b(?:{other})\b",
        rf"\b(?i:{before})\s+{word}\b{no_noun}",
        rf"[&+→]\s*{word}\b{no_noun}",
        rf"\b{word}['’]s\b",
        rf"\b{word}\s+(?i:{after})\b",
        rf"(?<![\w-]){word}\s+(?:is|allows|enables|lets|helps|and|to|can|provides|makes|collects)\b",
    )
    as_word = (
        rf"\b{either}s\b",
        rf"\b{either}(?:ation|ing|ed)\b",
        rf"\b(?i:{article})\s+{either}\b(?!['’]s)(?!\s+(?i:{after})\b)",
        rf"\b{either}\s+(?i:{noun})\b",
    )
    return _Patterns(
        name=re.compile(rf"(?<![\w-]){word}(?![\w-])"),
        named=re.compile("|".join(as_name)),
        common=re.compile("|".join(as_word)),
        subject=re.compile(rf"(?:(?<![\w-]){word}(?:\.com|\.io)?\b{no_noun})|\b(?:{other})\b"),
    )


def _is_foreign(text: str) -> bool:
    letters = [letter for letter in text[:20_000] if letter.isalpha()]
    return bool(letters) and sum(letter > "ɏ" for letter in letters) / len(letters) > _FOREIGN_SHARE
