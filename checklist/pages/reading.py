"""From the text of a page to its facts."""

import re
from dataclasses import dataclass
from pathlib import PurePath

from checklist.pages.facts import PageFacts, PageState
from checklist.pages.markdown import markdown_facts
from checklist.pages.markup import Markup, markup_of
from checklist.pages.prescan import refusal
from checklist.pages.state import state_of

MARKDOWN_ENDINGS = frozenset({".md", ".mdx", ".mdoc", ".markdown", ".rst", ".adoc", ".asciidoc", ".txt"})
CODE_ENDINGS = frozenset({".js", ".jsx", ".mjs", ".ts", ".tsx", ".vue", ".svelte", ".astro"})
_PHP = re.compile(r"<\?(?:php|=).*?(?:\?>|\Z)", re.DOTALL)
_COMPONENT_MARKUP = re.compile(r"<(?:h[1-6]|p|div|section|main|article)\b", re.IGNORECASE)
_TEMPLATE_TAG = re.compile(r"<template\b", re.IGNORECASE)
_LINE_COMMENT = re.compile(r"^[ \t]*//.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Saved:
    """A page as text, however it came. `form` is html, markdown, template (PHP) or code (a script of the page)."""

    text: str
    form: str = "html"
    url: str | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


def saved_from(text: str, name: str, *, url: str | None = None, status: int | None = None) -> Saved:
    """A saved page, its form told by the ending of its file name."""
    ending = PurePath(name).suffix.lower()
    if ending in MARKDOWN_ENDINGS or (ending in {".html", ".htm"} and text.lstrip().startswith("---\n")):
        return Saved(text, "markdown", url, status)
    if ending == ".php":
        return Saved(text, "template", url, status)
    return Saved(text, "code" if ending in CODE_ENDINGS else "html", url, status)


def facts_of(saved: Saved) -> PageFacts:
    """The facts of a page. Markup too deep to parse safely gives the state TOO_DEEP and nothing else."""
    if (reason := refusal(saved.text)) is not None:
        return PageFacts(PageState.TOO_DEEP, reason, saved.url)
    if saved.form == "code" and not _holds_markup(saved.text):
        return PageFacts(PageState.NEEDS_BROWSER, "this is a script, not a page", saved.url, scripts=saved.text)
    found = _markup(saved)
    state, why = state_of(found, saved.status, dict(saved.headers))
    return PageFacts(
        state=state,
        state_reason=why,
        url=saved.url,
        title=found.title,
        description=found.description,
        headings=tuple(found.headings),
        main_heading=found.main_heading,
        text=found.text,
        links=tuple(found.links),
        controls=tuple(found.controls),
        labels=tuple(found.labels),
        pictures=tuple(found.pictures),
        script_urls=tuple(found.script_urls),
        scripts=found.scripts,
        published=found.published,
        ordered_steps=found.ordered_steps,
        samples=found.samples,
        prose=found.prose,
    )


def _holds_markup(code: str) -> bool:
    start = _COMPONENT_MARKUP.search(code)
    return start is not None and ">" in code[start.end() :]


def _markup(saved: Saved) -> Markup:
    if saved.form == "markdown":
        return markdown_facts(saved.text, saved.url)
    if saved.form == "template":
        return markup_of(_PHP.sub(" ", saved.text), saved.url)
    if saved.form == "code":
        found = markup_of(_TEMPLATE_TAG.sub("<div ", _LINE_COMMENT.sub("", saved.text)), saved.url)
        found.script_count = 0  # this is the source of the page, not what a browser gets to fill
        return found
    return markup_of(saved.text, saved.url)
