"""What every channel promises, and what each one does with its own kind of trouble."""

import asyncio
import io
import ssl
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import trustme
from standardwebhooks import WebhookVerificationError

from flows.wiring import utc_now
from models.enums import EventName
from notifications.channels.console import ConsoleChannel
from notifications.channels.fake import FakeChannel, Script
from notifications.channels.fake_receiver import FakeReceiver
from notifications.channels.file import FileChannel
from notifications.channels.letter import RecipientInvalid, Sender, SenderInvalid, UnsubscribeInvalid, letter
from notifications.channels.mail import MailChannel, Server, SmtpUrlInvalid
from notifications.channels.slack import SlackChannel
from notifications.channels.webhook import Answered, Endpoint, WebhookChannel, signed_headers
from notifications.message import Dead, Placement, Retry, Sent
from notifications.slack_text import section
from tests.fixtures.programme_rows import TEAM_CHANNEL, a_message
from tests.fixtures.slack_server import MENTIONS, slack_server
from tests.fixtures.smtp_server import smtp_server

MAIL_FROM = "Launch Review <launch-review@desk.example>"
CARD = (section("Mapleworks"),)


@asynccontextmanager
async def console(tmp_path):
    stream = io.StringIO()
    yield ConsoleChannel(stream), lambda: [line for line in stream.getvalue().splitlines() if line]


@asynccontextmanager
async def file(tmp_path):
    yield FileChannel(tmp_path, MAIL_FROM), lambda: [path.read_text() for path in sorted(tmp_path.glob("*.eml"))]


@asynccontextmanager
async def mail(tmp_path):
    async with smtp_server() as server:
        yield MailChannel(f"smtp://127.0.0.1:{server.port}", MAIL_FROM), lambda: [str(got) for got in server.got]


@asynccontextmanager
async def slack(tmp_path):
    async with slack_server() as server:
        channel = SlackChannel("xoxb-test", base_url=server.url, spacing_seconds=0.0)
        yield channel, lambda: [repr(posted.body) for posted in server.posted]


@asynccontextmanager
async def webhook(tmp_path):
    receiver = FakeReceiver()
    yield WebhookChannel(receiver.endpoint_of, receiver.post, utc_now), lambda: [str(got) for got in receiver.heard]


@asynccontextmanager
async def fake(tmp_path):
    channel = FakeChannel()
    yield channel, lambda: [got.message.title for got in channel.got]


@pytest.mark.parametrize("make", [console, file, mail, slack, webhook, fake])
class TestEveryChannel:
    async def test_hands_over_a_message_and_says_where_it_is(self, make, tmp_path):
        async with make(tmp_path) as (channel, arrived):
            # A webhook's text is its whole body, so it says there what others have in a title too.
            result = await channel.send(a_message(text="We have your launch."), "delivery-1")
            assert isinstance(result, Sent)
            assert result.reference
            assert len(arrived()) == 1
            assert "We have your launch" in arrived()[0]

    async def test_hands_over_two_messages_as_two(self, make, tmp_path):
        async with make(tmp_path) as (channel, arrived):
            await channel.send(a_message(), "delivery-1")
            await channel.send(a_message(), "delivery-2")
            assert len(arrived()) == 2

    async def test_says_exactly_once_of_a_repeat_only_when_it_is_there_once(self, make, tmp_path):
        async with make(tmp_path) as (channel, arrived):
            await channel.send(a_message(), "delivery-1")
            result = await channel.send(a_message(repeat_possible=True), "delivery-1")
            assert isinstance(result, Sent)
            assert result.exactly_once == (len(arrived()) == 1)

    async def test_stands_any_text(self, make, tmp_path):
        async with make(tmp_path) as (channel, arrived):
            odd = "Zoë 🚀 <!channel> .\n.\r\n& \u202e" + "long " * 2_000
            result = await channel.send(a_message(title="Zoë 🚀", text=odd, html=f"<p>{odd}</p>"), "delivery-1")
            assert isinstance(result, Sent)
            assert len(arrived()) == 1


# The console


async def test_the_console_says_when_a_line_may_have_been_told_before():
    stream = io.StringIO()
    await ConsoleChannel(stream).send(a_message(repeat_possible=True), "delivery-1")
    assert stream.getvalue() == "submission:7: We have your launch (perhaps told before)\n"


async def test_a_console_that_is_gone_is_tried_again():
    stream = io.StringIO()
    stream.close()
    assert isinstance(await ConsoleChannel(stream).send(a_message(), "delivery-1"), Retry)


# Files


async def test_a_mail_in_a_file_has_its_page_beside_it(tmp_path):
    result = await FileChannel(tmp_path / "mails", MAIL_FROM).send(a_message(), "delivery-1")
    assert result == Sent("delivery-1.eml", exactly_once=True)
    assert {path.name for path in (tmp_path / "mails").iterdir()} == {"delivery-1.eml", "delivery-1.html"}
    parsed = message_from_bytes((tmp_path / "mails" / "delivery-1.eml").read_bytes(), policy=policy.default)
    assert parsed.get_body(("plain",)).get_content().splitlines() == ["Thank you, it has arrived."]


async def test_a_folder_that_can_not_be_written_is_tried_again(tmp_path):
    (tmp_path / "mails").write_text("a file where the folder should be")
    result = await FileChannel(tmp_path / "mails", MAIL_FROM).send(a_message(), "delivery-1")
    assert isinstance(result, Retry)
    assert not result.may_have_gone_out


# Letters


def test_every_try_of_a_delivery_is_the_same_mail():
    sender = Sender(MAIL_FROM)
    one, other = (letter(a_message(), "delivery-1", sender) for _ in range(2))
    assert one["Message-ID"] == other["Message-ID"] == "<delivery-1@desk.example>"
    assert one["Date"] == other["Date"]


def test_the_mails_of_one_subject_hang_together():
    sender = Sender(MAIL_FROM)
    one, other = letter(a_message(), "delivery-1", sender), letter(a_message(), "delivery-2", sender)
    assert one["References"] == other["References"] == one["In-Reply-To"] == "<thread.submission-7@desk.example>"
    assert letter(a_message(thread="submission:8"), "delivery-3", sender)["References"] != one["References"]


LONG = "launch-review@" + "a" * 60 + ".desk.example"
CLICK = "https://desk.example/unsubscribe/" + "aB3_-" * 40


def test_however_long_a_domain_or_address_is_mail_programs_know_it_again():
    mail = letter(a_message(unsubscribe=CLICK), "delivery-1", Sender(LONG))
    lines = mail.as_bytes().decode().splitlines()
    domain = LONG.partition("@")[2]
    assert f"References: <thread.submission-7@{domain}>" in lines
    assert f"In-Reply-To: <thread.submission-7@{domain}>" in lines
    assert f"List-Id: Launch Review <launch-review.{domain}>" in lines
    assert f"List-Unsubscribe: <{CLICK}>" in lines
    assert f"Message-ID: <delivery-1@{domain}>" in lines


def test_only_a_message_that_says_where_can_be_unsubscribed_from_and_then_with_one_click():
    mail = letter(a_message(unsubscribe="https://desk.example/u/7"), "delivery-1", Sender(MAIL_FROM))
    assert mail["List-Unsubscribe"] == "<https://desk.example/u/7>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    other = letter(a_message(), "delivery-2", Sender(MAIL_FROM))
    assert (other["List-Unsubscribe"], other["List-Unsubscribe-Post"]) == (None, None)


@pytest.mark.parametrize(
    "address",
    [
        "http://desk.example/u/7",
        "mailto:unsubscribe@desk.example",
        "https://desk.example/u 7",
        "https://desk.example/>, <https://evil.example/",
        "https://desk.example/\r\nBcc: everybody@people.example",
        "https://desk.example/ü",
        "https://" + "x" * 1_000,
    ],
)
def test_what_is_no_https_address_unsubscribes_nobody_and_brings_in_no_header(address):
    with pytest.raises(UnsubscribeInvalid, match="expected one https:// address"):
        letter(a_message(unsubscribe=address), "delivery-1", Sender(MAIL_FROM))


def test_a_mail_says_that_a_machine_sent_it():
    mail = letter(a_message(), "delivery-1", Sender(MAIL_FROM))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "Launch Review <launch-review.desk.example>"
    assert mail["To"] == "ann@people.example"


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85"])
def test_a_title_brings_in_no_header(break_):
    title = f"Mapleworks{break_}Bcc: everybody@people.example{break_}{break_}<script>"
    mail = letter(a_message(title=title), "delivery-1", Sender(MAIL_FROM))
    parsed = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert parsed["Bcc"] is None
    assert parsed["Subject"] == "Mapleworks Bcc: everybody@people.example <script>"
    assert parsed.get_body(("plain",)).get_content().splitlines() == ["Thank you, it has arrived."]


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ann",
        "ann@",
        "@people.example",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "a b@c.example",
        "zoë@people.example",
    ],
)
async def test_what_is_no_single_address_gets_no_mail(recipient, tmp_path):
    with pytest.raises(RecipientInvalid, match=r"in ASCII, such as ann@example\.com"):
        letter(a_message(recipient), "delivery-1", Sender(MAIL_FROM))
    assert isinstance(await FileChannel(tmp_path, MAIL_FROM).send(a_message(recipient), "delivery-1"), Dead)


def test_a_sender_may_write_its_name_in_its_own_letters():
    mail = letter(a_message(html="", thread=""), "delivery-1", Sender("Prüfung <launch-review@desk.example>"))
    assert "Prüfung" in str(message_from_bytes(mail.as_bytes(), policy=policy.default)["From"])
    assert mail["References"] is None
    assert not mail.is_multipart()


@pytest.mark.parametrize("mail_from", ["", "Launch Review", "Launch Review <launch-review>", "<@desk.example>"])
def test_a_sender_that_is_no_address_is_refused_at_the_start(mail_from):
    with pytest.raises(SenderInvalid, match="LAUNCH_REVIEW_MAIL_FROM"):
        Sender(mail_from)


# Mail


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 25, tls=False)),
        ("smtps://mail.example", Server("mail.example", 465, tls=True)),
        (
            "smtp://ann:p%40ss@mail.example:2525",
            Server("mail.example", 2525, tls=False, username="ann", password="p@ss"),
        ),
    ],
)
def test_the_address_of_a_mail_server_is_read(url, server):
    assert Server.from_url(url) == server


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://u:secret@h:port"])
def test_an_unreadable_address_of_a_mail_server_is_refused_without_repeating_a_password(url):
    with pytest.raises(SmtpUrlInvalid, match="LAUNCH_REVIEW_SMTP_URL") as refused:
        Server.from_url(url)
    assert "secret" not in str(refused.value)


def test_a_password_is_sent_over_a_network_only_with_tls():
    assert Server.from_url("smtp://ann:secret@mail.example").starttls is True
    assert Server.from_url("smtp://mail.example").starttls is None
    assert Server.from_url("smtp://ann:secret@127.0.0.1").starttls is None


async def mailed(server, message=None, *, scheme="smtp", user="", tls_context=None, host="127.0.0.1"):
    channel = MailChannel(f"{scheme}://{user}{host}:{server.port}", MAIL_FROM, tls_context=tls_context)
    return await channel.send(message or a_message(), "delivery-1")


async def test_a_mail_goes_to_its_one_recipient():
    async with smtp_server() as server:
        assert await mailed(server) == Sent("<delivery-1@desk.example>")
        assert server.envelopes == [("launch-review@desk.example", ["ann@people.example"])]
        assert server.got[0]["Subject"] == "We have your launch"


@pytest.mark.parametrize("at", ["recipient_answers", "data_answers"])
async def test_a_mail_that_is_refused_for_now_is_tried_again_and_one_refused_for_good_is_dead(at):
    async with smtp_server() as server:
        setattr(server, at, ["451 come back later", "550 no such user"])
        assert await mailed(server) == Retry("451 come back later")
        assert await mailed(server) == Dead("550 no such user")
        assert isinstance(await mailed(server), Sent)


async def test_a_connection_lost_after_the_message_leaves_open_whether_it_is_there():
    async with smtp_server() as server:
        server.drop_after_data = 1
        result = await mailed(server)
        assert isinstance(result, Retry)
        assert result.may_have_gone_out
        assert len(server.got) == 1


async def test_what_is_no_address_never_reaches_the_mail_server():
    async with smtp_server() as server:
        assert isinstance(await mailed(server, a_message("nobody")), Dead)
        assert server.envelopes == []


async def test_a_mail_server_that_is_away_has_got_nothing():
    async with smtp_server() as server:
        pass
    result = await mailed(server)
    assert isinstance(result, Retry)
    assert not result.may_have_gone_out
    assert result.of_channel


@pytest.fixture(scope="module")
def certificates():
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def test_tls_is_spoken_from_the_first_byte_or_as_soon_as_it_is_offered(certificates):
    server_side, client_side = certificates
    async with smtp_server(tls=server_side) as server:
        assert isinstance(await mailed(server, scheme="smtps", tls_context=client_side), Sent)
    async with smtp_server(starttls=server_side) as server:
        assert isinstance(await mailed(server, tls_context=client_side), Sent)
        assert server.encrypted == [True]


async def test_a_wrong_password_kills_no_message(certificates):
    server_side, client_side = certificates
    async with smtp_server(starttls=server_side, password="right") as server:
        result = await mailed(server, user="ann:wrong@", tls_context=client_side)
        assert isinstance(result, Retry)
        assert not result.may_have_gone_out
        assert "wrong" not in result.reason
        assert result.of_channel
        assert isinstance(await mailed(server, user="ann:right@", tls_context=client_side), Sent)


async def test_a_server_with_a_foreign_certificate_gets_nothing(certificates):
    server_side, _ = certificates
    async with smtp_server(tls=server_side) as server:
        result = await mailed(server, scheme="smtps")
        assert isinstance(result, Retry)
        assert server.got == []


# Slack


@pytest.fixture
async def slack_api():
    async with slack_server() as server:
        yield server


@pytest.fixture
def slack_channel(slack_api):
    return SlackChannel("xoxb-test", base_url=slack_api.url, spacing_seconds=0.0)


def for_team(placement, **values):
    standard = {"event": EventName.QUESTION_ASKED, "placement": placement, "card": CARD, "text": "A question."}
    return a_message(TEAM_CHANNEL, **(standard | values))


async def test_the_card_is_posted_once_and_then_changed(slack_channel, slack_api):
    first = await slack_channel.send(for_team(Placement.CARD), "delivery-1")
    assert isinstance(first, Sent)
    second = await slack_channel.send(for_team(Placement.CARD, card_reference=first.card_reference), "delivery-2")
    assert second == Sent(first.reference, exactly_once=True, card_reference=first.card_reference)
    assert (len(slack_api.posted), len(slack_api.updated)) == (1, 1)


async def test_details_go_into_the_cards_thread_and_never_to_the_channel_as_well(slack_channel, slack_api):
    sent = await slack_channel.send(for_team(Placement.THREAD), "delivery-1")
    card, note = slack_api.posted
    assert note.body["thread_ts"] == card.ts
    assert not note.body.get("reply_broadcast")
    assert sent.card_reference == f"{TEAM_CHANNEL}/{card.ts}"


async def test_what_somebody_must_see_stands_in_the_channel_itself(slack_channel, slack_api):
    await slack_channel.send(for_team(Placement.POST), "delivery-1")
    _, post = slack_api.posted
    assert "thread_ts" not in post.body
    assert "Open in desk" in repr(post.body["blocks"])


async def test_a_card_that_somebody_deleted_is_posted_anew(slack_channel, slack_api):
    sent = await slack_channel.send(for_team(Placement.CARD, card_reference=f"{TEAM_CHANNEL}/1.0"), "delivery-1")
    assert sent.card_reference == f"{TEAM_CHANNEL}/{slack_api.posted[0].ts}"


async def test_asked_to_slow_down_it_comes_back_when_slack_said(slack_channel, slack_api):
    slack_api.script = ["429"]
    assert await slack_channel.send(for_team(Placement.CARD), "delivery-1") == Retry(
        "Slack asks to slow down", after=timedelta(seconds=7)
    )
    assert slack_api.calls == ["chat.postMessage"]


async def test_a_short_pause_that_slack_asks_for_is_waited_for_in_place_once(slack_channel, slack_api):
    slack_api.retry_after, slack_api.script = "0", ["429"]
    assert isinstance(await slack_channel.send(for_team(Placement.CARD), "delivery-1"), Sent)
    slack_api.script = ["429", "429"]
    again = await slack_channel.send(for_team(Placement.CARD), "delivery-2")
    assert again == Retry("Slack asks to slow down", after=timedelta(0))
    assert len(slack_api.posted) == 1


async def test_a_deleted_card_whose_successors_answer_was_lost_is_not_posted_twice(slack_channel, slack_api):
    slack_api.script = ["", "drop"]
    gone = for_team(Placement.CARD, card_reference=f"{TEAM_CHANNEL}/1.0")
    assert isinstance(await slack_channel.send(gone, "delivery-1"), Retry)
    assert isinstance(await slack_channel.send(replace(gone, repeat_possible=True), "delivery-1"), Sent)
    assert len(slack_api.posted) == 1


async def test_an_answer_that_claims_to_be_json_and_is_none_may_have_gone_out(slack_channel, slack_api):
    slack_api.script = ["garbage"]
    result = await slack_channel.send(a_message("U0ANN"), "delivery-1")
    told = "Slack answered 200 without saying whether it has it"
    assert result == Retry(told, may_have_gone_out=True, of_channel=True)


@pytest.mark.parametrize("placement", [Placement.DIRECT, Placement.CARD])
async def test_a_message_whose_answer_was_lost_is_found_again_and_not_posted_twice(slack_channel, slack_api, placement):
    recipient = "U0ANN" if placement is Placement.DIRECT else TEAM_CHANNEL
    message = replace(for_team(placement), recipient=recipient, card=() if placement is Placement.DIRECT else CARD)
    slack_api.script = ["drop"]
    lost = await slack_channel.send(message, "delivery-1")
    assert isinstance(lost, Retry)
    assert lost.may_have_gone_out
    found = await slack_channel.send(replace(message, repeat_possible=True), "delivery-1")
    assert isinstance(found, Sent)
    assert found.exactly_once
    assert len(slack_api.posted) == 1


async def test_when_only_the_note_fails_the_card_is_not_posted_again(slack_channel, slack_api):
    slack_api.script = ["", "429"]
    failed = await slack_channel.send(for_team(Placement.THREAD), "delivery-1")
    assert isinstance(failed, Retry)
    assert failed.card_reference
    again = for_team(Placement.THREAD, card_reference=failed.card_reference)
    assert isinstance(await slack_channel.send(again, "delivery-1"), Sent)
    assert [bool(posted.body.get("thread_ts")) for posted in slack_api.posted] == [False, True]


async def test_a_note_whose_answer_was_lost_is_found_in_its_thread(slack_channel, slack_api):
    slack_api.script = ["", "drop"]
    lost = await slack_channel.send(for_team(Placement.THREAD), "delivery-1")
    assert isinstance(lost, Retry)
    again = for_team(Placement.THREAD, card_reference=lost.card_reference, repeat_possible=True)
    found = await slack_channel.send(again, "delivery-1")
    assert isinstance(found, Sent)
    assert found.exactly_once
    assert len(slack_api.posted) == 2


async def test_a_message_further_back_is_found_page_by_page_and_the_search_ends(slack_channel, slack_api):
    slack_api.script = ["drop"]
    await slack_channel.send(a_message("C0OLD"), "delivery-0")
    slack_api.empty_pages = 2
    found = await slack_channel.send(a_message("C0OLD", repeat_possible=True), "delivery-0")
    assert isinstance(found, Sent)
    assert (found.exactly_once, len(slack_api.posted)) == (True, 1)
    slack_api.empty_pages = 1_000
    not_found = await slack_channel.send(a_message("C0OLD", repeat_possible=True), "delivery-0")
    assert isinstance(not_found, Sent)
    assert (not_found.exactly_once, len(slack_api.posted)) == (False, 2)


async def test_asked_to_slow_down_while_looking_it_looks_again_later(slack_channel, slack_api):
    slack_api.lookup_error = "ratelimited"
    result = await slack_channel.send(for_team(Placement.CARD, repeat_possible=True), "delivery-1")
    assert isinstance(result, Retry)
    assert slack_api.posted == []


async def test_a_card_that_can_not_be_changed_for_now_is_not_posted_anew(slack_channel, slack_api):
    first = await slack_channel.send(for_team(Placement.CARD), "delivery-1")
    slack_api.script = ["internal_error"]
    card_reference = first.card_reference
    result = await slack_channel.send(for_team(Placement.CARD, card_reference=card_reference), "delivery-2")
    assert isinstance(result, Retry)
    assert len(slack_api.posted) == 1


async def test_news_of_no_submission_is_posted_without_a_card(slack_channel, slack_api):
    sent = await slack_channel.send(for_team(Placement.THREAD, card=()), "delivery-1")
    assert isinstance(sent, Sent)
    assert sent.card_reference == ""
    assert len(slack_api.posted) == 1


async def test_where_it_may_not_look_it_posts_and_does_not_claim_once(slack_channel, slack_api):
    slack_api.lookup_error = "missing_scope"
    sent = await slack_channel.send(for_team(Placement.CARD, repeat_possible=True), "delivery-1")
    assert isinstance(sent, Sent)
    assert not sent.exactly_once


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("user_not_found", Dead("Slack refused it: user_not_found")),
        ("invalid_blocks", Dead("Slack refused it: invalid_blocks")),
        ("invalid_auth", Retry("Slack answered invalid_auth", of_channel=True)),
        ("not_in_channel", Retry("Slack answered not_in_channel")),
        ("internal_error", Retry("Slack answered internal_error", may_have_gone_out=True, of_channel=True)),
        ("503", Retry("Slack answered 503 without saying whether it has it", may_have_gone_out=True, of_channel=True)),
    ],
)
async def test_a_refusal_about_the_message_is_final_and_one_about_the_set_up_is_not(
    slack_channel, slack_api, answer, result
):
    slack_api.script = [answer]
    assert await slack_channel.send(a_message("U0ANN"), "delivery-1") == result


async def test_slack_out_of_reach_has_got_nothing():
    async with slack_server() as server:
        pass
    result = await SlackChannel("xoxb-test", base_url=server.url).send(a_message("U0ANN"), "delivery-1")
    assert isinstance(result, Retry)
    assert not result.may_have_gone_out
    assert result.of_channel


async def test_nobody_is_called_by_what_a_partner_wrote(slack_channel, slack_api):
    text = " ".join(MENTIONS) + " <@U1> <!subteam^S1> *bold* <https://evil.example|click>"
    await slack_channel.send(for_team(Placement.POST, title=text, text=text), "delivery-1")
    for posted in slack_api.posted:
        assert not any(mention in str(posted.body) for mention in (*MENTIONS, "<@", "<!subteam", "<https"))
        assert posted.body["parse"] == "none"


async def test_one_channel_gets_about_a_message_a_second_and_another_does_not_wait_for_it(slack_api):
    channel = SlackChannel("xoxb-test", base_url=slack_api.url, spacing_seconds=0.2)

    began = asyncio.get_running_loop().time()
    await channel.send(a_message("U0ANN"), "delivery-1")
    await channel.send(a_message("U0BOB"), "delivery-2")
    apart = asyncio.get_running_loop().time() - began
    await channel.send(a_message("U0ANN"), "delivery-3")
    assert asyncio.get_running_loop().time() - began >= 0.2
    assert apart < 0.2


# The fakes


async def test_the_fake_receiver_answers_as_it_is_told_and_takes_only_what_it_can_verify():
    receiver = FakeReceiver([Answered(410, "gone"), Answered(None, "cut off", handed_over=True)])
    channel = WebhookChannel(receiver.endpoint_of, receiver.post, utc_now)
    assert isinstance(await channel.send(a_message(text="{}"), "delivery-1"), Dead)
    assert isinstance(await channel.send(a_message(text="{}"), "delivery-1"), Retry)
    assert isinstance(await channel.send(a_message(text="{}"), "delivery-1"), Sent)
    assert [(heard.id, heard.document) for heard in receiver.heard] == [("delivery-1", {})] * 2
    with pytest.raises(WebhookVerificationError):
        await receiver.post(receiver.endpoint.address, forged_headers(), b"{}")


def forged_headers():
    forger = Endpoint("", ("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==",))
    return signed_headers(forger, "{}", "delivery-1", utc_now())


async def test_the_fake_does_as_its_script_says():
    channel = FakeChannel([Script(arrives=False, answer=Dead("no"))])
    assert await channel.send(a_message(), "delivery-1") == Dead("no")
    assert channel.got == []
    assert isinstance(await channel.send(a_message(), "delivery-1"), Sent)
