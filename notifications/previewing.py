"""Every message of an event with sample data, as files to look at: no database, no mail server, no Slack."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from models.enums import ChannelName, EventName
from notifications.addressing import Addressee
from notifications.channels.letter import Sender, letter
from notifications.message import Message, Placement
from notifications.public_events import PUBLIC_EVENTS
from notifications.rendering import Renderer
from notifications.routing import ROUTES, TO_ENDPOINTS, Audience, Route
from notifications.samples import sample
from notifications.slack_text import section

BY_MAIL = Addressee(ChannelName.MAIL, "sam@example.com", "Sam", "Europe/Berlin")
TO = {
    ChannelName.MAIL: BY_MAIL,
    ChannelName.SLACK: replace(BY_MAIL, channel=ChannelName.SLACK, recipient="reviewers"),
    ChannelName.WEBHOOK: replace(BY_MAIL, channel=ChannelName.WEBHOOK, recipient="endpoint:1"),
}

SHOWN = (ChannelName.MAIL, ChannelName.SLACK, ChannelName.WEBHOOK, ChannelName.CONSOLE)
"""Channels that have a look of their own; a file holds what a mail would."""

DARK_ONLY = "@media (prefers-color-scheme: dark)"
DATE = re.compile(r"<!date\^[^|<>]*\|([^<>]*)>")
"""Slack shows such a date in the reader's zone; what stands after the bar is for programs that can't."""
EITHER = 'content="light dark"'


@dataclass(frozen=True, slots=True)
class Preview:
    """One message as files: content by name. `audience` is empty for the console, which narrates to whoever watches."""

    event: EventName
    channel: ChannelName
    template: str
    audience: str
    title: str
    files: Mapping[str, bytes]


def previews(event: EventName, renderer: Renderer, sender: Sender) -> Iterator[Preview]:
    """Each message of the event once: the steps of a ladder share their words."""
    facts = sample(event)
    for route, channel in messages(event):
        message = renderer.message(facts, route, TO[channel])
        files = _files(message, f"{event.value}.{route.audience.value}", channel, sender)
        yield Preview(event, channel, route.template or event.value, route.audience.value, message.title, files)
    line = {f"{event.value}.console.txt": f"{facts.subject}: {renderer.line(facts)}\n".encode()}
    yield Preview(event, ChannelName.CONSOLE, event.value, "", renderer.line(facts), line)


def messages(event: EventName) -> Iterator[tuple[Route, ChannelName]]:
    """The event's routes by each of their channels, without those that read like an earlier one."""
    seen: set[tuple[Audience, str, bool, ChannelName]] = set()
    # What systems get is the same whoever runs them.
    to_systems = (TO_ENDPOINTS,) if event in PUBLIC_EVENTS else ()
    for route in (*ROUTES[event], *to_systems):
        for channel in route.channels:
            reads_like = (route.audience, route.template, route.placement is Placement.CARD, channel)
            if channel in SHOWN and reads_like not in seen:
                seen.add(reads_like)
                yield route, channel


def in_scheme(html: str, *, dark: bool) -> str:
    """A mail's page that no longer follows the reader's system: always dark, or always light."""
    if DARK_ONLY not in html or EITHER not in html:
        raise NoSchemes
    chosen = html.replace(EITHER, f'content="{"dark" if dark else "light"}"')
    return chosen.replace(DARK_ONLY, "@media all" if dark else "@media not all")


class NoSchemes(ValueError):
    """A mail's page has one look only; it must have one for each colour scheme."""

    def __init__(self) -> None:
        super().__init__(f"the page has no `{DARK_ONLY}` or no meta element with `{EITHER}`; see templates/layout.html")


def readable(blocks: Any) -> str:
    """Slack blocks as plain text, one text object after the other, without Slack's entities."""
    texts: list[str] = []
    _collect(blocks, texts)
    return "\n\n".join(unescape(DATE.sub(r"\1", text)) for text in texts) + "\n"


def _files(message: Message, name: str, channel: ChannelName, sender: Sender) -> dict[str, bytes]:
    match channel:
        case ChannelName.MAIL:
            return _mail(message, name, sender)
        case ChannelName.WEBHOOK:
            # With line ends, for people; what is signed and posted has none.
            return {f"{name}.webhook.json": (json.dumps(json.loads(message.text), indent=2) + "\n").encode()}
        case _:
            return _in_slack(message, name)


def _mail(message: Message, name: str, sender: Sender) -> dict[str, bytes]:
    return {
        f"{name}.eml": letter(message, name, sender).as_bytes(),
        f"{name}.txt": f"Subject: {message.title}\n\n{message.text}".encode(),
        f"{name}.light.html": in_scheme(message.html, dark=False).encode(),
        f"{name}.dark.html": in_scheme(message.html, dark=True).encode(),
    }


def _in_slack(message: Message, name: str) -> dict[str, bytes]:
    kind = "card" if message.placement is Placement.CARD else "slack"
    said = [section(message.text)] if message.text else []
    document = {
        "placement": message.placement.value,
        "text": message.title,
        "card": {"blocks": list(message.card)},
        "message": {"blocks": said},
    }
    return {
        f"{name}.{kind}.json": (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode(),
        f"{name}.{kind}.txt": f"{message.title}\n\n{readable([*message.card, *said])}".encode(),
    }


def _collect(part: Any, texts: list[str]) -> None:
    if isinstance(part, Mapping):
        if isinstance(text := part.get("text"), str):
            texts.append(text)
        for value in part.values():
            _collect(value, texts)
    elif isinstance(part, list | tuple):
        for value in part:
            _collect(value, texts)
