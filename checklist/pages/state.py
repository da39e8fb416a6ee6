"""Whether an answer is the page at all. Only where it is does a missing sign count against the partner."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from checklist.pages import notices
from checklist.pages.facts import PageState
from checklist.pages.markup import Markup

NOTICE = 800
"""Characters of a page's own text up to which a notice may be all there is: its words count anywhere."""
SHORT = 1_500
"""Characters of a page's own text up to which a title may be a notice's; longer pages may be an article about it."""
LONG = 6_000
"""The same for the notices that come within a whole page, its menus and its advice."""
BARE = 200
"""Characters of visible text below which a page with scripts waits for a browser to fill it."""
NOTHING = 60
STEPS = 2
"""Numbered steps from which on a page instructs, and does not give notice."""

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_CHALLENGE_SCRIPT = re.compile(
    r"/cdn-cgi/challenge|_incapsula_resource|captcha-delivery\.com|px-captcha|/_px/|datadome|challenges\.cloudflare\.com|"
    r"awswafcaptcha|awswaf\.com|recaptcha/(api|enterprise)\.js|hcaptcha\.com",
    re.IGNORECASE,
)
_PARKING_SCRIPT = re.compile(
    r"sedoparking|parkingcrew|bodis\.com|parklogic|above\.com/park|parking-lander|d38psrni17bvxu", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Answer:
    found: Markup
    status: int | None
    headers: Mapping[str, str]

    @property
    def titles(self) -> tuple[str, str]:
        return self.found.title, self.found.main_heading

    @property
    def own(self) -> int:
        """Characters of the page's own text, navigation aside."""
        return len(self.found.text)

    def is_entirely(self, notice: re.Pattern[str], within: int = SHORT) -> bool:
        """Whether its title or main heading is a notice, on a page of no more than so many characters."""
        return self.own < within and notices.is_entirely(notice, self.titles)

    def says(self, notice: re.Pattern[str]) -> bool:
        """Whether the few words of the page hold a notice."""
        if self.own >= NOTICE or self.found.ordered_steps >= STEPS:
            return False
        return bool(notice.search(self.found.title) or notice.search(self.found.text or self.found.all_text))


def _is_bot_wall(answer: _Answer) -> bool:
    if answer.headers.get("cf-mitigated") == "challenge":
        return True
    return answer.is_entirely(notices.BOT_ENTIRE) or answer.says(notices.BOT_SAID) or _has_challenge(answer)


def _has_challenge(answer: _Answer) -> bool:
    found = answer.found
    scripted = _CHALLENGE_SCRIPT.search(found.scripts) or any(map(_CHALLENGE_SCRIPT.search, found.script_urls))
    return bool(scripted) and len(found.all_text) < BARE


def _asks_first(answer: _Answer) -> bool:
    return answer.is_entirely(notices.CONSENT_ENTIRE) or answer.says(notices.CONSENT_SAID)


def _is_gone(answer: _Answer) -> bool:
    if answer.status in {404, 410} or answer.is_entirely(notices.GONE_ENTIRE, LONG):
        return True
    if answer.is_entirely(notices.GONE_BEGINS, NOTICE):
        return True
    addressed = answer.own < LONG and notices.GONE_ADDRESSED.search(answer.found.text)
    return bool(addressed) or answer.says(notices.GONE_SAID)


def _is_down(answer: _Answer) -> bool:
    if answer.status is not None and answer.status >= 500:
        return True
    return answer.is_entirely(notices.DOWN_ENTIRE) or answer.says(notices.DOWN_SAID)


def _is_parked(answer: _Answer) -> bool:
    found = answer.found
    scripted = any(map(_PARKING_SCRIPT.search, found.script_urls)) or _PARKING_SCRIPT.search(found.scripts)
    if answer.own < SHORT and scripted:
        return True
    return answer.is_entirely(notices.PARKED_ENTIRE, LONG) or answer.says(notices.PARKED_SAID)


def _is_login(answer: _Answer) -> bool:
    if answer.found.has_password:
        instructs = answer.found.ordered_steps >= STEPS
        return (answer.own < SHORT and not instructs) or answer.is_entirely(notices.LOGIN_ENTIRE, LONG)
    return answer.is_entirely(notices.LOGIN_ENTIRE, NOTICE) or answer.says(notices.LOGIN_SAID)


def _needs_browser(answer: _Answer) -> bool:
    return len(answer.found.all_text) < BARE and answer.found.script_count > 0


def _is_empty(answer: _Answer) -> bool:
    found = answer.found
    leads_elsewhere = found.refreshes and len(found.all_text) < BARE
    waits = answer.is_entirely(notices.EMPTY_ENTIRE, LONG) or answer.is_entirely(notices.SOON_ENTIRE, NOTICE)
    return leads_elsewhere or len(found.all_text) < NOTHING or waits


STATES: tuple[tuple[PageState, Callable[[_Answer], bool], str], ...] = (
    (PageState.PARKED, _is_parked, "the address shows a parking page of a domain seller"),
    (PageState.BOT_WALL, _is_bot_wall, "the site turns programs away, or asks whether we are a person"),
    (PageState.BOT_WALL, _asks_first, "the site asks visitors something before it shows the page"),
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
