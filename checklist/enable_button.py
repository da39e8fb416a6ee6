"""The "Enable with …" button of a page: which form it has, and whether its authorize address is right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from checklist.judgement import Judgement, Question
from checklist.mentions import may_name, mentions_of
from checklist.pages import PageFacts, PageState
from checklist.programme import OAuthRule
from models.enums import Outcome

_SCRIPT_BUTTON = re.compile(r"\bEnableButton\s*\(\s*\{[^}]{0,500}?integration['\"]?\s*:\s*['\"]([\w-]+)['\"]")
_TEMPLATED = re.compile(r"\$\{|\{\{|<%|\+\s*$|%7B", re.IGNORECASE)
_CONSTANT = re.compile(r"""\b(?:const|let|var)\s+(\w+)\s*=\s*['"`]([^'"`\n]{1,500})['"`]""")


@dataclass(frozen=True, slots=True)
class Button:
    """A button that was found: authorize (an OAuth address), script (the enable script) or enable (its address)."""

    form: str
    target: str


def judge_enable_button(facts: PageFacts, asked: Question) -> Judgement:
    """The button exists and leads to the authorize address with everything it takes."""
    rule = asked.rulebook.oauth
    buttons = list(_buttons(facts, rule))
    signals: dict[str, Any] = {
        "forms": sorted({button.form for button in buttons}),
        "targets": [b.target[:500] for b in buttons[:5]],
    }
    if not buttons:
        return _no_button(facts, asked, signals)
    troubles = [_troubles(button, rule, asked) for button in buttons]
    best = min(range(len(buttons)), key=lambda index: (len(troubles[index]), index))
    signals["troubles"] = troubles[best]
    if not troubles[best]:
        told = f"the page has the button (form: {buttons[best].form}), and it leads where it should"
        return Judgement(Outcome.PASSED, told, signals=signals)
    told = f"the page has the button (form: {buttons[best].form}), but {'; '.join(troubles[best])}"
    if buttons[best].form == "code":
        return Judgement(Outcome.UNKNOWN, f"{told}; a person looks", signals=signals)
    return Judgement(
        Outcome.FAILED, told, "Mend the address of the button: " + "; ".join(troubles[best]) + ".", signals
    )


def _no_button(facts: PageFacts, asked: Question, signals: dict[str, Any]) -> Judgement:
    name = asked.programme.marketplace
    fix = "Put the button on this page as a link, a form or the programme's script; a text about it is not enough."
    if asked.status in {404, 410}:
        return Judgement(Outcome.FAILED, f"the page does not exist: it answers {asked.status}", fix, signals)
    if facts.state is not PageState.USABLE or (asked.status is not None and not 200 <= asked.status < 300):
        why = facts.state_reason or f"it answers {asked.status}"
        return Judgement(Outcome.UNKNOWN, f"could not read the page: {why}", signals=signals)
    claims = f"enable with {name}".lower() in facts.text.lower() or mentions_of(facts, asked.programme).is_subject
    seen = f"the page speaks of {name}, but nothing on it leads" if claims else "nothing on the page leads"
    return Judgement(Outcome.FAILED, f"{seen} to {name}'s authorize address", fix, signals)


def _buttons(facts: PageFacts, rule: OAuthRule) -> Iterator[Button]:
    for link in facts.links:
        if any(_same_place(link.href, place) for place in rule.authorize):
            yield Button("authorize", link.href)
        elif _same_place(link.href, rule.enable):
            yield Button("enable", link.href)
    if any(_same_place(source, rule.script) for source in facts.script_urls):
        for integration in _SCRIPT_BUTTON.findall(facts.scripts):
            yield Button("script", integration)
    yield from _in_scripts(facts.scripts, rule)


def _in_scripts(scripts: str, rule: OAuthRule) -> Iterator[Button]:
    """Addresses written out in a script, and those it builds from constants."""
    constants = dict(_CONSTANT.findall(scripts))
    filled = re.sub(r"\$\{(\w+)\}", lambda found: constants.get(found[1], found[0]), scripts)
    for place in rule.authorize:
        for found in re.finditer(re.escape(place) + r"(\?[^\s'\"`<>]*)?", filled):
            if found[1]:
                yield Button("authorize", found[0])
            elif _builds_a_request(filled):
                yield Button("code", place)
    for found in re.finditer(re.escape(rule.enable) + r"\?[^\s'\"`<>]+", filled):
        yield Button("enable", found[0])


def _builds_a_request(code: str) -> bool:
    """Whether code hands the parts of an authorize request to an OAuth library."""
    wanted = (r"client_?id", r"redirect_?ur[il]", r"scopes?", r"\bstate\b")
    return all(re.search(part, code, re.IGNORECASE) for part in wanted)


def _same_place(address: str, place: str) -> bool:
    try:
        host, path = _parts_of(place)
        if not may_name(address, (host,)):
            return False
        seen = urlsplit(address.strip())
        return (seen.hostname or "", seen.path.rstrip("/")) == (host, path)
    except ValueError:
        return False


@cache
def _parts_of(place: str) -> tuple[str, str]:
    """Host and path of an address of the rulebook."""
    parts = urlsplit(place)
    return parts.hostname or "", parts.path.rstrip("/")


def _troubles(button: Button, rule: OAuthRule, asked: Question) -> list[str]:
    if button.form == "code":
        return []
    if button.form == "script":
        return _wrong_slug(button.target, asked)
    parameters = dict(parse_qsl(urlsplit(button.target).query, keep_blank_values=True))
    if button.form == "enable":
        return _wrong_slug(parameters.get("integration", ""), asked)
    return list(_authorize_troubles(button.target, parameters, rule, asked))


def _wrong_slug(integration: str, asked: Question) -> list[str]:
    if not integration:
        return ["it names no integration"]
    if asked.slug is not None and integration.lower() != asked.slug:
        return [f"it names the integration {integration!r} instead of {asked.slug!r}"]
    return []


def _authorize_troubles(address: str, parameters: dict[str, str], rule: OAuthRule, asked: Question) -> Iterator[str]:
    if urlsplit(address).scheme != "https":
        yield "the authorize address is not https"
    if parameters.get("response_type") != "code":
        yield f"response_type is {parameters.get('response_type')!r} instead of 'code'"
    for name in ("client_id", "state"):
        if not parameters.get(name):
            yield f"it has no {name}"
    redirect = parameters.get("redirect_uri", "")
    if not _TEMPLATED.search(redirect) and not redirect.startswith("https://"):
        yield f"redirect_uri is {redirect!r} instead of an https address"
    yield from _scope_troubles(parameters.get("scope", ""), rule, asked)


def _scope_troubles(scope: str, rule: OAuthRule, asked: Question) -> Iterator[str]:
    wanted = f"{rule.scope_prefix}{asked.slug}" if asked.slug is not None else rule.scope_prefix
    granted = scope.split()
    narrow = [one for one in granted if one.startswith(rule.scope_prefix) and len(one) > len(rule.scope_prefix)]
    if not granted:
        yield f"it has no scope, expected {wanted}"
    for one in granted:
        if one in rule.wider_scopes and one not in asked.wider_scopes:
            yield f"the scope {one!r} is wider than {wanted} and not approved"
        elif one not in rule.wider_scopes and one not in narrow and not _TEMPLATED.search(one):
            yield f"the scope {one!r} is unknown, expected {wanted}"
        elif one in narrow and asked.slug is not None and one != wanted:
            yield f"the scope is {one!r} instead of {wanted!r}"
