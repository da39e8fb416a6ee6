"""Answers that only the person who pressed sees; whatever goes wrong is told in one line, never shown."""

import logging
import secrets
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient
from sqlalchemy.exc import DBAPIError

from desk.slack.who import NotOfTheTeam
from notifications.channels.slack_answers import error_code
from notifications.channels.slack_client import TIMEOUT_SECONDS, ShortPauses
from notifications.slack_text import SECTION_CHARACTERS, bounded, escaped, section

LOG = logging.getLogger(__name__)

Result = TypeVar("Result")

TOO_LATE = "Slack closes a press after three seconds, and we were slower. Nothing has happened; press again."
OF_THE_TRIGGER = {
    "expired_trigger_id": TOO_LATE,
    "trigger_expired": TOO_LATE,
    # The same press once more: its dialog is open.
    "exchanged_trigger_id": "",
    "trigger_exchanged": "",
}
"""What is said when a dialog can't be opened any more, by Slack's error."""


async def tell(answers_at: str, words: str, blocks: Sequence[dict[str, Any]] = ()) -> None:
    """Answer at the address that came with the press; who can't be answered sees the card change."""
    if not answers_at:
        return
    client = AsyncWebhookClient(answers_at, timeout=TIMEOUT_SECONDS, retry_handlers=[ShortPauses()])
    try:
        answer = await client.send(
            text=escaped(words, SECTION_CHARACTERS),
            blocks=[dict(block) for block in bounded(blocks or [section(words)])],
            response_type="ephemeral",
            replace_original=False,
        )
    except (OSError, ClientError) as error:
        LOG.warning("somebody in Slack could not be answered: %r", error)
        return
    if answer.status_code != 200:
        LOG.warning("somebody in Slack could not be answered: Slack says %s", answer.status_code)


async def said_instead(work: Awaitable[Result]) -> Result | str:
    """What the work gives, or the words for why it did not; the log has the whole story under a reference."""
    try:
        return await work
    except NotOfTheTeam as refused:
        return f"Not done: {refused}."
    except SlackApiError as error:
        code = error_code(error)
        known = OF_THE_TRIGGER.get(code)
        return _unexpected(error, f"Slack refused what should have come next ({code}).") if known is None else known
    except DBAPIError as error:
        return _unexpected(error, "The database does not answer.")
    except Exception as error:  # noqa: BLE001 - whoever pressed is told; nothing is shown
        return _unexpected(error, "Something went wrong here; this is our mistake.")


def _unexpected(error: Exception, words: str) -> str:
    reference = secrets.token_hex(4)
    LOG.error("a press in Slack failed, reference %s", reference, exc_info=error)
    return f"{words} Look at the card, then try again; if it stays, tell an admin the reference {reference}."
