"""A submission out of a request's body: bounded in size and time, read by the same code as a file."""

import asyncio
from collections.abc import Collection, Mapping
from email.message import Message
from typing import Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request

from checklist.document import LARGEST_FILE, DocumentUnreadable, parse_document
from checklist.dossier import Dossier, DossierInvalid
from checklist.mistakes import Mistake
from desk.api.problems import Problem

ENDINGS: Final[Mapping[str, str]] = {
    "application/json": ".json",
    "application/toml": ".toml",
    "application/yaml": ".yaml",
}
"""The types that are read, and the ending of a file of the same kind."""

NAME: Final = "the submission"
IN_FRAGMENT: Final = "!$&'()*+,;=:@~?"
BODY_SECONDS: Final = 10.0


def ending_of(request: Request) -> str:
    """Which reader the body needs. Raises Problem for a type, a charset or a compression that is not read."""
    return ENDINGS[kind_of(request, ENDINGS)]


def kind_of(request: Request, kinds: Collection[str]) -> str:
    """The body's type, which is one of these. Raises Problem for another, a charset or a compression."""
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    kind = header.get_content_type() if request.headers.get("content-type") else "none"
    charset = (header.get_content_charset() or "utf-8").replace("_", "-")
    coding = request.headers.get("content-encoding", "identity").lower()
    seen = None
    if kind not in kinds:
        seen = f"the type {kind[:100]}, expected one of {', '.join(kinds)}"
    elif charset not in {"utf-8", "utf8", "us-ascii"}:
        seen = f"the charset {charset}, expected UTF-8"
    elif coding != "identity":
        seen = f"the content coding {coding}, expected none"
    if seen is not None:
        raise Problem("unsupported-type", f"saw {seen}", headers={"Accept": ", ".join(kinds)})
    return kind


async def dossier_of(request: Request, ending: str, *, within_seconds: float) -> Dossier:
    """The submission, if it arrives in time. Raises Problem with every mistake, and no secret, when it is none."""
    content = await read(request, within_seconds)
    try:
        # Reading a large document takes a second, which is nobody else's.
        return await asyncio.to_thread(lambda: Dossier.parse(parse_document(content, ending, NAME), NAME))
    except DocumentUnreadable as error:
        raise Problem("unreadable-document", str(error)) from None
    except DossierInvalid as error:
        raise Problem("invalid-submission", str(error), errors=[told_mistake(one) for one in error.mistakes]) from None


async def read(request: Request, seconds: float, *, most: int = LARGEST_FILE) -> bytes:
    """The body, of at most so many bytes. Raises Problem when it is longer, late or cut off."""
    told = f"saw more than {most:,} bytes, expected a short document"
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise Problem("too-large", told)
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                content += piece
                if len(content) > most:
                    raise Problem("too-large", told)
    except TimeoutError:
        raise Problem("too-slow", f"the document was not there after {seconds:g} seconds") from None
    except ClientDisconnect:
        raise Problem("incomplete-body", "the connection was closed before the document's end") from None
    request.state.content = bytes(content)  # part of what makes two requests the same
    return bytes(content)


def told_mistake(mistake: Mistake) -> dict[str, str]:
    """One mistake, its place as a JSON pointer in a URI fragment (RFC 6901, section 6)."""
    keys = (str(key).replace("~", "~0").replace("/", "~1") for key in mistake.keys)
    pointer = "#" + "".join(f"/{quote(key, safe=IN_FRAGMENT)}" for key in keys)
    return {"pointer": pointer, "detail": str(mistake), "seen": mistake.seen, "expected": mistake.expected}
