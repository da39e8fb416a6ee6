"""What a fetch says: frozen values, whatever the network did."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Literal

Answer = Literal["ok", "refused", "unknown"]

Kind = Literal[
    # refused: we do not ask, or do not go on reading
    "url",  # malformed, too long, or carries credentials
    "scheme",
    "port",
    "address",  # private, metadata, translated, reserved, …
    "self",  # one of our own public hosts
    "request",  # a header or method that HTTP has no place for
    "size",
    "ratio",
    "coding",
    # unknown: could not tell (dns is refused when the name has no address, unknown when the lookup broke)
    "dns",
    "connect",
    "tls",
    "deadline",
    "incomplete",
    "protocol",
    "decode",
    "content_type",
    "redirects",
    "robots",
    "rate_limited",
    "server",
    "bot_wall",
]

# The class below has a field named bytes, as the published JSON does.
Body = bytes


@dataclass(frozen=True)
class Hop:
    """One redirect that was answered: who said so, with which status, and where it points."""

    url: str
    status: int
    location: str
    address: str


@dataclass(frozen=True)
class Fetched:
    """The result of one fetch.

    `ok`: an HTTP answer was read whole, whatever its status (a 404 is ok here).
    `refused`: we do not ask, or do not read on: an address, size or coding rule. Not one byte is sent to
    a refused address. `unknown`: could not tell; never the partner's failure by itself. `kind` says which rule
    or trouble, and is None when `ok`; `reason` is one plain sentence, empty when `ok`.
    """

    outcome: Answer
    url: str  # as asked
    final_url: str  # where the redirects ended, also when that last address was refused
    fetched_at: datetime  # aware, UTC
    kind: Kind | None = None
    reason: str = ""
    status: int | None = None
    hops: tuple[Hop, ...] = ()
    address: str | None = None  # the one the answer came from
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # lower-case names, a subset
    content_type: str = ""  # lower case, without parameters
    charset: str = ""  # the one `text` was decoded with
    body: Body = b""  # content codings removed
    text: str = ""  # empty for types that are no text
    bytes: int = 0  # body bytes as they came over the wire
    notes: tuple[str, ...] = ()
    retry_after: float | None = None  # seconds, when the server said how long to stay away
    elapsed_seconds: float = 0.0  # on the wire: connecting, sending, reading; without waiting for our turn
    unchanged: bool = False  # a 304 to a request that carried our own validators; there is no body then
    answer_seconds: float = 0.0  # of those, the last answer alone: from its request to its end, without connecting

    @property
    def ok(self) -> bool:
        """An answer was read whole and its status is 2xx."""
        return self.outcome == "ok" and self.status is not None and 200 <= self.status < 300

    @cached_property
    def digest(self) -> str | None:
        """SHA-256 of the body, in hexadecimal; None where there is no body."""
        return hashlib.sha256(self.body).hexdigest() if self.body else None
