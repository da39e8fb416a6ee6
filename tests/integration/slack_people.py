"""People in Slack who press, send and type, against the real handlers over a socket to a fake Slack."""

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update

from desk.slack.app import slack_app
from desk.slack.line import Patience, line
from desk.slack.reasons import of_items
from flows.wiring import Ports, wire
from models.delivery import Card
from models.enums import ChannelName, Role
from models.submission import Submission
from notifications.buttons import Act
from notifications.channels.slack import SlackChannel
from notifications.channels.slack_client import slack_client
from notifications.outbox import deliver_due, plan
from notifications.reading import Reader
from settings import Settings
from tests.building import NOW, VAULT, in_review, person
from tests.fixtures.hands import Hands
from tests.fixtures.programme_rows import EVERYWHERE
from tests.fixtures.slack_server import TEAM, SlackServer

IMPATIENT = Patience(connect=5, ask=0.05, ping=10, gone=30, first_pause=0.05, longest_pause=0.2)
SECRET = "a signing secret"


def ports(database, folder, slack: SlackServer, clock) -> Ports:
    real = wire(Settings(data=folder, _env_file=None))
    real.database.close()
    channel = SlackChannel("xoxb-test", base_url=slack.url, spacing_seconds=0.0)
    return replace(
        real,
        database=database,
        now=clock,
        vault=VAULT,
        channels={ChannelName.SLACK: channel},
        programme=replace(EVERYWHERE, channels=frozenset({ChannelName.SLACK}), slack_acts=True),
    )


@dataclass
class Office:
    """The workspace, the app that listens to it, and shorthands for what people do there."""

    slack: SlackServer
    here: Ports
    clock: Hands

    def member(self, name="Rosa", *roles: Role, email="", **more: Any) -> str:
        """Somebody who is in the workspace and, unless there is another address, of the team; gives the member id."""
        identity = f"U0{name.upper()}"
        self.slack.members[identity] = {
            "id": identity,
            "team_id": TEAM,
            "profile": {"email": email or f"{name.lower()}@example.test"},
        } | more
        if not email:
            with self.here.database.write.begin() as session:
                person(session, name, *roles)
        return identity

    def submission(self, slug="acme", **more: Any) -> int:
        with self.here.database.write.begin() as session:
            return in_review(session, slug, **more).id

    async def tell(self) -> None:
        """Plan and send what has happened, so that cards stand."""
        with self.here.database.write.begin() as session:
            plan(session, at=self.clock(), programme=self.here.programme)
        await deliver_due(self.here.database, self.here.channels, clock=self.clock, worker="w")

    def value(self, submission_id: int) -> str:
        """What the buttons of the card carry now."""
        from notifications.buttons import Click

        with self.here.database.read() as session:
            facts = Reader(session, self.clock()).newest(submission_id)
            assert facts is not None
            assert facts.submission is not None
            return Click(submission_id, facts.submission.version, facts.submission.newest_event).as_value()

    def click(self, member: str, act: Act | str, value: str) -> dict[str, Any]:
        """The payload of one press."""
        return {
            "type": "block_actions",
            "user": {"id": member, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "team"},
            "api_app_id": "A0",
            "trigger_id": f"{next(self.slack.numbers)}.trigger",
            "response_url": self.slack.answers_at(),
            "container": {"type": "message", "channel_id": "C0REVIEW", "message_ts": "1.0"},
            "channel": {"id": "C0REVIEW"},
            "actions": [{"type": "button", "block_id": "b", "action_id": str(act), "value": value, "action_ts": "1"}],
        }

    async def press(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What the person is told after the press."""
        envelope = await self.slack.send("interactive", payload)
        assert await self.slack.acknowledged(envelope) == {}
        return await self.slack.answer_to(payload["response_url"])

    async def open(self, member: str, act: Act, value: str) -> dict[str, Any]:
        """The dialog that a press opens."""
        before = len(self.slack.views)
        envelope = await self.slack.send("interactive", self.click(member, act, value))
        assert await self.slack.acknowledged(envelope) == {}
        from tests.fixtures.slack_server import until

        await until(lambda: len(self.slack.views) > before)
        return self.slack.views[-1]

    def filled(self, member: str, view: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """The payload of a dialog that is sent: what it showed chosen already, unless fields say otherwise."""
        return {
            "type": "view_submission",
            "user": {"id": member, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "team"},
            "api_app_id": "A0",
            "view": view | {"state": {"values": _values(view, fields)}},
        }

    async def send(self, payload: dict[str, Any]) -> Any:
        """What the acknowledgement says: nothing, or errors by field."""
        return await self.slack.acknowledged(await self.slack.send("interactive", payload))

    async def type(self, member: str, text: str) -> dict[str, Any]:
        url = self.slack.answers_at()
        payload = {
            "command": "/launch-review",
            "text": text,
            "user_id": member,
            "team_id": TEAM,
            "channel_id": "C0REVIEW",
            "response_url": url,
            "trigger_id": "1.trigger",
        }
        await self.slack.acknowledged(await self.slack.send("slash_commands", payload))
        return await self.slack.answer_to(url)

    def look_is_asked_for(self) -> bool:
        with self.here.database.read() as session:
            return any(card.looked_at is None for card in session.scalars(select(Card)))

    def version(self, submission_id: int) -> int:
        with self.here.database.read() as session:
            return session.get_one(Submission, submission_id).version

    def change(self, submission_id: int, **values: Any) -> None:
        with self.here.database.write.begin() as session:
            session.execute(update(Submission).where(Submission.id == submission_id).values(**values))


def _values(view: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, name = block["element"], block["block_id"]
        given = fields.get(name)
        match element["type"]:
            case "multi_static_select":
                initial = [option["value"] for option in element.get("initial_options", [])]
                chosen = initial if given is None else given
                state: dict[str, Any] = {"selected_options": [{"value": one} for one in chosen]}
            case "static_select":
                state = {"selected_option": {"value": given} if given else None}
            case "datepicker":
                state = {"selected_date": given or element["initial_date"]}
            case _:
                state = {"value": given}
        values[name] = {element["action_id"]: {"type": element["type"], **state}}
    return values


@asynccontextmanager
async def at_work(database, folder, slack: SlackServer, reasons=of_items, acknowledged_within_seconds=20.0):
    clock = Hands(NOW)
    here = ports(database, folder, slack, clock)
    app = slack_app(
        here,
        slack_client("xoxb-test", slack.url),
        reasons=reasons,
        # A busy machine must not be taken for work that takes long.
        acknowledged_within_seconds=acknowledged_within_seconds,
    )
    async with line(app, "xapp-test", IMPATIENT):
        await slack.connected()
        yield Office(slack, here, clock)


def signed(body: str, *, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """The headers of a call that Slack signed."""
    from slack_sdk.signature import SignatureVerifier

    stamp = str(int(time.time() if at is None else at))  # noqa: TID251 - the library compares with the real time
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": str(signature),
        "content-type": "application/x-www-form-urlencoded",
    }
