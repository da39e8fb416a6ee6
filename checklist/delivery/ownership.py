"""The text by which an endpoint shows that the partner of an integration is in charge of it. Pure.

It is no secret, and so it is the same wherever it is worked out: in the partner's own preflight and in the review. What
counts is that it is *there*. It is never sent, so no server can repeat it by accident; and a file that holds anything
else beside such texts doesn't count, so nobody can slip it into a page that shows what visitors wrote.
"""

import hashlib
import re
from typing import Final

from checklist.delivery.endpoint import Endpoint

PATH: Final = "/.well-known/launch-review.txt"
MOST_BYTES: Final = 4_096
"""A file holds a line for each integration behind the host; so much of it is read."""

_TEXT: Final = re.compile(r"launch-review=[0-9a-f]{40}")


def text_for(endpoint: Endpoint, marketplace: str) -> str:
    """The line to show: one for each marketplace, integration and host."""
    about = f"endpoint ownership\0{marketplace}\0{endpoint.slug}\0{endpoint.host}"
    return f"launch-review={hashlib.sha256(about.encode()).hexdigest()[:40]}"


def place_of(endpoint: Endpoint) -> str:
    """Where the line is looked for first: a file on the endpoint's own host."""
    scheme = "https" if endpoint.is_https else "http"
    return f"{scheme}://{endpoint.host}{PATH}"


def shows(body: bytes, text: str) -> bool:
    """Whether a body holds the line, and nothing but such lines."""
    lines = [line.strip() for line in body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").splitlines()]
    said = [line for line in lines if line]
    return text in said and all(_TEXT.fullmatch(line) for line in said)
