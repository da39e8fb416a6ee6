"""A partner's webhook as the programme asks for it: what a well-built Subscription answers.

Source: the programme's page on subscriptions. Authorization is Basic with the API key as user name and an empty
password; 401 for a wrong key, 400 with a JSON `message` for a malformed call, 501 for a call it does not support,
and the same `messageId` twice does no harm.
"""

import base64
import binascii
import hmac
import json
from collections import OrderedDict
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from sample.serving import Reply, Request

REMEMBERED_MESSAGES = 100_000
"""Message ids kept to recognise a repeat. A real service keeps a day of them; a sample one seldom runs so long."""


class Webhook:
    """Takes Spec calls for one API key. `delivered` counts the calls of each type, repeats left out."""

    def __init__(self, api_key: str, methods: Collection[str]) -> None:
        self._api_key = api_key.encode()
        self._methods = frozenset(methods)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self.delivered: dict[str, int] = dict.fromkeys(methods, 0)

    def answer(self, request: Request) -> Reply:
        if request.method != "POST":
            return _says(HTTPStatus.METHOD_NOT_ALLOWED, "This endpoint takes POST requests only.", {"Allow": "POST"})
        if not self._is_ours(request.headers.get("authorization", "")):
            challenge = {"WWW-Authenticate": 'Basic realm="Segment calls"'}
            return _says(HTTPStatus.UNAUTHORIZED, "The API key is malformed, expired or invalid.", challenge)
        try:
            call = json.loads(request.body)
        except (ValueError, RecursionError):
            return _says(HTTPStatus.BAD_REQUEST, "The body is not valid JSON.")
        return self._take(call)

    def _take(self, call: Any) -> Reply:
        if not isinstance(call, dict):
            return _says(HTTPStatus.BAD_REQUEST, "The body is not a JSON object.")
        fields = {_plain(name): value for name, value in call.items()}
        kind = fields.get("type")
        if not isinstance(kind, str) or not kind:
            return _says(HTTPStatus.BAD_REQUEST, "The field `type` is missing: it names the Spec call.")
        kind = kind.lower()
        if kind not in self._methods:
            return _says(HTTPStatus.NOT_IMPLEMENTED, f"Calls of type {kind} are not supported.")
        missing = _missing(kind, fields)
        if missing:
            return _says(HTTPStatus.BAD_REQUEST, f"The field `{missing}` is missing in this {kind} call.")
        message_id = fields.get("messageid")
        if isinstance(message_id, str) and message_id:
            if message_id in self._seen:
                return Reply(HTTPStatus.OK, content_type="application/json")
            self._seen[message_id] = None
            if len(self._seen) > REMEMBERED_MESSAGES:
                self._seen.popitem(last=False)
        self.delivered[kind] += 1
        return Reply(HTTPStatus.OK, content_type="application/json")

    def _is_ours(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(user, self._api_key) and not password


def _plain(name: str) -> str:
    """A field's name without its casing: userId, user_id and UserID are one."""
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()


def _missing(kind: str, fields: dict[str, Any]) -> str:
    """The first field that the Spec requires of this call and that is not there; empty when all are."""
    if kind == "track" and not fields.get("event"):
        return "event"
    if kind == "group" and not fields.get("groupid"):
        return "groupId"
    if kind == "alias" and not fields.get("previousid"):
        return "previousId"
    if kind == "alias":
        return "" if fields.get("userid") else "userId"
    return "" if fields.get("userid") or fields.get("anonymousid") else "userId"


def _says(status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> Reply:
    body = json.dumps({"message": message}).encode()
    return Reply(status, body, "application/json", headers or {})
