"""Facts from HTML, and from templates and components that are HTML for the most part (PHP, JSX)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from checklist.pages.controls import controls_of
from checklist.pages.facts import Control, Link, Published
from checklist.pages.structured import StructuredData, structured_data

HIDDEN = "script, style, noscript, template, svg, iframe, object, [hidden], [aria-hidden='true']"
NAVIGATION = "nav, header nav, footer, [role='navigation'], [role='contentinfo']"
STANDS_ALONE = "h1, h2, h3, h4, h5, h6, a, li, dt, td, th, figcaption, strong, b, p, span, div, label, button"
HOLDS_MORE = "p, div, li, td, h1, h2, h3, h4, h5, h6"
DATE_OF_THE_PAGE = (
    "[itemprop~='datePublished'][content], [itemprop~='datePublished'][datetime], time[pubdate][datetime]"
)
NAMED_COMPONENT = (
    ":is([name], [label], [heading]):not(a, button, details, fieldset, form, iframe, input, map, meta, object,"
    " optgroup, option, output, param, select, slot, textarea, track)"
)
"""Components of MDX and the like, which carry the words of a card in attributes that HTML uses otherwise."""
SPEAKS = "p, li, dd, td, blockquote, pre"
TIME_OF_THE_PAGE = "article time[datetime], main time[datetime]"
TIME = "time[datetime]"
JSON_LD = "application/ld+json"
LONGEST_LABEL = 60
SHORTEST_SENTENCE = 40
MOST_LINKS = 5_000
MOST_SCRIPT = 2_000_000
MOST_TEXT = 400_000
"""Characters of visible text that are judged; the longest real pages have a tenth of that."""
MOST_CHARACTERS = 40_000_000
"""Characters read out of nested elements altogether: the same words count again in each that holds them."""

DATE_META = (
    ("article:published_time", "OpenGraph"),
    ("og:article:published_time", "OpenGraph"),
    ("datepublished", "meta"),
    ("date", "meta"),
    ("dc.date", "meta"),
    ("dc.date.issued", "meta"),
    ("dcterms.created", "meta"),
    ("publish_date", "meta"),
    ("pubdate", "meta"),
    ("parsely-pub-date", "meta"),
    ("sailthru.date", "meta"),
)
"""Where a page declares its date, in the order they are believed."""

_IS_ABSOLUTE = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_FROM_THE_ROOT = re.compile(r"/(?!/)[\x21-\x7e]*\Z")
_DATE = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?!\d)")


@dataclass(slots=True)
class Markup:
    """What the HTML of a page holds, before anybody asks whether it is the page."""

    title: str = ""
    description: str = ""
    headings: list[str] = field(default_factory=list)
    main_heading: str = ""
    text: str = ""
    all_text: str = ""
    """Navigation included."""
    links: list[Link] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    script_urls: list[str] = field(default_factory=list)
    scripts: str = ""
    published: Published | None = None
    ordered_steps: int = 0
    samples: int = 0
    """Blocks of code."""
    prose: int = 0
    """Characters of paragraphs, entries and cells, links and notes on cookies aside."""
    script_count: int = 0
    has_password: bool = False
    refreshes: bool = False
    """A meta refresh leads elsewhere."""


def squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


def declared_date(value: str) -> date | None:
    """The date at the beginning of an ISO 8601 value; None for anything else, invented dates included."""
    found = _DATE.match(value)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def markup_of(html: str, url: str | None) -> Markup:
    """Facts of HTML that the prescan let through. `url` makes links absolute."""
    return _Reading(LexborHTMLParser(html), url).facts()


def _key(node: LexborNode) -> str:
    names = (node.attributes.get(name) for name in ("property", "name", "itemprop", "http-equiv"))
    return next((name for name in names if name), "").lower()


def _base(tree: LexborHTMLParser, url: str | None) -> str | None:
    node = tree.css_first("base[href]")
    declared = node.attributes.get("href") if node is not None else None
    return absolute(declared, url) if declared else url


def absolute(href: str, base: str | None) -> str:
    """The link as an absolute address where that is possible, else as it stands."""
    href = href.strip()
    if not base:
        return href
    # The two usual kinds without the general rule: it costs more than reading the page.
    if href.startswith("/"):
        if _FROM_THE_ROOT.match(href) and "/." not in href and (site := _site_of(base)):
            return f"{site}{href}"
    elif _IS_ABSOLUTE.match(href):
        return href
    try:
        return urljoin(base, href)
    except ValueError:  # such as an unfinished IPv6 address: it stays as it is written
        return href


@lru_cache(maxsize=64)
def _site_of(base: str) -> str:
    site = _IS_ABSOLUTE.match(base)
    return site[0] if site else ""


def _pictured(node: LexborNode) -> str:
    """The words of the first picture that has some."""
    alternatives = (squeezed(image.attributes.get("alt")) for image in node.css("img[alt]"))
    return next((words for words in alternatives if words), "")


class _Reading:
    """One page being read: takes the tree apart as it goes, within bounded work."""

    def __init__(self, tree: LexborHTMLParser, url: str | None) -> None:
        self._tree = tree
        self._url = url
        self._left = MOST_CHARACTERS

    def facts(self) -> Markup:
        tree, found = self._tree, Markup()
        metas = {_key(node): node.attributes.get("content") or "" for node in tree.css("meta") if _key(node)}
        structured = structured_data([node.text() for node in tree.css(f"script[type='{JSON_LD}']")])
        titled = self._words(tree.css_first("head title, title")) or squeezed(metas.get("og:title"))
        found.title = titled or squeezed(structured.title)
        described = metas.get("description") or metas.get("og:description") or structured.description
        found.description = squeezed(described)
        found.published = self._published(metas, structured)
        found.refreshes = metas.get("refresh", "") != ""
        found.has_password = tree.css_first("input[type='password']") is not None
        self._read_scripts(found)
        for node in tree.css(HIDDEN):
            node.decompose()
        body = tree.body
        if body is None:
            return found
        found.all_text = self._words(body)
        base = _base(tree, self._url)
        found.links = list(self._links(base))
        found.controls = list(controls_of(tree, self._read_out, lambda href: absolute(href, base)))
        for node in tree.css(NAVIGATION):
            node.decompose()
        found.text = self._words(body)[:MOST_TEXT]
        found.headings = [words for node in tree.css("h1, h2, h3, h4, h5") if (words := self._words(node))]
        found.main_heading = self._words(tree.css_first("h1")) or (found.headings[0] if found.headings else "")
        holders = self._holders()
        found.labels = list(self._labels(holders))
        found.prose = sum(self._sentences(holders))
        found.pictures = list(self._pictures())
        found.ordered_steps = len(tree.css("ol > li"))
        found.samples = len(tree.css("pre"))
        return found

    def _words(self, node: LexborNode | None) -> str:
        if node is None or self._left <= 0:
            return ""
        text = node.text(separator=" ")
        self._left -= len(text)
        return squeezed(text)

    def _read_out(self, node: LexborNode) -> str:
        """What a person reads on a node: its words, or those that stand for it."""
        attributes = node.attributes
        return self._words(node) or squeezed(attributes.get("title") or attributes.get("aria-label")) or _pictured(node)

    def _links(self, base: str | None) -> Iterator[Link]:
        inside = {node.mem_id for outer in self._tree.css(NAVIGATION) for node in outer.css("a, area")}
        for node in self._tree.css("a[href], area[href], form[action], [title][href]")[:MOST_LINKS]:
            attributes = node.attributes
            href = attributes.get("href") or attributes.get("action") or ""
            yield Link(absolute(href, base), self._read_out(node), node.mem_id in inside)

    def _sentences(self, holders: set[int]) -> Iterator[int]:
        for node in self._tree.css(SPEAKS):
            if node.mem_id not in holders and len(words := self._words(node)) >= SHORTEST_SENTENCE:
                linked = sum(len(self._words(link)) for link in node.css("a"))
                yield 0 if "cookie" in words.lower() else len(words) - linked

    def _labels(self, holders: set[int]) -> Iterator[str]:
        """Short texts that stand alone; a card's title attribute counts, since components carry it there."""
        for node in self._tree.css(STANDS_ALONE):
            if node.mem_id not in holders and 0 < len(words := self._words(node)) <= LONGEST_LABEL:
                yield words
        for node in self._tree.css("img[alt], [title], [aria-label]"):
            for name in ("alt", "title", "aria-label"):
                if 0 < len(words := squeezed(node.attributes.get(name))) <= LONGEST_LABEL:
                    yield words
        for node in self._tree.css(NAMED_COMPONENT):
            for name in ("name", "label", "heading"):
                if 0 < len(words := squeezed(node.attributes.get(name))) <= LONGEST_LABEL:
                    yield words

    def _pictures(self) -> Iterator[str]:
        """Names of the files of pictures without words, such as "segment-logo"."""
        for node in self._tree.css("img[src]")[:MOST_LINKS]:
            if not squeezed(node.attributes.get("alt")):
                file = (node.attributes.get("src") or "").partition("?")[0].rpartition("/")[2]
                yield file.partition(".")[0][:LONGEST_LABEL]

    def _holders(self) -> set[int]:
        """Elements that hold another block: what they say together is no label."""
        holders: set[int] = set()
        for node in self._tree.css(HOLDS_MORE):
            outer = node.parent
            while outer is not None and outer.mem_id not in holders:
                holders.add(outer.mem_id)
                outer = outer.parent
        return holders

    def _read_scripts(self, found: Markup) -> None:
        pieces = []
        for node in self._tree.css("script"):
            if (node.attributes.get("type") or "").lower() == JSON_LD:
                continue
            found.script_count += 1
            source = node.attributes.get("src")
            if source:
                found.script_urls.append(source)
            else:
                pieces.append(node.text())
        pieces += [node.attributes.get("onclick") or "" for node in self._tree.css("[onclick]")]
        found.scripts = "\n".join(pieces)[:MOST_SCRIPT]

    def _published(self, metas: Mapping[str, str], structured: StructuredData) -> Published | None:
        declared = [(metas.get(key, ""), declared_by) for key, declared_by in DATE_META]
        declared += [(value, "JSON-LD") for value in structured.published]
        declared += [(value, "microdata") for value in self._only(DATE_OF_THE_PAGE)]
        declared += [(value, "time") for value in self._only(TIME_OF_THE_PAGE) or self._only(TIME)]
        for value, declared_by in declared:
            if (on := declared_date(value)) is not None:
                return Published(on, declared_by)
        return None

    def _only(self, selector: str) -> list[str]:
        """The value that all such elements agree on; a list of posts has one for each and none of its own."""
        nodes = [node for node in self._tree.css(selector) if node.attributes.get("itemprop") != "dateModified"]
        values = [node.attributes.get("content") or node.attributes.get("datetime") or "" for node in nodes]
        dates = {value[:10] for value in values if value}
        return values[:1] if len(dates) == 1 else []
