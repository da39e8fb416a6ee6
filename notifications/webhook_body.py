"""The body that other systems get, and its published JSON Schema.

The shape is stable: fields are added, never renamed or taken away. It is ASCII with escapes, so that no
receiver can read the signed bytes in another encoding.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.enums import GateName, IntegrationStage, SubmissionKind, SubmissionStage
from notifications.controls import without_controls
from notifications.facts import Facts, IntegrationFacts, SubmissionFacts, Turn
from notifications.public_events import DETAILS, PUBLIC_EVENTS, TEST_EVENT, TEXT, details, instant


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
    told = {event.value: {name: DETAILS[name].schema for name in names} for event, names in PUBLIC_EVENTS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What Launch Review posts to a webhook endpoint",
        "oneOf": [_of_type(name, of_event) for name, of_event in (told | {TEST_EVENT: {"text": TEXT.schema}}).items()],
        "$defs": {
            "integration": {"oneOf": [_object(integration), {"type": "null"}]},
            "submission": {"oneOf": [_object(submission), {"type": "null"}]},
        },
    }


def _of_type(name: str, of_event: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        "sequence": {"type": "integer", "description": "grows in the order in which things happened to a subject"},
        "integration": {"$ref": "#/$defs/integration"},
        "submission": {"$ref": "#/$defs/submission"},
        "url": {"type": "string", "format": "uri", "description": "where the desk shows it"},
        "details": _object(of_event),
    }
    return _object(
        {
            "type": {"const": name},
            "timestamp": {"type": "string", "format": "date-time", "description": "when it happened"},
            "data": _object(data),
        }
    )


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}
