"""Facts from Markdown and MDX: documentation as it is written, before a site renders it."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import yaml

from checklist.pages.facts import Link, Published
from checklist.pages.markup import LONGEST_LABEL, MOST_TEXT, Markup, absolute, declared_date, markup_of, squeezed
from checklist.pages.prescan import refusal

_FRONT_MATTER = re.compile(r"\A\ufeff?\s*---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_FENCE = re.compile(r"[ \t]*(```|~~~)(.*)")
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]*([^#\n][^\n]*)$", re.MULTILINE)
_UNDERLINED = re.compile(r"^([^\s#>|*`+=~\[-][^\n]{0,200})\n(=+|-{2,}|~{3,})[ \t]*$", re.MULTILINE)
"""A heading by the line under it, as in Markdown and reStructuredText."""
_EQUALS = re.compile(r"^(={1,5})(?=[ \t][^=\s])", re.MULTILINE)
"""The mark of a heading in AsciiDoc."""
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*+)\]\([ \t]{0,9}<?([^()\s<>]{1,2048})>?(?:[ \t][^()\n]{0,300})?\)")
_ORDERED = re.compile(r"^[ \t]*\d+[.)][ \t]+\S", re.MULTILINE)
_IMPORT = re.compile(r"^(?:import|export)\s[^\n]*$", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|\{/\*.*?(?:\*/\}|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*[-*+|][ \t]+([^\n]+)$", re.MULTILINE)
_BOLD = re.compile(r"^[ \t]*\*\*([^*\n]{1,60})\*\*[ \t]*$", re.MULTILINE)
"""A line in bold type, which stands for a heading."""
_LEAD = re.compile(r"[^:|–—]{1,60}?(?=\s*[:|–—]|\s+-\s)")
"""What a bullet or the first cell of a row is about, before it tells more."""
_DATE_KEYS = ("date", "published", "publishdate", "published_at", "pubdate")
_LEADS_ELSEWHERE = ("redirect_to", "redirect", "redirect_from_to")
MOST_FRONT_MATTER = 20_000


class _FrontMatter(yaml.SafeLoader):
    """No aliases: few lines with them make a table of any size. Whole numbers stay text, however long they are."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are not read", None)
        return super().compose_node(parent, index)

    def as_text(self, number: yaml.ScalarNode) -> str:
        return str(self.construct_scalar(number))


_FrontMatter.add_constructor("tag:yaml.org,2002:int", _FrontMatter.as_text)


def front_matter_of(markdown: str) -> tuple[dict[str, Any], str]:
    """The front matter as a table (empty when it is none, or no YAML), and the rest of the page."""
    found = _FRONT_MATTER.match(markdown)
    if found is None or len(found[1]) > MOST_FRONT_MATTER:
        return {}, markdown
    try:
        table = yaml.load(found[1], _FrontMatter)  # noqa: S506 - it is the safe one
    # A tag with a value that is none of its kind breaks PyYAML in ways of its own.
    except (yaml.YAMLError, RecursionError, ValueError, LookupError, AttributeError):
        table = None
    return (table if isinstance(table, dict) else {}), markdown[found.end() :]


def markdown_facts(markdown: str, url: str | None) -> Markup:
    """Facts of a Markdown page: its front matter, its own syntax, and the HTML or components inside it."""
    table, body = front_matter_of(markdown)
    prose = prose_of(body)
    inside = markup_of(prose, url) if refusal(prose) is None else Markup()
    found = Markup()
    matter = dict(_words(table))
    listed = [squeezed(text) for key, value in table.items() if isinstance(value, list) for text in _texts(value)]
    headings = headings_of(prose)
    tops = [squeezed(_plain(match[2])) for match in _HEADING.finditer(prose) if len(match[1]) == 1]
    found.headings = [*headings, *inside.headings]
    found.title = matter.get("title", "") or next(iter(tops), "") or inside.main_heading
    found.description = matter.get("description", "")
    found.main_heading = next(iter(tops), "") or inside.main_heading or found.title or next(iter(headings), "")
    written = [text for key, text in matter.items() if key != "title"]
    found.text = squeezed(" ".join([*written, _plain(prose)]))[:MOST_TEXT]
    found.all_text = found.text
    found.prose = len(found.text)  # what is written in Markdown has no menus
    found.links = [Link(absolute(link.href, url), link.text) for link in links_of(prose)] + inside.links
    alternatives = [squeezed(match[2]) for match in _LINK.finditer(prose) if match[1]]
    bullets = [squeezed(_plain(match[1])) for match in _BULLET.finditer(prose)]
    bold = [squeezed(found) for found in _BOLD.findall(prose)]
    cells = [squeezed(cell) for bullet in bullets if "|" in bullet for cell in bullet.split("|")]
    leads = [lead[0] for bullet in bullets if (lead := _LEAD.match(bullet))]
    short = [
        *found.headings,
        *alternatives,
        *bullets,
        *leads,
        *cells,
        *bold,
        *listed,
        *(link.text for link in found.links),
        *inside.labels,
    ]
    found.labels = [label for label in short if 0 < len(label) <= LONGEST_LABEL]
    found.pictures = inside.pictures
    found.ordered_steps = len(_ORDERED.findall(prose)) + inside.ordered_steps
    found.samples = sum(line.lstrip().startswith(("```", "~~~")) for line in body.splitlines()) // 2 + inside.samples
    found.script_urls, found.scripts = inside.script_urls, inside.scripts
    found.published = _published(table)
    found.refreshes = any(key in table for key in _LEADS_ELSEWHERE)
    return found


def prose_of(body: str) -> str:
    """Markdown without its code blocks and the imports of components, each heading behind its number signs.

    An unfinished block runs to the end.
    """
    kept: list[str] = []
    fence: str | None = None
    for line in body.splitlines():
        mark = _FENCE.match(line)
        if fence is None and mark is None:
            kept.append(line)
        elif fence is None and mark is not None:
            fence = mark[1]
        elif mark is not None and mark[1] == fence and not mark[2].strip("`~ \t"):
            fence = None
    prose = _IMPORT.sub("", "\n".join(kept))
    underlined = _UNDERLINED.sub(lambda found: f"{'#' if found[2][0] == '=' else '##'} {found[1]}", prose)
    return _EQUALS.sub(lambda found: "#" * len(found[1]), underlined)


def headings_of(prose: str) -> list[str]:
    return [squeezed(_plain(match[2])) for match in _HEADING.finditer(prose)]


def links_of(markdown: str) -> list[Link]:
    """Links of Markdown syntax as they are written; images are none."""
    return [Link(match[3], squeezed(_plain(match[2]))) for match in _LINK.finditer(markdown) if not match[1]]


def _plain(markdown: str) -> str:
    """Words a reader sees: link texts instead of links, no tags, no marks of emphasis."""
    without_links = _LINK.sub(lambda match: match[2] if not match[1] else " ", markdown)
    return re.sub(r"[*_`]{1,3}", "", _TAG.sub(" ", without_links))


def _words(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Text values of the front matter under lower-case keys; those of inner tables and lists under the outer one's."""
    for key, value in table.items():
        texts = [squeezed(_plain(text)) for text in _texts(value)]
        if texts:
            yield str(key).lower(), " ".join(texts)


def _texts(value: Any, deepest: int = 4) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif deepest and isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner, deepest - 1)


def _published(table: dict[str, Any]) -> Published | None:
    for key, value in table.items():
        if str(key).lower() not in _DATE_KEYS:
            continue
        on = value.date() if isinstance(value, datetime) else value
        if isinstance(on, str):
            on = declared_date(on)
        if isinstance(on, date):
            return Published(on, "front matter")
    return None
