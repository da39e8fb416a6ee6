"""`launch-review deliveries`: what went out and what did not."""

from collections.abc import Iterable
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, instant, say, say_json, table, tell
from desk.published.deliveries import delivery_line, delivery_shown
from desk.wiring import open_database, read_settings
from flows.wiring import utc_now
from models.delivery import ChannelBreaker
from models.enums import ChannelName, DeliveryStage
from notifications.outbox import listed
from notifications.outbox import retry as give_second_chance
from notifications.outbox.breakers import in_trouble
from notifications.outbox.register import dead_ones, delivery_of

app = App(name="deliveries", help="Messages: what went out, what did not, and a second chance for dead ones.")

Channel = Annotated[ChannelName | None, Parameter(help="Only what goes by this channel.")]
Subject = Annotated[str, Parameter(help="Only what is about this, such as submission:7 or integration:3.")]

IN_LIST = ("id", "stage", "event", "channel", "recipient", "attempts", "next_try_at", "error")


@app.command(name="list")
def list_(
    *,
    dead: Annotated[bool, Parameter(negative="", help="Only those that were given up.")] = False,
    channel: Channel = None,
    subject: Subject = "",
    limit: Annotated[int, Parameter(help="So many, newest first.", validator=Number(gte=1))] = 50,
    json: AsJson = False,
) -> None:
    """The newest deliveries, newest first, and which channels are out of order."""
    stages = frozenset({DeliveryStage.DEAD}) if dead else frozenset(DeliveryStage)
    database = open_database(read_settings())
    with database.read() as session:
        found = listed(session, stages=stages, channel=channel, subject=subject, limit=limit)
        rows = [dict(delivery_line(delivery)) for delivery in found]
        tell(*_resting(in_trouble(session)))
    database.close()
    if json:
        say_json(rows)
    elif rows:
        say(*table(IN_LIST, [[row[column] for column in IN_LIST] for row in rows]))
    elif dead:
        tell("no delivery is dead" if channel is None and not subject else "no such delivery is dead")
    else:
        tell("nothing was delivered yet" if channel is None and not subject else "no delivery is like that")


@app.command
def show(
    number: Annotated[int, Parameter(name="ID", help="As `deliveries list` shows it.")], /, *, json: AsJson = False
) -> None:
    """One delivery: what became of it, and its text."""
    database = open_database(read_settings())
    with database.read() as session:
        delivery = delivery_of(session, number)
        trouble = in_trouble(session)
        document: dict[str, object] = dict(delivery_shown(delivery, trouble))
        tell(*_resting(breaker for breaker in trouble if breaker.channel is delivery.channel))
    database.close()
    if json:
        say_json(document)
        return
    text = str(document.pop("text"))
    width = max(map(len, document))
    # A column of one table each, so that no text of another makes lines of its own.
    say(*(f"{name.ljust(width)}  {_cell(value)}".rstrip() for name, value in document.items()))
    say("", *(text.splitlines() if text else ["(it could not be written)"]))


@app.command
def retry(
    *numbers: Annotated[int, Parameter(name="ID", help="As `deliveries list --dead` shows it; several are fine.")],
    dead: Annotated[bool, Parameter(negative="", help="All dead ones instead.")] = False,
    channel: Channel = None,
    subject: Subject = "",
    dry_run: Annotated[bool, Parameter(negative="", help="Only tell which these are.")] = False,
) -> None:
    """Give dead deliveries a second chance, all of them or none; one that could not be rendered is planned anew."""
    if bool(numbers) is dead:
        raise InputWrong("expected either IDs or --dead; `deliveries list --dead` shows which there are")
    if numbers and (channel is not None or subject):
        raise InputWrong("--channel and --subject choose among the dead; give them with --dead, without IDs")
    database = open_database(read_settings())
    with database.write.begin() as session:
        chosen = dead_ones(session, channel, subject) if dead else list(dict.fromkeys(numbers))
        for one in chosen:
            give_second_chance(session, one, utc_now())
        if dry_run:
            session.rollback()
    database.close()
    which = f"delivery {chosen[0]} is" if len(chosen) == 1 else f"{len(chosen)} deliveries are"
    if not chosen:
        tell("no delivery is dead" if channel is None and not subject else "no such delivery is dead")
    elif dry_run:
        say(*map(str, chosen))
        tell(f"{which.removesuffix(' is').removesuffix(' are')} would be due again; nothing was changed")
    else:
        tell(f"{which} due again")


def _resting(trouble: Iterable[ChannelBreaker]) -> list[str]:
    """A line for each channel that rests."""
    return [
        f"{breaker.channel.value} is resting until {instant(breaker.rests_until)} "
        f"(out of order since {instant(breaker.since)}): {breaker.reason}"
        for breaker in trouble
        if breaker.rests_until is not None
    ]


def _cell(value: object) -> str:
    """One line, whatever is in it."""
    words = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return " ".join(words.splitlines())
