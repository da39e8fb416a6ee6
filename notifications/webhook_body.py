"""The body that other systems get, and its published JSON Schema.

The shape is stable: fields are added, never renamed or taken away. It is ASCII with escapes, so that no
receiver can read the signed bytes in another encoding.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from models.enums import GateName, IntegrationStage, SubmissionKind, SubmissionStage
from notifications.facts import Facts, IntegrationFacts, SubmissionFacts, Turn
from notifications.plain import without_controls
from notifications.public_events import DETAILS, INSTANT, PUBLIC_EVENTS, TEST_EVENT, details, instant


def body_of(facts: Facts, *, url: str) -> str:
    """What one event says. `url` is where the desk shows it. KeyError for an event that isn't public."""
    return _written(
        facts.name.value,
        facts.at,
        {
            "sequence": facts.number,
            "integration": None if facts.integration is None else _integration(facts.integration),
            "submission": None if facts.submission is None else _submission(facts.submission),
            "url": url,
            "details": details(facts.name, facts.data),
        },
    )


def trial_body(text: str, *, at: datetime, url: str) -> str:
    """What is sent to try an endpoint out."""
    said = {"sequence": 0, "integration": None, "submission": None, "url": url, "details": {"text": text}}
    return _written(TEST_EVENT, at, said)


def _written(name: str, at: datetime, data: Mapping[str, Any]) -> str:
    return json.dumps({"type": name, "timestamp": instant(at), "data": data}, separators=(",", ":"))


def _integration(facts: IntegrationFacts) -> dict[str, Any]:
    return {
        "slug": facts.slug,
        "name": without_controls(facts.name),
        "partner": without_controls(facts.partner),
        "stage": facts.stage.value,
    }


def _submission(facts: SubmissionFacts) -> dict[str, Any]:
    return {
        "id": facts.id,
        "kind": facts.kind.value,
        "gate": facts.gate.value,
        "stage": facts.stage.value,
        "revision": facts.revision,
        "turn": facts.turn.value,
    }


def json_schema() -> dict[str, Any]:
    """The shape of every body, one alternative for each type. Receivers ignore fields they don't know."""
    integration = {
        "slug": {"type": "string"},
        "name": {"type": "string"},
        "partner": {"type": "string"},
        "stage": {"enum": [stage.value for stage in IntegrationStage]},
    }
    submission = {
        "id": {"type": "integer"},
        "kind": {"enum": [kind.value for kind in SubmissionKind]},
        "gate": {"enum": [gate.value for gate in GateName]},
        "stage": {"enum": [stage.value for stage in SubmissionStage]},
        "revision": {"type": "integer", "minimum": 1},
        "turn": {"enum": [turn.value for turn in Turn]},
    }
    data = {
        "sequence": {"type": "integer"},
        "integration": {"oneOf": [_object(integration), {"type": "null"}]},
        "submission": {"oneOf": [_object(submission), {"type": "null"}]},
        "url": {"type": "string", "format": "uri"},
        "details": {"type": "object"},
    }
    told = {event.value: names for event, names in PUBLIC_EVENTS.items()} | {TEST_EVENT: ("text",)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What Launch Review posts to a webhook endpoint",
        **_object({"type": {"type": "string"}, "timestamp": INSTANT, "data": _object(data)}),
        "oneOf": [_of_type(name, details_of) for name, details_of in told.items()],
        "$defs": {name: detail.schema for name, detail in DETAILS.items()},
    }


def _of_type(name: str, details_of: Iterable[str]) -> dict[str, Any]:
    told = _object({detail: {"$ref": f"#/$defs/{detail}"} for detail in details_of})
    return {"properties": {"type": {"const": name}, "data": {"properties": {"details": told}}}}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}
