"""What people read: amounts of time, closed lists, and every event in a sentence."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.rulebook import Rulebook
from desk.hosts import answered_names
from desk.viewing.history import SENTENCES, history_line
from desk.viewing.links import Address, excerpt
from desk.viewing.team_time import TeamTime
from desk.viewing.telling.told import Teller
from desk.words import as_sentence, business_time, listed, said, span, within
from models.enums import EventName, GateName, IntegrationStage, Outcome, SubmissionKind
from models.event import Event

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
DAY = 28_800
TIME = TeamTime(NOW, ZoneInfo("America/Los_Angeles"), DAY)
TELLER = Teller(Rulebook.load("v1"), TIME, {7: "Rosa Lindqvist"})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 min"),
        (5 * 3600 + 20 * 60, "5 h 20 min"),
        (DAY, "1 business day"),
        (2 * DAY + 3 * 3600 + 59 * 60, "2 business days 3 h 59 min"),
    ],
)
def test_business_time_is_said_so_that_parts_add_up(seconds: int, words: str):
    assert business_time(seconds, DAY) == words


def test_time_left_and_time_exceeded_are_told_apart():
    assert TIME.left(3600) == "1 h left"
    assert TIME.left(-3600) == "1 h late"


def test_an_age_is_said_in_its_largest_unit():
    assert [span(seconds) for seconds in (-5, 61, 7_300, 3 * 86_400)] == [
        "less than a minute",
        "1 min",
        "2 h",
        "3 days",
    ]


def test_an_instant_is_shown_in_the_teams_zone_with_its_name():
    assert TIME.shown(NOW) == "Mon 23 Nov, 10:00 PST"
    assert TIME.shown(datetime(2025, 7, 1, 16, tzinfo=UTC)) == "Tue 1 Jul 2025, 09:00 PDT"


def test_equal_values_of_different_lists_keep_their_own_words():
    assert said(GateName.PUBLIC_BETA) == said(IntegrationStage.PUBLIC_BETA) == "Public Beta"
    assert said(IntegrationStage.REQUESTED) == "Access requested"
    assert said(Outcome.NOT_APPLICABLE) == "Not applicable"
    assert said(None) == ""


def test_names_keep_their_capitals_inside_of_a_sentence():
    assert within(SubmissionKind.LAUNCH) == "launch into Public Beta"


def test_a_list_ends_with_and():
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    "written",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "//host/path",
        "/path",
        "https://",
        "http://[::1",
        "mailto:a@b.example",
    ],
)
def test_only_web_addresses_become_links(written: str):
    assert Address.of(written) == Address(written, "")


def test_a_web_address_becomes_a_link():
    assert Address.of("https://partner.example/docs?a=1").href == "https://partner.example/docs?a=1"


def test_long_text_is_cut_and_says_so():
    assert excerpt("a" * 11, 10) == f"{'a' * 10}… (the first 10 of 11 characters)"
    assert excerpt("short", 10) == "short"


def test_every_event_has_its_sentence():
    assert set(SENTENCES) == {event.value for event in EventName}


@pytest.mark.parametrize("name", list(EventName))
def test_a_sentence_is_told_also_when_the_event_says_nothing_more(name: EventName):
    line = history_line(Event(at=NOW, name=name.value, data={}), TELLER)
    assert line.who == "Launch Review"
    assert line.told.did


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "kind", "target", "revision", "counts", "failed", "verdict", "person_id", "message", "reason", "findings", "changed",
    "open_items", "waived", "item", "outcome", "because", "missing_for_public", "evidence", "items", "stage", "cause",
    "rung", "count", "text", "level", "missed", "also", "since", "words", "reasons",
)  # fmt: skip


@given(name=st.sampled_from(EventName), data=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
def test_a_sentence_is_told_whatever_parts_its_event_has(name: EventName, data: dict[str, Any]):
    told = history_line(Event(at=NOW, name=name.value, data=data), TELLER).told
    assert isinstance(told.did, str)
    assert isinstance(told.quote, str)
    assert all(isinstance(detail, str) for detail in told.lines)


def test_a_step_of_the_ladder_is_told_with_what_it_stands_for():
    late = {"target": "first_response", "level": 1.0, "missed": [0.75, 0.9], "cause": "with Rosa"}
    also = {"target": "decision", "level": 0.5, "missed": []}
    told = history_line(Event(at=NOW, name=EventName.CLOCK_BREACHED.value, data=late | {"also": [also]}), TELLER).told
    unsaid = "no word went out at three quarters and nine tenths of the time"
    assert told.did == f"told of a breach (first response): the time is used up; {unsaid}"
    assert told.lines == ("Cause: with Rosa", "Also (decision): half of the time is used")


def test_a_request_for_changes_is_told_in_own_words_with_the_titles_of_its_reasons_and_their_days():
    reason = {"title": "The page is missing", "text": "Publish it.", "fix_by": "2026-12-01"}
    found = [{"title": "Your own site", "what": "answered 404", "fix_by": None}, {"title": "A mark", "what": "tall"}]
    data = {"reason": "Nearly.\n\nThe page …", "words": "Nearly.", "reasons": [reason], "findings": found}
    told = history_line(Event(at=NOW, name=EventName.CHANGES_REQUESTED.value, data=data), TELLER).told
    assert told.quote == "Nearly."
    assert told.lines == (
        "Because: The page is missing (by Tue 1 Dec 2026)",
        "Your own site: answered 404",
        "A mark: tall",
    )
    before = {"reason": "Nearly.", "findings": []}
    assert (
        history_line(Event(at=NOW, name=EventName.CHANGES_REQUESTED.value, data=before), TELLER).told.quote == "Nearly."
    )


def test_an_event_of_a_newer_release_is_told_by_its_name_and_without_its_data():
    told = history_line(Event(at=NOW, name="submission.teleported", data={"secret": "sample"}), TELLER).told
    assert told.did == "submission teleported"
    assert not told.quote
    assert not told.lines


def test_the_desk_answers_to_loopback_and_to_the_name_people_use():
    loopback = {"127.0.0.1", "::1", "localhost"}
    assert answered_names("https://Launch.Team.example:8443/") == loopback | {"launch.team.example"}
    assert answered_names("") == loopback


def test_a_sentence_of_the_rules_is_retold_in_the_readers_zone_and_nothing_else_in_it_changes():
    time = TeamTime.of(Rulebook.load("v1"), datetime(2026, 11, 23, tzinfo=UTC)).read_in("Europe/Berlin")
    said = "Rosa has it until 2026-11-23 23:30 UTC (version 2, 2026-11-20); 2025-07-01 08:00 UTC was before"
    assert time.retold(said) == (
        "Rosa has it until Tue 24 Nov, 00:30 CET (version 2, 2026-11-20); Tue 1 Jul 2025, 10:00 CEST was before"
    )
    assert time.retold("2026-12-31 23:30 UTC") == "Fri 1 Jan 2027, 00:30 CET"
    for untouched in (
        "2026-02-31 10:00 UTC",
        "2026-13-01 10:00 UTC",
        "2026-11-23 24:00 UTC",
        "",
        "12026-11-23 10:00 UTC",
    ):
        assert time.retold(untouched) == untouched


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("submission 4 is with Rosa Lindqvist", "Submission 4 is with Rosa Lindqvist."),
        ("the day is over.", "The day is over."),
    ],
)
def test_a_refusal_reads_as_a_sentence_in_which_names_keep_their_capitals(words: str, sentence: str):
    assert as_sentence(words) == sentence
