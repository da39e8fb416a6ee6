"""Workers that deliver until they are killed, each followed by the next: `python -m … ADDRESS SMTP SLACK BEGAN SPEED`.

One process imports everything once and forks a worker at a time, so that a new one begins in milliseconds. It prints
the process id of each. `BEGAN` and `SPEED` make a clock that all of them share and that runs faster than the wall's.
"""

import asyncio
import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta

from models.database import Database
from models.enums import ChannelName
from notifications.channels.mail import MailChannel
from notifications.channels.slack import SlackChannel
from notifications.outbox import deliver_due, plan
from notifications.programme import ProgrammeSettings
from tests.fixtures.programme_rows import AT, TEAM_CHANNEL

PROGRAMME = ProgrammeSettings(
    base_url="https://desk.example",
    channels=frozenset({ChannelName.MAIL, ChannelName.SLACK}),
    slack_channel=TEAM_CHANNEL,
    mails_a_day=10_000,  # each message by itself: what a cap would join is told in its own tests
)
PAUSE_SECONDS = 0.02


def shared_clock(began: float, speed: float) -> datetime:
    return AT.astimezone(UTC) + timedelta(seconds=(time.monotonic() - began) * speed)


async def work(address: str, smtp: str, slack: str, began: float, speed: float) -> None:
    database = Database(address)
    channels = {
        ChannelName.MAIL: MailChannel(smtp, "Launch Review <review@desk.example>"),
        ChannelName.SLACK: SlackChannel("xoxb-test", base_url=slack, spacing_seconds=0.0),
    }
    rng = random.Random(os.getpid())

    def now() -> datetime:
        return shared_clock(began, speed)

    while True:
        with database.write.begin() as session:
            plan(session, at=now(), programme=PROGRAMME)
        await deliver_due(
            database, channels, clock=now, worker=f"worker {os.getpid()}", limit=8, rng=rng, programme=PROGRAMME
        )
        await asyncio.sleep(PAUSE_SECONDS)


def main() -> None:
    address, smtp, slack, began, speed = sys.argv[1:]
    while True:
        worker = os.fork()
        if worker == 0:
            asyncio.run(work(address, smtp, slack, float(began), float(speed)))
        print(worker, flush=True)
        os.waitpid(worker, 0)


if __name__ == "__main__":
    main()
