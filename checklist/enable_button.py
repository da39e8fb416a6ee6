"""The "Enable with …" button of a page: which form it has, and whether its authorize address is right."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from checklist.button_leads import address_of, domains_of, leads_of
from checklist.judgement import Judgement, Question, why_not_the_page
from checklist.mentions import may_name, mentions_of
from checklist.pages import PageFacts
from checklist.programme import OAuthRule
from models.enums import Outcome

PUT_IT_THERE: Final = (
    "Put the button on this page as a link, a form or the programme's script; a text about it is not enough."
)
LONGEST_SHOWN: Final = 500
"""Characters of a button's address that are kept as evidence."""

_SCRIPT_BUTTON = re.compile(r"\bEnableButton\s*\(\s*\{[^}]{0,500}?integration['\"]?\s*:\s*['\"]([\w-]+)['\"]")
_TEMPLATED = re.compile(r"\$\{|\{\{|<%|\+\s*$|%7B", re.IGNORECASE)
_CONSTANT = re.compile(r"""\b(?:const|let|var)\s+(\w+)\s*=\s*['"`]([^'"`\n]{1,500})['"`]""")
_QUERY = r"(\?[^\s'\"`<>]*)?(['\"`]\s{0,20}(?:\+|\.concat\b))?"
_MORE = "${…}"
"""Stands for what a script appends to an address."""
_PUBLIC = frozenset({"response_type", "client_id", "scope", "redirect_uri", "integration"})
"""What is shown of an address. Other parameters are made for one visitor, and are nobody else's business."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button that was found: authorize (an OAuth address), script (the enable script), enable (its address) or code
    (a request that a script puts together).
    """

    form: str
    target: str
    is_open: bool = True
    """Pressing it asks for its address, and sends nothing."""

    @property
    def is_whole(self) -> bool:
        """Whether it is an address that can be asked: nothing of it is left to a script."""
        return self.is_open and self.form in {"authorize", "enable"} and not _TEMPLATED.search(self.target)

    @property
    def is_unfinished(self) -> bool:
        """Whether a script appends to it what can't be told here."""
        return self.target.endswith(_MORE) or self.target.count("${") > self.target.count("}")


def judge_enable_button(facts: PageFacts, asked: Question) -> Judgement:
    """The button exists and leads to the authorize address with everything it takes, as far as the page tells."""
    buttons = buttons_of(facts, asked.rulebook.oauth)
    return judge_buttons(buttons, asked) if buttons else judge_without_button(facts, asked)


def judge_buttons(buttons: Sequence[Button], asked: Question, *, where: str = "the page has the button") -> Judgement:
    """One right button is enough. `where` it is begins the sentence that tells of it."""
    button, troubles = best_of(buttons, asked)
    signals: dict[str, Any] = {
        "forms": sorted({each.form for each in buttons}),
        "targets": [shown(each.target)[:LONGEST_SHOWN] for each in buttons[:5]],
        "troubles": troubles,
    }
    if not troubles:
        told = f"{where} (form: {button.form}), and it leads where it should"
        return Judgement(Outcome.PASSED, told, signals=signals)
    told = f"{where} (form: {button.form}), but {'; '.join(troubles)}"
    if button.is_unfinished:
        told = f"{where} (form: {button.form}), but a script completes its address; a person looks where it leads"
        return Judgement(Outcome.UNKNOWN, told, signals=signals)
    return Judgement(
        Outcome.FAILED, told, "Mend the address of the button: " + "; ".join(troubles) + ".", signals=signals
    )


def judge_without_button(facts: PageFacts, asked: Question) -> Judgement:
    """Nothing on the page leads to the marketplace by itself. What is named like the button may do so in the end."""
    signals: dict[str, Any] = {"forms": [], "targets": []}
    name = asked.programme.marketplace
    if asked.status in {404, 410}:
        told = f"the page does not exist: it answers {asked.status}"
        return Judgement(Outcome.FAILED, told, PUT_IT_THERE, signals)
    mentions = mentions_of(facts, asked.programme)
    # A notice may keep the title of the page it stands for; it doesn't go on to speak of the marketplace.
    is_the_page = mentions.is_subject and mentions.in_prose > 0
    if (why := why_not_the_page(facts, asked, is_the_page=is_the_page)) is not None:
        return Judgement(Outcome.UNKNOWN, why, signals=signals)
    if leads := leads_of(facts, asked.programme, domains_of(facts.url)):
        why = leads[0].why or "where it leads in the end does not stand on the page"
        return Judgement(Outcome.UNKNOWN, f"“{leads[0].name}” may be the button, but {why}", signals=signals)
    claims = f"enable with {name}".lower() in facts.text.lower() or mentions.is_subject
    seen = f"the page speaks of {name}, but nothing on it leads" if claims else "nothing on the page leads"
    return Judgement(Outcome.FAILED, f"{seen} to {name}'s authorize address", PUT_IT_THERE, signals)


def best_of(buttons: Sequence[Button], asked: Question) -> tuple[Button, list[str]]:
    """The button with the fewest troubles, and those; of equals the first whose address is whole."""
    judged = [(button, troubles_of(button, asked)) for button in buttons]
    return min(judged, key=lambda one: (len(one[1]), not one[0].is_whole))


def buttons_of(facts: PageFacts, rule: OAuthRule) -> list[Button]:
    """Every button of the page that leads to the marketplace by itself."""
    return list(dict.fromkeys(_buttons(facts, rule)))


def button_at(address: str, rule: OAuthRule, *, is_open: bool = True) -> Button | None:
    """The button that an address makes, when it is the marketplace's place to enable an integration at."""
    if any(_same_place(address, place) for place in rule.authorize):
        return Button("authorize", address, is_open)
    return Button("enable", address, is_open) if _same_place(address, rule.enable) else None


def shown(address: str) -> str:
    """The address without what is made for one visitor, such as the state."""
    place, asks, query = address.partition("?")
    parameters = query.split("&") if query else []
    kept = (each if each.partition("=")[0] in _PUBLIC else f"{each.partition('=')[0]}=…" for each in parameters)
    return place + asks + "&".join(kept)


def _buttons(facts: PageFacts, rule: OAuthRule) -> Iterator[Button]:
    yield from _known(facts, rule)
    if any(_same_place(source, rule.script) for source in facts.script_urls):
        for integration in _SCRIPT_BUTTON.findall(facts.scripts):
            yield Button("script", integration)
    yield from _in_scripts(facts.scripts, rule)


def _known(facts: PageFacts, rule: OAuthRule) -> Iterator[Button]:
    """Links, and forms with what they send."""
    for link in facts.links:
        if (button := button_at(link.href, rule)) is not None:
            yield button
    for control in facts.controls:
        if (button := button_at(address_of(control), rule, is_open=control.method == "get")) is not None:
            yield button


def _in_scripts(scripts: str, rule: OAuthRule) -> Iterator[Button]:
    """Addresses written out in a script, and those it builds from constants."""
    plain = scripts.replace("\\u0026", "&").replace("\\/", "/").replace("&amp;", "&")
    constants = dict(_CONSTANT.findall(plain))
    filled = re.sub(r"\$\{(\w+)\}", lambda found: constants.get(found[1], found[0]), plain)
    for place in rule.authorize:
        for found in re.finditer(re.escape(place) + _QUERY, filled):
            if found[1] or (found[2] and not _builds_a_request(filled)):
                yield Button("authorize", f"{place}{found[1] or '?'}{_MORE if found[2] else ''}")
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


def troubles_of(button: Button, asked: Question) -> list[str]:
    """What is wrong with a button, as far as its address tells."""
    if button.form == "code":
        return []
    if button.form == "script":
        return _wrong_slug(button.target, asked)
    parameters = dict(parse_qsl(urlsplit(button.target).query, keep_blank_values=True))
    if button.form == "enable":
        return _wrong_slug(parameters.get("integration", ""), asked)
    return list(_authorize_troubles(button.target, parameters, asked))


def _wrong_slug(integration: str, asked: Question) -> list[str]:
    if not integration:
        return ["it names no integration"]
    if asked.slug is not None and integration.lower() != asked.slug:
        return [f"it names the integration {integration[:100]!r} instead of {asked.slug!r}"]
    return []


def _authorize_troubles(address: str, parameters: dict[str, str], asked: Question) -> Iterator[str]:
    if urlsplit(address).scheme != "https":
        yield "the authorize address is not https"
    if parameters.get("response_type") != "code":
        seen = parameters.get("response_type")
        yield f"response_type is {seen and seen[:100]!r} instead of 'code'"
    for name in ("client_id", "state"):
        if not parameters.get(name):
            yield f"it has no {name}"
    redirect = parameters.get("redirect_uri", "")
    if not _TEMPLATED.search(redirect) and not redirect.startswith("https://"):
        yield f"redirect_uri is {redirect[:200]!r} instead of an https address"
    yield from _scope_troubles(parameters.get("scope", ""), asked.rulebook.oauth, asked)


def _scope_troubles(scope: str, rule: OAuthRule, asked: Question) -> Iterator[str]:
    wanted = f"{rule.scope_prefix}{asked.slug}" if asked.slug is not None else rule.scope_prefix
    granted = scope.split()[:20]
    narrow = [one for one in granted if one.startswith(rule.scope_prefix) and len(one) > len(rule.scope_prefix)]
    if not granted:
        yield f"it has no scope, expected {wanted}"
    for one in granted:
        if one in rule.wider_scopes and one not in asked.wider_scopes:
            yield f"the scope {one!r} is wider than {wanted} and not approved"
        elif one not in rule.wider_scopes and one not in narrow and not _TEMPLATED.search(one):
            yield f"the scope {one[:100]!r} is unknown, expected {wanted}"
        elif one in narrow and asked.slug is not None and one != wanted:
            yield f"the scope is {one[:100]!r} instead of {wanted!r}"
