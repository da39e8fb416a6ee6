"""What a component can do wrong, as a table: each is a switch of the reference component."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from sample.serving import Manner, Reply, Request


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the component received it."""

    request: Request
    fields: Mapping[str, Any] | None
    """What its JSON says; None when it is no JSON object."""
    seen_before: int
    """How often the very same call came before."""
    in_this_second: int
    """Calls that came within the last second, this one included."""
    slow_seconds: float
    slower_seconds: float

    @property
    def type(self) -> str:
        said = self.fields.get("type") if self.fields is not None else None
        return said if isinstance(said, str) else ""

    @property
    def has_snake_case(self) -> bool:
        parts = [(self.fields or {}).get(part) for part in ("traits", "properties")]
        return any(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for part in parts if isinstance(part, dict) for name in part)


@dataclass(frozen=True, slots=True)
class Fault:
    """`does` says it in words; `answer` turns the reply of a good component into what is sent instead."""

    does: str
    answer: Callable[[Call, Reply], Reply]


def says(status: HTTPStatus, message: str = "", **headers: str) -> Reply:
    """A JSON answer; header names are keywords with underscores."""
    body = json.dumps({"message": message}).encode() if message else b""
    return Reply(status, body, "application/json", {name.replace("_", "-"): value for name, value in headers.items()})


def _when(holds: Callable[[Call, Reply], bool], instead: Reply) -> Callable[[Call, Reply], Reply]:
    return lambda call, reply: instead if holds(call, reply) else reply


def _always(instead: Reply) -> Callable[[Call, Reply], Reply]:
    return lambda _call, _reply: instead


_FAILS: Final = says(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong.")
_TAKEN: Final = says(HTTPStatus.OK)
_MOVED: Final = says(HTTPStatus.FOUND, Location="https://elsewhere.example/segment")
_BUSY: Final = says(HTTPStatus.SERVICE_UNAVAILABLE, "Down for a moment.")
_LIMITED: Final = says(HTTPStatus.TOO_MANY_REQUESTS, "Slow down.")
_BARE_400: Final = Reply(HTTPStatus.BAD_REQUEST, b"Bad Request", "text/plain")


def _took(reply: Reply) -> bool:
    return reply.status is HTTPStatus.OK


def _is(status: HTTPStatus) -> Callable[[Call, Reply], bool]:
    return lambda _call, reply: reply.status is status


def _with_the_key(call: Call, reply: Reply) -> Reply:
    header = call.request.headers.get("authorization", "")
    try:
        key = base64.b64decode(header.partition(" ")[2], validate=True).decode().removesuffix(":")
    except ValueError:
        key = ""
    said = {"message": f"Your key is {key}, sent as {header}.", "key": key}
    return replace(reply, body=json.dumps(said).encode(), content_type="application/json")


FAULTS: Final[Mapping[str, Fault]] = {
    "slow": Fault(
        "answers after 1.5 seconds",
        lambda call, reply: replace(reply, after_seconds=call.slow_seconds),
    ),
    "slower": Fault(
        "answers after 6 seconds, when nobody waits any more",
        lambda call, reply: replace(reply, after_seconds=call.slower_seconds),
    ),
    "fails-on-track": Fault(
        "answers 500 to track calls", _when(lambda call, reply: _took(reply) and call.type == "track", _FAILS)
    ),
    "fails-at-first": Fault("answers 500 when a call comes first", _when(lambda call, _: not call.seen_before, _FAILS)),
    "denies-declared": Fault(
        "answers 501 to track calls, although they are declared",
        _when(
            lambda call, reply: _took(reply) and call.type == "track",
            says(HTTPStatus.NOT_IMPLEMENTED, "Not supported."),
        ),
    ),
    "takes-undeclared": Fault(
        "answers 200 to calls it does not declare", _when(_is(HTTPStatus.NOT_IMPLEMENTED), _TAKEN)
    ),
    "refuses-undeclared": Fault(
        "answers 400 to calls it does not declare",
        _when(_is(HTTPStatus.NOT_IMPLEMENTED), says(HTTPStatus.BAD_REQUEST, "What is this?")),
    ),
    "fails-on-undeclared": Fault(
        "answers 500 to calls it does not declare", _when(_is(HTTPStatus.NOT_IMPLEMENTED), _FAILS)
    ),
    "takes-any-key": Fault("answers 200 to a wrong key", _when(_is(HTTPStatus.UNAUTHORIZED), _TAKEN)),
    "misnames-wrong-key": Fault(
        "answers 400 to a wrong key",
        _when(_is(HTTPStatus.UNAUTHORIZED), says(HTTPStatus.BAD_REQUEST, "Wrong key.")),
    ),
    "fails-on-wrong-key": Fault("answers 500 to a wrong key", _when(_is(HTTPStatus.UNAUTHORIZED), _FAILS)),
    "refuses-every-key": Fault(
        "answers 401 to the right key too", _always(says(HTTPStatus.UNAUTHORIZED, "Wrong key."))
    ),
    "takes-malformed": Fault("answers 200 to malformed calls", _when(_is(HTTPStatus.BAD_REQUEST), _TAKEN)),
    "explains-nothing": Fault(
        "answers 400 without a JSON message to malformed calls", _when(_is(HTTPStatus.BAD_REQUEST), _BARE_400)
    ),
    "fails-on-malformed": Fault("answers 500 to malformed calls", _when(_is(HTTPStatus.BAD_REQUEST), _FAILS)),
    "refuses-repeats": Fault(
        "answers 409 to a call that came before",
        _when(lambda call, reply: _took(reply) and call.seen_before > 0, says(HTTPStatus.CONFLICT, "I know this one.")),
    ),
    "fails-on-repeats": Fault(
        "answers 500 to a call that came before",
        _when(lambda call, reply: _took(reply) and call.seen_before > 0, _FAILS),
    ),
    "refuses-snake-case": Fault(
        "answers 400 to traits and properties in snake_case",
        _when(lambda call, reply: _took(reply) and call.has_snake_case, says(HTTPStatus.BAD_REQUEST, "Unknown field.")),
    ),
    "redirects": Fault("answers 302 to everything", _always(_MOVED)),
    "is-down": Fault("answers 503 to everything", _always(_BUSY)),
    "asks-for-peace": Fault(
        "answers 503 with a Retry-After of a minute to everything",
        _always(replace(_BUSY, headers={"Retry-After": "60"})),
    ),
    "limits-everything": Fault("answers 429 to everything", _always(_LIMITED)),
    "limits-load": Fault(
        "answers 429 to more than 20 calls a second", _when(lambda call, _: call.in_this_second > 20, _LIMITED)
    ),
    "fails-under-load": Fault(
        "answers 500 to more than 20 calls a second", _when(lambda call, _: call.in_this_second > 20, _FAILS)
    ),
    "drips": Fault("sends its answer a byte at a time", lambda _, reply: replace(reply, manner=Manner.DRIPS)),
    "hangs-up": Fault("closes the connection", lambda _, reply: replace(reply, manner=Manner.HANGS_UP)),
    "speaks-no-http": Fault("answers in another protocol", lambda _, reply: replace(reply, manner=Manner.NO_HTTP)),
    "huge-body": Fault(
        "answers 200 with a body that never ends",
        lambda _, reply: replace(reply, manner=Manner.ENDLESS) if reply.status is HTTPStatus.OK else reply,
    ),
    "repeats-the-key": Fault("repeats the key in what it answers", _with_the_key),
}
"""By name. Several at once are applied in this order."""

HIDES_OWNER: Final = "hides-owner"
"""The one fault that is none of an answer: the line that shows whose it is can't be found."""

NAMES: Final[Mapping[str, str]] = {
    **{name: fault.does for name, fault in FAULTS.items()},
    HIDES_OWNER: "does not show whose it is",
}
"""Every fault with what it does."""
