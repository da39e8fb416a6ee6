"""How a page speaks of the marketplace: by its name, or of things that merely share the word.

"Segment" is a product and an everyday word: "connect Segment", "in your Segment workspace" name the product;
"create a Segment", "segments of users" do not. Grammar tells them apart, so no partner or page is listed here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from checklist.page_words import ASIDE
from checklist.pages.facts import PageFacts
from checklist.programme import Programme

_BEFORE_A_PLACE = (
    "from to into via in between inside within connect connecting enable integrate integrating"
    " von aus zu vers dans desde hacia en em do da no van naar til fra från till"
)
"""Words before something that data goes to or comes from."""
_BEFORE_A_NAME = "with through using use uses on and for both mit und für avec de et con y e com para o met en med och"
_AFTER_A_NAME = (
    "workspace workspaces source sources destination destinations account accounts app integration integrations ui api"
    " apis library libraries sdk sdks event events connection connections catalog dashboard project webhook webhooks"
    " cdp personas engage profiles protocols function functions platform warehouse spec documentation docs setup web"
    " data traits audiences calls ecosystem partner partners partnership plugin tag snippet"
    " admin instance team konto quelle ziel anbindung koppeling integratie"
    " intégration integración integração integrazione"
)
_ARTICLE = (
    "a an the this that these each any every new another no which what user customer audience create creating edit"
    " save select saved existing your specific target default custom"
    " das dem des ein eine einem einen eines im zum ins jedes dieses neues le un ce du au votre chaque het een dit ett"
)
_AFTER_A_WORD = (
    "condition conditions rule rules definition definitions builder editor override overrides name names filter filters"
    " membership operator operators comparator comparators size criteria targeting id ids list lists"
    " dropdown tab menu section field column type types value values status members population count share level"
    " analysis"
    " users customers people contacts leads subscribers visitors"
)
BESIDE = 40
"""Characters beside a name that tell how it is meant."""
ENOUGH = 3
"""Signs that make a page's mention more than passing."""
_FOREIGN_SHARE = 0.3
"""From this share of letters outside Latin on, a Latin word in the text is a name."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """Counts over a page's words. `named` are uses as a name, `common` uses as an everyday word."""

    in_title: bool
    in_heading: bool
    in_address: bool
    named: int
    placed: int
    """Uses as a name of something that data goes to or comes from; a feature of the same name has few."""
    in_prose: int
    """Uses as a name in the text, titles and headings aside: a notice may keep the title of the page it stands for."""
    common: int
    links: int
    """Links to the marketplace's own domains."""
    vocabulary: tuple[str, ...]
    is_aside: bool = False
    """The title speaks of the marketplace for another reason: compares it, leaves it, explains it, tells of it."""

    @property
    def weight(self) -> int:
        """Signs of the marketplace: a page titled and headed by its name needs fewer besides."""
        return self.named + min(self.links, 2) + len(self.vocabulary) + (self.in_title and self.in_heading)

    @property
    def is_spoken_of(self) -> bool:
        """Whether the page speaks of the marketplace more than in passing."""
        prevails = self.named > self.common or (self.links > 0 and self.placed >= ENOUGH)
        return self.named >= 1 and self.weight >= ENOUGH and prevails

    @property
    def is_subject(self) -> bool:
        """Whether the page presents itself under the marketplace's name."""
        return self.in_title or self.in_heading

    @property
    def is_about(self) -> bool:
        """Whether the page is about the marketplace, beyond doubt."""
        is_a_place = self.placed or self.links or self.vocabulary
        return self.is_subject and self.is_spoken_of and self.in_prose >= 1 and bool(is_a_place)

    @property
    def is_nowhere(self) -> bool:
        """Whether nothing on the page names the marketplace."""
        return not self.named and not self.links and not self.vocabulary


@dataclass(frozen=True, slots=True)
class _Patterns:
    name: re.Pattern[str]
    named: re.Pattern[str]
    placed: re.Pattern[str]
    common: re.Pattern[str]
    subject: re.Pattern[str]


def mentions_of(facts: PageFacts, programme: Programme) -> Mentions:
    """How the page speaks of the programme's marketplace."""
    patterns = _patterns(programme.marketplace, programme.aliases)
    words = f"{facts.title}\n{facts.description}\n{facts.text}"
    lower = words.lower()
    is_foreign = _is_foreign(words)
    name, placed = (patterns.name, patterns.name) if is_foreign else (patterns.named, patterns.placed)
    near, in_text, in_headings = (
        _around((programme.marketplace, *programme.aliases), text)
        for text in (words, facts.text, "\n".join(facts.headings))
    )
    return Mentions(
        in_title=bool(patterns.subject.search(facts.title or facts.main_heading)),
        in_heading=bool(patterns.subject.search(facts.main_heading)),
        in_address=programme.marketplace.lower() in re.split(r"[/_.-]", urlsplit_path(facts.url).lower()),
        named=len(name.findall(near)),
        placed=len(placed.findall(near)),
        in_prose=max(0, len(name.findall(in_text)) - len(name.findall(in_headings))),
        common=len(patterns.common.findall(near)),
        links=sum(is_within(link.href, programme.domains) for link in facts.links),
        vocabulary=tuple(word for word in programme.vocabulary if word in lower),
        is_aside=any(ASIDE.search(title) for title in (facts.title, facts.main_heading)),
    )


def _around(names: tuple[str, ...], text: str) -> str:
    """What stands beside each use of a name: most of a long page need not be looked at closely."""
    kept: list[str] = []
    end = 0
    for found in re.finditer("|".join(map(re.escape, names)), text, re.IGNORECASE):
        if found.start() - BESIDE > end:
            kept.append("\n")
            end = found.start() - BESIDE
        kept.append(text[end : found.end() + BESIDE])
        end = found.end() + BESIDE
    return "".join(kept)


Domains = tuple[str, ...] | frozenset[str]


def is_within(href: str, domains: Domains) -> bool:
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
def _known_within(href: str, domains: Domains) -> bool:
    return _within(href, domains)


def _within(href: str, domains: Domains) -> bool:
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


_ON_A_TILE = r"logo|icon|integration|connector|app|cdp|customer data platform|by \w++|source|destination|new|beta"
_TOLD_ON_A_TILE = r"(?:\s+[-–—|:(]|:)\s*\S.{0,60}"
"""What a tile tells of the product, behind a mark: "Segment: send your events"."""


@cache
def _tile(name: str, aliases: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(each) for each in (*aliases, name))
    return re.compile(
        rf"(?:{names})(?:(?:\s*(?:[-–—:(]\s*)?(?:{_ON_A_TILE})\)?)*|{_TOLD_ON_A_TILE})",
        re.IGNORECASE,
    )


@cache
def _patterns(name: str, aliases: tuple[str, ...]) -> _Patterns:
    word = re.escape(name)
    either = rf"(?:{re.escape(name)}|{re.escape(name.lower())})"
    other = "|".join(re.escape(alias) for alias in aliases) or r"(?!)"
    place, before, after, article, noun = (
        rf"(?:{'|'.join(words.split())})"
        for words in (_BEFORE_A_PLACE, _BEFORE_A_NAME, _AFTER_A_NAME, _ARTICLE, _AFTER_A_WORD)
    )
    no_noun = rf"(?!\s+(?i:{noun})\b)(?![-{_LETTER}])"
    as_place = (
        rf"\b(?i:{other})\b",
        rf"\b(?i:{place})\s+{word}{no_noun}",
        rf"[+→]\s*{word}{no_noun}|\b{word}\s*[+→]",
        rf"\b{word}[\s-](?i:{after})\b",
    )
    as_name = (
        *as_place,
        rf"\b(?i:{before})\s+{word}{no_noun}",
        rf"&\s*{word}{no_noun}",
        rf"\b{word}['’]s\b",
        rf"\b[A-Z][\w.]*, {word}(?:,| and\b| or\b| &)",
        rf"(?<![\w-]){word}\s+(?:is|allows|enables|lets|helps|and|to|can|provides|makes|collects)\b",
    )
    as_word = (
        rf"\b{either}s\b",
        rf"\b{either}(?:ation|ing|ed)\b",
        rf"\b(?i:{article})\s+{either}\b(?!['’]s)(?![\s-](?i:{after})\b)",
        rf"\b{either}\s+(?i:your|our|their|them|users|customers|people|contacts|leads|subscribers|visitors)\b",
        rf"\b{either}\s+(?i:{noun})\b",
    )
    return _Patterns(
        name=re.compile(rf"(?<![-{_LETTER}]){word}(?![-{_LETTER}])"),
        named=re.compile("|".join(as_name)),
        placed=re.compile("|".join(as_place)),
        common=re.compile("|".join(as_word)),
        subject=re.compile(rf"(?<![-(（{_LETTER}]){word}(?:\.com|\.io)?(?:-(?i:{after}))?{no_noun}|\b(?i:{other})\b"),
    )


_LETTER = "A-Za-z0-9_\u00c0-\u024f"
"""Of the alphabet names are written in; a language without spaces may join its own letters to a name."""


def _is_foreign(text: str) -> bool:
    if text[:20_000].isascii():
        return False
    letters = [letter for letter in text[:20_000] if letter.isalpha()]
    return bool(letters) and sum(letter > "ɏ" for letter in letters) / len(letters) > _FOREIGN_SHARE
