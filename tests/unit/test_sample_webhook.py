import base64
import json
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample.serving import Request
from sample.webhook import REMEMBERED_MESSAGES, Webhook

KEY = "qh_test"
BASIC = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
IDENTIFY = {"type": "identify", "userId": "u1", "messageId": "m1"}


def send(webhook, call, *, method="POST", authorization=BASIC):
    body = call if isinstance(call, bytes) else json.dumps(call).encode()
    return webhook.answer(Request(method, "api.example", "/segment", {"authorization": authorization}, body))


@pytest.fixture
def webhook():
    return Webhook(KEY, ["identify", "track", "group", "alias"])


@pytest.mark.parametrize(
    "call",
    [
        {"type": "identify", "userId": "u1"},
        {"type": "track", "anonymousId": "a1", "event": "Order Completed"},
        {"type": "group", "userId": "u1", "groupId": "g1"},
        {"type": "alias", "userId": "u1", "previousId": "u0"},
    ],
)
def test_a_supported_call_is_taken(webhook, call):
    assert send(webhook, call).status == HTTPStatus.OK
    assert webhook.delivered[call["type"]] == 1


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer " + KEY,
        "Basic not-base64!",
        "Basic " + base64.b64encode(b"other:").decode(),
        "Basic " + base64.b64encode(f"{KEY}:password".encode()).decode(),
    ],
)
def test_a_wrong_key_is_refused_with_401(webhook, authorization):
    reply = send(webhook, IDENTIFY, authorization=authorization)

    assert reply.status == HTTPStatus.UNAUTHORIZED
    assert json.loads(reply.body)["message"]
    assert webhook.delivered["identify"] == 0


@pytest.mark.parametrize(
    "call",
    [
        b"{oops",
        b"\xff",
        b"[" * 100_000,
        [],
        "identify",
        {},
        {"type": 7},
        {"type": "identify"},
        {"type": "track", "userId": "u1"},
        {"type": "group", "userId": "u1"},
        {"type": "alias", "userId": "u1"},
        {"type": "alias", "previousId": "u0"},
    ],
)
def test_a_malformed_call_is_explained_with_400(webhook, call):
    reply = send(webhook, call)

    assert reply.status == HTTPStatus.BAD_REQUEST
    assert reply.content_type == "application/json"
    assert json.loads(reply.body)["message"]


def test_a_call_it_does_not_support_is_answered_with_501(webhook):
    assert send(webhook, {"type": "screen", "userId": "u1"}).status == HTTPStatus.NOT_IMPLEMENTED


def test_only_post_is_taken(webhook):
    reply = send(webhook, IDENTIFY, method="GET")

    assert reply.status == HTTPStatus.METHOD_NOT_ALLOWED
    assert reply.headers["Allow"] == "POST"


def test_the_same_message_twice_counts_once(webhook):
    assert [send(webhook, IDENTIFY).status for _ in range(2)] == [HTTPStatus.OK, HTTPStatus.OK]
    assert webhook.delivered["identify"] == 1


def test_the_memory_of_messages_is_bounded():
    webhook = Webhook(KEY, ["identify"])
    for number in range(REMEMBERED_MESSAGES + 1):
        send(webhook, {**IDENTIFY, "messageId": f"m{number}"})
    send(webhook, {**IDENTIFY, "messageId": "m0"})  # forgotten: the oldest made room
    send(webhook, {**IDENTIFY, "messageId": "m2"})

    assert webhook.delivered["identify"] == REMEMBERED_MESSAGES + 2


@given(st.data())
def test_any_casing_of_fields_is_accepted(data):
    call = {"type": "track", "user_id": "u1", "event": "Order Completed", "message_id": "m1"}
    shouted = {
        data.draw(st.sampled_from([name, name.upper(), name.title(), name.replace("_", "")])): value
        for name, value in call.items()
    }

    assert send(Webhook(KEY, ["track"]), shouted).status == HTTPStatus.OK
