"""The app that hears what people do in Slack, whichever way it comes: a socket we open, or calls to our address."""

from typing import Final

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from desk.slack.handlers import ACKNOWLEDGED_WITHIN_SECONDS, Handlers
from desk.slack.reasons import Reasons, of_library
from flows.wiring import Ports
from notifications.buttons import OPEN_IN_DESK, Act

COMMAND: Final = "/launch-review"


def slack_app(
    here: Ports,
    client: AsyncWebClient,
    *,
    signing_secret: str = "",
    reasons: Reasons = of_library,
    acknowledged_within_seconds: float = ACKNOWLEDGED_WITHIN_SECONDS,
) -> AsyncApp:
    """The app. The signing secret proves calls to our address; a socket needs none, because we opened it."""
    app = AsyncApp(name="launch-review", client=client, signing_secret=signing_secret)
    handlers = Handlers(here, client, reasons, acknowledged_within_seconds)
    app.action(OPEN_IN_DESK)(handlers.acknowledge)
    app.command(COMMAND)(handlers.typed)
    for act in Act:
        app.action(act.value)(handlers.pressed)
        app.view(act.value)(handlers.sent)
    return app
