"""How a request for changes reads that was made with reasons of the library."""

import re
from dataclasses import replace

import pytest

from models.enums import ChannelName, EventName
from notifications.addressing import Addressee
from notifications.message import Message
from notifications.programme import ProgrammeSettings
from notifications.rendering import Renderer
from notifications.routing import ROUTES
from notifications.samples import DATA, FINDINGS, REASONS, sample

RENDERER = Renderer(ProgrammeSettings(base_url="https://desk.example", channels=frozenset(ChannelName)))
ANN = Addressee(ChannelName.MAIL, "ann@people.example", "Ann", "America/New_York")
ASKED = EventName.CHANGES_REQUESTED
ABOUT_DOCS, GENERAL = REASONS


def mail(**changes) -> Message:
    facts = sample(ASKED)
    route = next(route for route in ROUTES[ASKED] if ChannelName.MAIL in route.channels)
    return RENDERER.message(replace(facts, data={**facts.data, **changes}), route, ANN)


def test_a_reason_stands_with_the_first_finding_it_speaks_of_and_is_not_told_twice():
    told = mail()
    for text in (told.text, told.html):
        assert text.count("Customers set the integration up from this page") == 1
        assert text.index("answered 404") < text.index("Customers set") < text.index("Tuesday 1 December 2026")


def test_a_finding_in_the_reasons_own_words_says_them_once():
    finding = {**FINDINGS[0], "what": ABOUT_DOCS["text"], "fix_by": "2026-12-01"}
    told = mail(findings=[finding], reasons=[ABOUT_DOCS])
    for text in (told.text, told.html):
        assert text.count("Customers set the integration up from this page") == 1
        assert "https://segment.com/docs/" in text


def test_without_own_words_nothing_is_quoted():
    assert "<blockquote>" not in mail(words="").html
    assert mail(words="", findings=[], reasons=[GENERAL]).title == "Mapleworks: 1 thing to fix"
    assert "Besides" not in mail(findings=[], reasons=[GENERAL]).text


def test_days_are_a_hope_and_without_days_there_is_no_deadline():
    assert "nothing closes if you need longer" in mail().text
    undated = [{**finding, "fix_by": None} for finding in FINDINGS]
    told = mail(findings=undated, reasons=[{**GENERAL, "fix_by": None}])
    assert "There is no deadline on your side" in told.text
    assert "Please" not in told.text


def test_what_an_earlier_release_recorded_reads_as_it_did():
    known = {"reason": "Nearly there.", "findings": FINDINGS, "decision_id": 4}
    facts = replace(sample(ASKED), data=known)
    for route in ROUTES[ASKED]:
        for channel in set(route.channels) & {ChannelName.MAIL, ChannelName.SLACK}:
            message = RENDERER.message(facts, route, replace(ANN, channel=channel))
            assert "Nearly there." in message.text or not message.text
    assert RENDERER.line(facts).endswith("2 to fix")


@pytest.mark.parametrize("key", ["title", "text"])
def test_whatever_a_reason_says_stays_text(key):
    hostile = {**GENERAL, key: "<script>alert(1)</script> `<b>`\n<img src=x>"}
    html = mail(reasons=[hostile, {**ABOUT_DOCS, key: "<script>alert(2)</script>"}]).html
    assert not re.search(r"<(script|img|b)\b", html)


def test_the_sample_says_the_same_as_text_and_in_parts():
    data = DATA[ASKED]
    assert all(reason["text"] in data["reason"] and reason["title"] in data["reason"] for reason in REASONS)
