"""The test calls: valid ones of each type, and those with something wrong or odd about them. Pure.

All speak of a user who does not exist, whose ids and e-mail address say so.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from checklist.delivery.shapes import COMMON, example, part_of_customers, required
from models.enums import SpecCall


class Probe(StrEnum):
    """What a test call asks."""

    DECLARED = "declared"
    """Is a call taken that the component says it supports?"""
    UNDECLARED = "undeclared"
    """What becomes of a call it does not say it supports?"""
    WRONG_KEY = "wrong_key"
    MALFORMED = "malformed"
    REPEATED = "repeated"
    """Does a call that was taken do harm when it comes again?"""
    CASING = "casing"


@dataclass(frozen=True, slots=True)
class TestCall:
    """One request to make. `name` says which, for people."""

    __test__ = False  # pytest: a call, not a test class

    probe: Probe
    name: str
    body: bytes
    has_wrong_key: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What tells one test call from another. `at` is an aware UTC instant."""

    run: str
    """Names the run: a few letters and digits, other ones each time, so that no call was ever seen before."""
    at: datetime

    def message_id(self, call: str) -> str:
        return f"launch-review-{self.run}-{call}"


def valid(call: SpecCall, facts: Facts, *, message: str = "") -> dict[str, Any]:
    """A call as the Spec has it. `message` tells it from other calls of the same type and run."""
    instant = facts.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    visitor = f"launch-review-visitor-{facts.run}"
    body = {
        **example(COMMON),
        **example(call),
        "messageId": facts.message_id(message or call),
        "userId": f"launch-review-user-{facts.run}",
        **dict.fromkeys(("originalTimestamp", "receivedAt", "sentAt", "timestamp"), instant),
    }
    if call is SpecCall.ALIAS:
        del body["anonymousId"]
        body["previousId"] = visitor
    else:
        body["anonymousId"] = visitor
    if call is SpecCall.DELETE:
        # Somebody of its own: the other calls' user is still spoken of.
        body["userId"] = f"launch-review-leaver-{facts.run}"
    return body


def plain(call: SpecCall, facts: Facts, *, declared: bool) -> TestCall:
    return TestCall(Probe.DECLARED if declared else Probe.UNDECLARED, call.value, encoded(valid(call, facts)))


def wrong_key(call: SpecCall, facts: Facts) -> TestCall:
    body = encoded(valid(call, facts, message=f"{call}-wrong-key"))
    return TestCall(Probe.WRONG_KEY, f"{call} with a wrong key", body, has_wrong_key=True)


def repeated(call: SpecCall, facts: Facts) -> TestCall:
    """The very call that `plain` makes, to be sent after it."""
    return TestCall(Probe.REPEATED, f"the same {call} again", encoded(valid(call, facts)))


def unreadable(call: SpecCall, facts: Facts) -> TestCall:
    """A body that ends in the middle of its JSON."""
    whole = encoded(valid(call, facts, message=f"{call}-unreadable"))
    return TestCall(Probe.MALFORMED, f"{call} cut off in the middle of its JSON", whole[: len(whole) // 2])


def incomplete(call: SpecCall, facts: Facts) -> TestCall:
    """A call without what the Spec asks of it."""
    body = valid(call, facts, message=f"{call}-incomplete")
    gone = [name for name in ("userId", "anonymousId", *required(call)) if body.pop(name, None) is not None]
    return TestCall(Probe.MALFORMED, f"{call} without {_listed(gone)}", encoded(body))


CASINGS: Final[Mapping[str, Callable[[list[str]], str]]] = {
    "snake_case": "_".join,
    "PascalCase": lambda words: "".join(word.capitalize() for word in words),
    "UPPER_CASE": lambda words: "_".join(words).upper(),
}
"""How customers write the fields they name, besides camelCase, which the plain calls have."""


def cased(call: SpecCall, casing: str, facts: Facts) -> TestCall:
    """A call whose customer's fields are written in one of CASINGS; only for calls that have such fields."""
    part = part_of_customers(call)
    if part is None:
        raise ValueError(f"{call} calls have no fields that customers name")
    body = valid(call, facts, message=f"{call}-{casing}")
    body[part] = _recased(body[part], CASINGS[casing])
    return TestCall(Probe.CASING, f"{call} with {part} in {casing}", encoded(body))


def encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _recased(value: Any, write: Callable[[list[str]], str]) -> Any:
    if isinstance(value, dict):
        return {write(_words(name)): _recased(inner, write) for name, inner in value.items()}
    return value


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+", name)]


def _listed(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
