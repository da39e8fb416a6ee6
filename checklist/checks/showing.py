"""What a browser adds to a page that was fetched: its facts once scripts have run, and a picture as evidence."""

import hashlib
from dataclasses import dataclass, replace

from checklist.browser import Rendered
from checklist.case import Case
from checklist.fetch import Fetched
from checklist.judgement import Judgement
from checklist.outcome import Evidence, Picture
from checklist.pages import PageFacts, PageState, Saved
from models.enums import Outcome

NO_BROWSER = "this installation has no browser to look with, so a person does"
"""Said where a page that scripts fill can't be looked at."""

_TELLING = frozenset({PageState.USABLE, PageState.PARKED})
"""States of a page that can count against the partner."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page that was looked at in a browser. `facts` is None where it could not be shown, and `trouble` says why."""

    facts: PageFacts | None
    status: int | None
    evidence: tuple[Evidence, ...]
    trouble: str = ""

    @property
    def is_usable(self) -> bool:
        return self.facts is not None and self.facts.state is PageState.USABLE


async def show(case: Case, fetched: Fetched) -> Shown:
    """Look at a page that was fetched. Trouble with the browser, or with what it met, is never the page's failure."""
    look = await case.context.look(fetched.final_url)
    if look is None:
        return Shown(None, None, (), NO_BROWSER)
    if look.outcome != "ok":
        return Shown(None, look.status, (_evidence(look, look.reason),), f"in a browser: {look.reason}")
    if look.status is not None and not 200 <= look.status < 300:
        told = f"a browser gets the status {look.status} there"
        return Shown(None, look.status, (_evidence(look, told),), told)
    facts = await case.context.facts_of(Saved(look.html, url=look.final_url, status=look.status))
    titled = f": “{look.title[:80]}”" if look.title else ""
    return Shown(facts, look.status, (_evidence(look, f"as a browser shows it{titled}"),), _trouble_with(facts))


def _trouble_with(facts: PageFacts) -> str:
    if facts.state is PageState.NEEDS_BROWSER:
        return "a browser shows next to nothing there either"
    return "" if facts.state is PageState.USABLE else f"in a browser: {facts.state_reason}"


def wants_a_look(facts: PageFacts, judgement: Judgement) -> bool:
    """Whether a careful reviewer would open the page before saying this of it.

    A page that scripts fill can't be told without; one that has scripts may show what would save it from failing.
    """
    if facts.state is PageState.NEEDS_BROWSER:
        return judgement.outcome not in {Outcome.PASSED, Outcome.WARNED}
    return judgement.outcome is Outcome.FAILED and facts.state in _TELLING and has_scripts(facts)


def has_scripts(facts: PageFacts) -> bool:
    return bool(facts.script_urls or facts.scripts)


def better_founded(first: Judgement, shown: Shown, second: Judgement | None) -> Judgement:
    """The judgement to go by: of the page as it was fetched, or as a browser shows it.

    A sign that the browser shows decides. Where it does not show the page itself, the first judgement stays.
    """
    if second is not None and (shown.is_usable or second.outcome in {Outcome.PASSED, Outcome.WARNED}):
        return replace(second, summary=f"as a browser shows it, {second.summary}")
    if first.outcome is Outcome.UNKNOWN:
        return replace(first, summary=f"{first.summary}; {shown.trouble}")
    return first


def _evidence(look: Rendered, seen: str) -> Evidence:
    digest = hashlib.sha256(look.html.encode("utf-8", "replace")).hexdigest() if look.html else None
    return Evidence("page", seen, look.final_url, look.status, look.at, digest, Picture.of(look.picture))
