"""The text by which an endpoint shows whose it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from checklist.delivery import ownership
from checklist.delivery.endpoint import Endpoint
from models.enums import SpecCall


def endpoint(url="https://api.acme.example/hook", slug="acme", key="k1"):
    return Endpoint(url, SecretStr(key), (SpecCall.TRACK,), "{}", slug)


LINE = ownership.text_for(endpoint(), "Segment")
OTHER = ownership.text_for(endpoint(slug="other"), "Segment")


def test_the_text_is_one_for_each_marketplace_integration_and_host():
    others = [
        ownership.text_for(endpoint(), "Another"),
        OTHER,
        ownership.text_for(endpoint("https://api2.acme.example/hook"), "Segment"),
        ownership.text_for(endpoint("https://api.acme.example:8443/hook"), "Segment"),
    ]
    assert len({LINE, *others}) == 5


def test_the_text_stays_while_the_key_and_the_path_change():
    assert ownership.text_for(endpoint("https://API.acme.example/v2/hook?a=b", key="k2"), "Segment") == LINE


def test_the_text_is_known_so_that_it_never_changes_between_releases():
    assert LINE == "launch-review=c9ebfd12bff508d164d64c8f77b0c938f1894edd"


def test_it_is_looked_for_on_the_endpoints_own_host():
    assert ownership.place_of(endpoint()) == "https://api.acme.example/.well-known/launch-review.txt"
    assert ownership.place_of(endpoint("http://acme.example:8080/x")).startswith(
        "http://acme.example:8080/.well-known/"
    )


@pytest.mark.parametrize(
    "body", [LINE, f"{LINE}\n", f"\n  {LINE}  \r\n", f"{OTHER}\n{LINE}\n", f"{LINE}\r\n\r\n{OTHER}", f"\ufeff{LINE}"]
)
def test_the_line_may_stand_among_others_of_its_kind(body):
    assert ownership.shows(body.encode(), LINE)


@pytest.mark.parametrize(
    "body",
    [
        "",
        OTHER,
        LINE[:-1],
        f"{LINE}0",
        LINE.upper(),
        f"# ours\n{LINE}",
        f"<html><pre>\n{LINE}\n</pre>",
        f'{{"text": "{LINE}"}}',
        f"A visitor wrote:\n{LINE}",
        f"{LINE} and more",
    ],
)
def test_what_holds_anything_else_shows_nothing(body):
    assert not ownership.shows(body.encode(), LINE)


@given(st.binary(max_size=200))
def test_no_other_body_shows_it(body):
    assert not ownership.shows(body, LINE)


@pytest.mark.parametrize(
    ("url", "record"),
    [
        ("https://api.acme.example/hook", "_launch-review.api.acme.example"),
        ("https://API.acme.example.:8443/hook", "_launch-review.api.acme.example"),
        ("https://bücher.example/", "_launch-review.xn--bcher-kva.example"),
        ("https://192.0.2.1/x", None),
        ("https://[2001:db8::1]:8443/x", None),
        ("https://localhost/x", None),
        ("https://" + "a" * 60 + ("." + "b" * 60) * 3 + "/x", None),
        ("https://\u2028.example/", None),
        ("nonsense", None),
        ("https://[", None),
    ],
)
def test_a_record_has_its_place_beside_the_hosts_own_name(url, record):
    assert ownership.record_of(endpoint(url)) == record


@pytest.mark.parametrize("texts", [[LINE], [OTHER, LINE], ["v=spf1 -all", f" {LINE} "], [f'"{LINE}"']])
def test_the_line_may_stand_in_any_of_the_records(texts):
    assert ownership.is_recorded(texts, LINE)


@given(st.lists(st.one_of(st.text(max_size=80), st.from_regex(r"launch-review=[0-9a-f]{40}", fullmatch=True))))
def test_no_other_record_shows_it(texts):
    assert ownership.is_recorded(texts, LINE) is (LINE in texts)


@given(st.integers(0, len(LINE) - 1), st.characters(codec="utf-8"))
def test_a_line_that_differs_in_one_character_shows_nothing(at, letter):
    other = LINE[:at] + letter + LINE[at + 1 :]
    assert ownership.is_recorded([other, LINE[:at], LINE[at + 1 :]], LINE) is (other == LINE)
