"""Socket Mode: a connection that we open to Slack and keep open, so that nobody has to reach us."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from notifications.channels.slack_answers import error_code

LOG = logging.getLogger(__name__)
LIBRARY = logging.getLogger(f"{__name__}.library")
"""The library tells every failed try with a traceback; what matters of it is told here in one line."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. The library reconnects by itself; after `gone` without a connection it is started anew."""

    connect: float = 20.0
    ask: float = 1.0
    ping: float = 10.0
    gone: float = 30.0
    first_pause: float = 1.0
    longest_pause: float = 60.0


USUAL: Final = Patience()


@contextlib.asynccontextmanager
async def line(app: AsyncApp, app_token: str, patience: Patience = USUAL) -> AsyncIterator[None]:
    """Hear what people do in Slack inside the block. Slack being away is told and tried again, never raised."""
    LIBRARY.setLevel(logging.CRITICAL)
    keeping = asyncio.create_task(_keep(app, app_token, patience), name="Slack socket")
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def _keep(app: AsyncApp, app_token: str, patience: Patience) -> None:
    pause = patience.first_pause
    while True:
        handler = AsyncSocketModeHandler(app, app_token, logger=LIBRARY, ping_interval=patience.ping)
        try:
            # The address is good for one connection: the library would try an old one for ever.
            handler.client.wss_uri = await handler.client.issue_new_wss_url()
            async with asyncio.timeout(patience.connect):
                await handler.connect_async()  # type: ignore[no-untyped-call] # the library's
            LOG.info("listening to Slack")
            pause = patience.first_pause
            await _until_gone(handler, patience)
            LOG.warning("the connection to Slack is gone; a new one is opened")
        except (SlackApiError, OSError, ClientError) as error:
            LOG.warning("Slack can't be listened to, tried again in %.0f s: %s", pause, _said(error))
            await asyncio.sleep(pause)
            pause = min(2 * pause, patience.longest_pause)
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call] # the library's


async def _until_gone(handler: AsyncSocketModeHandler, patience: Patience) -> None:
    """Return when there has been no connection for so long that the library won't get one."""
    now = asyncio.get_running_loop().time
    seen = now()
    while now() - seen < patience.gone:
        if await handler.client.is_connected():
            seen = now()
        await asyncio.sleep(patience.ask)


def _said(error: Exception) -> str:
    """Without the answer's text: it could hold a token."""
    if isinstance(error, SlackApiError):
        return error_code(error) or "an answer that is none of Slack's"
    return f"{type(error).__name__} {error}".strip()
