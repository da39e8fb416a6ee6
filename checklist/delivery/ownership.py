"""The text by which an endpoint shows that the partner of an integration is in charge of it, and where. Pure.

It is no secret, and so it is the same wherever it is worked out: in the partner's own preflight and in the review. What
counts is that it is *there*. It is never sent, so no server can repeat it by accident; and a file that holds anything
else beside such texts doesn't count, so nobody can slip it into a page that shows what visitors wrote.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

import idna

from checklist.delivery.endpoint import Endpoint

PATH: Final = "/.well-known/launch-review.txt"
MOST_BYTES: Final = 4_096
"""A file holds a line for each integration behind the host; so much of it is read."""

RECORD: Final = "_launch-review"
"""The label before the host's name at which a TXT record may show the line."""
LONGEST_NAME: Final = 253
"""Characters of a name in DNS (RFC 1035, 2.3.4)."""

_TEXT: Final = re.compile(r"launch-review=[0-9a-f]{40}")


def text_for(endpoint: Endpoint, marketplace: str) -> str:
    """The line to show: one for each marketplace, integration and host."""
    about = f"endpoint ownership\0{marketplace}\0{endpoint.slug}\0{endpoint.host}"
    return f"launch-review={hashlib.sha256(about.encode()).hexdigest()[:40]}"


def place_of(endpoint: Endpoint) -> str:
    """Where the line is looked for first: a file on the endpoint's own host."""
    scheme = "https" if endpoint.is_https else "http"
    return f"{scheme}://{endpoint.host}{PATH}"


def record_of(endpoint: Endpoint) -> str | None:
    """The name at which a TXT record may show the line as well; None for a host that is no name, as an IP address.

    Only at this very name: it can be written by nobody but whoever is in charge of the host's own zone.
    """
    name = endpoint.host.partition(":")[0]
    if "." not in name or name.replace(".", "").isdigit():
        return None
    try:
        record = f"{RECORD}.{name if name.isascii() else idna.encode(name, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        return None
    return record if len(record) <= LONGEST_NAME else None


def is_recorded(texts: Iterable[str], text: str) -> bool:
    """Whether one of a name's TXT records is the line. Others may stand beside it: one hand writes them all."""
    return any(each.strip().strip('"').strip() == text for each in texts)


def shows(body: bytes, text: str) -> bool:
    """Whether a body holds the line, and nothing but such lines."""
    lines = [line.strip() for line in body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").splitlines()]
    said = [line for line in lines if line]
    return text in said and all(_TEXT.fullmatch(line) for line in said)
