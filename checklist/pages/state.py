"""Whether an answer is the page at all. Only where it is does a missing sign count against the partner."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from checklist.pages.facts import PageState
from checklist.pages.markup import Markup

SHORT = 1_500
"""Characters of visible text up to which a page may be a notice; a real page says more."""
BARE = 200
"""Characters of visible text below which a page with scripts waits for a browser to fill it."""
NOTHING = 60

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_CHALLENGE_TITLE = re.compile(
    r"^(just a moment|attention required|access denied|one more step|please wait|checking your browser|"
    r"ddos protection|security check|verify(ing)? (that )?you are (a )?human|human verification|are you a (ro)?bot|"
    r"pardon our interruption|robot check|forbidden)\b",
    re.IGNORECASE,
)
_CHALLENGE_TEXT = re.compile(
    r"\b(checking your browser|incident id|request unsuccessful|ray id|security check|solve (the|this) captcha|"
    r"completing the captcha|verify (that )?you are (a )?human|unusual traffic|reference #\d|not a robot)\b",
    re.IGNORECASE,
)
_CHALLENGE_SCRIPT = re.compile(
    r"/cdn-cgi/challenge|_incapsula_resource|captcha-delivery\.com|px-captcha|/_px/|datadome|challenges\.cloudflare\.com|"
    r"awswafcaptcha|recaptcha/(api|enterprise)\.js|hcaptcha\.com",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?<![\w.])40[49](?!\w)|\b(page|site|file|content|resource|url|document)\s+(was\s+|is\s+|could\s+|can\s*)?(not|n't)\s*(be\s+)?(found|exist)|"
    r"\bnot found\b|\bno longer (exists|available)\b|\b(page|site) (doesn.t|does not) exist\b|\bpage (is )?missing\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(application error|bad gateway|service (is )?(temporarily )?unavailable|internal server error|"
    r"gateway time-?out|temporarily unavailable|error establishing a database connection|"
    r"be (right )?back (soon|shortly|online)|(down for|under|site|scheduled|performing (some )?) ?maintenance)\b",
    re.IGNORECASE,
)
_PARKED = re.compile(
    r"\b(domain (name )?(is|may be) (for sale|parked)|(buy|purchase) this domain|"
    r"domain (is |was )?(recently )?registered (at|with|by)|this domain (is|was) (recently )?registered|"
    r"parked (free|domain|page)|domain parking|sponsored listings displayed|"
    r"make an offer on this domain|this domain has expired|registered at \w)",
    re.IGNORECASE,
)
_PARKING_SCRIPT = re.compile(
    r"sedoparking|parkingcrew|bodis\.com|parklogic|above\.com/park|parking-lander|d38psrni17bvxu", re.IGNORECASE
)
_LOGIN = re.compile(
    r"\b(log[ -]?in|sign[ -]?in|signin|single sign-on|anmelden|se connecter|iniciar sesi[oó]n)\b", re.IGNORECASE
)
_SERVER_DEFAULT = re.compile(
    r"^(welcome to nginx|apache2? .*default page|test page for|iis windows|it works!?$|"
    r"default web site page|welcome to caddy|index of /)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Answer:
    found: Markup
    status: int | None
    headers: Mapping[str, str]

    @property
    def titled(self) -> str:
        return f"{self.found.title} {self.found.main_heading}"

    @property
    def is_short(self) -> bool:
        return len(self.found.all_text) < SHORT


def _is_bot_wall(answer: _Answer) -> bool:
    found = answer.found
    if answer.headers.get("cf-mitigated") == "challenge":
        return True
    if not answer.is_short:
        return False
    scripted = _CHALLENGE_SCRIPT.search(found.scripts) or any(map(_CHALLENGE_SCRIPT.search, found.script_urls))
    said = _CHALLENGE_TITLE.search(found.title) or _CHALLENGE_TEXT.search(found.all_text)
    return bool(said) or (bool(scripted) and len(found.all_text) < BARE)


def _is_gone(answer: _Answer) -> bool:
    if answer.status in {404, 410} or _GONE.search(answer.found.title):
        return True
    return answer.is_short and bool(_GONE.search(answer.titled) or _GONE.search(answer.found.all_text))


def _is_down(answer: _Answer) -> bool:
    if answer.status is not None and answer.status >= 500:
        return True
    return answer.is_short and bool(_DOWN.search(answer.titled) or _DOWN.search(answer.found.all_text))


def _is_parked(answer: _Answer) -> bool:
    found = answer.found
    said = _PARKED.search(found.title) or _PARKED.search(found.all_text)
    scripted = any(map(_PARKING_SCRIPT.search, found.script_urls)) or _PARKING_SCRIPT.search(found.scripts)
    return answer.is_short and bool(said or scripted)


def _is_login(answer: _Answer) -> bool:
    return answer.is_short and (answer.found.has_password or bool(_LOGIN.search(answer.titled)))


def _needs_browser(answer: _Answer) -> bool:
    return len(answer.found.all_text) < BARE and answer.found.script_count > 0


def _is_empty(answer: _Answer) -> bool:
    found = answer.found
    leads_elsewhere = found.refreshes and len(found.all_text) < BARE
    return leads_elsewhere or len(found.all_text) < NOTHING or bool(_SERVER_DEFAULT.search(found.title))


STATES: tuple[tuple[PageState, Callable[[_Answer], bool], str], ...] = (
    (PageState.BOT_WALL, _is_bot_wall, "the site asks whether we are a person"),
    (PageState.PARKED, _is_parked, "the address shows a parking page of a domain seller"),
    (PageState.SOFT_404, _is_gone, "the page says that it does not exist"),
    (PageState.APP_DOWN, _is_down, "the site says that it is down just now"),
    (PageState.LOGIN, _is_login, "the page asks for a login"),
    (PageState.NEEDS_BROWSER, _needs_browser, "the page is filled by scripts in a browser"),
    (PageState.EMPTY, _is_empty, "the page has next to nothing on it"),
)
"""The first that holds wins."""


def state_of(found: Markup, status: int | None, headers: Mapping[str, str] = NO_HEADERS) -> tuple[PageState, str]:
    """The state of a page and the reason in plain words. `headers` have lower-case names."""
    answer = _Answer(found, status, headers)
    for state, holds, reason in STATES:
        if holds(answer):
            return state, reason
    return PageState.USABLE, ""
