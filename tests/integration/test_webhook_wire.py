"""Webhooks over real connections: what a receiver gets, and what each kind of answer means."""

import asyncio
import os
import re
import shutil
import ssl
from base64 import b64encode
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from checklist.fetch import Fetcher, Limits
from flows.webhooks import FIRST_BYTES, SafePost, why_no_endpoint
from flows.wiring import utc_now
from models.enums import EventName
from notifications.channels.webhook import Answered, Endpoint, EndpointUnreadable, WebhookChannel, signed_headers
from notifications.message import Dead, Retry, Sent, Skipped
from notifications.samples import sample
from notifications.webhook_body import body_of
from tests.fixtures.programme_rows import a_message
from tests.integration.hostile_server import (
    answer,
    drips,
    gzip_bomb,
    hostile_server,
    in_order,
    sends,
    silence,
)

SECRET, FORMER = (f"whsec_{b64encode(letter * 32).decode()}" for letter in (b"n", b"f"))
QUICK = Limits(total_seconds=0.5, connect_seconds=0.3)
BODY = body_of(sample(EventName.APPROVED), url="https://desk.example/submissions/7")
KEY = "delivery-1-20261123T140000000000"
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()
HOOKS = "https://hooks.test/in?token=t"


def a_webhook(**values):
    return a_message("endpoint:1", event=EventName.APPROVED, text=BODY, html="", **values)


def over(fetcher, *, address="http://hooks.test/in", secrets=(SECRET,), closed=""):
    async def endpoint_of(recipient):
        return Endpoint(address, secrets, closed) if recipient == "endpoint:1" else None

    return WebhookChannel(endpoint_of, SafePost(fetcher, utc_now), utc_now)


class Receiver:
    def __init__(self, server):
        self.server = server
        self.fetcher = lambda: Fetcher(hosts={"hooks.test": server.pair}, limits=QUICK, at=utc_now)

    def answers(self, *routes):
        self.server.routes["/in"] = in_order(*routes)

    async def sent(self, message=None, key=KEY, **endpoint):
        return await over(self.fetcher, **endpoint).send(message or a_webhook(), key)

    @property
    def got(self):
        return [asked for asked in self.server.asked if asked.path == "/in"]


@pytest.fixture
async def receiver():
    async with hostile_server() as server:
        server.routes["/in"] = sends(answer("204 No Content", b"", content_length=None))
        yield Receiver(server)


def status(code, body=b"", **headers):
    return sends(answer(f"{code} Whatever", body, **headers))


# What arrives


async def test_a_receiver_verifies_what_it_gets_with_the_library_of_the_standard(receiver):
    assert await receiver.sent() == Sent(reference=KEY)
    (got,) = receiver.got
    told = Webhook(SECRET).verify(got.body, dict(got.headers))
    assert (told["type"], told["data"]["submission"]["id"]) == ("submission.approved", 7)
    assert got.body == BODY.encode()
    assert (got.method, got.headers["webhook-id"], got.headers["content-type"]) == ("POST", KEY, "application/json")
    assert got.headers["user-agent"].startswith("LaunchReview/")


async def test_somebody_elses_secret_or_another_body_verifies_nothing(receiver):
    await receiver.sent()
    (got,) = receiver.got
    for secret, body in ((FORMER, got.body), (SECRET, got.body.replace(b"approved", b"rejected"))):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, dict(got.headers))


async def test_every_try_has_the_same_id_and_the_same_bytes_and_each_verifies(receiver):
    receiver.answers(status(500), status(204, content_length=None))
    assert isinstance(await receiver.sent(), Retry)
    assert isinstance(await receiver.sent(a_webhook(repeat_possible=True)), Sent)
    first, second = receiver.got
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    for got in (first, second):
        Webhook(SECRET).verify(got.body, dict(got.headers))


async def test_between_two_secrets_either_one_verifies(receiver):
    await receiver.sent(secrets=(SECRET, FORMER))
    (got,) = receiver.got
    assert len(got.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, FORMER):
        Webhook(secret).verify(got.body, dict(got.headers))


def test_the_signature_names_the_instant_in_utc_whatever_the_zone_it_came_in():
    from zoneinfo import ZoneInfo

    at = utc_now()
    headers = [
        signed_headers(Endpoint("", (SECRET,)), BODY, KEY, moment)
        for moment in (at, at.astimezone(ZoneInfo("Asia/Kolkata")))
    ]
    assert headers[0] == headers[1]
    assert headers[0]["webhook-timestamp"] == str(int(at.timestamp()))


async def test_with_tls_the_certificate_is_verified(receiver):
    authority = trustme.CA()
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hooks.test").configure_cert(serving)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    async with hostile_server(ssl=serving) as server:
        server.routes["/in?token=t"] = status(200)
        hosts = {"hooks.test": server.pair}
        trusting = over(lambda: Fetcher(hosts=hosts, limits=Limits(), at=utc_now, tls=trust), address=HOOKS)
        doubting = over(lambda: Fetcher(hosts=hosts, limits=Limits(), at=utc_now), address=HOOKS)
        assert isinstance(await trusting.send(a_webhook(), KEY), Sent)
        refused = await doubting.send(a_webhook(), KEY)
        assert len(server.asked) == 1
    assert isinstance(refused, Retry)
    assert not refused.may_have_gone_out


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
async def test_the_shell_lines_of_the_page_tell_genuine_from_forged(receiver, tmp_path):
    (lines,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    await receiver.sent(secrets=(SECRET, FORMER))
    (got,) = receiver.got
    names = {name: got.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")}

    async def said(body, secret):
        (tmp_path / "body.json").write_bytes(body)
        shell = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            lines,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "secret": secret, **names},
            stdout=asyncio.subprocess.PIPE,
        )
        return (await shell.communicate())[0].decode().strip()

    assert await said(got.body, SECRET) == await said(got.body, FORMER) == "genuine"
    assert await said(got.body + b" ", SECRET) == await said(got.body, f"whsec_{'A' * 43}=") == "forged"


async def test_the_python_lines_of_the_page_tell_genuine_from_garbage(receiver):
    (lines,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    page = {"SECRET": SECRET}
    exec(compile(lines, "docs/webhooks.md", "exec"), page)
    await receiver.sent()
    (got,) = receiver.got
    headers = dict(got.headers)
    assert page["receive"](got.body, headers)["type"] == "submission.approved"
    for signature in ("", "v1", "v1,%%%", "v1,é", "v2,AAAA"):
        assert page["receive"](got.body, headers | {"webhook-signature": signature}) is None
    assert page["receive"](b"\xff", headers) is None


# What an answer means


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
async def test_any_2xx_is_taken(receiver, code):
    receiver.answers(status(code, content_length=None if code == 204 else "0"))
    assert isinstance(await receiver.sent(), Sent)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 413, 422, 500, 501])
async def test_other_refusals_are_tried_again_and_say_what_was_said(receiver, code):
    receiver.answers(status(code, b'{"error": "no\x1b[31m such\n thing"}', content_type="application/json"))
    assert await receiver.sent() == Retry(f'it answered {code}: {{"error": "no [31m such thing"}}')


@pytest.mark.parametrize("code", [502, 504])
async def test_after_a_gateways_answer_the_message_may_be_there(receiver, code):
    receiver.answers(status(code))
    assert await receiver.sent() == Retry(f"it answered {code}", may_have_gone_out=True)


async def test_410_is_final_and_says_that_the_endpoint_is_gone(receiver):
    receiver.answers(status(410, b"moved away"))
    assert await receiver.sent() == Dead("it answered 410: moved away", gone=True)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_no_answer_and_is_not_followed(receiver, code):
    receiver.server.routes["/elsewhere"] = status(200)
    receiver.answers(status(code, location="/elsewhere"))
    result = await receiver.sent()
    assert result == Retry(f"it answered {code}, and redirects are not followed")
    assert [asked.path for asked in receiver.server.asked] == ["/in"]


@pytest.mark.parametrize("code", [429, 503])
async def test_asked_to_come_back_later_it_does(receiver, code):
    later = format_datetime(utc_now() + timedelta(hours=1), usegmt=True)
    receiver.answers(status(code, retry_after="120"), status(code, retry_after=later), status(code, retry_after="soon"))
    assert (await receiver.sent()).after == timedelta(seconds=120)
    assert timedelta(minutes=59) < (await receiver.sent()).after <= timedelta(hours=1)
    assert (await receiver.sent()).after is None


async def test_nobody_is_waited_for_longer_than_a_day_or_when_nothing_says_so(receiver):
    receiver.answers(status(503, retry_after="99999999999999"), status(500, retry_after="120"))
    assert (await receiver.sent()).after == timedelta(days=1)
    assert (await receiver.sent()).after is None


# Receivers that are slow, huge or broken


@pytest.mark.parametrize(
    "route",
    [silence, drips(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"), sends(b"", then_close=True), sends(b"SSH-2.0-x\r\n")],
    ids=["silence", "a dripping header", "a cut connection", "no http"],
)
async def test_without_an_answer_the_message_may_be_there(receiver, route):
    receiver.answers(route)
    began = asyncio.get_running_loop().time()
    result = await receiver.sent()
    assert isinstance(result, Retry)
    assert result.may_have_gone_out
    assert asyncio.get_running_loop().time() - began < 5


@pytest.mark.parametrize(
    "route",
    [
        drips(answer("200 OK", b"", content_length="100000"), b"a"),
        drips(answer("200 OK", b"", content_length=None), b"x" * 500_000),
        sends(answer("200 OK", b"", content_length=str(100 << 30))),
        sends(answer("200 OK", gzip_bomb(), content_encoding="gzip")),
        sends(answer("200 OK", b"abc", content_encoding="br")),
        sends(answer("200 OK", b"abc", content_length="100"), then_close=True),
    ],
    ids=["dripping", "endless", "announced huge", "a bomb", "an odd coding", "cut short"],
)
async def test_once_it_has_said_200_its_body_changes_nothing(receiver, route):
    receiver.answers(route)
    assert isinstance(await receiver.sent(), Sent)


async def test_no_more_than_the_first_words_of_an_answer_are_kept(receiver):
    receiver.answers(status(500, b"no " * FIRST_BYTES))
    assert len((await receiver.sent()).reason) < 250


async def test_a_receiver_that_is_away_has_got_nothing():
    async with hostile_server() as server:
        pair = server.pair
    result = await over(lambda: Fetcher(hosts={"hooks.test": pair}, limits=QUICK)).send(a_webhook(), KEY)
    assert isinstance(result, Retry)
    assert not result.may_have_gone_out


# Addresses


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://10.0.0.5/in", "private"),
        ("https://169.254.169.254/latest/meta-data/", "link-local"),
        ("https://[::1]/in", "loopback"),
        ("https://hooks.example:8443/in", "port 8443"),
        ("https://desk.example/in", "our own address"),
        ("https://ann:secret@hooks.example/in", "user name"),
        ("http://hooks.example/in", "no TLS"),
        ("ftp://hooks.example/in", "scheme ftp"),
        ("hooks.example/in", "no absolute address"),
    ],
)
async def test_what_is_not_on_the_open_internet_or_without_tls_is_never_asked(address, why):
    def fetcher():
        return Fetcher(limits=QUICK, own_hosts=["desk.example"])

    result = await over(fetcher, address=address).send(a_webhook(), KEY)
    assert isinstance(result, Dead)
    assert why in result.reason
    assert not result.gone
    assert why in await why_no_endpoint(fetcher, address)


async def test_a_name_is_looked_up_and_checked_again_at_every_try(receiver):
    answers = [["127.0.0.1"], ["10.0.0.7"]]

    async def rebinding(name):
        return answers.pop(0)

    port = receiver.server.port
    # The pair that is allowed is the name's own, so that only the address rules stand between it and the network.
    allow = {("127.0.0.1", port)}
    address = f"https://hooks.test:{port}/in"
    channel = over(lambda: Fetcher(resolve=rebinding, allow=allow, limits=QUICK), address=address)
    first, second = await channel.send(a_webhook(), KEY), await channel.send(a_webhook(), KEY)
    assert isinstance(first, Retry)  # reached, and no TLS is spoken there
    assert isinstance(second, Dead)
    assert "10.0.0.7" in second.reason
    assert receiver.got == []


async def test_a_name_without_an_address_may_get_one_back():
    async def nowhere(name):
        return []

    result = await over(lambda: Fetcher(resolve=nowhere, limits=QUICK), address=HOOKS).send(a_webhook(), KEY)
    assert isinstance(result, Retry)
    assert not result.may_have_gone_out
    assert "has no address" in await why_no_endpoint(lambda: Fetcher(resolve=nowhere, limits=QUICK), HOOKS)


async def test_whether_an_address_will_do_is_open_while_the_name_server_is_away():
    async def broken(name):
        raise TimeoutError

    assert await why_no_endpoint(lambda: Fetcher(resolve=broken, limits=QUICK), HOOKS) == ""


# Endpoints


async def test_a_disabled_endpoint_gets_nothing_and_neither_does_one_that_is_not_there(receiver):
    assert await receiver.sent(closed="it was gone") == Skipped("the endpoint is disabled: it was gone")
    assert isinstance(await receiver.sent(a_message("endpoint:99")), Dead)
    assert receiver.got == []


async def test_a_secret_that_can_not_be_read_kills_no_message():
    async def endpoint_of(recipient):
        raise EndpointUnreadable("set the key it was stored with")

    async def post(address, headers, content):
        return Answered(200, "")

    assert await WebhookChannel(endpoint_of, post, utc_now).send(a_webhook(), KEY) == Retry(
        "set the key it was stored with"
    )
