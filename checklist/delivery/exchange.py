"""One test call and what came back: a frozen value that holds nothing secret."""

import json
from dataclasses import dataclass
from datetime import datetime

from checklist.delivery.calls import Probe
from checklist.delivery.endpoint import Endpoint
from checklist.fetch import Fetched

NOT_IMPLEMENTED = 501
"""Says that a type of call is not supported; never an outage, although it is a 5xx."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one call met. Without an answer `status` is None and `trouble` says why."""

    probe: Probe
    call: str
    """Which call it was, for people."""
    at: datetime | None = None
    """When the answer came; none for a call that was not sent."""
    status: int | None = None
    seconds: float = 0.0
    """From sending the call to the end of its answer; without connecting."""
    trouble: str = ""
    said: str = ""
    """The beginning of the answer, without the key."""
    explains: bool = False
    """Whether the answer is JSON with a `message` that a customer could read."""
    wants_peace: bool = False
    """Whether it asks to come back later."""
    is_like_all: bool = False
    """Whether the calls that are declared make the server fail as well."""
    broke_first: int | None = None
    """The 5xx that the same call met before it was sent again."""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def breaks(self) -> bool:
        """The server failed over it."""
        return self.status is not None and self.status >= 500 and self.status != NOT_IMPLEMENTED


def exchange_of(probe: Probe, call: str, fetched: Fetched, endpoint: Endpoint) -> Exchange:
    """What the door brought back."""
    if fetched.outcome != "ok":
        trouble = endpoint.shown(fetched.reason) or "no answer"
        return Exchange(probe, call, fetched.fetched_at, trouble=trouble)
    later = fetched.status in {408, 429} or (fetched.status == 503 and "retry-after" in fetched.headers)
    return Exchange(
        probe,
        call,
        fetched.fetched_at,
        status=fetched.status,
        seconds=fetched.answer_seconds,
        said=endpoint.shown(fetched.text),
        explains=_explains(fetched),
        wants_peace=later,
    )


def _explains(fetched: Fetched) -> bool:
    is_json = fetched.content_type == "application/json" or fetched.content_type.endswith("+json")
    try:
        said = json.loads(fetched.body) if is_json else None
    except (ValueError, RecursionError):
        return False
    message = said.get("message") if isinstance(said, dict) else None
    return isinstance(message, str) and bool(message.strip())
