"""How long a partner's submission takes to become a card before the reviewers, with the whole system running idle.

    .venv/bin/python bench/latency.py [--submissions 10]

`launch-review up` runs as its own processes on a new data folder, with Slack and the partners' sites made up on the
loopback address. Measured from the commit that accepts a submission until Slack has its card, and until Slack has
been told that the checks are done and the review is open. One at a time, each with another slug.

The last line is JSON; `ratio` is the median time to the card over the aim.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import select

from checklist.dossier import Dossier
from checklist.rulebook import current
from flows.wiring import secret_key
from models.database import Database
from models.delivery import Delivery
from models.enums import ChannelName, EventName
from models.event import Event
from review.actions.submitting import submit
from review.vault import Vault
from sample.partners import document
from sample.sites import SampleSites
from settings import Settings

AIM_SECONDS = 3.0
LOOPBACK = "127.0.0.1"
CHANNEL = "C0BENCH"
UP_WITHIN_SECONDS = 120
CARD_WITHIN_SECONDS = 60
DOCUMENTS = ("quillharbor-launch", "larkenfell-launch", "ambervane-launch")
IDLE_SECONDS = 1.5
"""Slack takes one message a second in a channel; longer than that, so that nothing waits for its turn."""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a measurement is an entry point


@dataclass
class Slack:
    """Slack's Web API as far as a card needs it: takes everything, and remembers when each message came."""

    posted: list[tuple[datetime, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        if head.split(" ")[1].endswith("/chat.postMessage"):
            self.posted.append((now(), body.decode()))
        answer = json.dumps({"ok": True, "channel": CHANNEL, "ts": f"{len(self.posted)}.000100"}).encode()
        kind = "Content-Type: application/json\r\nConnection: close"
        writer.write(f"HTTP/1.1 200 OK\r\n{kind}\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)
        await writer.drain()
        writer.close()

    def card_of(self, name: str) -> datetime | None:
        return next((at for at, body in self.posted if name in body), None)


@asynccontextmanager
async def slack() -> AsyncIterator[tuple[Slack, str]]:
    taking = Slack()
    server = await asyncio.start_server(taking.serve, LOOPBACK, 0)
    async with server:
        yield taking, f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/api/"


@asynccontextmanager
async def system(environment: Mapping[str, str], log: Path) -> AsyncIterator[None]:
    """The whole system, from its own announcement on until it is asked to stop; what it tells goes to `log`."""
    command = Path(sys.executable).with_name("launch-review")
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("LAUNCH_REVIEW_", "PREFECT_"))
    }
    with log.open("wb") as told:
        process = await asyncio.create_subprocess_exec(
            *(str(command), "up", "--port", "0"),
            env={**inherited, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=told,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(UP_WITHIN_SECONDS):
            while not (line := await process.stdout.readline()).startswith(b"Prefect"):
                if not line:
                    words = await asyncio.to_thread(log.read_text)
                    sys.exit(f"launch-review up ended with exit code {await process.wait()}:\n{words}")
        draining = asyncio.create_task(process.stdout.read())
        yield
        draining.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds from the accepted submission to its card, and to the open review told there."""

    card: float
    review: float


async def measure(settings: Settings, taking: Slack, number: int) -> Taken:
    """Send one submission in, as the command `submit` does, and wait for its card."""
    told = document(DOCUMENTS[number % len(DOCUMENTS)])
    name = f"Latency {number:03}"
    told["external_id"] = f"latency-{number}"
    told["integration"] |= {"slug": f"latency-{number}", "name": name}
    database = Database(settings.database_address)
    with database.write.begin() as session:
        at = now()
        vault = Vault(secret_key(settings))
        submitted = submit(session, Dossier.parse(told), by=None, at=at, rulebook=current(at.date()), vault=vault)
        submission_id = submitted.submission.id
    accepted = now()
    async with asyncio.timeout(CARD_WITHIN_SECONDS):
        card = await answered(lambda: taking.card_of(name))
        review = await answered(lambda: review_told(database, submission_id))
    database.close()
    return Taken((card - accepted).total_seconds(), (review - accepted).total_seconds())


async def answered(ask: Callable[[], datetime | None]) -> datetime:
    """Ask until there is an answer; how often does not show in it, because it is an instant of its own."""
    while True:
        if (found := await asyncio.to_thread(ask)) is not None:
            return found
        await asyncio.sleep(0.05)


def review_told(database: Database, submission_id: int) -> datetime | None:
    """When Slack was told that the review is open."""
    with database.read() as session:
        return session.scalar(
            select(Delivery.settled_at)
            .join(Delivery.event)
            .where(
                Event.submission_id == submission_id,
                Event.name == EventName.REVIEW_OPENED.value,
                Delivery.channel == ChannelName.SLACK,
            )
        )


async def run(folder: Path, submissions: int) -> list[Taken]:
    async with slack() as (taking, slack_url), SampleSites(folder / "sites", at=now()) as served:
        chosen = {
            "DATA": str(folder / "data"),
            "SLACK_BOT_TOKEN": "xoxb-bench",
            "SLACK_CHANNEL": CHANNEL,
            "SLACK_API_URL": slack_url,
            "FETCH_HOSTS": ",".join(f"{name}={at}" for name, at in served.hosts.items()),
            "FETCH_CA": str(served.ca_file),
        }
        environment = {f"LAUNCH_REVIEW_{name}": value for name, value in chosen.items()}
        async with system(environment, folder / "up.log"):
            settings = Settings(_env_file=None, data=folder / "data")
            found = []
            for number in range(submissions):
                await asyncio.sleep(IDLE_SECONDS)
                found.append(await measure(settings, taking, number))
                print(f"card after {found[-1].card:.2f} s, open review told after {found[-1].review:.2f} s", flush=True)
            return found


def summary(found: list[Taken]) -> dict[str, Any]:
    cards, reviews = [one.card for one in found], [one.review for one in found]
    return {
        "bench": "latency",
        "submissions": len(found),
        "card_seconds": round(median(cards), 3),
        "slowest_card_seconds": round(max(cards), 3),
        "review_seconds": round(median(reviews), 3),
        "aim_seconds": AIM_SECONDS,
        "ratio": round(median(cards) / AIM_SECONDS, 3),
        "within_aim": median(cards) < AIM_SECONDS,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="launch-review-bench-") as folder:
        found = asyncio.run(run(Path(folder), options.submissions))
    print(json.dumps(summary(found)))


if __name__ == "__main__":
    main()
