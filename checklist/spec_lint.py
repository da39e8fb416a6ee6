"""What is wrong with a request as a stream sends it, by the Spec and its reserved names. Pure."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from checklist.delivery.conformance import departures
from checklist.delivery.shapes import CUSTOMER_FIELDS, reserved
from checklist.dossier import Sample
from checklist.programme import SpecRule
from checklist.spec_names import name_trouble
from models.enums import SpecCall

KB: Final = 1024

_DECIDES: Final = frozenset({"event", "groupId", "previousId", "anonymousId", "messageId"})
"""Fields without which, or with another kind of value, a call can't be taken. `userId` is looked at by itself."""
_SNAKE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
_NAMED: Final = 5
"""Fields that one finding names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a sample. `decides` tells a broken rule from advice."""

    where: str
    seen: str
    decides: bool = True
    why: str = ""
    """What goes wrong with it, where that needs saying."""


def lint(sample: Sample, spec: SpecRule) -> Iterator[Finding]:
    """Findings of one sample, in the order of the request: headers, size, then each call that it carries."""
    yield from _write_key(sample.headers)
    # As it travels: TOML has instants, JSON writes them as text.
    body = json.loads(json.dumps(dict(sample.body), default=str))
    batch = body.pop("batch", None)
    if not isinstance(batch, list):
        yield from _size("body", body, spec.event_kb)
        yield from lint_call(body, spec)
        return
    yield from _size("body", {**body, "batch": batch}, spec.batch_kb)
    if len(batch) > spec.batch_events:
        yield Finding("batch", f"{len(batch)} calls in one request, more than {spec.batch_events}")
    for index, call in enumerate(batch[: spec.batch_events]):
        where = f"batch.{index}"
        if not isinstance(call, Mapping):
            yield Finding(where, "no object")
            continue
        yield from _size(where, call, spec.event_kb)
        for finding in lint_call({**body, **call}, spec):
            yield replace(finding, where=f"{where}.{finding.where}")


def lint_call(body: Mapping[str, Any], spec: SpecRule) -> Iterator[Finding]:
    """Findings of one call: user, context, shape, names."""
    yield from _user(body)
    yield from _integration(body)
    call = call_type(body)
    if call is None:
        declared = body.get("type")
        seen = f"{declared!r} is no call of the Spec" if isinstance(declared, str) else "no call of the Spec"
        yield Finding("type", f"{seen}; there are {', '.join(SpecCall)}")
        return
    yield from _shape(body, call)
    event = body.get("event")
    if call is SpecCall.TRACK and isinstance(event, str) and event.strip():
        yield from [trouble] if (trouble := event_trouble(event, spec)) is not None else []
    yield from _fields(body, call)


def event_trouble(name: str, spec: SpecRule) -> Finding | None:
    """A name that means an event of the Spec without being it, one close to it, or one not in Proper Case."""
    trouble = name_trouble(name, spec)
    return None if trouble is None else Finding("event", trouble.seen, trouble.decides, trouble.why)


def call_type(body: Mapping[str, Any]) -> SpecCall | None:
    """The kind of call: declared, or told by what only that call carries."""
    declared = body.get("type")
    if isinstance(declared, str):
        return SpecCall(declared.lower()) if declared.lower() in set(SpecCall) else None
    told_by = (
        ("event", SpecCall.TRACK),
        ("groupId", SpecCall.GROUP),
        ("previousId", SpecCall.ALIAS),
        ("traits", SpecCall.IDENTIFY),
    )
    return next((call for key, call in told_by if key in body), None)


def _write_key(headers: Mapping[str, str]) -> Iterator[Finding]:
    """The write key is the user of Basic authorization. It is a secret: a sample may hide it, and none is repeated."""
    where = "headers.Authorization"
    value = next((value for name, value in headers.items() if name.lower() == "authorization"), "").strip()
    scheme, _, coded = value.partition(" ")
    is_basic = scheme.lower() == "basic"
    if not value or (is_basic and _user_of(coded) == ""):
        yield Finding(where, "no write key in the Authorization header")
    elif not is_basic:
        yield Finding(where, "not Basic authorization with the write key as user", decides=False)


def _user_of(coded: str) -> str | None:
    """The user in Basic credentials; None when they can't be read, as when the sample shows other text instead."""
    try:
        return base64.b64decode(coded.strip(), validate=True).decode().partition(":")[0].strip()
    except ValueError:
        return None


def _size(where: str, content: Mapping[str, Any], most_kb: float) -> Iterator[Finding]:
    size = len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
    if size > most_kb * KB:
        yield Finding(where, f"{size / KB:.0f} KB of JSON, more than {most_kb:g} KB")


def _user(body: Mapping[str, Any]) -> Iterator[Finding]:
    if _text(body.get("userId")):
        return
    if _text(body.get("anonymousId")):
        yield Finding("userId", "only an anonymousId: fine for visitors nobody knows", decides=False)
        return
    inside = [
        part for part in ("context", *CUSTOMER_FIELDS) if isinstance(body.get(part), Mapping) and "userId" in body[part]
    ]
    yield Finding("userId", f"it stands in {inside[0]}, not at the top level" if inside else "no top-level userId")


def _integration(body: Mapping[str, Any]) -> Iterator[Finding]:
    context = body.get("context")
    integration = context.get("integration") if isinstance(context, Mapping) else None
    for name in ("name", "version"):
        if not isinstance(integration, Mapping) or not _text(integration.get(name)):
            yield Finding(f"context.integration.{name}", "missing")


def _shape(body: Mapping[str, Any], call: SpecCall) -> Iterator[Finding]:
    """Where the call departs from its schema, without what was told already: who it is about, and its context."""
    for departure in departures(body, call):
        field = departure.where.partition(".")[0]
        if departure.rule == "anyOf" or departure.where in {"type", "context"}:
            continue
        # An alias and a delete are about the userId itself, and no anonymousId stands in for it.
        if field == "userId" and not (departure.rule == "required" and _text(body.get("anonymousId"))):
            continue
        decides = field in _DECIDES or departure.rule == "required"
        yield Finding(departure.where, departure.seen, decides=decides)


def _fields(body: Mapping[str, Any], call: SpecCall) -> Iterator[Finding]:
    """Fields in another casing than the recommended one; those that the Spec names itself are as they are."""
    for part in CUSTOMER_FIELDS:
        fields = body.get(part)
        if not isinstance(fields, Mapping):
            continue
        odd = [name for name in fields if not _SNAKE.match(name) and name not in reserved(call)]
        if odd:
            yield Finding(part, f"{', '.join(odd[:_NAMED])} not in snake_case", decides=False)


def _text(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""
