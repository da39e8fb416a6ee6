"""What the webhook channel reaches the outside through: the safe fetcher, and endpoints with their secrets opened."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from checklist.fetch import Fetched, Fetcher
from checklist.fetch.politeness import retry_after
from models.database import Database
from models.webhook_endpoint import WebhookEndpoint, endpoint_number
from notifications.channels.webhook import Answered, Endpoint, EndpointUnreadable, WebhookChannel
from notifications.plain import visible
from review.vault import SecretUnreadable, Vault

FIRST_BYTES = 1_000
"""So much of an answer is read: enough for the words of a refusal."""
WORDS = 200
NO_TLS = "the address has no TLS; expected https://…"
FOR_GOOD = frozenset({"url", "scheme", "port", "address", "self", "request"})
"""Kinds of refusal that the next try meets again. A name without an address is none: it may get one back."""
NOT_HANDED_OVER = frozenset({"dns", "connect", "tls"})


def webhook_channel(
    database: Database, vault: Vault, fetcher: Callable[[], Fetcher], now: Callable[[], datetime]
) -> WebhookChannel:
    """The channel on these; `now` is the time that receivers compare their clocks with."""
    return WebhookChannel(Endpoints(database, vault, now), SafePost(fetcher, now), now)


async def why_no_endpoint(fetcher: Callable[[], Fetcher], address: str) -> str:
    """Why nothing could be posted there, as one sentence; empty when it could, or when that can't be told now."""
    async with fetcher() as asking:
        return NO_TLS if asking.lacks_tls(address) else await asking.why_not(address)


class Endpoints:
    """Endpoints from the rows of this moment."""

    def __init__(self, database: Database, vault: Vault, now: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._now = now

    async def __call__(self, recipient: str) -> Endpoint | None:
        return await asyncio.to_thread(self._read, recipient)

    def _read(self, recipient: str) -> Endpoint | None:
        number = endpoint_number(recipient)
        with self._database.read() as session:
            row = None if number is None else session.get(WebhookEndpoint, number)
        return None if row is None else opened(row, self._vault, self._now())


def opened(row: WebhookEndpoint, vault: Vault, at: datetime) -> Endpoint:
    """The endpoint as the channel needs it. EndpointUnreadable when its secret was stored with another key."""
    sealed = [row.ciphertext]
    if row.former_ciphertext is not None and row.former_until is not None and row.former_until > at:
        sealed.append(row.former_ciphertext)
    try:
        secrets = tuple(vault.open(secret) for secret in sealed)
    except SecretUnreadable as error:
        raise EndpointUnreadable(str(error)) from error
    return Endpoint(row.address, secrets, row.disabled_because)


class SafePost:
    """One POST through a fetcher of its own, so that names are looked up and checked anew at every try."""

    def __init__(self, fetcher: Callable[[], Fetcher], now: Callable[[], datetime]) -> None:
        self._fetcher = fetcher
        self._now = now

    async def __call__(self, address: str, headers: Mapping[str, str], content: bytes) -> Answered:
        async with self._fetcher() as fetcher:
            if fetcher.lacks_tls(address):
                return Answered(None, NO_TLS, refused=True)
            fetched = await fetcher.request("POST", address, headers=headers, content=content, first_bytes=FIRST_BYTES)
        return _answered(fetched, self._now())


def _answered(fetched: Fetched, at: datetime) -> Answered:
    if fetched.status is None:
        return Answered(
            None,
            fetched.reason,
            refused=fetched.kind in FOR_GOOD,
            handed_over=fetched.kind not in FOR_GOOD | NOT_HANDED_OVER,
            seconds=fetched.elapsed_seconds,
        )
    # Whatever came of its body: the status says whether they have the message.
    asked = retry_after(fetched.headers, at)
    words = " ".join(visible(fetched.text).split())
    return Answered(
        fetched.status,
        words[:WORDS],
        after=None if asked is None else timedelta(seconds=asked),
        seconds=fetched.elapsed_seconds,
    )
