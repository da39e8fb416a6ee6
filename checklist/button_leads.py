"""What on a page is named like the "Enable with …" button and leads to the partner's own site, or only a script knows
where. Pure. Such a button may well go on to the authorize address: who follows it sees.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urldefrag, urlencode, urlsplit

from checklist.mail_address import registrable_domain
from checklist.mentions import host_of, is_within
from checklist.pages import Control, PageFacts
from checklist.programme import Programme

LONGEST_NAME = 60
"""Characters on a button; what is longer is a sentence."""

_VERB = (
    r"enable|connect|activate|authori[sz]e|link|install|integrate|set[ -]?up|sign (?:in|up)|log ?in|continue|"
    r"add (?:to|with)"
)
_BETWEEN = r"with|to|your|my|via|using|through|from|it|now|on|in|the|account|app"
_UNDOES = re.compile(
    r"log-?_?out|sign-?_?out|delet|remov|disconnect|disable|deactivat|revoke|destroy|cancel|unsubscribe|uninstall|"
    r"unlink|deauthori[sz]e",
    re.IGNORECASE,
)
"""In addresses that are never asked: a server may do what they say although it should not for a mere question."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A button by its name. `href` is empty where only a script, or a form that has to be sent, knows the way."""

    name: str
    href: str = ""
    why: str = ""
    """Why it can't be followed."""


def leads_of(facts: PageFacts, programme: Programme, own: frozenset[str]) -> tuple[Lead, ...]:
    """Each lead once, those that speak of enabling first. `own` are the partner's domains."""
    found = dict.fromkeys(_leads(facts, programme, own))
    return tuple(sorted(found, key=lambda lead: not lead.name.lower().startswith("enable")))


def domains_of(*addresses: str | None) -> frozenset[str]:
    """The domains that the addresses belong to: as registered, or the bare host where nobody registers one."""
    hosts = [host_of(address if "//" in address else f"//{address}") for address in addresses if address]
    return frozenset(registrable_domain(host) or host for host in hosts if host)


def is_named(text: str, programme: Programme) -> bool:
    """Whether a short text offers to enable or connect the marketplace: "Enable with …", "Connect your … account"."""
    return len(text) <= LONGEST_NAME and bool(_name((programme.marketplace, *programme.aliases)).search(text))


@cache
def _name(names: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(re.escape(name) for name in names)
    return re.compile(rf"\b(?:{_VERB})(?:\s+(?:{_BETWEEN})){{0,4}}\s+(?:{either})\b(?!\s+(?:of|by)\b)", re.IGNORECASE)


def _leads(facts: PageFacts, programme: Programme, own: frozenset[str]) -> Iterator[Lead]:
    for control in facts.controls:
        if is_named(control.text, programme):
            yield from _lead(control.text, address_of(control), facts, own, is_sent=control.method == "post")
    pressed = {control.href for control in facts.controls}  # a form stands among the links too, without its fields
    for link in facts.links:
        if link.href not in pressed and is_named(link.text, programme):
            yield from _lead(link.text, link.href, facts, own, is_sent=False)


def _lead(name: str, href: str, facts: PageFacts, own: frozenset[str], *, is_sent: bool) -> Iterator[Lead]:
    page, here = (urldefrag(address or "")[0] for address in (href, facts.url))
    host = host_of(href)
    if is_sent:
        yield Lead(name, why="it is a form that has to be sent")
    elif not page or page == here or _scheme(page) not in {"http", "https", ""}:
        yield Lead(name, why="only a script of the page knows where it leads")
    elif (not host or is_within(href, own)) and not _UNDOES.search(page.partition("//")[2].partition("/")[2]):
        yield Lead(name, page)


def address_of(control: Control) -> str:
    """Where pressing it leads, with what a form sends: in a GET it takes the place of the address's own query."""
    if not control.fields:
        return control.href
    place, _, query = control.href.partition("#")[0].partition("?")
    kept = f"{query}&" if query and control.method == "post" else ""
    return f"{place}?{kept}{urlencode(control.fields)}"


def _scheme(href: str) -> str:
    try:
        return urlsplit(href.strip()).scheme
    except ValueError:
        return ""
