"""`launch-review deliveries`: what went out and what did not."""

from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number

from desk.cli.writing import AsJson, instant, say, say_json, table, tell
from desk.wiring import open_database, read_settings
from flows.wiring import utc_now
from models.delivery import Delivery
from models.enums import DeliveryStage
from notifications.outbox import listed
from notifications.outbox import retry as give_second_chance

app = App(name="deliveries", help="Messages: what went out, what did not, and a second chance for a dead one.")


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
