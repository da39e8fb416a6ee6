"""What a stream's sample requests are told: by the Spec's shapes, its names, and what looks like them."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.delivery.conformance import departures
from checklist.dossier import Sample
from checklist.rulebook import Rulebook
from checklist.spec_lint import Finding, call_type, event_trouble, lint, lint_call
from checklist.spec_names import letters, stem
from models.enums import SpecCall

V1 = Rulebook.load("v1")
EVENTS = [event for family in V1.spec.events.values() for event in family]


def sample(**change):
    body = {
        "type": "track",
        "userId": "1",
        "event": "Survey Answered",
        "context": {"integration": {"name": "acme", "version": "1.0.0"}},
        "properties": {"survey_name": "x"},
        **change,
    }
    return Sample(
        headers={"authorization": "Basic x"}, body={name: value for name, value in body.items() if value is not None}
    )


def test_a_good_sample_has_no_findings():
    assert list(lint(sample(), V1.spec)) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"userId": None}, "userId"),
        ({"userId": None, "properties": {"userId": "1"}}, "userId"),
        ({"context": {}}, "context.integration.name"),
        ({"context": {"integration": {"name": "acme"}}}, "context.integration.version"),
        ({"type": "purchase"}, "type"),
        ({"event": None}, "event"),
        ({"type": "group"}, "groupId"),
        ({"type": "alias"}, "previousId"),
        ({"event": "Purchase"}, "event"),
    ],
)
def test_a_broken_rule_decides(change, where):
    assert where in [finding.where for finding in lint(sample(**change), V1.spec) if finding.decides]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"userId": None, "anonymousId": "2"}, "userId"),
        ({"event": "survey answered"}, "event"),
        ({"properties": {"surveyName": 1}}, "properties"),
    ],
)
def test_naming_is_advice(change, where):
    assert [(finding.where, finding.decides) for finding in lint(sample(**change), V1.spec)] == [(where, False)]


def test_a_write_key_stands_in_the_header():
    assert [finding.where for finding in lint(Sample(body=sample().body), V1.spec)] == ["headers.Authorization"]


def basic(credentials):
    return "Basic " + base64.b64encode(credentials.encode()).decode()


@pytest.mark.parametrize("header", ["", "Basic ", basic(":"), basic(" :")])
def test_an_empty_write_key_is_none(header):
    (found,) = lint(Sample(headers={"Authorization": header}, body=sample().body), V1.spec)
    assert (found.where, found.decides) == ("headers.Authorization", True)


@pytest.mark.parametrize("header", [basic("key:"), "Basic <your write key>", "basic x"])
def test_a_write_key_may_be_hidden_in_a_sample(header):
    assert list(lint(Sample(headers={"authorization": header}, body=sample().body), V1.spec)) == []


def test_a_write_key_sent_otherwise_is_advice_and_never_repeated():
    (found,) = lint(Sample(headers={"Authorization": "Bearer s3cr3t"}, body=sample().body), V1.spec)
    assert not found.decides
    assert "s3cr3t" not in repr(found)


@pytest.mark.parametrize(
    ("change", "where", "decides"),
    [
        ({"event": ""}, "event", True),
        ({"event": 7}, "event", True),
        ({"messageId": "m" * 101}, "messageId", True),
        ({"timestamp": "yesterday"}, "timestamp", False),
        ({"properties": {"value": "9"}}, "properties.value", False),
        ({"properties": ["survey_name"]}, "properties", False),
        ({"type": "delete", "userId": None, "anonymousId": "2"}, "userId", True),
        ({"type": "alias", "previousId": "0", "userId": None, "anonymousId": "2"}, "userId", True),
    ],
)
def test_a_call_is_held_to_its_schema(change, where, decides):
    assert (where, decides) in {(finding.where, finding.decides) for finding in lint(sample(**change), V1.spec)}


def test_every_field_that_a_call_lacks_is_told():
    assert [departure.where for departure in departures({"type": "alias"}, SpecCall.ALIAS)] == ["userId", "previousId"]


def test_nothing_is_told_twice():
    found = [finding.where for finding in lint(Sample(body={"type": "track"}), V1.spec)]
    assert len(found) == len(set(found))


def test_names_that_the_spec_reserves_are_fine_as_the_spec_writes_them():
    traits = {"firstName": "Ada", "createdAt": "2026-11-23", "address": {"postalCode": "1"}}
    assert list(lint(sample(type="identify", event=None, properties=None, traits=traits), V1.spec)) == []


def test_an_instant_as_toml_writes_it_is_an_instant():
    assert list(lint(sample(timestamp=datetime(2026, 11, 23, 9, tzinfo=UTC)), V1.spec)) == []


def test_a_call_larger_than_is_taken_is_told():
    (found,) = lint(sample(properties={"survey_name": "x" * 40_000}), V1.spec)
    assert (found.where, found.seen) == ("body", "39 KB of JSON, more than 32 KB")


def batch(*calls, **more):
    return Sample(headers={"authorization": "Basic x"}, body={"batch": list(calls), **more})


def test_each_call_of_a_batch_is_looked_at_with_what_they_share():
    good = dict(sample().body)
    shared = {"context": good.pop("context")}
    assert list(lint(batch(good, good, **shared), V1.spec)) == []
    found = list(lint(batch(good, {**good, "event": "Purchase"}, 7, **shared), V1.spec))
    assert [finding.where for finding in found] == ["batch.1.event", "batch.2"]


def test_a_batch_has_bounds_of_its_own():
    call = dict(sample().body)
    (most,) = (found.seen for found in lint(batch(*[call] * 2_501), V1.spec) if found.where == "batch")
    assert most == "2501 calls in one request, more than 2500"
    large = {**call, "properties": {"survey_name": "x" * 30_000}}
    assert [finding.where for finding in lint(batch(*[large] * 20), V1.spec)] == ["body"]


@pytest.mark.parametrize("event", EVENTS)
def test_the_specs_own_events_are_fine_as_they_are_written(event):
    assert event_trouble(event, V1.spec) is None


@pytest.mark.parametrize("event", [event.title().replace(" From ", " from ") for event in EVENTS])
def test_the_specs_own_events_are_fine_in_proper_case(event):
    assert event_trouble(event, V1.spec) is None


@pytest.mark.parametrize(
    ("event", "meant"),
    [
        ("Purchase", "Order Completed"),
        ("install", "Application Installed"),
        ("added_to_cart", "Product Added"),
        ("CompletedOrder", "Order Completed"),
        ("Order Canceled", "Order Cancelled"),
    ],
)
def test_a_look_alike_is_told_with_the_event_it_stands_for_and_why(event, meant):
    found = event_trouble(event, V1.spec)
    assert (found.seen, found.decides) == (f"{event!r} stands for the Spec's {meant!r}", True)
    assert found.why


@pytest.mark.parametrize(
    ("event", "meant"),
    [
        ("order_completed", "Order Completed"),
        ("order completed", "Order Completed"),
        ("OrderCompleted", "Order Completed"),
        ("Order Complete", "Order Completed"),
        ("Product View", "Product Viewed"),
        ("Email Open", "Email Opened"),
        ("Signup", "Signed Up"),
        ("Cart Sharing", "Cart Shared"),
        ("Coupon Apply", "Coupon Applied"),
        ("Push Notification Tap", "Push Notification Tapped"),
        ("Invite Send", "Invite Sent"),
    ],
)
def test_a_name_that_differs_in_casing_spacing_or_tense_alone_is_advice(event, meant):
    found = event_trouble(event, V1.spec)
    assert found == Finding(
        "event", f"{event!r} is close to the Spec's {meant!r}; use that name if it is meant", decides=False
    )


@pytest.mark.parametrize(
    "event",
    [
        "Transaction Completed",
        "Item Added",
        "Email Sent",
        "Refund",
        "Survey Answered",
        "Order Packed",
        "Product Restocked",
    ],
)
def test_a_name_that_may_mean_something_else_is_the_streams_own(event):
    assert event_trouble(event, V1.spec) is None


def test_every_look_alike_stands_for_an_event_of_the_spec_and_no_name_for_two():
    names = [letters(name) for row in V1.spec.lookalikes for name in row.names]
    assert {row.event for row in V1.spec.lookalikes} <= set(EVENTS)
    assert len(names) == len(set(names))
    assert not set(names) & {letters(event) for event in EVENTS}


def test_no_two_events_of_the_spec_are_near_each_other():
    assert len({stem(event) for event in EVENTS}) == len(EVENTS)


@given(st.text(max_size=60))
def test_every_name_can_be_judged(name):
    found = event_trouble(name, V1.spec)
    assert found is None or found.where == "event"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)
FIELDS = ["type", "userId", "anonymousId", "event", "groupId", "previousId", "context", "properties", "traits", "batch"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(list(SpecCall))))
def test_every_body_can_be_linted(body):
    assert all(finding.where and finding.seen for finding in lint(Sample(body=body), V1.spec))


def documented(shared_data):
    return [row["event"] for row in json.loads((shared_data / "spec_events.json").read_text("utf-8"))]


def test_of_the_calls_on_the_programmes_own_pages_only_two_break_a_rule(shared_data):
    """Its examples leave out who they are about now and then. One shows the common fields as a track call, and one an
    alias whose fields have other names.
    """
    left_out = {"userId", "context.integration.name", "context.integration.version"}
    found = [
        (finding.where, finding.seen)
        for call in documented(shared_data)
        for finding in lint_call(call, V1.spec)
        if finding.decides and finding.where not in left_out
    ]
    assert sorted(found) == [
        ("event", "missing, and track calls need it"),
        ("previousId", "missing, and alias calls need it"),
    ]


def test_every_documented_call_that_says_what_it_needs_has_the_shape_of_its_schema(shared_data):
    whole = [call for call in documented(shared_data) if call.get("userId") and call.get("messageId")]
    strange = [
        departure
        for call in whole
        for departure in departures(call, call_type(call))
        if departure.rule in {"required", "anyOf"}
    ]
    assert len(whole) > 10
    assert [departure.where for departure in strange] == ["event"]
