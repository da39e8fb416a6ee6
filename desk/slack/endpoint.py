"""`/slack/events`: what Slack calls when no socket is used. Everything unsigned, old or too long is refused unread."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.responses import PlainTextResponse, Response

LONGEST_BODY: Final = 1_000_000
"""Bytes; a dialog with everything filled in is a tenth of it."""


def router(app: AsyncApp, signing_secret: str) -> APIRouter:
    """The route. A signature is good for five minutes, by Slack's rule; a repeat within them does nothing twice."""
    slack = APIRouter(include_in_schema=False)
    signed = SignatureVerifier(signing_secret)

    @slack.post("/slack/events")
    async def events(request: Request) -> Response:
        body = await _bounded(request)
        if body is None:
            return PlainTextResponse("longer than anything Slack sends\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not _is_signed(signed, body, request):
            return PlainTextResponse("not signed by Slack, or more than five minutes ago\n", HTTPStatus.UNAUTHORIZED)
        return to_starlette_response(await app.async_dispatch(to_async_bolt_request(request, body)))

    return slack


def _is_signed(signed: SignatureVerifier, body: bytes, request: Request) -> bool:
    try:
        return signed.is_valid(
            body=body,
            timestamp=request.headers.get("x-slack-request-timestamp", ""),
            signature=request.headers.get("x-slack-signature", ""),
        )
    except (ValueError, TypeError):
        return False  # what claims to be a time stamp or text is none


async def _bounded(request: Request) -> bytes | None:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            return None
    return body
