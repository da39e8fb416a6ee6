"""The table of colours, as the programme's test suite has it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from checklist.delivery.calls import Probe
from checklist.delivery.colours import COLOURS, OUTCOMES, Colour, deciding, meaning_of
from checklist.delivery.endpoint import Endpoint
from checklist.delivery.exchange import Exchange, exchange_of
from checklist.fetch import Fetched
from models.enums import Outcome, SpecCall

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
GREEN, YELLOW, RED, GREY = Colour
DECLARED, UNDECLARED, WRONG_KEY, MALFORMED, REPEATED, CASING = Probe
ENDPOINT = Endpoint("https://a.example/x", SecretStr("the-secret-key"), (SpecCall.TRACK,), "{}", "a")


def answered(probe, status, *, body=b"", content_type="application/json", seconds=0.1, **headers):
    fetched = Fetched(
        "ok",
        ENDPOINT.url,
        ENDPOINT.url,
        AT,
        status=status,
        headers=headers,
        content_type=content_type,
        body=body,
        text=body.decode("utf-8", "replace"),
        elapsed_seconds=9.0,
        answer_seconds=seconds,
    )
    return exchange_of(probe, "track", fetched, ENDPOINT)


def meaning(exchange):
    return meaning_of(exchange, slow_seconds=1)


SAID = b'{"message": "`event` is missing"}'


@pytest.mark.parametrize(
    ("exchange", "colour"),
    [
        # A supported type: 2xx green, slower than a second yellow, all else red.
        (answered(DECLARED, 200), GREEN),
        (answered(DECLARED, 202), GREEN),
        (answered(DECLARED, 204, seconds=1.0), GREEN),
        (answered(DECLARED, 200, seconds=1.01), YELLOW),
        *((answered(DECLARED, status), RED) for status in (302, 400, 401, 403, 404, 405, 409, 422, 500, 502, 503)),
        (answered(DECLARED, 501), RED),
        # An undeclared type: 501 green, 2xx or a refusal yellow.
        (answered(UNDECLARED, 501), GREEN),
        (answered(UNDECLARED, 501, seconds=4), GREEN),
        *((answered(UNDECLARED, status), YELLOW) for status in (200, 202, 400, 404, 422)),
        *((answered(UNDECLARED, status), RED) for status in (302, 500, 503)),
        # A wrong key: 401 or 403 green, 2xx red.
        (answered(WRONG_KEY, 401), GREEN),
        (answered(WRONG_KEY, 403), GREEN),
        *((answered(WRONG_KEY, status), YELLOW) for status in (302, 400, 404, 501)),
        *((answered(WRONG_KEY, status), RED) for status in (200, 202, 500, 503)),
        # A malformed call: 400 that explains itself green, 2xx yellow, 5xx red.
        (answered(MALFORMED, 400, body=SAID), GREEN),
        (answered(MALFORMED, 400, body=SAID, content_type="application/problem+json"), GREEN),
        (answered(MALFORMED, 400, body=SAID, content_type="text/html"), YELLOW),
        *((answered(MALFORMED, 400, body=body), YELLOW) for body in (b"", b"no", b'"m"', b"[]", b'{"message": " "}')),
        *((answered(MALFORMED, 400, body=body), YELLOW) for body in (b'{"message": 7}', b"[" * 9_000, b"\xff")),
        *((answered(MALFORMED, status), YELLOW) for status in (200, 302, 401, 422, 501)),
        *((answered(MALFORMED, status), RED) for status in (500, 503)),
        # The same message twice: 2xx green.
        (answered(REPEATED, 200), GREEN),
        *((answered(REPEATED, status), RED) for status in (400, 409, 500, 501)),
        # Any casing of fields: 2xx green.
        (answered(CASING, 200), GREEN),
        *((answered(CASING, status), RED) for status in (400, 422, 500, 501)),
    ],
)
def test_an_answer_has_the_colour_of_the_programmes_test_suite(exchange, colour):
    assert meaning(exchange).colour is colour


@pytest.mark.parametrize("probe", Probe)
@pytest.mark.parametrize(("status", "headers"), [(429, {}), (408, {}), (503, {"retry-after": "60"})])
def test_who_asks_for_peace_is_never_blamed(probe, status, headers):
    assert meaning(answered(probe, status, **headers)).colour is GREY


@pytest.mark.parametrize("probe", Probe)
@pytest.mark.parametrize("kind", ["deadline", "connect", "tls", "incomplete", "protocol", "dns"])
def test_no_answer_is_never_the_partners_fault(probe, kind):
    fetched = Fetched("unknown", ENDPOINT.url, ENDPOINT.url, AT, kind=kind, reason=f"trouble: {kind}")
    found = meaning(exchange_of(probe, "track", fetched, ENDPOINT))
    assert (found.colour, found.why) == (GREY, f"trouble: {kind}")


@pytest.mark.parametrize("probe", Probe)
@given(status=st.integers(100, 599), seconds=st.floats(0, 10))
def test_every_answer_has_a_meaning_and_every_complaint_a_fix(probe, status, seconds):
    found = meaning(answered(probe, status, seconds=seconds))
    assert found.why
    assert bool(found.fix) is (found.colour in {YELLOW, RED})


@pytest.mark.parametrize("probe", [WRONG_KEY, MALFORMED])
def test_a_server_that_fails_over_every_call_says_nothing_of_this_one(probe):
    exchange = answered(probe, 500)
    assert meaning(exchange).colour is RED
    assert meaning(replace(exchange, is_like_all=True)).colour is GREY


def test_what_holds_only_when_sent_again_is_worth_a_look():
    found = meaning(replace(answered(DECLARED, 200), broke_first=500))
    assert (found.colour, found.why) == (YELLOW, "delivered, but only when sent again; at first the answer was 500")
    assert meaning(replace(answered(DECLARED, 500), broke_first=502)).colour is RED


def test_every_probe_has_a_row_for_every_answer():
    assert set(COLOURS) == set(Probe)
    assert all({"later", "else"} <= set(rows) for rows in COLOURS.values())


@pytest.mark.parametrize(
    ("colours", "outcome"),
    [
        ([GREEN, GREEN], Outcome.PASSED),
        ([GREEN, YELLOW], Outcome.WARNED),
        ([YELLOW, GREY], Outcome.UNKNOWN),
        ([GREY, RED, YELLOW, GREEN], Outcome.FAILED),
        ([], Outcome.UNKNOWN),
    ],
)
def test_all_green_or_yellow_holds_and_grey_is_nobodys_fault(colours, outcome):
    assert OUTCOMES[deciding(colours)] is outcome


def test_a_reason_that_repeats_the_key_does_not_show_it():
    reason = "the answer is no HTTP: the-secret-key"
    fetched = Fetched("unknown", ENDPOINT.url, ENDPOINT.url, AT, kind="protocol", reason=reason)
    assert "the-secret-key" not in repr(exchange_of(DECLARED, "track", fetched, ENDPOINT))


def test_a_call_that_was_not_sent_is_grey():
    assert meaning(Exchange(DECLARED, "track", trouble="not sent, because")).colour is GREY
