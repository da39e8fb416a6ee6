"""A message as rendered, and what can come of sending it: plain values, kept as JSON in the delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Placement(StrEnum):
    """Where a message stands in a channel that has cards; a mail is always direct."""

    DIRECT = "direct"
    """To one person, on its own."""
    CARD = "card"
    """Only the submission's card changes; nobody is disturbed."""
    THREAD = "thread"
    """The card changes, and the text goes under it, into its thread."""
    POST = "post"
    """The card changes, and the text stands in the channel itself, because somebody must see it."""


class Category(StrEnum):
    """What a message is for; decides how long it is tried."""

    STATUS = "status"
    """The partner learns where they stand or what to do."""
    REMINDER = "reminder"
    WORK = "work"
    """Somebody of the team has something to do."""
    ESCALATION = "escalation"
    CARD = "card"
    """The submission's card; the next one replaces it."""
    NARRATION = "narration"
    DIGEST = "digest"
    """What waited for one person, in one message."""
    SUBSCRIBED = "subscribed"
    """Another system learns what happened."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient. All but the last two values are rendered once and stored."""

    recipient: str
    event: str
    """Name of the event it tells."""
    at: datetime
    """When that happened."""
    category: Category
    title: str
    """One line: a mail's subject, the text of a Slack notification, a line on the console."""
    text: str
    html: str = ""
    card: tuple[Mapping[str, Any], ...] = ()
    """Slack blocks of the submission's card as it stood when the message was planned."""
    placement: Placement = Placement.DIRECT
    url: str = ""
    """Where the desk shows what it is about."""
    thread: str = ""
    """What the message is about, such as submission:7; messages of one thread are shown together."""
    unsubscribe: str = ""
    """Where one click ends messages of this kind: an https address. For digests and reminders; empty for a message
    that has to arrive."""

    repeat_possible: bool = False
    """An earlier try may have gone out: a channel that can look for it looks first."""
    card_reference: str = ""
    """The channel's id of the card to change; empty when there is none yet."""

    def as_json(self) -> dict[str, Any]:
        return {
            "recipient": self.recipient,
            "event": self.event,
            "at": self.at.isoformat(),
            "category": self.category.value,
            "title": self.title,
            "text": self.text,
            "html": self.html,
            "card": [dict(block) for block in self.card],
            "placement": self.placement.value,
            "url": self.url,
            "thread": self.thread,
            "unsubscribe": self.unsubscribe,
        }

    @classmethod
    def from_json(
        cls, stored: Mapping[str, Any], *, repeat_possible: bool = False, card_reference: str = ""
    ) -> "Message":
        return cls(
            recipient=stored["recipient"],
            event=stored["event"],
            at=datetime.fromisoformat(stored["at"]),
            category=Category(stored["category"]),
            title=stored["title"],
            text=stored["text"],
            html=stored["html"],
            card=tuple(stored["card"]),
            placement=Placement(stored["placement"]),
            url=stored["url"],
            thread=stored["thread"],
            # Stored by a release that had none.
            unsubscribe=stored.get("unsubscribe", ""),
            repeat_possible=repeat_possible,
            card_reference=card_reference,
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel has it. `exactly_once`: also when an earlier try had gone out, it is there only once."""

    reference: str
    """The channel's own id of what was sent: a Message-ID, a Slack time stamp, a file name."""
    exactly_once: bool = False
    card_reference: str = ""
    """The channel's id of the card that now shows the message's state; empty when the message has none."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now. `after` is what the channel asked for; without it the outbox spaces the tries itself."""

    reason: str
    after: timedelta | None = None
    may_have_gone_out: bool = False
    """The answer was lost after the message had been handed over."""
    of_channel: bool = False
    """Nothing of this message's: the channel itself is out of order, and any other would have failed the same way."""
    card_reference: str = ""
    """The card went out, and only what belongs under it did not: the next try changes that card."""


@dataclass(frozen=True, slots=True)
class Dead:
    """Refused for good: trying again the same way can't help."""

    reason: str
    gone: bool = False
    """The recipient said that it is gone: nothing else will be taken there either."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not sent, because it is no longer true or a newer one says it better."""

    reason: str


Result = Sent | Retry | Dead | Skipped
