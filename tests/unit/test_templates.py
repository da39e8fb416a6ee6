import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from jinja2 import UndefinedError

from models.enums import ChannelName, EventName, Outcome, SubmissionStage
from notifications.addressing import Addressee
from notifications.card import TROUBLE_SHOWN, card
from notifications.facts import Promise, Trouble, Turn
from notifications.instants import InstantHasNoZone, day_in_words, in_words
from notifications.message import Message, Placement
from notifications.palette import DARK, LIGHT
from notifications.programme import ProgrammeSettings
from notifications.rendering import TITLE_CHARACTERS, Renderer, address, code, one_line
from notifications.routing import DIGEST, ROUTES, Audience
from notifications.samples import AT, sample
from notifications.slack_text import BLOCKS, bounded, escaped, plain, section

RENDERER = Renderer(
    ProgrammeSettings(base_url="https://desk.example", channels=frozenset(ChannelName), slack_channel="C0REVIEW")
)
ANN = Addressee(ChannelName.MAIL, "ann@people.example", "Ann", "America/New_York")
ANN_IN_SLACK = Addressee(ChannelName.SLACK, "U0ANN", "Ann", "America/New_York")
NASTY = 'Ma"ple <script>alert(1)</script> & <!channel> Works'


def routed(channel, *, cards=True):
    """Each message there is by this channel, once for each folder of templates."""
    seen = {}
    for event, routes in ROUTES.items():
        for route in routes:
            if channel in route.channels and (cards or route.placement is not Placement.CARD):
                seen.setdefault(route.template or event.value, (event, route))
    return [pytest.param(event, route, id=folder) for folder, (event, route) in seen.items()]


def mail(event, *, facts=None, route=None):
    facts = facts or sample(event)
    chosen = route or next(route for route in ROUTES[event] if ChannelName.MAIL in route.channels)
    return RENDERER.message(facts, chosen, ANN)


@pytest.mark.parametrize(("event", "route"), routed(ChannelName.MAIL))
def test_each_mail_reads_as_agreed(event, route, snapshot):
    message = mail(event, route=route)
    assert f"Subject: {message.title}\n\n{message.text}\n{'-' * 80}\n{message.html}" == snapshot


@pytest.mark.parametrize(("event", "route"), routed(ChannelName.SLACK, cards=False))
def test_each_slack_text_reads_as_agreed(event, route, snapshot):
    assert RENDERER.message(sample(event), route, ANN_IN_SLACK).text == snapshot


def test_the_console_has_a_line_for_every_event(snapshot):
    assert "\n".join(RENDERER.line(sample(event)) for event in EventName) == snapshot


def the_card(**changes):
    facts = sample(EventName.REVIEW_OPENED)
    return card(
        replace(facts, submission=replace(facts.submission, **changes)),
        url="https://desk.example/submissions/7",
        time_zone="Etc/UTC",
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="in review"),
        pytest.param(
            {"stage": SubmissionStage.SUBMITTED, "counts": {}, "trouble": (), "waived": 0, "assignee": ""},
            id="just arrived",
        ),
        pytest.param(
            {
                "stage": SubmissionStage.CHANGES_REQUESTED,
                "turn": Turn.PARTNER,
                "promise": replace(sample(EventName.REVIEW_OPENED).submission.promise, paused=True),
            },
            id="waiting for the partner",
        ),
        pytest.param(
            {"stage": SubmissionStage.APPROVED, "turn": Turn.NOBODY, "promise": None, "trouble": ()}, id="approved"
        ),
    ],
)
def test_each_state_of_the_card_reads_as_agreed(changes, snapshot):
    assert list(the_card(**changes)) == snapshot


def as_a_nasty_partner_writes(facts):
    if facts.integration is not None:
        return replace(facts, integration=replace(facts.integration, name=NASTY, partner=NASTY))
    return replace(
        facts, data=facts.data | {"moves": [one | {"integration": NASTY} for one in facts.data.get("moves", ())]}
    )


@pytest.mark.parametrize(("event", "route"), routed(ChannelName.MAIL))
def test_what_partners_write_is_only_text_in_a_mail(event, route):
    facts = as_a_nasty_partner_writes(sample(event))
    message = mail(event, facts=facts, route=route)
    assert "<script" not in message.html
    assert facts.integration is None or NASTY.split("<", maxsplit=1)[0] in message.title


def test_what_partners_write_is_never_a_command_in_slack():
    facts = sample(EventName.REVIEW_OPENED)
    blocks = card(
        replace(
            facts,
            integration=replace(facts.integration, name=NASTY, partner=NASTY),
            submission=replace(
                facts.submission,
                assignee=NASTY,
                trouble=(Trouble("docs.partner", Outcome.FAILED, "*bold* <!channel> <@U1> <https://evil.example|x>"),),
            ),
        ),
        url="https://desk.example/submissions/7",
        time_zone="Etc/UTC",
    )
    assert "<!channel>" not in repr(blocks)
    assert "<@" not in repr(blocks)
    marked_up = [block["text"]["text"] for block in blocks if block.get("text", {}).get("type") == "mrkdwn"]
    assert all("Ma" not in text and "bold" not in text for text in marked_up)


@pytest.mark.parametrize(("event", "route"), routed(ChannelName.MAIL))
def test_a_mail_fetches_nothing(event, route):
    html = mail(event, route=route).html
    assert not re.search(r"<(img|link|script|iframe|object|video|audio)\b|url\(|@import", html)
    facts = sample(event)
    named = {facts.data["stop"], *(line["url"] for line in facts.data["lines"])} if route is DIGEST else set()
    named |= {link for reason in facts.data.get("reasons", ()) for link in reason["links"]}
    assert (
        set(re.findall(r'(?:href|src)="([^"]*)"', html))
        == {address("https://desk.example", facts, route.audience)} | named
    )


COMMAND = "launch-review assign 7 --to ann@marketplace.example --as LEAD"
SEE_TO_IT = "Your turn: please see that somebody answers the partner."
TAKE_IT = "Your turn, whoever can: please take it and answer the partner."
LET_IT_LIE = "Tomasz Okafor took it and has let it lie, so anybody can take it over."


@pytest.mark.parametrize("event", [EventName.CLOCK_BREACHED, EventName.CLOCK_ESCALATED])
@pytest.mark.parametrize(
    ("audience", "submission", "data", "said"),
    [
        (Audience.LEADS, {}, {}, ["It is with Tomasz Okafor.", SEE_TO_IT, "Ann Kowalczyk (1 open)", COMMAND]),
        (Audience.MANAGERS, {"assignee": ""}, {}, ["Nobody has it yet.", SEE_TO_IT, COMMAND]),
        (
            Audience.LEADS,
            {"lapsed": True},
            {"offers": []},
            [LET_IT_LIE, "There is nobody else who could take it over."],
        ),
        (Audience.ASSIGNEE, {}, {}, ["It is with you. Your turn: please answer the partner, or ask a lead"]),
        (Audience.TEAM, {}, {}, ["It is with Tomasz Okafor."]),
        (Audience.TEAM, {"lapsed": True}, {}, [LET_IT_LIE, TAKE_IT]),
        (Audience.TEAM_WHEN_UNASSIGNED, {"assignee": ""}, {}, [f"Nobody has it yet. {TAKE_IT}"]),
        (Audience.LEADS, {}, {"waiting_on": "partner"}, ["It is the partner's turn now"]),
    ],
)
def test_a_late_promise_tells_each_audience_what_they_can_do_about_it(event, audience, submission, data, said):
    facts = sample(event)
    facts = replace(facts, submission=replace(facts.submission, **submission), data=facts.data | data)
    route = next(route for route in ROUTES[event] if route.audience is audience)
    message = mail(event, facts=facts, route=route)
    as_read = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", message.html)))
    assert [words for words in said if words not in message.text or words not in as_read] == []
    assert (COMMAND in message.text) == (COMMAND in said)
    assert (SEE_TO_IT in message.text) == (
        audience in {Audience.LEADS, Audience.MANAGERS} and not data.get("waiting_on")
    )


@pytest.mark.parametrize(
    ("audience", "submission", "said"),
    [
        (Audience.ASSIGNEE, {}, "It is with you.\n"),
        (Audience.TEAM, {}, "It is with Tomasz Okafor.\n"),
        (Audience.TEAM, {"lapsed": True}, f"{LET_IT_LIE} Please take it if you can.\n"),
        (Audience.TEAM_WHEN_UNASSIGNED, {"assignee": ""}, "Nobody has it yet. Please take it if you can.\n"),
        (Audience.LEADS, {"assignee": ""}, "Nobody has it yet.\n"),
    ],
)
def test_a_warning_says_who_has_it_and_asks_those_who_could_take_it(audience, submission, said):
    event = EventName.CLOCK_WARNED
    facts = sample(event)
    route = next(route for route in ROUTES[event] if route.audience is audience)
    message = mail(event, facts=replace(facts, submission=replace(facts.submission, **submission)), route=route)
    assert f"\n\n{said}\n" in message.text
    assert f"<p>{said.strip()}</p>" in message.html


def test_a_late_promise_is_told_to_the_partner_without_our_inner_affairs():
    event = EventName.CLOCK_BREACHED
    route = next(route for route in ROUTES[event] if route.audience is Audience.PARTNER)
    message = mail(event, route=route)
    assert "Our turn: you don't have to do anything." in message.text
    assert not re.search("Okafor|Kowalczyk|Cause|launch-review", message.text + message.html)
    waits = replace(sample(event), data=sample(event).data | {"waiting_on": "partner"})
    assert "Your turn: we go on as soon as we have your answer." in mail(event, facts=waits, route=route).text


@pytest.mark.parametrize("lapsed", [True, False])
@pytest.mark.parametrize("event", [EventName.CLOCK_WARNED, EventName.CLOCK_BREACHED])
def test_what_people_are_called_is_only_text_in_a_mail(event, lapsed):
    facts = sample(event)
    named = replace(facts.submission, assignee=NASTY, lapsed=lapsed)
    data = facts.data | {"cause": f"with {NASTY}", "offers": [{"name": NASTY, "email": NASTY, "open": 0}]}
    for route in ROUTES[event]:
        if ChannelName.MAIL in route.channels:
            message = mail(event, facts=replace(facts, submission=named, data=data), route=route)
            assert "<script" not in message.html


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")])
def test_every_text_of_a_mail_has_the_contrast_of_wcag_aa(palette):
    pairs = [
        (palette.text, palette.panel),
        (palette.text, palette.ground),
        (palette.muted, palette.panel),
        (palette.muted, palette.ground),
        (palette.link, palette.panel),
        (palette.on_button, palette.button),
    ]
    assert min(contrast(text, ground) for text, ground in pairs) >= 4.5


def test_a_fact_that_lacks_is_an_error_and_no_gap():
    facts = replace(sample(EventName.CHANGES_REQUESTED), data={"reason": "Nearly there."})
    with pytest.raises(UndefinedError, match="findings"):
        mail(EventName.CHANGES_REQUESTED, facts=facts)


def test_an_acknowledgement_without_a_running_clock_names_no_date():
    facts = replace(sample(EventName.SUBMISSION_ACKNOWLEDGED), data={"due_at": None, "target": None})
    message = mail(EventName.SUBMISSION_ACKNOWLEDGED, facts=facts)
    assert "Our turn." in message.text
    assert "None" not in message.text + message.html


@pytest.mark.parametrize(
    ("is_last", "words"),
    [
        (False, "While something is missing we write about it once a month, and stop when nothing changes."),
        (True, "Nothing has changed since our last message, so we don't write about this again until something does."),
    ],
)
def test_a_monthly_message_says_whether_another_one_comes(is_last, words):
    facts = sample(EventName.GRADUATION_MISSING)
    message = mail(EventName.GRADUATION_MISSING, facts=replace(facts, data=facts.data | {"is_last": is_last}))
    assert words in message.text
    assert words in html.unescape(message.html)


@pytest.mark.parametrize(
    ("is_live", "words"),
    [(False, "It does not hold up the review."), (True, "Send it as an update, with your next change.")],
)
def test_a_request_about_replays_says_how_the_answer_comes_back(is_live, words):
    facts = sample(EventName.REPLAY_REQUESTED)
    message = mail(EventName.REPLAY_REQUESTED, facts=replace(facts, data=facts.data | {"is_live": is_live}))
    assert words in message.text
    assert words in message.html


def test_a_welcome_of_an_event_without_addresses_names_none():
    facts = replace(sample(EventName.ACCESS_GRANTED), data={})
    message = mail(EventName.ACCESS_GRANTED, facts=facts)
    assert not re.search("Read more|Ask us", message.text + message.html)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Add `replay.rate_limits`.", "Add <code>replay.rate_limits</code>."),
        ("`<b>` & `x`", "<code>&lt;b&gt;</code> &amp; <code>x</code>"),
        ("one ` alone, `` nothing", "one ` alone, `` nothing"),
        ("`two\nlines`", "`two\nlines`"),
    ],
)
def test_what_stands_between_backticks_is_code_and_all_else_stays_text(text, shown):
    assert code(text) == shown


def test_a_message_is_the_same_after_being_stored():
    route = ROUTES[EventName.QUESTION_ASKED][1]
    message = RENDERER.message(sample(EventName.QUESTION_ASKED), route, ANN_IN_SLACK)
    assert message.card
    assert Message.from_json(message.as_json()) == message
    with_a_way_out = replace(message, unsubscribe="https://desk.example/unsubscribe/7")
    assert Message.from_json(with_a_way_out.as_json()) == with_a_way_out


def test_a_message_that_an_earlier_release_stored_is_still_read():
    message = mail(EventName.APPROVED)
    stored = {name: value for name, value in message.as_json().items() if name != "unsubscribe"}
    assert Message.from_json(stored) == message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\r\nBcc: everybody@example.com", "one Bcc: everybody@example.com"),
        ("one\u2028two\x00three", "one two three"),
        ("evil\u202egnp.exe", "evil gnp.exe"),
        ("  much   space ", "much space"),
        ("x" * 500, "x" * (TITLE_CHARACTERS - 1) + "…"),
    ],
)
def test_a_title_is_one_visible_line(text, line):
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Etc/UTC", "Monday 23 November 2026, 14:00 UTC"),
        ("America/New_York", "Monday 23 November 2026, 09:00 EST (America/New_York)"),
        ("Asia/Kolkata", "Monday 23 November 2026, 19:30 IST (Asia/Kolkata)"),
        ("Nowhere/Nothing", "Monday 23 November 2026, 14:00 UTC"),
        ("../etc/passwd", "Monday 23 November 2026, 14:00 UTC"),
    ],
)
def test_an_instant_reads_in_the_recipients_zone_with_its_name(zone, words):
    assert in_words(AT, zone) == words
    assert in_words(AT.isoformat(), zone) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Etc/UTC", "23 November 2026"),
        ("Pacific/Auckland", "24 November 2026"),
        ("Nowhere/Nothing", "23 November 2026"),
    ],
)
def test_a_day_is_the_recipients(zone, words):
    assert day_in_words(AT, zone) == words
    assert day_in_words(AT.isoformat(), zone) == words


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(InstantHasNoZone, match="2026-11-23"):
        in_words("2026-11-23T09:00:00", "Etc/UTC")


def test_the_cards_date_is_shown_by_slack_and_so_stays_true():
    facts = sample(EventName.REVIEW_OPENED)
    promise = Promise(facts.submission.promise.target, AT + timedelta(hours=3), paused=False)
    assert f"<!date^{int(promise.due_at.timestamp())}^" in repr(the_card(promise=promise))


def test_an_entity_is_never_cut_in_half():
    assert escaped("a&b", 5) == "a…"
    assert escaped("a&b", 7) == "a&amp;b"
    assert len(escaped("<" * 5_000, 3_000)) <= 3_000


def test_a_text_of_slack_is_at_most_as_long_as_slack_takes():
    assert len(plain("&" * 9_999)["text"]) <= 3_000


def test_more_blocks_than_slack_takes_end_in_a_word_that_there_is_more():
    blocks = bounded([section(str(number)) for number in range(80)])
    assert len(blocks) == BLOCKS
    assert blocks[-1]["text"]["text"] == "… and 31 more. Open it in the desk."


def test_a_card_names_so_many_troubles_and_counts_the_rest():
    trouble = tuple(Trouble(f"item.{number}", Outcome.FAILED, "no") for number in range(TROUBLE_SHOWN + 3))
    assert "… and 3 more" in repr(the_card(trouble=trouble))
