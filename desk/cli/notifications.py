"""`launch-review notifications preview`: how a message looks, with sample data."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from desk.cli.errors import InputWrong, Refused
from desk.cli.writing import AsJson, say, say_json, table, tell
from desk.wiring import read_settings
from models.enums import ChannelName, EventName
from notifications.channels.letter import Sender
from notifications.previewing import SHOWN, Preview, messages, previews
from notifications.programme import ProgrammeSettings
from notifications.rendering import Renderer

app = App(name="notifications", help="How messages look.")

NEAR = 3
NEAR_ENOUGH = 0.5


@app.command
def preview(
    event: Annotated[str, Parameter(help="Name of an event, such as submission.approved; `--list` shows all.")] = "",
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder for the files.")] = Path("preview"),
    channel: Annotated[ChannelName | None, Parameter(help="Only this one's: mail, slack, webhook, console.")] = None,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="Every event.")] = False,
    list_: Annotated[bool, Parameter(name="--list", negative="", help="Show which messages there are.")] = False,
    json: AsJson = False,
) -> None:
    """Render every message of an event with sample data into files, and print their paths.

    A mail becomes .eml, .txt and .html in light and in dark; a Slack message or card .json (Block Kit)
    and .txt, what a webhook endpoint gets .json.
    """
    chosen = _chosen(event, all_=all_, list_=list_)
    channels = _channels(channel)
    if list_:
        _show_list(chosen, channels, json=json)
        return
    if out.exists() and not out.is_dir():
        raise InputWrong(f"notifications preview --out {out}: that is a file, expected a folder")
    rendered = list(_rendered(chosen, channels))
    if not rendered:
        raise Refused(f"nobody is told of {event} by {' or '.join(channels)}; `notifications preview --list` shows how")
    _write(out, rendered)
    if json:
        say_json([_shown(one) | {"files": [str(out / name) for name in one.files]} for one in rendered])
    else:
        say(*(str(out / name) for one in rendered for name in one.files))


def _chosen(event: str, *, all_: bool, list_: bool) -> Sequence[EventName]:
    if event and all_:
        raise InputWrong(f"notifications preview {event} --all: expected one event or --all, not both")
    if event:
        return [_event(event)]
    if not (all_ or list_):
        raise InputWrong("notifications preview: expected the name of an event, or --all; --list shows which there are")
    return list(EventName)


def _event(name: str) -> EventName:
    known = [event.value for event in EventName]
    if name in known:
        return EventName(name)
    near = get_close_matches(name.lower(), known, NEAR, NEAR_ENOUGH) or [one for one in known if name.lower() in one]
    meant = f"did you mean {' or '.join(near[:NEAR])}?" if near else "expected a name such as submission.approved;"
    raise InputWrong(f"notifications preview: there is no event {name!r}; {meant} --list shows all")


def _channels(channel: ChannelName | None) -> Sequence[ChannelName]:
    if channel is not None and channel not in SHOWN:
        raise InputWrong(f"--channel {channel.value}: it has no look of its own, expected one of {', '.join(SHOWN)}")
    return SHOWN if channel is None else (channel,)


def _rendered(events: Sequence[EventName], channels: Sequence[ChannelName]) -> Iterator[Preview]:
    settings = read_settings()
    programme = ProgrammeSettings(
        base_url=settings.base_url.rstrip("/"), channels=frozenset(ChannelName), slack_channel="reviewers"
    )
    renderer, sender = Renderer(programme), Sender(settings.mail_from)
    for event in events:
        yield from (one for one in previews(event, renderer, sender) if one.channel in channels)


def _write(folder: Path, rendered: Sequence[Preview]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in rendered:
            for name, content in one.files.items():
                (folder / name).write_bytes(content)
    except OSError as error:
        raise InputWrong(f"notifications preview --out {folder}: {error.strerror or error}") from error


def _show_list(events: Sequence[EventName], channels: Sequence[ChannelName], *, json: bool) -> None:
    rows = [
        {
            "event": event.value,
            "audience": route.audience.value,
            "channel": channel.value,
            "template": route.template or event.value,
        }
        for event in events
        for route, channel in messages(event)
        if channel in channels
    ]
    if json:
        say_json(rows)
        return
    head = ("event", "audience", "channel", "template")
    say(*table(head, [[row[column] for column in head] for row in rows]))
    told = {row["event"] for row in rows}
    silent = [event.value for event in events if event.value not in told]
    if silent and ChannelName.CONSOLE in channels:
        tell(f"only the console narrates {', '.join(silent)}")


def _shown(one: Preview) -> dict[str, object]:
    return {
        "event": one.event.value,
        "audience": one.audience,
        "channel": one.channel.value,
        "template": one.template,
    }
