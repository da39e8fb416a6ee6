"""The documentation which the marketplace hosts, judged against the template that partners fill in.

The core decides: a title, a set-up part, what the integration supports, nothing of the template left. The rest is told:
of 168 live pages of partners, 165 have the first three, 121 the UTM parameters, 137 say who maintains it, and none
has a leftover.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from checklist.judgement import Judgement
from checklist.mentions import is_within
from checklist.pages import Link
from checklist.pages.markdown import front_matter_of, headings_of, links_of, prose_of
from checklist.pages.markup import MOST_TEXT
from checklist.rulebook import Rulebook
from models.enums import ComponentKind, Outcome

_MAINTAINED = re.compile(r"\b(maintained|owned|built|supported|provided) by\b", re.IGNORECASE)
_SUPPORT = re.compile(
    r"mailto:|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.\w|\bcontact\b[^.\n]{0,80}\b(support|team)\b", re.IGNORECASE
)
_INCLUDE = re.compile(
    r"\{%-?\s*include\s+[^%]{0,200}?(actions|components/actions-fields|ajs-upgrade|functions)[^%]{0,500}%\}",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"\banalytics\.(identify|track|page|screen|group|alias)\b|"
    r"\b(identify|track|page|screen|group|alias) (call|event|method)s?\b",
    re.IGNORECASE,
)
_SET_UP_LINE = re.compile(r"^[ \t]*\d+[.)][ \t]+\S", re.MULTILINE)
_FEWEST_STEPS = 2
MOST_OF_A_MARK = 50
"""Places of one mark that are looked at."""
MOST_TOLD = 8
"""Leftovers that are named."""
_SET_UP_HEADING = re.compile(
    r"\b(set[ -]?up|install\w*|configur\w+|connect\w*|add(ing)?|"
    r"quick ?start|get(ting)? started|prerequisites|overview)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What of the template a document has."""

    title: str
    has_text: bool
    leftovers: tuple[str, ...]
    """Text of the template as it stands in the document, with what follows it; each kind once."""
    has_getting_started: bool
    has_set_up: bool
    """A set-up part under another heading, or numbered steps."""
    shows_methods: bool
    links_with_utm: bool
    says_who_maintains: bool
    gives_support: bool
    first_person: tuple[str, ...]


def template_facts(markdown: str, kinds: Collection[ComponentKind], rulebook: Rulebook) -> TemplateFacts:
    """Facts of a document in Markdown for an integration of these component kinds (none: any)."""
    rule = rulebook.template
    markdown = markdown[:MOST_TEXT]
    matter, body = front_matter_of(markdown)
    prose = prose_of(body)
    headings = [heading.lower() for heading in headings_of(prose)]
    others = not kinds or any(kind is not ComponentKind.STREAM for kind in kinds)
    streams = not kinds or ComponentKind.STREAM in kinds
    wanted = (*(rule.methods if others else ()), *(rule.stream if streams else ()))
    return TemplateFacts(
        title=str(matter.get("title") or next(iter(headings_of(prose)), "")).strip(),
        has_text=bool(prose.strip()),
        leftovers=leftovers_in(markdown, rule.leftovers),
        has_getting_started=any(_begins(heading, rule.getting_started) for heading in headings),
        has_set_up=bool(_SET_UP_HEADING.search(" \n".join(headings)))
        or len(_SET_UP_LINE.findall(prose)) >= _FEWEST_STEPS,
        shows_methods=any(_begins(heading, wanted) for heading in headings)
        or bool(_INCLUDE.search(body) or _CALLS.search(body)),
        links_with_utm=any(_carries(link, rulebook) for link in links_of(body)),
        says_who_maintains=bool(_MAINTAINED.search(prose)),
        gives_support=bool(_SUPPORT.search(body)),
        first_person=tuple(_first_person(prose, rule.first_person)),
    )


def leftovers_in(text: str, marks: Collection[str]) -> tuple[str, ...]:
    """Text of the template that is left, as it is written there.

    A placeholder counts in any brackets, and however its words are joined; words count in any case and spacing.
    """
    seen = " ".join(text.split())
    found = [match[0].strip() for mark in marks for match in islice(_leftover(mark).finditer(seen), MOST_OF_A_MARK)]
    kinds = {leftover.lower(): leftover for leftover in reversed(found)}
    whole = [leftover for low, leftover in kinds.items() if not any(low in other and low != other for other in kinds)]
    return tuple(sorted(whole, key=found.index))[:MOST_TOLD]


@cache
def _leftover(mark: str) -> re.Pattern[str]:
    words = re.findall(r"[^\s_()<>\[\]{}]+", mark)
    joined = r"[\s_-]?".join(re.escape(word) for word in words)
    # The rest of a phrase helps to find it, as in "ADD WHAT IDENTIFY CALLS ARE USED FOR".
    rest = r"(?:[\s_-][A-Z]+\b){0,8}" if mark.isupper() else ""
    if mark[0] in "<[{":
        return re.compile(rf"[<\[{{]\s?{joined}\s?[>\]}}]", re.IGNORECASE)
    return re.compile(rf"(?i:{joined}){rest}")


def judge_segment_doc(markdown: str, kinds: Collection[ComponentKind], rulebook: Rulebook) -> Judgement:
    """Failed when the core is missing or the template shows through; warned for the rest."""
    facts = template_facts(markdown, kinds, rulebook)
    signals = {name: getattr(facts, name) for name in facts.__dataclass_fields__}
    signals |= {"leftovers": list(facts.leftovers), "first_person": list(facts.first_person)}
    if facts.title and not facts.has_text and not facts.leftovers:
        told = "there is front matter and no text: it may be kept elsewhere or not be out yet; a person looks"
        return Judgement(Outcome.UNKNOWN, told, signals=signals)
    missing, advice = list(_missing(facts)), list(_advice(facts, rulebook))
    if missing:
        return Judgement(Outcome.FAILED, "; ".join(missing), _fix(facts), signals)
    if advice:
        return Judgement(
            Outcome.WARNED,
            "it follows the template; " + "; ".join(advice),
            "Worth a look before it is published.",
            signals,
        )
    return Judgement(Outcome.PASSED, f"“{facts.title[:80]}” follows the template", signals=signals)


def _missing(facts: TemplateFacts) -> Iterator[str]:
    if facts.leftovers:
        yield f"text of the template is still there: {', '.join(repr(mark) for mark in facts.leftovers)}"
    if not facts.title:
        yield "it has no title"
    if not facts.has_getting_started and not facts.has_set_up:
        yield "it has no Getting started part"
    if not facts.shows_methods:
        yield "it does not say which methods or actions it supports"


def _advice(facts: TemplateFacts, rulebook: Rulebook) -> Iterator[str]:
    if not facts.has_getting_started:
        yield "the set-up part is not called Getting started"
    if not facts.links_with_utm:
        yield f"no link to the partner carries {rulebook.utm.documentation}"
    if not facts.says_who_maintains:
        yield "it does not say who maintains it"
    if not facts.gives_support:
        yield "it gives no support address"
    if facts.first_person:
        yield f"it speaks in the first person ({', '.join(facts.first_person)})"


def _fix(facts: TemplateFacts) -> str:
    if facts.leftovers:
        return "Replace every placeholder with your own words and remove the notes to delete."
    return (
        "Fill in the template: front matter with a title, “## Getting started” with numbered steps, "
        "and a heading for each supported method or action."
    )


def _begins(heading: str, wanted: Collection[str]) -> bool:
    return any(re.match(rf"{re.escape(start)}\b", heading) for start in wanted)


def _carries(link: Link, rulebook: Rulebook) -> bool:
    return rulebook.utm.documentation in link.href.replace("&amp;", "&") and not is_within(
        link.href, rulebook.programme.domains
    )


def _first_person(prose: str, words: Collection[str]) -> Iterator[str]:
    text = re.sub(r"[\"“][^\"“”\n]*[\"”]", " ", prose)
    for word in words:
        flags = 0 if word == "I" else re.IGNORECASE
        if re.search(rf"(?<![\w'’/.-]){word}(?![\w/.-])", text, flags):
            yield word
