"""The buttons of a card, and the dialogs behind them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.slack import deeds, dialogs
from desk.slack.acting import HAPPENED, clock_time
from desk.slack.dialogs import Choice, Told
from desk.slack.reasons import Reason
from models.enums import EventName, SubmissionStage
from notifications.buttons import LABEL, STAGES, Act, Click, buttons, shown
from notifications.card import card, digest_of
from notifications.facts import Turn
from notifications.samples import AT, sample
from review.lifecycle import MOVES, MoveName
from tests.fixtures.slack_server import SlackServer

CLICK = Click(7, 3, 812)
LONG = "<!channel> & " * 400


def a_submission(**changes):
    return replace(sample(EventName.REVIEW_OPENED).submission, **({"assignee": ""} | changes))


@pytest.mark.parametrize("act", Act)
def test_a_button_is_shown_in_the_stages_from_which_its_move_starts(act):
    assert STAGES[act] == MOVES[MoveName(act.value)].sources
    assert LABEL[act]
    assert HAPPENED[act]


@pytest.mark.parametrize("stage", SubmissionStage)
def test_what_is_closed_or_a_draft_shows_no_button(stage):
    is_open = stage in {SubmissionStage.SUBMITTED, SubmissionStage.IN_REVIEW, SubmissionStage.CHANGES_REQUESTED}
    assert bool(list(shown(a_submission(stage=stage)))) is is_open


def test_what_somebody_has_is_not_offered_to_be_taken_until_they_let_it_lapse():
    assert Act.CLAIM not in shown(a_submission(assignee="Ann"))
    assert Act.CLAIM in shown(a_submission(assignee="Ann", lapsed=True))
    assert Act.CLAIM in shown(a_submission())


def test_a_partner_who_is_waited_for_is_not_asked_again():
    assert Act.ASK_PARTNER not in shown(a_submission(turn=Turn.PARTNER))


def test_a_card_acts_only_where_somebody_listens():
    facts = sample(EventName.REVIEW_OPENED)
    actions = {
        acts: [
            element["action_id"]
            for element in card(facts, url="https://x", time_zone="Etc/UTC", acts=acts)[-1]["elements"]
        ]
        for acts in (True, False)
    }
    assert actions[False] == ["open_in_desk"]
    assert actions[True][-1] == "open_in_desk"
    assert "approve" in actions[True]


def test_each_button_reads_as_agreed(snapshot):
    facts = sample(EventName.REVIEW_OPENED)
    assert buttons(facts.integration, a_submission(version=3, newest_event=812)) == snapshot
    assert buttons(facts.integration, a_submission(approved_by=("Ann",)))[1]["confirm"] == snapshot


def test_a_card_is_another_one_when_anything_on_it_is():
    facts = sample(EventName.REVIEW_OPENED)

    def digest(**changes):
        changed = replace(facts, submission=replace(facts.submission, **changes))
        return digest_of(card(changed, url="https://x", time_zone="Etc/UTC", acts=True))

    assert digest() == digest()
    assert len({digest(), digest(version=9), digest(newest_event=9), digest(assignee="Zoe")}) == 4


@given(st.integers(min_value=1), st.integers(min_value=1), st.integers(min_value=0))
def test_a_click_says_what_the_card_showed(submission, version, event):
    assert Click.of_value(Click(submission, version, event).as_value()) == Click(submission, version, event)


@pytest.mark.parametrize("value", ["", "7", "7.3", "7.3.8.1", "7.3.x"])
def test_a_value_of_no_card_of_ours_is_no_click(value):
    with pytest.raises(ValueError):
        Click.of_value(value)


def many(number):
    return [Reason(f"item.{index}", LONG, LONG, LONG, item=f"item.{index}", likely=True) for index in range(number)]


@pytest.mark.parametrize("number", [0, 1, 300])
def test_no_dialog_is_more_than_slack_takes(number):
    today = date(2026, 11, 23)
    choices = [Choice(f"item.{index}", LONG) for index in range(max(number, 1))]
    each = {
        Act.REQUEST_CHANGES: dialogs.request_changes(LONG, [Told(LONG, LONG)] * number, many(number)),
        Act.ASK_PARTNER: dialogs.ask_partner(LONG),
        Act.WAIVE: dialogs.waive(LONG, choices, today, today),
    }
    slack = SlackServer()
    for act, blocks in each.items():
        view = dialogs.view(act, CLICK, "https://hooks.slack.example/actions/T/1/2", blocks)
        slack._check(view["blocks"], "view blocks")
        assert len(view["private_metadata"]) <= 3_000
        assert all(len(view[part]["text"]) <= 24 for part in ("title", "submit", "close"))
        assert "<!channel>" not in str(view)
        assert dialogs.remembered(view) == (CLICK, "https://hooks.slack.example/actions/T/1/2")
    assert slack.wrong == []


def test_each_dialog_reads_as_agreed(snapshot):
    reasons = [
        Reason("a", "The guide is missing", "There is no guide.", "Write one.", item="docs.partner", likely=True),
        Reason("b", "Be quicker", "Please."),
    ]
    about = "Quillharbor of Quill Inc: launch for Public Beta"
    assert dialogs.request_changes(about, [Told("A mark", "the mark is 240 by 120")], reasons) == snapshot
    assert dialogs.ask_partner(about) == snapshot
    day = date(2026, 11, 23)
    assert dialogs.waive(about, [Choice("catalog.mark", "A square mark")], day, day.replace(year=2027)) == snapshot


def test_with_nothing_to_choose_from_words_are_needed_and_else_they_are_not():
    def words_optional(failed, reasons):
        return dialogs.request_changes("x", failed, reasons)[-1]["optional"]

    assert not words_optional([], [])
    assert words_optional([Told("a", "b")], [])
    assert words_optional([], many(1))


def test_an_error_about_a_field_that_the_dialog_lacks_stands_at_its_first_one():
    view = dialogs.view(Act.ASK_PARTNER, CLICK, "", dialogs.ask_partner("x"))
    assert dialogs.error_in(view, "until", LONG).keys() == {"words"}
    assert len(dialogs.error_in(view, "words", LONG)["words"]) <= dialogs.ERROR_CHARACTERS


def test_general_reasons_go_before_the_reviewers_words_and_those_about_items_become_findings():
    chosen = [
        Reason("a", "A", "There is no guide.", "Write one.", item="docs.partner"),
        Reason("b", "B", "Please be brief.", "Cut it."),
    ]
    said = {"words": "Please be brief. Cut it.\n\nNearly.", "chosen": []}
    assert deeds.request_changes(CLICK, chosen, " Nearly. ").same == said
    nothing = {"words": "Please see what is listed below.", "chosen": []}
    assert deeds.request_changes(CLICK, [], "").same == nothing


def test_reasons_of_the_library_are_words_enough():
    chosen = [Reason("reason:be-brief", "Be brief", "Please be brief.", key="be-brief")]
    assert deeds.request_changes(CLICK, chosen, "").same == {"words": "", "chosen": ["be-brief"]}


@pytest.mark.parametrize(
    ("zone", "time"),
    [("Etc/UTC", "14:00 UTC"), ("Europe/Berlin", "15:00 CET"), ("Moon/Base", "14:00 UTC"), ("../x", "14:00 UTC")],
)
def test_a_time_reads_in_the_persons_zone(zone, time):
    assert clock_time(AT, zone) == time
