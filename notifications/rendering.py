"""Words for events: one folder of templates per message, rendered for one recipient."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup, escape

from models.enums import ChannelName, EventName, GateName, IntegrationStage, SubmissionKind, TargetName
from notifications.addressing import MAILS, Addressee
from notifications.card import card
from notifications.facts import Facts
from notifications.instants import date_in_words, day_in_words, in_words
from notifications.message import Category, Message, Placement
from notifications.narration import NARRATION
from notifications.palette import DARK, LIGHT
from notifications.plain import visible, without_controls
from notifications.programme import ProgrammeSettings
from notifications.routing import Audience, Route
from notifications.signing_in import PATH as LINK_PATH
from notifications.webhook_body import body_of
from notifications.words import GATE, INTEGRATION_STAGE, KIND, REPLAY, TARGET, level_in_words, moments_in_words

TEMPLATES = Path(__file__).parent / "templates"

TITLE_CHARACTERS = 180
"""A longer subject is cut by every mail program; the body has it all."""

GAPS = re.compile(r"\n\s*\n\s*\n")
BETWEEN_BACKTICKS = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


class Renderer:
    """Renders the messages of one programme. Whatever a template lacks is an error, never an empty space."""

    def __init__(self, programme: ProgrammeSettings) -> None:
        self._programme = programme
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=False),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        self._environment.filters["instant"] = _instant
        self._environment.filters["day"] = _day
        self._environment.filters["date"] = date_in_words
        self._environment.filters["code"] = code
        self._environment.filters["general"] = general
        self._environment.filters["items_of"] = items_of
        self._environment.filters["sentence"] = sentence
        self._environment.filters["level"] = level_in_words
        self._environment.filters["moments"] = moments_in_words
        self._environment.globals.update(programme=programme.name, light=LIGHT, dark=DARK)
        self._narration = {name: self._environment.from_string(template) for name, template in NARRATION.items()}

    def message(self, facts: Facts, route: Route, addressee: Addressee) -> Message:
        """The message of one route for one recipient. Raises jinja2.TemplateError when words or facts lack."""
        if addressee.channel is ChannelName.WEBHOOK:
            return self._for_system(facts, route, addressee)
        folder = route.template or facts.name.value
        context = self._context(facts, addressee, route)
        if addressee.channel in MAILS:
            return Message(
                recipient=addressee.recipient,
                event=facts.name.value,
                at=facts.at,
                category=route.category,
                title=one_line(self._render(f"{folder}/subject.txt", context)),
                text=tidy(self._render(f"{folder}/body.txt", context)),
                html=without_controls(self._render(f"{folder}/body.html", context)),
                url=context["url"],
                thread=facts.subject,
            )
        in_channel = route.placement is not Placement.DIRECT
        text = "" if route.placement is Placement.CARD else tidy(self._render(f"{folder}/slack.txt", context)).strip()
        return Message(
            recipient=addressee.recipient,
            event=facts.name.value,
            at=facts.at,
            category=route.category,
            title=self.line(facts),
            text=text,
            card=self._card(facts, addressee.time_zone) if in_channel else (),
            placement=route.placement,
            url=context["url"],
            thread=facts.subject,
        )

    def _card(self, facts: Facts, time_zone: str) -> tuple[Mapping[str, Any], ...]:
        url = address(self._programme.base_url, facts)
        return card(facts, url=url, time_zone=time_zone, acts=self._programme.slack_acts)

    def _for_system(self, facts: Facts, route: Route, addressee: Addressee) -> Message:
        url = address(self._programme.base_url, facts, route.audience)
        return Message(
            recipient=addressee.recipient,
            event=facts.name.value,
            at=facts.at,
            category=route.category,
            title=self.line(facts),
            text=body_of(facts, url=url),
            url=url,
            thread=facts.subject,
        )

    def with_earlier(
        self, message: Message, lines: Sequence[Mapping[str, Any]], channel: ChannelName, zone: str
    ) -> Message:
        """The message, and under it what had to wait until then: title, instant and address of each."""
        context = {"lines": lines, "time_zone": zone}
        if channel not in MAILS:
            return replace(
                message, text=f"{message.text}\n\n{tidy(self._render('earlier.slack.txt', context)).strip()}"
            )
        told = without_controls(self._render("earlier.html", context))
        # Where the letter ends: whatever others wrote in it is escaped, so it stands there once.
        before, end, after = message.html.rpartition("</main>")
        return replace(
            message,
            text=f"{message.text}\n{tidy(self._render('earlier.txt', context))}",
            html=f"{before}{told}{end}{after}" if end else f"{after}{told}",
        )

    def narration(self, facts: Facts) -> Message:
        """One line for the console."""
        return Message(
            recipient=CONSOLE.recipient,
            event=facts.name.value,
            at=facts.at,
            category=Category.NARRATION,
            title=self.line(facts),
            text="",
            thread=facts.subject,
        )

    def line(self, facts: Facts) -> str:
        """The event in one line."""
        return one_line(self._narration[facts.name].render(self._context(facts, CONSOLE)))

    def _render(self, name: str, context: Mapping[str, Any]) -> str:
        return self._environment.get_template(name).render(context)

    def _context(self, facts: Facts, addressee: Addressee, route: Route | None = None) -> dict[str, Any]:
        integration, submission = facts.integration, facts.submission
        context: dict[str, Any] = {
            "at": facts.at,
            "data": facts.data,
            "who": facts.actor or self._programme.name,
            "name": addressee.name,
            "time_zone": addressee.time_zone,
            "url": address(self._programme.base_url, facts, route.audience if route is not None else None),
            "words": WORDS,
            "audience": route.audience.value if route is not None else "",
        }
        if integration is not None:
            context |= {
                "integration": integration.name,
                "partner": integration.partner,
                "stage": INTEGRATION_STAGE[integration.stage],
            }
        if submission is not None:
            context |= {
                "submission": submission.id,
                "gate": GATE[submission.gate],
                "kind": KIND[submission.kind],
                "revision": submission.revision,
                "assignee": submission.assignee,
                "lapsed": submission.lapsed,
                "promise": submission.promise,
            }
        return context


@lru_cache(maxsize=8)
def renderer_for(programme: ProgrammeSettings) -> Renderer:
    """The programme's renderer; its templates are compiled once in a process."""
    return Renderer(programme)


CONSOLE = Addressee(ChannelName.CONSOLE, "console", "", "Etc/UTC")

WORDS = {
    "target": {name.value: TARGET[name] for name in TargetName},
    "gate": {name.value: GATE[name] for name in GateName},
    "kind": {name.value: KIND[name] for name in SubmissionKind},
    "stage": {name.value: INTEGRATION_STAGE[name] for name in IntegrationStage},
    "replay": REPLAY,
}
"""Events carry values of closed lists as text; templates look their words up here."""


PARTNERS = frozenset({Audience.PARTNER, Audience.ENDPOINTS_OF_PARTNER})
"""Who can open the partner's pages alone."""


def address(base_url: str, facts: Facts, audience: Audience | None = None) -> str:
    """Where the desk shows what the event is about to `audience`, or lets its reader in."""
    if facts.name is EventName.SIGN_IN_ASKED:
        leads_to = facts.data["next"]
        on = "" if leads_to == "/" else f"?next={quote(leads_to, safe='')}"
        return f"{base_url}{LINK_PATH}{facts.data['link']}{on}"
    side = f"{base_url}/partner" if audience in PARTNERS else base_url
    if facts.submission is not None:
        return f"{side}/submissions/{facts.submission.id}"
    if facts.integration is not None:
        return f"{side}/integrations/{facts.integration.slug}"
    return f"{base_url}/"


def items_of(data: Mapping[str, Any]) -> Any:
    """The `items` of an event's data; with a dot a template would get the mapping's own method."""
    return data["items"]


def general(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The reasons of a request for changes that no finding stands for; an older release's event has none."""
    return [reason for reason in data.get("reasons", ()) if not reason["about"]]


def code(text: str) -> Markup:
    """Text for a page, with what stands between backticks as code; whatever else is in it stays text."""
    return Markup(BETWEEN_BACKTICKS.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - it was escaped


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def one_line(text: str) -> str:
    """Fit for a header: one line, nothing invisible, bounded."""
    line = " ".join(visible(text).split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"


def tidy(text: str) -> str:
    """Text as a letter: no control characters, no gaps of more than one empty line."""
    return GAPS.sub("\n\n", without_controls(text)).strip() + "\n"


@pass_context
def _instant(context: Context, value: Any) -> str:
    return in_words(value, context["time_zone"])


@pass_context
def _day(context: Context, value: Any) -> str:
    return day_in_words(value, context["time_zone"])
