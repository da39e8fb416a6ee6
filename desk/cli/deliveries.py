"""`launch-review deliveries`: what went out and what did not; `notifications preview`: how a message looks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number

from desk.cli.errors import InputWrong, Refused
from desk.cli.writing import AsJson, instant, say, say_json, table, tell
from desk.wiring import open_database, read_settings
from flows.wiring import utc_now
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, EventName
from notifications.addressing import Addressee
from notifications.channels.file import FileChannel
from notifications.message import Sent
from notifications.outbox import listed
from notifications.outbox import retry as give_second_chance
from notifications.programme import ProgrammeSettings
from notifications.rendering import Renderer
from notifications.routing import ROUTES, Route
from notifications.samples import sample

app = App(name="deliveries", help="Messages: what went out, what did not, and a second chance for a dead one.")
notifications_app = App(name="notifications", help="How messages look.")

BY_MAIL = Addressee(ChannelName.FILE, "somebody@example.com", "Sam", "Europe/Berlin")
IN_SLACK = replace(BY_MAIL, channel=ChannelName.SLACK, recipient="reviewers")


@app.command(name="list")
def list_(
    *,
    dead: Annotated[bool, Parameter(negative="", help="Only those that were given up.")] = False,
    limit: Annotated[int, Parameter(help="So many, newest first.", validator=Number(gte=1))] = 50,
    json: AsJson = False,
) -> None:
    """The newest deliveries, newest first."""
    stages = frozenset({DeliveryStage.DEAD}) if dead else frozenset(DeliveryStage)
    database = open_database(read_settings())
    with database.read() as session:
        rows = [_shown(delivery) for delivery in listed(session, stages=stages, limit=limit)]
    database.close()
    if json:
        say_json(rows)
    elif rows:
        head = ("id", "stage", "event", "channel", "recipient", "attempts", "next_try_at", "error")
        say(*table(head, [[row[column] for column in head] for row in rows]))
    else:
        tell("no delivery is dead" if dead else "nothing was delivered yet")


@app.command
def retry(number: Annotated[int, Parameter(name="ID", help="As `deliveries list --dead` shows it.")], /) -> None:
    """Give a dead delivery a second chance; one that could not be rendered is planned anew."""
    database = open_database(read_settings())
    with database.write.begin() as session:
        give_second_chance(session, number, utc_now())
    database.close()
    tell(f"delivery {number} is due again")


@notifications_app.command
async def preview(
    event: Annotated[str, Parameter(help="Name of an event, such as submission.approved.")],
    /,
    *,
    to: Annotated[Path, Parameter(help="Folder for the mails; each as .eml and .html.")] = Path("preview"),
) -> None:
    """Render every message of an event with sample data: mails into files, Slack and console to standard output."""
    name = _event(event)
    if to.exists() and not to.is_dir():
        raise InputWrong(f"notifications preview --to {to}: that is a file, expected a folder for the mails")
    facts = sample(name)
    settings = read_settings()
    programme = ProgrammeSettings(
        base_url=settings.base_url.rstrip("/"), channels=frozenset(ChannelName), slack_channel="reviewers"
    )
    renderer = Renderer(programme)
    folder = FileChannel(to, settings.mail_from)
    say(f"console: {renderer.line(facts)}")
    for route, channel in _messages(name):
        message = renderer.message(facts, route, BY_MAIL if channel is ChannelName.MAIL else IN_SLACK)
        if channel is ChannelName.SLACK:
            say_json({"audience": route.audience, "text": message.text, "card": list(message.card)})
            continue
        result = await folder.send(message, f"{route.template or name.value}.{route.audience.value}")
        if not isinstance(result, Sent):
            raise Refused(result.reason)
        say(str(to / result.reference))


def _shown(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": delivery.event.name,
        "channel": delivery.channel.value,
        "recipient": delivery.recipient,
        "subject": delivery.subject,
        "stage": delivery.stage.value,
        "attempts": delivery.attempts,
        "planned_at": instant(delivery.planned_at),
        "next_try_at": instant(delivery.next_try_at),
        "settled_at": instant(delivery.settled_at),
        "reference": delivery.reference,
        "error": delivery.error,
    }


def _messages(event: EventName) -> Iterator[tuple[Route, ChannelName]]:
    """Each message of the event once: the rungs of a ladder share their words."""
    seen = set()
    for route in ROUTES[event]:
        for channel in route.channels:
            kind = (route.audience, route.template, route.placement, channel)
            if kind not in seen:
                seen.add(kind)
                yield route, channel


def _event(name: str) -> EventName:
    try:
        return EventName(name)
    except ValueError:
        known = ", ".join(event.value for event in EventName)
        raise InputWrong(f"there is no event {name!r}; expected one of {known}") from None
