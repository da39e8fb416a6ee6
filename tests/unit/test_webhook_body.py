"""What other systems are told: only what is named, in a shape that is published and holds for every event."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from models.enums import EventName, GateName
from notifications.public_events import DETAILS, PUBLIC_EVENTS, TEST_EVENT, details
from notifications.routing import (
    ROUTES,
    TO_ENDPOINTS,
    TO_ENDPOINTS_OF_PARTNER,
    Audience,
    audible_to_partners,
    subscribed_routes,
)
from notifications.samples import DATA, sample
from notifications.webhook_body import body_of, json_schema, trial_body

URL = "https://desk.example/submissions/7"
SCHEMA = Draft202012Validator(json_schema(), format_checker=FormatChecker())
DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "webhooks.md").read_text()
INTERNAL = "for the team alone"


def document(event, **changes):
    return json.loads(body_of(replace(sample(event), **changes), url=URL))


@pytest.mark.parametrize("event", list(PUBLIC_EVENTS))
def test_each_body_has_the_published_shape(event):
    SCHEMA.validate(document(event, number=412))


@pytest.mark.parametrize("event", list(PUBLIC_EVENTS))
def test_the_shape_holds_when_an_event_says_nothing_more(event):
    standard = {"stage": "public_beta"} if "stage" in PUBLIC_EVENTS[event] else {}
    standard |= {"waiting_on": "partner"} if "waiting_on" in PUBLIC_EVENTS[event] else {}
    SCHEMA.validate(document(event, data=standard, submission=None))


def test_the_published_shape_is_a_schema_and_refuses_another_type():
    Draft202012Validator.check_schema(json_schema())
    assert not SCHEMA.is_valid(document(EventName.APPROVED) | {"type": "submission.abducted"})
    assert not SCHEMA.is_valid(document(EventName.APPROVED) | {"timestamp": 3})


def test_the_trial_has_the_published_shape():
    trial = json.loads(trial_body("A test.", at=datetime(2026, 11, 23, 9, tzinfo=UTC), url=URL))
    SCHEMA.validate(trial)
    assert (trial["type"], trial["timestamp"], trial["data"]["details"]) == (
        TEST_EVENT,
        "2026-11-23T09:00:00Z",
        {"text": "A test."},
    )


def test_a_body_reads_as_agreed(snapshot):
    assert document(EventName.CHANGES_REQUESTED, number=412) == snapshot


@pytest.mark.parametrize("event", list(PUBLIC_EVENTS))
def test_what_is_not_named_stays_inside(event):
    secretive = DATA.get(event, {}) | {
        "private_note": INTERNAL,
        "cause": INTERNAL,
        "offers": [{"name": INTERNAL, "email": INTERNAL}],
        "findings": [{"item": "a", "title": "b", "what": "c", "fix": "d", "note": INTERNAL}],
        "items": [{"item": "a", "title": "b", "what": "c", "fix": "d", "note": INTERNAL}],
    }
    body = body_of(replace(sample(event), data=secretive), url=URL)
    assert INTERNAL not in body
    assert not any(person in body for person in ("Tomasz", "Rosa Lindqvist", "marketplace.example"))


@pytest.mark.parametrize(
    "event",
    [
        EventName.SECRET_REVEALED,
        EventName.PATH_STUCK,
        EventName.POLICY_CHANGED,
        EventName.PARTNER_TIER_CHANGED,
        EventName.APPROVAL_RECORDED,
        EventName.WAIVER_GRANTED,
        EventName.WEBHOOK_DISABLED,
    ],
)
def test_what_concerns_the_team_alone_is_no_public_event(event):
    assert event not in PUBLIC_EVENTS
    assert list(subscribed_routes(event, DATA.get(event, {}))) == []


def test_every_detail_is_used_and_every_event_tells_only_details():
    assert {name for names in PUBLIC_EVENTS.values() for name in names} == set(DETAILS)


def test_whatever_a_partner_hears_by_mail_its_endpoints_can_hear():
    by_mail = {event for event, routes in ROUTES.items() if any(row.audience is Audience.PARTNER for row in routes)}
    assert by_mail - {EventName.WEBHOOK_DISABLED} <= set(PUBLIC_EVENTS)


def test_a_partners_endpoint_hears_what_the_partners_mails_say_and_no_more():
    def heard(event, *, gate=None, **data):
        return list(subscribed_routes(event, DATA.get(event, {}) | data, gate=gate))

    everybody, programme = [TO_ENDPOINTS, TO_ENDPOINTS_OF_PARTNER], [TO_ENDPOINTS]
    assert heard(EventName.APPROVED, gate=GateName.PUBLIC_BETA) == everybody
    assert heard(EventName.APPROVED, gate=GateName.ACCESS) == programme
    assert heard(EventName.CLAIMED, message="I begin.") == everybody
    assert heard(EventName.CLAIMED, message="") == programme
    assert heard(EventName.CLOCK_BREACHED, tells=["lead"]) == programme
    assert heard(EventName.CLOCK_BREACHED, tells=["partner"]) == everybody
    assert heard(EventName.PARTNER_SILENT) == programme


def test_a_body_is_ascii_and_free_of_controls_whatever_was_written():
    body = body_of(replace(sample(EventName.REJECTED), data={"reason": "Zoë 🚀 \ud800 \x00\x1b[31m\u202e"}), url=URL)
    assert body.isascii()
    reason = json.loads(body)["data"]["details"]["reason"]
    assert reason == "Zoë 🚀  [31m\u202e"


def test_instants_are_told_in_utc_to_the_second():
    told = details(EventName.PARTNER_REMINDED, {"since": "2026-11-23T10:00:00.123456+01:00"})
    assert told["since"] == "2026-11-23T09:00:00Z"


# The page for receivers


def test_the_published_file_is_the_schema():
    assert json.loads((DOCS / "webhooks.schema.json").read_text()) == json_schema()


def test_the_page_tells_every_event_with_its_details_and_who_hears_it():
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \|.*?\| ([^|]*\| (?:yes|no)) \|$", PAGE, re.MULTILINE))
    told = {TEST_EVENT: ("text",)} | {event.value: names for event, names in PUBLIC_EVENTS.items()}
    audible = {TEST_EVENT, *(event.value for event in audible_to_partners())}
    assert rows == {
        name: f"{', '.join(f'`{one}`' for one in names) or '–'} | {'yes' if name in audible else 'no'}"
        for name, names in told.items()
    }


def test_the_example_on_the_page_has_the_published_shape():
    (example,) = re.findall(r"^\{.*\}$", PAGE, re.MULTILINE)
    SCHEMA.validate(json.loads(example))
