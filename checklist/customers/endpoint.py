"""Customers from an HTTP endpoint of the programme: JSON, with a bearer token."""

import asyncio
import ipaddress
import json
import ssl
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from checklist.customers.reading import read
from checklist.customers.source import CustomersSourceInvalid, CustomersUnreadable, Report
from checklist.customers.turns import Turns
from checklist.fetch import Fetcher, Limits
from checklist.fetch.failure import Refused
from checklist.fetch.url import Target, target_of

ANSWER_SECONDS: Final = 15.0
LARGEST_ANSWER: Final = 5_000_000
"""Bytes of one answer, packed or not."""

MOST_ROWS: Final = 10_000
"""Of one integration."""

AT_ONCE: Final = 4
_LONGEST_ADDRESS: Final = 4_000

_SAYS: Final = {
    401: "it does not take the token (401); see LAUNCH_REVIEW_CUSTOMERS_TOKEN",
    403: "the token may not read this (403)",
    404: "there is nothing at this address (404)",
    429: "it is asked too often (429)",
}


class CustomersEndpoint:
    """What `GET address?integration=…&since=…&until=…` says: the JSON of a customers file, for one integration.

    The address is the programme's own, so it may be on an internal network: exactly its host and port are let through
    the safe fetcher, whose bounds hold otherwise. HTTPS, except on this machine; no redirects, no proxies; exactly one
    request a question. Raises CustomersSourceInvalid.
    """

    def __init__(
        self, address: str, token: str = "", *, seconds: float = ANSWER_SECONDS, tls: ssl.SSLContext | None = None
    ) -> None:
        self._address = address.partition("#")[0]
        target = _target_of(self._address)
        require_token(token)
        self._door = (target.host, target.port)
        self._source = (target.origin + target.path).partition("?")[0]
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._limits = Limits(total_seconds=seconds, wire_bytes=LARGEST_ANSWER, decoded_bytes=LARGEST_ANSWER)
        self._tls = tls
        self._turns = Turns(AT_ONCE)

    def __repr__(self) -> str:
        return f"<CustomersEndpoint: {self._source}>"

    async def usage(self, slug: str, since: datetime, until: datetime) -> Report:
        window = {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in (("since", since), ("until", until))}
        body = await self._get(urlencode({"integration": slug, **window}))
        answer = await asyncio.to_thread(self._read, body, slug)
        mine = tuple(row for row in answer.rows if row.integration == slug)
        return Report(mine, self._source, answer.as_of or until)

    async def _get(self, question: str) -> bytes:
        url = f"{self._address}{'&' if '?' in self._address else '?'}{question}"
        # A fetcher belongs to one event loop; this source to none.
        async with (
            self._turns.one(),
            Fetcher(allow=[self._door], limits=self._limits, tls=self._tls) as fetcher,
        ):
            answer = await fetcher.request("GET", url, headers=self._headers)
        if answer.outcome != "ok" or answer.status is None:
            raise self._unreadable(answer.reason)
        if 300 <= answer.status < 400:
            raise self._unreadable(f"it answers with a redirect ({answer.status}); give the address it leads to")
        if answer.status != 200:
            raise self._unreadable(_SAYS.get(answer.status, f"it answers {answer.status}, expected 200"))
        return answer.body

    def _read(self, body: bytes, slug: str) -> Any:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            raise self._unreadable("its answer is no JSON") from None
        return read(document, self._source, most=MOST_ROWS, integration=slug)

    def _unreadable(self, told: str) -> CustomersUnreadable:
        return CustomersUnreadable(f"{self._source}: {told}")


def require_token(token: str) -> None:
    """Raises CustomersSourceInvalid for one that no header can carry."""
    if not all("!" <= letter <= "~" for letter in token):
        raise CustomersSourceInvalid("it holds a space or a letter that is no plain ASCII; expected the token alone")


def _target_of(address: str) -> Target:
    try:
        target = target_of(address, longest=_LONGEST_ADDRESS)
    except Refused as refused:
        raise CustomersSourceInvalid(refused.reason) from None
    if target.scheme != "https" and not _is_here(target):
        raise CustomersSourceInvalid(f"{target.origin} is not HTTPS, so the token and the customers could be read")
    return target


def _is_here(target: Target) -> bool:
    return ipaddress.ip_address(target.host).is_loopback if target.is_literal else target.host == "localhost"
