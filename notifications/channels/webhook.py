"""Webhooks after Standard Webhooks: one signed POST a try, to an address that its owner named."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from standardwebhooks import Webhook

from notifications.message import Dead, Message, Result, Retry, Sent, Skipped

GONE = 410
SLOW_DOWN = frozenset({429, 503})
"""Statuses whose Retry-After is waited for."""
DOUBTFUL = frozenset({502, 504})
"""A gateway answered: what stands behind it may have the message."""
LONGEST_ASKED_PAUSE = timedelta(days=1)
"""A longer Retry-After is not waited for: it would outlive everybody's interest in the message."""


class EndpointUnreadable(Exception):
    """What is known of an endpoint can't be read here (another key, say); about the set-up, not the message."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a message goes. `secrets` sign it, the newest first; `closed` says why nothing goes there."""

    address: str
    secrets: tuple[str, ...]
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back from one POST."""

    status: int | None
    """None: no answer."""
    words: str
    """The first words of the answer in one line, or why there is none."""
    after: timedelta | None = None
    """The pause that the other side asked for."""
    refused: bool = False
    """We don't ask such an address, and won't at the next try either."""
    handed_over: bool = False
    """Without an answer: the message may have arrived."""
    seconds: float = 0.0

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def __str__(self) -> str:
        if self.status is None:
            return self.words
        led_on = ", and redirects are not followed" if 300 <= self.status < 400 else ""
        return f"it answered {self.status}{led_on}{f': {self.words}' if self.words else ''}"


EndpointOf = Callable[[str], Awaitable[Endpoint | None]]
"""The endpoint a recipient names; None when there is none. Raises EndpointUnreadable."""


class Post(Protocol):
    """Exactly one POST: no redirect is followed, nothing is tried again, the network raises nothing."""

    async def __call__(self, address: str, headers: Mapping[str, str], content: bytes) -> Answered: ...


class WebhookChannel:
    """Posts a message's text, which is the body as it was planned, with the delivery's key for its id.

    Source: the Standard Webhooks specification. Id and body are the same in every try; time and signature are the
    try's own, because receivers refuse what was signed more than five minutes ago.
    """

    def __init__(self, endpoint_of: EndpointOf, post: Post, now: Callable[[], datetime]) -> None:
        self._endpoint_of = endpoint_of
        self._post = post
        self._now = now

    async def send(self, message: Message, key: str) -> Result:
        try:
            endpoint = await self._endpoint_of(message.recipient)
        except EndpointUnreadable as error:
            return Retry(str(error))
        if endpoint is None:
            return Dead(f"there is no webhook endpoint {message.recipient!r}")
        if endpoint.closed:
            return Skipped(f"the endpoint is disabled: {endpoint.closed}")
        return result_of(await self.call(endpoint, message.text, key), key)

    async def call(self, endpoint: Endpoint, body: str, key: str) -> Answered:
        """One POST to the endpoint, also to a closed one."""
        return await self._post(endpoint.address, signed_headers(endpoint, body, key, self._now()), body.encode())


def signed_headers(endpoint: Endpoint, body: str, key: str, at: datetime) -> dict[str, str]:
    """A signature for each secret: who changes theirs finds one that fits, whichever they have by now."""
    # The library reads the fields of an instant as UTC, whatever its zone.
    signed_at = at.astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(int(signed_at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(key, signed_at, body) for secret in endpoint.secrets),
    }


def result_of(answered: Answered, key: str) -> Result:
    """What an answer means for the delivery: all but 410 and a refused address is tried again."""
    if answered.taken:
        return Sent(reference=key)
    if answered.refused:
        return Dead(str(answered))
    if answered.status is None:
        return Retry(str(answered), may_have_gone_out=answered.handed_over)
    if answered.status == GONE:
        return Dead(str(answered), gone=True)
    after = answered.after if answered.status in SLOW_DOWN else None
    return Retry(
        str(answered),
        after=None if after is None else min(after, LONGEST_ASKED_PAUSE),
        may_have_gone_out=answered.status in DOUBTFUL,
    )
