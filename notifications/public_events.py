"""What other systems are told: which events, and what of each goes out (pure).

A field that isn't named here stays inside. Named are those that the partner reads in the mails: no reasons meant
for the team, no private notes, no names of people, no secrets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.enums import EventName as E
from models.enums import IntegrationStage, TargetName
from notifications.plain import without_controls

TEST_EVENT = "webhook.test"
"""Sent on request alone, with one detail: `text`."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One field: how the event's value becomes the public one, and that one's JSON Schema."""

    public: Callable[[Any], Any]
    schema: Mapping[str, Any]


def instant(value: datetime | str) -> str:
    """2026-11-23T09:00:00Z."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: Any) -> str:
    return without_controls(str(value or "")).strip()


def _instant_or_none(value: Any) -> str | None:
    return instant(value) if value else None


def _instants(value: Any) -> list[str]:
    return [instant(one) for one in value or ()]


def _texts(value: Any) -> list[str]:
    return [_text(one) for one in value or ()]


TEXT = Detail(_text, {"type": "string"})


def _listed(*keys: str, **others: Detail) -> Detail:
    """A list of objects, each with these texts and others, and nothing else."""
    parts = {**dict.fromkeys(keys, TEXT), **others}

    def public(value: Any) -> list[dict[str, Any]]:
        return [{key: part.public(one.get(key)) for key, part in parts.items()} for one in value or ()]

    return Detail(
        public,
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {key: part.schema for key, part in parts.items()},
                "required": list(parts),
            },
        },
    )


def _word(values: Sequence[str], *, empty: bool = False) -> Detail:
    known = [*values, None] if empty else list(values)
    return Detail(lambda value: value or None, {"enum": known})


INSTANT = {"type": "string", "format": "date-time"}
MAYBE_INSTANT = Detail(_instant_or_none, {"type": ["string", "null"], "format": "date-time"})
MAYBE_DAY = Detail(lambda value: value or None, {"type": ["string", "null"], "format": "date"})
TEXTS = Detail(_texts, {"type": "array", "items": {"type": "string"}})
ITEMS = _listed("item", "title", "what", "fix")

DETAILS: dict[str, Detail] = {
    "reason": TEXT,
    "text": TEXT,
    "message": TEXT,
    "reasons": _listed("key", "title", "text", links=TEXTS, fix_by=MAYBE_DAY, about=TEXTS),
    "findings": _listed("item", "title", "what", "fix", fix_by=MAYBE_DAY),
    "items": ITEMS,
    "mended": _listed("item", "title"),
    "missing_for_public": _listed("item", "title", "fix"),
    "target": _word([target.value for target in TargetName], empty=True),
    "stage": _word([stage.value for stage in IntegrationStage]),
    "waiting_on": _word(["partner", "reviewer"]),
    "due_at": MAYBE_INSTANT,
    "since": MAYBE_INSTANT,
    "reminded_at": MAYBE_INSTANT,
    "missing": TEXTS,
    "item": TEXT,
    "title": TEXT,
    "what": TEXT,
    "fix": TEXT,
    "fix_by": MAYBE_DAY,
    "until": MAYBE_DAY,
    "usually_between": Detail(_instants, {"type": "array", "items": INSTANT, "maxItems": 2}),
}

_PROMISE = ("target", "due_at", "waiting_on")

PUBLIC_EVENTS: dict[E, tuple[str, ...]] = {
    E.SUBMISSION_RECEIVED: (),
    E.SUBMISSION_ACKNOWLEDGED: ("target", "due_at", "usually_between"),
    E.SUBMISSION_CHECKED: (),
    E.REVIEW_OPENED: (),
    E.CLAIMED: ("message",),
    E.ASSIGNED: (),
    E.RELEASED: (),
    E.QUESTION_ASKED: ("text", "reminded_at"),
    E.ANSWERED: ("text",),
    E.MESSAGE_SENT: ("text",),
    E.CHANGES_REQUESTED: ("reason", "reasons", "findings", "reminded_at"),
    E.RESUBMITTED: (),
    E.APPROVED: ("reason",),
    E.REJECTED: ("reason",),
    E.WITHDRAWN: ("reason",),
    E.INTEGRATION_CREATED: (),
    E.ACCESS_GRANTED: (),
    E.ACCESS_DECLINED: ("reason",),
    E.LAUNCHED: ("stage", "missing_for_public"),
    E.UPDATED: ("stage",),
    E.REPLAY_REQUESTED: ("missing",),
    E.OAUTH_REQUESTED: ("item", "title", "what", "fix", "since"),
    E.GRADUATION_MISSING: ("items",),
    E.GRADUATION_PROPOSED: (),
    E.GRADUATED: ("stage",),
    E.REGRESSED: ("items",),
    E.PARTLY_RECOVERED: ("mended", "items", "fix_by"),
    E.RECOVERED: (),
    E.FIX_REMINDED: ("items", "fix_by"),
    E.WAIVER_RUNS_OUT: ("items", "until"),
    E.FIX_EXTENDED: ("items", "fix_by", "reason"),
    E.DELISTED: ("reason",),
    E.RELISTED: (),
    E.CLOCK_WARNED: _PROMISE,
    E.CLOCK_BREACHED: _PROMISE,
    E.CLOCK_ESCALATED: _PROMISE,
    E.PARTNER_REMINDED: ("since", "text", "findings"),
    E.PARTNER_SILENT: ("since",),
}
"""Events that go out, each with its details."""


def details(event: E, data: Mapping[str, Any]) -> dict[str, Any]:
    """What of the event's data goes out; every named detail is there, null or empty when there is nothing."""
    return {name: DETAILS[name].public(data.get(name)) for name in PUBLIC_EVENTS[event]}
