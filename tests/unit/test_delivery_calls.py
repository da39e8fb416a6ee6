"""The test calls and their headers: valid where they should be, wrong in one thing where they should be."""

import base64
import json
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from checklist.delivery import calls
from checklist.delivery.calls import CASINGS, Facts
from checklist.delivery.conformance import departures
from checklist.delivery.endpoint import EXCERPT_CHARACTERS, Endpoint, headers
from checklist.delivery.shapes import COMMON, part_of_customers, schema
from checklist.dossier import Component
from checklist.rulebook import Rulebook
from models.enums import SpecCall

V1 = Rulebook.load("v1")
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
FACTS = Facts("0a1b2c", AT)
EVERY_CALL = list(SpecCall)


def endpoint(key="qh_test_key", **more):
    given = {"url": "https://api.acme.example/hook", "methods": (SpecCall.TRACK,), "settings": "{}", "slug": "acme"}
    return Endpoint(**{**given, "key": SecretStr(key), **more})


def body_of(call):
    return json.loads(call.body)


@pytest.mark.parametrize("name", [COMMON, *EVERY_CALL])
def test_every_schema_is_one_and_has_an_example(name):
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert schema(name)["examples"]


@pytest.mark.parametrize("call", EVERY_CALL)
def test_a_valid_call_has_the_shape_that_the_spec_gives_it(call):
    body = calls.valid(call, FACTS)
    assert list(departures(body, call)) == []
    assert body["type"] == call
    assert body["timestamp"] == body["sentAt"] == "2026-11-23T09:00:00.000Z"
    assert {"context", "integrations", "version"} <= set(body)


@given(st.text("0123456789abcdef", min_size=1, max_size=40), st.sampled_from(EVERY_CALL), st.sampled_from(EVERY_CALL))
def test_no_two_calls_of_a_run_share_a_message_id_unless_they_are_the_same(run, one, other):
    facts = Facts(run, AT)
    sent = [
        *[calls.plain(call, facts, declared=True) for call in (one, other)],
        *[calls.wrong_key(call, facts) for call in (one, other)],
        *[calls.incomplete(call, facts) for call in (one, other)],
    ]
    ids = [body_of(call)["messageId"] for call in sent]
    assert len(set(ids)) == (3 if one is other else 6)
    assert all(len(message) <= 100 for message in ids)


@pytest.mark.parametrize("call", EVERY_CALL)
def test_a_call_sent_again_is_the_very_same(call):
    assert calls.repeated(call, FACTS).body == calls.plain(call, FACTS, declared=True).body


@pytest.mark.parametrize("call", EVERY_CALL)
def test_a_malformed_call_is_no_json_or_lacks_what_the_spec_asks_for(call):
    with pytest.raises(json.JSONDecodeError):
        json.loads(calls.unreadable(call, FACTS).body)
    incomplete = calls.incomplete(call, FACTS)
    assert [departure.rule for departure in departures(body_of(incomplete), call)]
    assert incomplete.name.startswith(f"{call} without ")


@pytest.mark.parametrize("call", [call for call in EVERY_CALL if part_of_customers(call) is not None])
@pytest.mark.parametrize("casing", CASINGS)
def test_only_the_fields_that_customers_name_are_in_another_casing(call, casing):
    part = part_of_customers(call)
    plain, cased = calls.valid(call, FACTS), body_of(calls.cased(call, casing, FACTS))
    assert {name for name in plain if plain[name] != cased[name]} == {"messageId", part}
    assert len(cased[part]) == len(plain[part])


@pytest.mark.parametrize(
    ("casing", "address", "expected"),
    [
        ("snake_case", {"city", "country", "postal_code"}, {"first_name", "created_at", "plan_name", "email"}),
        ("PascalCase", {"City", "Country", "PostalCode"}, {"FirstName", "CreatedAt", "PlanName", "Email"}),
        ("UPPER_CASE", {"CITY", "COUNTRY", "POSTAL_CODE"}, {"FIRST_NAME", "CREATED_AT", "PLAN_NAME", "EMAIL"}),
    ],
)
def test_each_casing_is_what_customers_write_also_in_what_is_nested(casing, address, expected):
    traits = body_of(calls.cased(SpecCall.IDENTIFY, casing, FACTS))["traits"]
    assert expected <= set(traits)
    assert [set(value) for value in traits.values() if isinstance(value, dict)] == [address]


def test_a_call_without_such_fields_has_no_casing():
    with pytest.raises(ValueError, match="alias calls have no fields that customers name"):
        calls.cased(SpecCall.ALIAS, "snake_case", FACTS)


# --- to whom and with which headers ---------------------------------------------------------------------------------


def test_the_headers_are_the_programmes_own_and_say_honestly_who_sends():
    sent = headers(
        endpoint(settings='{"region": "eu"}'),
        V1.delivery,
        key="k:1",
        sender="LaunchReview/0.1 (+https://review.example)",
    )
    assert base64.b64decode(sent["Authorization"].removeprefix("Basic ")) == b"k:1:"
    assert json.loads(base64.b64decode(sent["X-Segment-Settings"])) == {"region": "eu"}
    assert sent["User-Agent"] == "Segment.io/1.0 LaunchReview/0.1 (+https://review.example)"
    assert (sent["Content-Type"], sent["Accept"], sent["Cache-Control"]) == ("application/json", "*/*", "no-cache")


@pytest.mark.parametrize("lacking", [{"endpoint": None}, {"methods": ()}, {"api_key": None}, {"api_key": " "}])
def test_a_component_that_lacks_something_has_no_endpoint_to_call(lacking):
    whole = {"kind": "subscription", "endpoint": "https://a.example/x", "methods": ["track", "track"], "api_key": "key"}
    assert Endpoint.of(Component.model_validate(whole), "acme").methods == (SpecCall.TRACK,)
    assert Endpoint.of(Component.model_validate({**whole, **lacking}), "acme") is None


def test_every_call_is_declared_or_undeclared():
    some = endpoint(methods=(SpecCall.TRACK, SpecCall.DELETE))
    assert {*some.methods, *some.undeclared()} == set(SpecCall)
    assert len(some.undeclared()) == len(SpecCall) - 2


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://API.Acme.example/x", "api.acme.example"),
        ("https://acme.example.:443/", "acme.example"),
        ("https://acme.example:8443/", "acme.example:8443"),
        ("http://acme.example:80", "acme.example"),
        ("https://[2001:db8::1]/x", "[2001:db8::1]"),
        ("https://acme.example:many/", ""),
        ("acme", ""),
    ],
)
def test_the_host_is_told_without_its_own_port(url, host):
    assert endpoint(url=url).host == host


# --- nothing secret leaves by another way -----------------------------------------------------------------------------

ECHOES = [
    lambda key: key,
    lambda key: json.dumps({"key": key}),
    lambda key: json.dumps({"key": key}, ensure_ascii=False),
    lambda key: key.swapcase() if key.isascii() else key,
    lambda key: key.encode().hex(),
    lambda key: base64.b64encode(f"{key}:".encode()).decode(),
    lambda key: f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"[:-3],
    lambda key: base64.b64encode(key.encode()).decode(),
    lambda key: " " * 30_000 + key,
]


@pytest.mark.parametrize("echo", ECHOES)
@given(
    key=st.text(
        st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Zs", "Cc", "Cf"]),
        min_size=6,
        max_size=60,
    ),
    around=st.text(max_size=40),
)
def test_the_key_is_never_shown_whatever_form_it_is_repeated_in(echo, key, around):
    said = echo(key)
    shown = endpoint(key=key).shown(f"{around} {said} {around}")
    assert key not in shown.replace("[the key]", "")
    assert said.strip() not in shown.replace("[the key]", "")
    assert len(shown) <= EXCERPT_CHARACTERS


def test_what_is_shown_is_one_printable_line():
    assert endpoint().shown('{"ok":\n\t true}\x1b[31m') == '{"ok": true} [31m'


def test_with_a_key_too_short_to_be_told_from_other_text_nothing_is_shown():
    assert endpoint(key="abc").shown("anything") == ""


def test_an_endpoint_written_down_shows_no_key():
    assert "qh_test_key" not in repr(endpoint())
