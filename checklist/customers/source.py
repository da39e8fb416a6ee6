"""What a source of customers is, and what it answers (pure)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from checklist.customers.usage import Usage


class CustomersUnreadable(Exception):
    """The source gave no usable answer; the message says which source, what was seen and what was expected.

    Partners may read it: it holds no secret and no customer's name.
    """


class CustomersWithheld(CustomersUnreadable):
    """Whoever asks may not know of these customers; the message tells them why."""


class CustomersSourceInvalid(Exception):
    """The settings name no source that could ever be read; the message says which setting and what was expected."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a source said: the rows of one integration, from where, and as of when."""

    rows: tuple[Usage, ...]
    source: str
    as_of: datetime


class CustomersSource(Protocol):
    """Where customers are counted. Raises CustomersUnreadable, never anything else of its own.

    `since` and `until` are the window (aware instants) that the answer is for. A source may leave out what has no
    success in it; whoever counts looks at each row's own instant. One object serves any number of callers at once, in
    any event loop.
    """

    async def usage(self, slug: str, since: datetime, until: datetime) -> Report: ...
