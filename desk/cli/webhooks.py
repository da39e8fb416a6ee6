"""`launch-review webhooks`: which other systems hear what happens, and what became of what was sent to them."""

import base64
import secrets
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from checklist.fetch import WrongPair
from desk.cli.errors import InputWrong, Refused
from desk.cli.moments import since_moment
from desk.cli.writing import AsJson, say, say_json, table, tell
from desk.viewing.endpoints import all_endpoints, deliveries_to, endpoint_as_json, shown_address
from desk.wiring import open_ports, writing
from flows.webhooks import opened, webhook_channel, why_no_endpoint
from flows.wiring import Ports, utc_now
from notifications.outbox.endpoints import replay_one, replay_since
from notifications.webhook_body import trial_body
from review.actions.endpoints import (
    add_endpoint,
    disable_endpoint,
    enable_endpoint,
    endpoint_of,
    rotate_secret,
)
from review.finding_people import partner_called

SECRET_BYTES: Final = 32
BY_HAND: Final = "disabled by hand"
TRIAL: Final = "This is a test of your webhook endpoint. Nothing happened."

Number = Annotated[int, Parameter(name="ID", help="As `webhooks list` shows it.")]

app = App(name="webhooks", help="Other systems that hear what happens: signed messages to their addresses.")


@app.command
async def add(
    url: Annotated[str, Parameter(name="URL", help="Where messages are posted: https://…")],
    /,
    *,
    events: Annotated[
        list[str],
        Parameter(
            negative="",
            consume_multiple=True,
            help="Names of events, prefixes such as 'submission.*', or '*'; several after each other or with commas.",
        ),
    ],
    partner: Annotated[
        str | None, Parameter(help="Whose it is: it hears of that partner's integrations alone.")
    ] = None,
    json: AsJson = False,
) -> int:
    """Add an endpoint. Its secret is shown this once."""
    ports = open_ports()
    await _refuse_address(ports, url)
    secret = new_secret()
    with writing(ports) as session:
        endpoint = add_endpoint(
            session,
            address=url,
            events=[word for words in events for word in words.split(",")],
            secret=secret,
            vault=ports.vault,
            at=ports.now(),
            partner=None if partner is None else partner_called(session, partner),
        )
        document = endpoint_as_json(endpoint, at=ports.now())
    _show_secret(document, secret, json=json)
    return 0


@app.command(name="list")
def list_(*, json: AsJson = False) -> int:
    """Every endpoint, and how it has answered lately."""
    ports = open_ports()
    with ports.database.read() as session:
        documents = [endpoint_as_json(row, at=ports.now()) for row in all_endpoints(session)]
    if json:
        say_json(documents)
    elif documents:
        head = ("id", "address", "partner", "events", "enabled", "last_success_at", "failing_since")
        rows = [[_cell(one[column]) for column in head] for one in documents]
        say(*table(head, rows))
    else:
        tell("no webhook endpoint was added yet")
    return 0


@app.command
def show(number: Number, /, *, json: AsJson = False) -> int:
    """One endpoint, and the latest of what was sent to it."""
    ports = open_ports()
    with ports.database.read() as session:
        endpoint = endpoint_of(session, number)
        document = endpoint_as_json(endpoint, at=ports.now())
        sent = deliveries_to(session, endpoint)
    if json:
        say_json(document | {"deliveries": sent})
        return 0
    width = max(len(name) for name in document)
    say(*(f"{name.ljust(width)}  {_cell(value)}".rstrip() for name, value in document.items()))
    say("", "deliveries: " + (", ".join(f"{count} {stage}" for stage, count in sent["counts"].items()) or "none yet"))
    if sent["latest"]:
        head = tuple(sent["latest"][0])
        say(*table(head, [[_cell(row[column]) for column in head] for row in sent["latest"]]))
    return 0


@app.command(name="test")
async def try_out(number: Number, /, *, json: AsJson = False) -> int:
    """Send a `webhook.test` event and tell what came back. Also to a disabled endpoint; nothing is remembered."""
    ports = open_ports()
    at = utc_now()
    with ports.database.read() as session:
        endpoint = opened(endpoint_of(session, number), ports.vault, at)
    channel = webhook_channel(ports.database, ports.vault, ports.fetcher, utc_now)
    body = trial_body(TRIAL, at=at, url=ports.programme.base_url)
    message_id = f"test-{number}-{at:%Y%m%dT%H%M%S%f}"
    try:
        answered = await channel.call(endpoint, body, message_id)
    except WrongPair as wrong:
        raise _wrong_pair(wrong) from None
    if json:
        say_json(
            {
                "webhook_id": message_id,
                "taken": answered.taken,
                "status": answered.status,
                "words": answered.words,
                "seconds": round(answered.seconds, 3),
            }
        )
    else:
        say(f"{answered} ({answered.seconds:.2f} s)")
        tell("it has it" if answered.taken else "it does not have it; a message would be tried again or given up")
    return 0 if answered.taken else 1


@app.command
def rotate(
    number: Number,
    /,
    *,
    at_once: Annotated[
        bool, Parameter(negative="", help="The former secret stops signing now: for one that others have seen.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Give an endpoint a new secret, shown this once; for 24 hours messages are signed with the former one too."""
    ports = open_ports()
    secret = new_secret()
    with writing(ports) as session:
        endpoint = endpoint_of(session, number)
        rotate_secret(session, endpoint, secret=secret, vault=ports.vault, at=ports.now(), at_once=at_once)
        document = endpoint_as_json(endpoint, at=ports.now())
    _show_secret(document, secret, json=json)
    return 0


@app.command
def disable(
    number: Number,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why; a partner whose endpoint it is reads it.")] = BY_HAND,
) -> int:
    """Send nothing there from now on."""
    if not reason.strip():
        raise InputWrong("--reason: saw nothing, expected why nothing is sent there any more")
    ports = open_ports()
    with writing(ports) as session:
        changed = disable_endpoint(session, endpoint_of(session, number), because=reason.strip(), at=ports.now())
    tell(f"endpoint {number} is disabled" if changed else f"endpoint {number} was disabled already")
    return 0


@app.command
def enable(number: Number, /) -> int:
    """Send there again. What it missed is sent with `webhooks replay`."""
    ports = open_ports()
    with writing(ports) as session:
        changed = enable_endpoint(session, endpoint_of(session, number))
    tell(f"endpoint {number} is enabled" if changed else f"endpoint {number} was enabled already")
    return 0


@app.command
def replay(
    number: Number,
    /,
    *,
    delivery: Annotated[int | None, Parameter(help="This one, as `webhooks show ID` lists it.")] = None,
    since: Annotated[
        str | None, Parameter(help="All that it missed since then: 2026-11-23T09:00:00Z, or a day.")
    ] = None,
    also_taken: Annotated[
        bool, Parameter(name="--all", negative="", help="With --since: also what it has taken.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Send again what an endpoint missed, with the same ids."""
    if (delivery is None) == (since is None):
        raise InputWrong("webhooks replay: expected one of --delivery N and --since TIME")
    if also_taken and since is None:
        raise InputWrong("webhooks replay: --all goes with --since TIME; --delivery N is sent in any case")
    ports = open_ports()
    at = ports.now()
    begins = None if since is None else since_moment("webhooks replay --since", since, at)
    with writing(ports) as session:
        endpoint = endpoint_of(session, number)
        if endpoint.disabled_at is not None:
            raise Refused(
                f"endpoint {number} is disabled ({endpoint.disabled_because}); run `webhooks enable {number}` first"
            )
        if delivery is not None:
            replay_one(session, endpoint, delivery, at=at)
        again = [delivery] if begins is None else replay_since(session, endpoint, begins, at=at, also_taken=also_taken)
    if json:
        say_json({"deliveries": again})
    else:
        count = len(again)
        tell(f"{count} {'delivery is' if count == 1 else 'deliveries are'} due again" if again else "it missed nothing")
    return 0


def new_secret() -> str:
    """A secret as Standard Webhooks writes one: 256 random bits."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


async def _refuse_address(ports: Ports, url: str) -> None:
    try:
        why = await why_no_endpoint(ports.fetcher, url)
    except WrongPair as wrong:
        raise _wrong_pair(wrong) from None
    if why:
        raise InputWrong(f"webhooks add: nothing is posted to {shown_address(url)!r}: {why}")


def _wrong_pair(wrong: WrongPair) -> InputWrong:
    return InputWrong(f"LAUNCH_REVIEW_FETCH_ALLOW or LAUNCH_REVIEW_FETCH_HOSTS: {wrong}")


def _show_secret(document: dict[str, Any], secret: str, *, json: bool) -> None:
    if json:
        say_json(document | {"secret": secret})
        return
    say(secret)
    tell(
        f"endpoint {document['id']}, {document['address']}. Its secret is shown this once: hand it to whoever verifies "
        "the messages, and to nobody else."
    )


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
