"""The client that speaks to Slack, for what goes out and for what answers people."""

from typing import Any

from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

TIMEOUT_SECONDS = 8
WAITED_FOR_SECONDS = 2
"""A pause that Slack asks for is waited for in place up to this long; a longer one is whoever called's to plan."""


class ShortPauses(AsyncRateLimitErrorRetryHandler):
    """Sends again after a 429 (which took nothing) when the pause is short; once a call."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        refused = await super()._can_retry_async(state=state, request=request, response=response, error=error)
        return refused and response is not None and _asked_seconds(response) <= WAITED_FOR_SECONDS


def slack_client(token: str, base_url: str) -> AsyncWebClient:
    """The library's own handlers are off: one of them posts again when an answer is lost, so that cards come twice."""
    return AsyncWebClient(token=token, base_url=base_url, timeout=TIMEOUT_SECONDS, retry_handlers=[ShortPauses()])


def _asked_seconds(response: HttpResponse) -> float:
    named: dict[str, Any] = {name.lower(): value for name, value in response.headers.items()}
    asked = str(next(iter(named.get("retry-after", [])), ""))
    return int(asked) if asked.isdecimal() else float("inf")
