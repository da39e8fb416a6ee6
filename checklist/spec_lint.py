"""What is wrong with a call as a stream sends it, by the Spec and its reserved names. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from checklist.dossier import Sample
from checklist.programme import SpecRule

REQUIRED = {
    "identify": (),
    "track": ("event",),
    "page": (),
    "screen": (),
    "group": ("groupId",),
    "alias": ("previousId",),
}
"""What each call carries besides the user."""

_SNAKE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
_LITTLE_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with")
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a sample. `decides` tells a broken rule from advice."""

    where: str
    seen: str
    decides: bool = True


def lint(sample: Sample, spec: SpecRule) -> Iterator[Finding]:
    """Findings of one sample, in the order of the request: headers, user, context, call, names."""
    body = sample.body
    headers = {name.lower(): value for name, value in sample.headers.items()}
    if not headers.get("authorization", "").strip():
        yield Finding("headers.Authorization", "no write key in the Authorization header")
    yield from _user(body)
    yield from _context(body)
    yield from _call(body, spec)
    for part in ("properties", "traits"):
        fields = body.get(part)
        odd = [name for name in fields if not _SNAKE.match(name)] if isinstance(fields, Mapping) else []
        if odd:
            yield Finding(part, f"{', '.join(odd[:5])} not in snake_case", decides=False)


def event_trouble(name: str, spec: SpecRule) -> Finding | None:
    """A name that means an event of the Spec without being it, or one not in Proper Case."""
    reserved = {_letters(event): event for events in spec.events.values() for event in events}
    if name in reserved.values():
        return None
    meant = reserved.get(_letters(name)) or spec.lookalikes.get(_letters(name))
    if meant is not None:
        return Finding("event", f"{name!r} stands for the Spec's {meant!r}")
    if not _is_proper_case(name):
        return Finding("event", f"{name!r} is not in Proper Case", decides=False)
    return None


def call_type(body: Mapping[str, Any]) -> str | None:
    """The kind of call: declared, or told by what only that call carries."""
    declared = body.get("type")
    if isinstance(declared, str):
        return declared.lower()
    for key, call in (("event", "track"), ("groupId", "group"), ("previousId", "alias"), ("traits", "identify")):
        if key in body:
            return call
    return None


def _user(body: Mapping[str, Any]) -> Iterator[Finding]:
    if _text(body.get("userId")):
        return
    if _text(body.get("anonymousId")):
        yield Finding("userId", "only an anonymousId: fine for visitors nobody knows", decides=False)
        return
    inside = [
        part
        for part in ("context", "properties", "traits")
        if isinstance(body.get(part), Mapping) and "userId" in body[part]
    ]
    yield Finding("userId", f"it stands in {inside[0]}, not at the top level" if inside else "no top-level userId")


def _context(body: Mapping[str, Any]) -> Iterator[Finding]:
    context = body.get("context")
    integration = context.get("integration") if isinstance(context, Mapping) else None
    for name in ("name", "version"):
        if not isinstance(integration, Mapping) or not _text(integration.get(name)):
            yield Finding(f"context.integration.{name}", "missing")


def _call(body: Mapping[str, Any], spec: SpecRule) -> Iterator[Finding]:
    call = call_type(body)
    if call not in REQUIRED:
        seen = "no call of the Spec" if call is None else f"{call!r} is no call of the Spec"
        yield Finding("type", f"{seen}; there are {', '.join(REQUIRED)}")
        return
    for name in REQUIRED[call]:
        if not _text(body.get(name)):
            yield Finding(name, f"missing, and a {call} call needs it")
    event = body.get("event")
    if call == "track" and isinstance(event, str) and event and (trouble := event_trouble(event, spec)) is not None:
        yield trouble


def _text(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _is_proper_case(name: str) -> bool:
    words = name.split(" ")
    return all(word[:1].isupper() or word[:1].isdigit() or word in _LITTLE_WORDS for word in words) and "_" not in name
