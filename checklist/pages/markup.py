"""Facts from HTML, and from templates and components that are HTML for the most part (PHP, JSX)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from checklist.pages.facts import Link, Published

HIDDEN = "script, style, noscript, template, svg, iframe, object, [hidden], [aria-hidden='true']"
NAVIGATION = "nav, header nav, footer, [role='navigation'], [role='contentinfo']"
STANDS_ALONE = "h1, h2, h3, h4, h5, h6, a, li, dt, td, th, figcaption, strong, b, p, span, div, label, button"
HOLDS_MORE = "p, div, li, td, h1, h2, h3, h4, h5, h6"
TIME_OF_THE_PAGE = "article time[datetime], main time[datetime], time[itemprop='datePublished'], time[pubdate]"
JSON_LD = "application/ld+json"
LONGEST_LABEL = 60
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
    labels: list[str] = field(default_factory=list)
    script_urls: list[str] = field(default_factory=list)
    scripts: str = ""
    published: Published | None = None
    ordered_steps: int = 0
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
        found.title = self._words(tree.css_first("head title, title"))
        found.description = squeezed(metas.get("description") or metas.get("og:description"))
        found.published = self._published(metas)
        found.refreshes = metas.get("refresh", "") != ""
        found.has_password = tree.css_first("input[type='password']") is not None
        self._read_scripts(found)
        for node in tree.css(HIDDEN):
            node.decompose()
        body = tree.body
        if body is None:
            return found
        found.all_text = self._words(body)
        found.links = list(self._links(_base(tree, self._url)))
        for node in tree.css(NAVIGATION):
            node.decompose()
        found.text = self._words(body)[:MOST_TEXT]
        found.headings = [words for node in tree.css("h1, h2, h3, h4, h5") if (words := self._words(node))]
        found.main_heading = self._words(tree.css_first("h1")) or (found.headings[0] if found.headings else "")
        found.labels = list(self._labels())
        found.ordered_steps = len(tree.css("ol > li"))
        return found

    def _words(self, node: LexborNode | None) -> str:
        if node is None or self._left <= 0:
            return ""
        text = node.text(separator=" ")
        self._left -= len(text)
        return squeezed(text)

    def _links(self, base: str | None) -> Iterator[Link]:
        inside = {node.mem_id for outer in self._tree.css(NAVIGATION) for node in outer.css("a, area")}
        for node in self._tree.css("a[href], area[href], form[action], [title][href]")[:MOST_LINKS]:
            attributes = node.attributes
            href = attributes.get("href") or attributes.get("action") or ""
            text = (
                self._words(node)
                or squeezed(attributes.get("title") or attributes.get("aria-label"))
                or _pictured(node)
            )
            yield Link(absolute(href, base), text, node.mem_id in inside)

    def _labels(self) -> Iterator[str]:
        """Short texts that stand alone; a card's title attribute counts, since components carry it there."""
        for node in self._tree.css(STANDS_ALONE):
            if node.css_first(HOLDS_MORE) is None and 0 < len(words := self._words(node)) <= LONGEST_LABEL:
                yield words
        for node in self._tree.css("img[alt], [title], [aria-label]"):
            for name in ("alt", "title", "aria-label"):
                if 0 < len(words := squeezed(node.attributes.get(name))) <= LONGEST_LABEL:
                    yield words

    def _read_scripts(self, found: Markup) -> None:
        pieces = []
        for node in self._tree.css("script"):
            found.script_count += 1
            source = node.attributes.get("src")
            if source:
                found.script_urls.append(source)
            elif (node.attributes.get("type") or "").lower() != JSON_LD:
                pieces.append(node.text())
        pieces += [node.attributes.get("onclick") or "" for node in self._tree.css("[onclick]")]
        found.scripts = "\n".join(pieces)[:MOST_SCRIPT]

    def _published(self, metas: Mapping[str, str]) -> Published | None:
        declared = [(metas.get(key, ""), declared_by) for key, declared_by in DATE_META]
        for node in self._tree.css(f"script[type='{JSON_LD}']"):
            declared += [(value, "JSON-LD") for value in _json_ld_dates(node.text())]
        times = self._tree.css("time[datetime]")
        trusted = self._tree.css(TIME_OF_THE_PAGE) or (times if len(times) == 1 else [])
        declared += [(node.attributes.get("datetime") or "", "time") for node in trusted]
        for value, declared_by in declared:
            if (on := declared_date(value)) is not None:
                return Published(on, declared_by)
        return None


def _json_ld_dates(text: str) -> Iterable[str]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    waiting: list[Any] = [document]
    found = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(inner for inner in value.values() if isinstance(inner, dict | list))
            if isinstance(value.get("datePublished"), str):
                found.append(value["datePublished"])
    return found
