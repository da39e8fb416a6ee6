"""Slack: one live card for each submission, details in its thread, a direct message where somebody is meant."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import ClientConnectorError, ClientError
from slack_sdk.errors import SlackApiError

from notifications.buttons import OPEN_IN_DESK
from notifications.channels.slack_answers import CardGone, error_code, refusal
from notifications.channels.slack_client import slack_client
from notifications.message import Message, Placement, Result, Retry, Sent
from notifications.slack_text import MESSAGE_CHARACTERS, bounded, escaped, plain, section

SPACING_SECONDS = 1.0
"""Slack takes about one message a second in a channel, and answers 429 to more."""
EVENT_TYPE = "launch_review_delivery"
PAGES = 3
PAGE = 100
"""How far back a message that may have gone out is looked for."""


class SlackChannel:
    """Posts and updates through the Web API. A lost answer is told, never tried again here: the outbox decides."""

    def __init__(
        self, token: str, *, base_url: str = "https://slack.com/api/", spacing_seconds: float = SPACING_SECONDS
    ) -> None:
        self._client = slack_client(token, base_url)
        self._spacing_seconds = spacing_seconds
        self._turns: dict[str, float] = {}
        self.strangers: set[str] = set()
        """Addresses that nobody in the workspace has, as far as was asked."""

    async def send(self, message: Message, key: str) -> Result:
        card_reference = message.card_reference
        exactly_once = True
        reference = card_reference
        try:
            if message.card:
                card_reference, exactly_once = await self._show_card(message, key)
                reference = card_reference
            if message.placement is not Placement.CARD:
                reference, once = await self._say(message, key, card_reference)
                exactly_once = exactly_once and once
        except (SlackApiError, OSError, ClientError) as error:
            result = _fault(error)
            return replace(result, card_reference=card_reference) if isinstance(result, Retry) else result
        return Sent(reference=reference, exactly_once=exactly_once, card_reference=card_reference)

    async def member_id(self, email: str) -> str | None:
        """The id of the member with this address; None when there is none. Raises SlackApiError and ClientError."""
        try:
            answer = await self._client.users_lookupByEmail(email=email)
        except SlackApiError as error:
            if error_code(error) == "users_not_found":
                return None
            raise
        member = answer["user"]
        # Somebody of another workspace in a shared channel chose that address there.
        is_ours = not (member.get("is_stranger") or member.get("deleted") or member.get("is_bot"))
        return str(member["id"]) if is_ours else None

    async def _show_card(self, message: Message, key: str) -> tuple[str, bool]:
        """The card's reference, and whether it is there only once."""
        if message.card_reference:
            try:
                return await self._update(message, message.card_reference), True
            except CardGone:
                pass  # Somebody deleted it. A new one takes its place, and the next change finds that.
        return await self._post_unless_there(message, message.title, message.card, f"{key}/card")

    async def _say(self, message: Message, key: str, card_reference: str) -> tuple[str, bool]:
        blocks = [section(message.text)]
        if message.placement is Placement.THREAD and card_reference:
            return await self._post_unless_there(message, message.title, blocks, key, under=card_reference)
        button = {"type": "button", "text": plain("Open in desk"), "url": message.url, "action_id": OPEN_IN_DESK}
        return await self._post_unless_there(
            message, message.title, [*blocks, {"type": "actions", "elements": [button]}], key
        )

    async def _post_unless_there(
        self,
        message: Message,
        title: str,
        blocks: Sequence[Mapping[str, Any]],
        key: str,
        *,
        under: str = "",
    ) -> tuple[str, bool]:
        looked_everywhere = True
        if message.repeat_possible:
            found, looked_everywhere = await self._find(message.recipient, key, under)
            if found:
                return found, True
        return await self._post(message.recipient, title, blocks, key, under=under), looked_everywhere

    async def _post(
        self, recipient: str, title: str, blocks: Sequence[Mapping[str, Any]], key: str, *, under: str = ""
    ) -> str:
        channel, thread = _split(under) if under else (recipient, None)
        await self._take_turn(channel)
        answer = await self._client.chat_postMessage(
            channel=channel,
            thread_ts=thread,
            text=escaped(title, MESSAGE_CHARACTERS),
            blocks=[dict(block) for block in bounded(blocks)],
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            parse="none",
            link_names=False,
            unfurl_links=False,
            unfurl_media=False,
        )
        return f"{answer['channel']}/{answer['ts']}"

    async def _update(self, message: Message, reference: str) -> str:
        channel, stamp = _split(reference)
        await self._take_turn(channel)
        try:
            await self._client.chat_update(
                channel=channel,
                ts=stamp,
                text=escaped(message.title, MESSAGE_CHARACTERS),
                blocks=[dict(block) for block in message.card],
            )
        except SlackApiError as error:
            if CardGone.is_meant_by(error):
                raise CardGone from error
            raise
        return reference

    async def _find(self, recipient: str, key: str, under: str) -> tuple[str, bool]:
        """The reference of the message with this key, and whether all there is was looked through."""
        try:
            channel, thread = _split(under) if under else (await self._conversation(recipient), None)
            cursor = None
            for _ in range(PAGES):
                answer = await self._page(channel, thread, cursor)
                for found in answer["messages"]:
                    if found.get("metadata", {}).get("event_payload", {}).get("key") == key:
                        return f"{channel}/{found['ts']}", True
                cursor = (answer.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    return "", True
        except SlackApiError as error:
            if isinstance(fault := refusal(error), Retry) and fault.after is not None:
                raise
            # Not allowed to look (a missing scope, say): it goes out, and is called uncertain.
        return "", False

    async def _conversation(self, recipient: str) -> str:
        """History is read by conversation; a member's is the one between them and us."""
        if not recipient.startswith(("U", "W")):
            return recipient
        answer = await self._client.conversations_open(users=recipient)
        return str(answer["channel"]["id"])

    async def _page(self, channel: str, thread: str | None, cursor: str | None) -> Any:
        if thread is None:
            return await self._client.conversations_history(
                channel=channel,
                cursor=cursor,
                limit=PAGE,
                include_all_metadata=True,
            )
        return await self._client.conversations_replies(
            channel=channel,
            ts=thread,
            cursor=cursor,
            limit=PAGE,
            include_all_metadata=True,
        )

    async def _take_turn(self, channel: str) -> None:
        now = asyncio.get_running_loop().time()
        turn = max(now, self._turns.get(channel, now))
        self._turns[channel] = turn + self._spacing_seconds
        await asyncio.sleep(turn - now)


def _split(reference: str) -> tuple[str, str]:
    channel, _, stamp = reference.partition("/")
    return channel, stamp


def _fault(error: Exception) -> Result:
    if isinstance(error, SlackApiError):
        return refusal(error)
    lost = not isinstance(error, ClientConnectorError)
    return Retry(f"Slack did not answer: {error!r}", may_have_gone_out=lost, of_channel=True)
