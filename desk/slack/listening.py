"""Where what people do in Slack comes in, by the settings: a socket, calls to our address, both or neither."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter

from flows.wiring import wire
from notifications.channels.slack_client import slack_client
from settings import Settings


@contextlib.asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[None]:
    """Socket Mode inside the block; nothing without a bot token and an app token."""
    bot, app_token = settings.slack_bot_token.get_secret_value(), settings.slack_app_token.get_secret_value()
    if not bot or not app_token:
        yield
        return
    from desk.slack.app import slack_app  # noqa: PLC0415 - Slack's framework costs every start a quarter of a second
    from desk.slack.line import line  # noqa: PLC0415

    with contextlib.closing(wire(settings)) as here:
        app = slack_app(here, slack_client(bot, settings.slack_api_url))
        async with line(app, app_token):
            yield


@contextlib.contextmanager
def called(settings: Settings, clock: Callable[[], datetime]) -> Iterator[APIRouter | None]:
    """The route for Slack's calls; None without a bot token and a signing secret. What it works with closes after."""
    bot, secret = settings.slack_bot_token.get_secret_value(), settings.slack_signing_secret.get_secret_value()
    if not bot or not secret:
        yield None
        return
    from desk.slack.app import slack_app  # noqa: PLC0415 - as above
    from desk.slack.endpoint import router  # noqa: PLC0415

    with contextlib.closing(wire(settings)) as real:
        here = replace(real, now=clock)
        yield router(slack_app(here, slack_client(bot, settings.slack_api_url), signing_secret=secret), secret)
