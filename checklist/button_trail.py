"""Where a button led somebody who is not signed in, and what that says of it. Pure.

The errors are those of RFC 6749, 4.1.2.1, and a few that servers say beside them. What a server says decides only where
it plainly refuses the request; what keeps us from following, or from understanding, leaves the button as the page shows
it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from checklist.button_leads import Lead
from checklist.enable_button import PUT_IT_THERE, Button, button_at, buttons_of, judge_buttons, judge_without_button
from checklist.fetch import Fetched
from checklist.judgement import Judgement, Question
from checklist.mentions import host_of, urlsplit_path
from checklist.pages import PageFacts, PageState
from models.enums import Outcome

REFUSALS: Final = {
    "invalid_client": "Send the client_id that {marketplace} gave to this integration.",
    "unauthorized_client": "Ask {support} to let this client_id ask for a code.",
    "invalid_scope": "Ask for the scope that was registered for this client_id, {scope}.",
    "unsupported_response_type": "Send response_type=code.",
    "invalid_request": "Send each parameter once, and the redirect_uri exactly as it was registered.",
    "invalid_state": "Send a state that is long enough that nobody can guess it.",
    "invalid_redirect_uri": "Send the redirect_uri exactly as it was registered.",
    "redirect_uri_mismatch": "Send the redirect_uri exactly as it was registered.",
}
"""What an authorize server says of a request it will never take, and how to mend the button."""

GONE: Final = frozenset({404, 410})
TELLS_NOTHING: Final = frozenset({401, 403, 405, 408, 429})
SHORT: Final = 1_500
"""Characters up to which a page that names an error may be an error page."""
LONGEST_WORDS: Final = 200

_REFUSAL = re.compile(rf"(?<![\w-])({'|'.join(REFUSALS)})(?![\w-])")
_LETS_IN = re.compile(
    r"(?:^|[/_.-])(?:log-?_?in|sign-?_?in|sign-?_?up|register|registration|sso|auth\w*|oauth\w*|sessions?|accounts?|"
    r"welcome|onboarding|consent)(?:[/_.?-]|$)",
    re.IGNORECASE,
)
"""In the addresses of pages that let people in."""


@dataclass(frozen=True, slots=True)
class Trail:
    """What was met behind an address: the fetch, and the facts of the page it ended at, if it was one."""

    fetched: Fetched
    facts: PageFacts | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it was sent on to, one after the other; the last one may be an address that was not asked."""
        return tuple(self._addresses())

    def _addresses(self) -> Iterator[str]:
        for hop in self.fetched.hops:
            yield _joined(hop.url, hop.location)
        if (location := self.fetched.headers.get("location")) and 300 <= (self.fetched.status or 0) < 400:
            yield _joined(self.fetched.final_url, location)

    @property
    def end(self) -> str:
        """The last address known, whether it was asked or not."""
        return self.addresses[-1] if self.addresses else self.fetched.final_url


@dataclass(frozen=True, slots=True)
class Followed:
    """A button that was found behind a lead, or why there is none: `doubt` where a person has to look."""

    lead: Lead
    buttons: tuple[Button, ...] = ()
    doubt: str = ""


def followed(lead: Lead, trail: Trail, asked: Question) -> Followed:
    """What came of a lead: the marketplace's place on its way, or the button on the page where it ended."""
    rule, fetched = asked.rulebook.oauth, trail.fetched
    on_the_way = tuple(button for each in trail.addresses if (button := button_at(each, rule)) is not None)
    if on_the_way:
        return Followed(lead, on_the_way)
    if trail.facts is not None and (on_the_page := tuple(buttons_of(trail.facts, rule))):
        return Followed(lead, on_the_page)
    return Followed(lead, doubt="" if fetched.status in GONE and fetched.outcome == "ok" else _doubt(trail))


def judge_leads(found: Sequence[Followed], waiting: Sequence[Lead], facts: PageFacts, asked: Question) -> Judgement:
    """What the leads of a page come to. `waiting` are those that can't be followed."""
    signals = {"forms": [], "targets": [], "leads": [lead.name for lead in (*(one.lead for one in found), *waiting)]}
    for one in sorted((one for one in found if one.buttons), key=lambda one: _is_wrong(one, asked)):
        judged = judge_buttons(one.buttons, asked, where=f"“{one.lead.name}” leads to the button's address")
        return replace(judged, signals={**signals, **judged.signals})
    doubts = [f"“{one.lead.name}” {one.doubt}" for one in found if one.doubt]
    doubts += [f"“{lead.name}” may be the button, but {lead.why}" for lead in waiting]
    if doubts:
        return Judgement(Outcome.UNKNOWN, f"{doubts[0]}; a person looks", signals=signals)
    if facts.state is not PageState.USABLE:
        return judge_without_button(facts, asked)
    names = " and ".join(f"“{one.lead.name}”" for one in found)
    told = f"{names} did not lead to {asked.programme.marketplace}'s authorize address"
    return Judgement(Outcome.FAILED, told, PUT_IT_THERE, signals)


def judge_trail(found: Judgement, trail: Trail, asked: Question) -> Judgement:
    """What following the address of a right button adds to it."""
    host = host_of(trail.fetched.url)
    if (refusal := refusal_of(trail)) is not None:
        error, words = refusal
        said = f"{error} (“{words}”)" if words else error
        told = f"the page has the button, but {host} answers {said}"
        return Judgement(Outcome.FAILED, told, _fix(error, asked), {**found.signals, "answered": error})
    fetched = trail.fetched
    # The authorize place is the marketplace's own: when it is gone, no button is to blame.
    is_authorize = (button := button_at(fetched.url, asked.rulebook.oauth)) is not None and button.form == "authorize"
    if fetched.outcome == "ok" and fetched.status in GONE and not fetched.hops and not is_authorize:
        told = f"the page has the button, but its address does not exist: {host} answers {fetched.status}"
        fix = f"Correct the address of the button, and check that {asked.programme.marketplace} knows this integration."
        return Judgement(Outcome.FAILED, told, fix, {**found.signals, "answered": str(fetched.status)})
    reached = _reached(trail)
    told = f"it leads to {reached}" if reached else f"how {host} answers could not be told ({_trouble(trail)})"
    return replace(found, summary=f"{found.summary}; {told}", signals={**found.signals, "reached": reached})


def refusal_of(trail: Trail) -> tuple[str, str] | None:
    """The error by which an authorize server refused the request, and its words; None where it said no such thing."""
    for said in map(_said, trail.addresses):
        if "error" in said:
            return (said["error"], _words(said)) if said["error"] in REFUSALS else None
    fetched = trail.fetched
    if fetched.outcome != "ok" or fetched.status is None or fetched.status >= 500 or fetched.status in TELLS_NOTHING:
        return None
    return _in_json(fetched) if "json" in fetched.content_type else _in_page(trail)


def _in_json(fetched: Fetched) -> tuple[str, str] | None:
    try:
        said = json.loads(fetched.text)
    except (ValueError, RecursionError):
        return None
    error = said.get("error") if isinstance(said, dict) else None
    return (error, _words(said)) if isinstance(error, str) and error in REFUSALS else None


def _in_page(trail: Trail) -> tuple[str, str] | None:
    facts = trail.facts
    if facts is None or len(facts.text) > SHORT or (named := _REFUSAL.search(facts.text)) is None:
        return None
    return named[1], _printable(facts.text[named.end() :].lstrip(" :.-–"))


def _reached(trail: Trail) -> str:
    """Whose page a button led to, in words; empty where nobody knows."""
    fetched, host = trail.fetched, host_of(trail.end)
    if any({"error", "code"} & _said(address).keys() for address in trail.addresses):
        return ""  # sent back, not let in
    is_sent_on = fetched.outcome == "ok" and 300 <= (fetched.status or 0) < 400
    lets_in = _LETS_IN.search(f"{host}{urlsplit_path(trail.end)}") is not None
    if is_sent_on:
        return f"{host}'s login" if lets_in and host else ""
    if not fetched.ok or trail.facts is None:
        return ""
    if trail.facts.state is PageState.LOGIN or (lets_in and trail.addresses):
        return f"{host}'s login"
    return host if trail.facts.state in {PageState.USABLE, PageState.NEEDS_BROWSER} else ""


def _doubt(trail: Trail) -> str:
    """Why a lead that showed no button may still be one; empty when it plainly is none."""
    fetched, facts, host = trail.fetched, trail.facts, host_of(trail.end)
    if fetched.outcome != "ok":
        return f"could not be followed: {fetched.reason}"
    if 300 <= (fetched.status or 0) < 400:
        return f"leads to {host} first" if host else "leads to what is no web address"
    if not fetched.ok or facts is None:
        return f"answers {fetched.status}, which tells nothing about it"
    if facts.state is PageState.LOGIN or _LETS_IN.search(f"{host}{urlsplit_path(trail.end)}"):
        return "leads to a login of the partner's site first"
    if facts.state is not PageState.USABLE:
        return f"leads to a page that could not be read: {facts.state_reason}"
    return "leads to another page for whoever is not signed in" if _last(trail.end) != _last(fetched.url) else ""


def _is_wrong(one: Followed, asked: Question) -> bool:
    return judge_buttons(one.buttons, asked).outcome is not Outcome.PASSED


def _trouble(trail: Trail) -> str:
    fetched = trail.fetched
    if fetched.outcome != "ok":
        return _printable(fetched.reason)
    return f"status {fetched.status}"


def _fix(error: str, asked: Question) -> str:
    scope = f"{asked.rulebook.oauth.scope_prefix}{asked.slug or '<slug>'}"
    programme = asked.programme
    return REFUSALS[error].format(marketplace=programme.marketplace, support=programme.support, scope=scope)


def _words(said: Mapping[str, object]) -> str:
    parts = (said.get(name) for name in ("error_description", "error_hint"))
    return _printable(" ".join(part for part in parts if isinstance(part, str)))


def _printable(text: str) -> str:
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * LONGEST_WORDS]).split())
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"


def _said(address: str) -> dict[str, str]:
    """What an address says in its query and, as some servers answer, in its fragment."""
    try:
        parts = urlsplit(address)
        return dict(parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True))
    except ValueError:
        return {}


def _last(address: str) -> str:
    return urlsplit_path(address).rstrip("/").rpartition("/")[2].lower()


def _joined(source: str, location: str) -> str:
    try:
        return urljoin(source, location)
    except ValueError:
        return location
