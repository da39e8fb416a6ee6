"""`launch-review up` listens to Slack beside the desk, draws cards with buttons, and stops listening when it stops."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from migrations import apply
from models.database import Database
from models.decision import Assignment
from models.enums import Role
from models.people import Person
from notifications.buttons import Act
from review.actions.companies import add_person
from settings import Settings
from tests.building import NOW, in_review
from tests.fixtures.slack_server import TEAM, SlackServer, slack_server, until, words_of

PATIENCE_SECONDS = 90


@pytest.mark.slow
@pytest.mark.prefect
@pytest.mark.timeout(240)
async def test_the_whole_system_hears_slack_acts_refreshes_the_card_and_stops(tmp_path: Path) -> None:
    database = Database(Settings(data=tmp_path, _env_file=None).database_address)
    await asyncio.to_thread(apply.upgrade, Settings(data=tmp_path, _env_file=None).database_address)
    with database.write.begin() as session:
        add_person(session, name="Rosa", email="rosa@example.test", roles=frozenset({Role.REVIEWER}), at=NOW)
        in_review(session)
    async with slack_server() as slack:
        slack.members["U0ROSA"] = {"id": "U0ROSA", "team_id": TEAM, "profile": {"email": "rosa@example.test"}}
        tree = _started(tmp_path, slack)
        try:
            await until(lambda: slack.socket is not None and bool(slack.posted), seconds=PATIENCE_SECONDS)
            await until(lambda: "Take it" in words_of(slack.posted[0].body), seconds=PATIENCE_SECONDS)
            told = await _taken(slack)
            assert words_of(told).startswith("You have it until ")
            await until(lambda: any("Assigned to\nRosa" in words_of(body) for body in slack.updated), seconds=30)
            with database.read() as session:
                assert session.scalars(select(Assignment)).one().person.name == "Rosa"
                assert session.scalars(select(Person.slack_id).where(Person.name == "Rosa")).one() == "U0ROSA"
            tree.send_signal(signal.SIGINT)  # SIGTERM is Prefect's own while a flow runs
            assert await asyncio.to_thread(tree.wait, 20) == 0
            await until(lambda: slack.socket is None)
        finally:
            if tree.poll() is None:
                os.killpg(tree.pid, signal.SIGKILL)
                tree.wait()
            database.close()
    assert b"Traceback" not in (tmp_path / "up.log").read_bytes()


def _started(data: Path, slack: SlackServer) -> subprocess.Popen[bytes]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    environment = os.environ | {
        "LAUNCH_REVIEW_DATA": str(data),
        "LAUNCH_REVIEW_SLACK_BOT_TOKEN": "xoxb-test",
        "LAUNCH_REVIEW_SLACK_APP_TOKEN": "xapp-test",
        "LAUNCH_REVIEW_SLACK_CHANNEL": "C0REVIEW",
        "LAUNCH_REVIEW_SLACK_API_URL": slack.url,
    }
    environment.pop("PREFECT_API_URL", None)
    with (data / "up.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", "from desk.cli.main import main; main()", "up", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


async def _taken(slack: SlackServer) -> dict[str, object]:
    """What Rosa is told when she presses the button of the card."""
    card = slack.updated[-1] if slack.updated else slack.posted[0].body
    (value,) = {
        element["value"]
        for block in card["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == Act.CLAIM
    }
    answers_at = slack.answers_at()
    await slack.send(
        "interactive",
        {
            "type": "block_actions",
            "user": {"id": "U0ROSA", "team_id": TEAM},
            "team": {"id": TEAM, "domain": "team"},
            "api_app_id": "A0",
            "trigger_id": "1.trigger",
            "response_url": answers_at,
            "container": {"type": "message", "channel_id": "C0REVIEW", "message_ts": "1.0"},
            "actions": [{"type": "button", "block_id": "b", "action_id": "claim", "value": value, "action_ts": "1"}],
        },
    )
    return await slack.answer_to(answers_at)
