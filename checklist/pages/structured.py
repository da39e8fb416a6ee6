"""What a page declares of itself in JSON-LD: its title, its description and when it was published."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ARTICLES = ("Article", "BlogPosting", "Posting", "Report", "PressRelease")
"""Endings of the types of schema.org that are one text with a date of its own."""
PAGES = frozenset({"WebPage", "ItemPage", "AboutPage", "FAQPage", "CreativeWork", "HowTo"})
MOST_THINGS = 1_000


@dataclass(frozen=True, slots=True)
class StructuredData:
    title: str = ""
    description: str = ""
    published: tuple[str, ...] = ()
    """At most one value: a page that declares several articles is a list of them, with no date of its own."""


def structured_data(scripts: Iterable[str]) -> StructuredData:
    """What the JSON-LD scripts of one page say of the page itself. What is no JSON says nothing."""
    things = [thing for script in scripts for thing in _things(_parsed(script))][:MOST_THINGS]
    articles = [thing for thing in things if _is_article(thing)]
    pages = [thing for thing in things if _types(thing) & PAGES or not _types(thing)]
    about = [*articles, *pages]
    dated = [thing["datePublished"] for thing in articles or pages if isinstance(thing.get("datePublished"), str)]
    return StructuredData(
        title=_first(about, "headline", "name"),
        description=_first(about, "description"),
        published=tuple(dated[:1]) if len({value[:10] for value in dated}) == 1 else (),
    )


def _parsed(script: str) -> Any:
    try:
        return json.loads(script)
    except (ValueError, RecursionError):
        return None


def _things(value: Any) -> Iterator[Mapping[str, Any]]:
    """The page's own things: at the top, in an array or graph, or as what the page is about; none nested deeper."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop(0)
        if isinstance(one, list):
            waiting += [(inner, depth) for inner in one[:MOST_THINGS] if isinstance(inner, dict)]
        elif isinstance(one, dict):
            yield one
            if depth == 0:
                waiting += [(one[key], 1) for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in one]


def _types(thing: Mapping[str, Any]) -> set[str]:
    declared = thing.get("@type")
    return {kind for kind in (declared if isinstance(declared, list) else [declared]) if isinstance(kind, str)}


def _is_article(thing: Mapping[str, Any]) -> bool:
    return any(kind.endswith(ARTICLES) for kind in _types(thing))


def _first(things: Iterable[Mapping[str, Any]], *keys: str) -> str:
    return next((thing[key] for thing in things for key in keys if isinstance(thing.get(key), str) and thing[key]), "")
