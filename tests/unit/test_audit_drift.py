"""Drift: what still holds and is materially other than what was approved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.outcome import CheckResult, Evidence
from checklist.word_sketch import alike, sketch
from models.enums import Outcome
from review.audit_drift import drift

WORDS = "Open your workspace and add the destination then copy the key and paste it where the guide says so clearly"
BUTTON = "https://id.segmentapis.com/oauth2/auth?client_id={}&redirect_uri={}&state=…"


def seen(item="docs.partner", url="https://acme.example/docs", digest="d" * 64, text=WORDS, **facts):
    page = Evidence("page", "200 text/html", url, 200, None, digest)
    return CheckResult(item, Outcome.PASSED, "fine", evidence=(page,), facts={"words": sketch(text), **facts})


def told(before, now):
    return drift({before.item: before}, [now]).get(now.item, [])


@pytest.mark.parametrize(
    "now",
    [
        seen(title="Set up"),
        seen(title="  set   up 2026 "),
        seen(title="Set up", text=f"{WORDS}\n\n 17 views, 3 minutes ago"),
        seen(title="Set up", digest="e" * 64),
        seen(title="Set up", url="https://acme.example/docs/?visit=4711#top"),
        seen(),
    ],
)
def test_white_space_counters_and_what_is_made_for_one_visit_are_no_drift(now):
    assert told(seen(title="Set up"), now) == []


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (seen(title="Pricing"), "is now called “Pricing”"),
        (seen(title="Set up", url="https://acme.example/help"), "is now at https://acme.example/help"),
        (seen(title="Set up", text="Nothing here speaks of anything that stood there before at all"), "words"),
    ],
)
def test_another_page_is_drift(now, says):
    assert [line for line in told(seen(title="Set up"), now) if says in line]


def test_a_button_of_another_client_or_with_another_way_back_is_drift():
    before = seen("oauth.button", targets=[BUTTON.format("a", "https://acme.example/done")])
    other = seen("oauth.button", targets=[BUTTON.format("b", "https://acme.example/done")])
    elsewhere = seen("oauth.button", targets=[BUTTON.format("a", "https://else.example/done")])
    assert told(before, before) == []
    assert "client_id is now b" in told(before, other)[0]
    assert "https://else.example/done" in told(before, elsewhere)[0]


def test_another_file_is_another_logo_and_no_other_page():
    assert told(seen("catalog.logo"), seen("catalog.logo", digest="e" * 64)) == ["the file is another one"]
    assert told(seen("access.website"), seen("access.website", digest="e" * 64)) == []


def test_what_was_never_approved_can_not_drift():
    assert drift({}, [seen(title="Anything")]) == {}


@given(st.text(max_size=300), st.text(max_size=300))
def test_likeness_is_a_share_and_the_same_both_ways(one, other):
    assert alike(sketch(one), sketch(one)) == 1.0
    assert 0.0 <= alike(sketch(one), sketch(other)) == alike(sketch(other), sketch(one)) <= 1.0


@given(st.dictionaries(st.sampled_from(["title", "words", "targets"]), st.none() | st.text() | st.lists(st.text())))
def test_facts_of_any_older_release_are_read(facts):
    result = CheckResult("docs.partner", Outcome.PASSED, "fine", facts=facts)
    assert drift({"docs.partner": result}, [result]) == {}
