"""A cheap look over markup before it is parsed: the parser's time grows with the square of its depth.

200,000 nested elements keep it busy for half a minute; real pages reach a depth of 691 and 44 attributes. The scan
follows the HTML tokenizer closely enough that what it leaves out as text is text to the parser too, and counts too
much where in doubt.
"""

import re
from collections import Counter

MAX_DEPTH = 2_000
MAX_ATTRIBUTES = 1_000
MAX_OPEN_FORMATTING = 250
"""Formatting elements left open at once; the parser opens all of them again in each new block."""
MAX_CHARACTERS = 8_000_000
MOST_STEPS = 50_000_000
"""Odd tags times characters up to which their attributes are looked for: a name without an end has all the rest."""

_ATTRIBUTE = r"""[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+|(?=>)))?+"""
_START = re.compile(r"<[a-zA-Z/!?]")
_TAG = re.compile(rf"<(/?+)([a-zA-Z][^\s/>]*+)((?:[\s/]++|{_ATTRIBUTE})*+)>", re.ASCII)
_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:--!?>|\Z))|<(?:[!?]|/(?![a-zA-Z]))[^>]*+>?+", re.DOTALL)
_ATTRIBUTES = re.compile(_ATTRIBUTE, re.ASCII)


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VOID = _names("area base br col embed hr img input link meta param source track wbr")
_CLOSES_ITSELF = _names("p li dt dd tr td th thead tbody tfoot option optgroup html head body")
"""Elements whose end tag may be left out; they nest only through others, which are counted."""
_RAW_END = {
    name: re.compile(rf"</{name}[\s/>]", re.IGNORECASE | re.ASCII)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}
"""Elements whose content is text up to their own end tag."""
_FOREIGN = ("svg", "math")
_HTML_INSIDE_FOREIGN = ("foreignobject", "desc", "title", "annotation-xml", "mi", "mo", "mn", "ms", "mtext")
_ENDS_FOREIGN = _names(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta"
    " nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
)
_FORMATTING = _names("a b big code em font i nobr s small strike strong tt u")


_ANY_START = re.compile(r"<([a-zA-Z][^\s/<>]*+)", re.ASCII)
_MANY_ATTRIBUTES = re.compile(rf"<[a-zA-Z][^\s/>]*+(?:[\s/]*+{_ATTRIBUTE}){{{MAX_ATTRIBUTES + 1}}}", re.ASCII)
_PLAIN_ATTRIBUTE = r"""[\s/]++[^\s/<>"'=]++(?:=(?:"[^"<>]*+"|'[^'<>]*+'|[^\s<>"'=]++))?+"""
_ODD_START = re.compile(
    rf"<(?![a-zA-Z][^\s/<>\"'=]*+(?:{_PLAIN_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+[\s/]*+>)[a-zA-Z]", re.ASCII
)
"""A tag that is written so that it may have no end, or too many attributes. Most pages have hardly any."""


def refusal(markup: str) -> str | None:
    """Why this markup is not parsed, in one sentence, or None when it may be."""
    if len(markup) > MAX_CHARACTERS:
        return f"the page has {len(markup):,} characters; up to {MAX_CHARACTERS:,} are read"
    return None if _is_small(markup) else _walked(markup)


def _is_small(markup: str) -> bool:
    """Whether it has too few tags for any bound to be reached, however they nest; most real pages are."""
    names = _ANY_START.findall(markup)
    if len(names) > MAX_DEPTH or sum(name.lower() in _FORMATTING for name in names) > MAX_OPEN_FORMATTING:
        return False
    odd = [start.start() for start in _ODD_START.finditer(markup)]
    return len(odd) * len(markup) <= MOST_STEPS and not any(_MANY_ATTRIBUTES.match(markup, start) for start in odd)


def _walked(markup: str) -> str | None:
    scan = _Scan(markup)
    position = 0
    while (start := _START.search(markup, position)) is not None:
        if (comment := _COMMENT.match(markup, start.start())) is not None:
            position = comment.end()
            continue
        tag = _TAG.match(markup, start.start())
        if tag is None:  # a tag that never ends: the parser drops it and all that follows
            return None
        position = scan.after(tag)
        if (reason := scan.too_much(tag[3])) is not None:
            return reason
    return None


class _Scan:
    """What is open while the scan walks over the tags."""

    def __init__(self, markup: str) -> None:
        self._markup = markup
        self._open: Counter[str] = Counter()
        self._depth = 0
        self._formatting = 0
        self._never_end: set[str] = set()

    def after(self, tag: re.Match[str]) -> int:
        """Take a tag in; where to go on."""
        name = tag[2].lower()
        if tag[1]:
            if self._open[name]:
                self._count(name, -1)
            return tag.end()
        foreign = self._any_open(_FOREIGN)
        html_inside = foreign and self._any_open(_HTML_INSIDE_FOREIGN)
        if foreign and not html_inside and name in _ENDS_FOREIGN:
            foreign = False
            self._depth -= sum(self._open.pop(outer, 0) for outer in _FOREIGN)
        # Only drawing elements may close themselves, and only where no HTML stands inside the drawing.
        if html_inside or (not tag[3].endswith("/") if foreign else name not in _VOID and name not in _CLOSES_ITSELF):
            self._count(name, 1)
        return tag.end() if foreign else self._after_text_of(name, tag.end())

    def too_much(self, attributes: str) -> str | None:
        if len(attributes) > MAX_ATTRIBUTES and len(_ATTRIBUTES.findall(attributes)) > MAX_ATTRIBUTES:
            return f"a tag has more than {MAX_ATTRIBUTES:,} attributes"
        if self._depth > MAX_DEPTH:
            return f"the page nests more than {MAX_DEPTH:,} elements"
        if self._formatting > MAX_OPEN_FORMATTING:
            return f"the page leaves more than {MAX_OPEN_FORMATTING} formatting elements open"
        return None

    def _count(self, name: str, step: int) -> None:
        self._open[name] += step
        self._depth += step
        self._formatting += step * (name in _FORMATTING)

    def _any_open(self, names: tuple[str, ...]) -> bool:
        return any(self._open[name] for name in names)

    def _after_text_of(self, name: str, position: int) -> int:
        """Skip the text of a script and its like; where its end is missing nothing is skipped."""
        if name not in _RAW_END or name in self._never_end or (self._open["select"] and name != "script"):
            return position
        end = _RAW_END[name].search(self._markup, position)
        if end is None:
            self._never_end.add(name)
            return position
        return end.start()
