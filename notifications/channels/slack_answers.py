"""What Slack's refusals mean for a delivery."""

import re
from datetime import timedelta

from slack_sdk.errors import SlackApiError

from notifications.message import Dead, Result, Retry

ABOUT_THE_MESSAGE = frozenset(
    {
        "cannot_dm_bot",
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "is_archived",
        "messages_tab_disabled",
        "metadata_too_large",
        "msg_too_long",
        "no_text",
        "user_disabled",
        "user_not_found",
    }
)
"""Errors that come again however often this message is sent. Others (the token, the channel, scopes) are about
the set-up, and the message must not die of those."""

DOUBTFUL = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Errors after which the message may be there."""

SHUT_OUT = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "org_login_required", "token_expired", "token_revoked"}
)
"""Errors about the token, which every message meets."""

CARD_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})

CODE = re.compile(r"[a-z_]{3,64}")
BUSY_PAUSE = timedelta(seconds=30)


class CardGone(Exception):
    """The card can't be changed any more: somebody deleted it, or its time is over."""

    @staticmethod
    def is_meant_by(error: SlackApiError) -> bool:
        return error_code(error) in CARD_GONE


def error_code(error: SlackApiError) -> str:
    """Slack's own word for the error; empty when the answer was no answer of Slack's."""
    # An answer that claims to be JSON and is none comes as the HTTP library's own.
    data = getattr(error.response, "data", None)
    code = data.get("error", "") if isinstance(data, dict) else ""
    return code if CODE.fullmatch(code) else ""


def refusal(error: SlackApiError) -> Result:
    status = getattr(error.response, "status_code", None) or error.response.status
    code = error_code(error)
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return Retry("Slack asks to slow down", after=_asked_pause(error))
    if code in ABOUT_THE_MESSAGE:
        return Dead(f"Slack refused it: {code}")
    if not code:
        told = f"Slack answered {status} without saying whether it has it"
        return Retry(told, may_have_gone_out=True, of_channel=True)
    doubtful = code in DOUBTFUL
    return Retry(f"Slack answered {code}", may_have_gone_out=doubtful, of_channel=doubtful or code in SHUT_OUT)


def _asked_pause(error: SlackApiError) -> timedelta:
    asked = str(error.response.headers.get("retry-after", error.response.headers.get("Retry-After", "")))
    return timedelta(seconds=int(asked)) if asked.isdecimal() else BUSY_PAUSE
