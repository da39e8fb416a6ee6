"""From an answer's head to its whole body, under the bounds; what its head alone already tells."""

from datetime import datetime
from typing import Final

from checklist.fetch.charset import is_binary
from checklist.fetch.coding import Body
from checklist.fetch.failure import Refused, Unknown
from checklist.fetch.limits import Limits
from checklist.fetch.media import HTML, PAGES
from checklist.fetch.politeness import retry_after
from checklist.fetch.refresh import refresh_goal
from checklist.fetch.trip import Answer, Trip
from checklist.fetch.wire import Reply

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# A header, and a word in it, by which a protection says that it wants a browser.
BOT_WALLS: Final = (
    ("cf-mitigated", "challenge"),
    ("x-amzn-waf-action", "challenge"),
    ("x-amzn-waf-action", "captcha"),
)


def wants_later(status: int) -> bool:
    """The server could not answer now: says nothing about the page."""
    return status in {408, 429} or 500 <= status < 600


async def read_page(trip: Trip, reply: Reply, limits: Limits, now: datetime) -> Answer:
    """Read what `get` wants: not the body of a redirect or of an answer that will be asked for again.

    Raises Unknown (bot_wall, content_type, decode, incomplete, protocol) and Refused (size, ratio, coding).
    """
    headers = reply.headers
    if any(word in headers.get(name, "").lower() for name, word in BOT_WALLS):
        raise Unknown("bot_wall", f"a bot wall answered instead of the page (status {reply.status})")
    if wants_later(reply.status):
        trip.retry_after = retry_after(headers, now)
        return _head(reply)
    trip.retry_after = None
    if reply.status in REDIRECTS:
        return _head(reply)
    content_type, _ = _content_type(headers.get("content-type", ""))
    if trip.accept is not None and 200 <= reply.status < 300:
        if not content_type:
            trip.notes.append("the answer names no content type")
        elif content_type not in trip.accept:
            raise Unknown("content_type", f"the answer is {content_type[:60]}, which is not what was asked for")
    answer = await read_whole(trip, reply, limits)
    is_page = content_type in PAGES or (not content_type and trip.accept == PAGES)
    if trip.accept is not None and is_page and is_binary(answer.body, answer.declared_charset):
        raise Unknown("decode", "the body is no text, whatever the answer says it is")
    if content_type in HTML or not content_type:
        goal = refresh_goal(headers.get("refresh", ""), answer.body)
        if goal:
            trip.notes.append(f"the page sends browsers on to {goal}; that was not followed")
    return answer


async def read_whole(trip: Trip, reply: Reply, limits: Limits) -> Answer:
    """Read head and body, whatever the status.

    Raises Unknown (decode, incomplete, protocol) and Refused (size, ratio, coding).
    """
    announced = reply.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limits.wire_bytes and not trip.first_only:
        raise Refused("size", f"the body is announced with {announced} bytes; at most {limits.wire_bytes} are read")
    body = Body(reply.headers.get("content-encoding", ""), limits, most=trip.most, first_only=trip.first_only)
    async for piece in reply.pieces():
        body.feed(piece)
        if body.is_full:
            break
    content_type, charset = _content_type(reply.headers.get("content-type", ""))
    return Answer(reply.status, reply.headers, content_type, charset, body.whole(), body.wire_bytes)


def _head(reply: Reply) -> Answer:
    content_type, charset = _content_type(reply.headers.get("content-type", ""))
    return Answer(reply.status, reply.headers, content_type, charset, b"", 0)


def _content_type(value: str) -> tuple[str, str]:
    name, *parameters = value.split(";")
    for parameter in parameters:
        key, _, charset = parameter.partition("=")
        if key.strip().lower() == "charset":
            return name.strip().lower(), charset.strip().strip("\"'")
    return name.strip().lower(), ""
