"""Trying a webhook endpoint over the API, and sending again what it missed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from checklist.fetch import Fetcher
from desk.api.problem_kinds import KINDS
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage
from models.event import Event
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, programme_in
from tests.integration.hostile_server import answer, hostile_server, sends

TAKEN = sends(answer("200 OK", b"thanks", content_type="text/plain"))
SUBSCRIBED = {"url": "http://hooks.test/in?token=t0ken", "events": ["submission.*"]}


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    return programme_in(sqlite_database, tmp_path)


@pytest.fixture
async def receiver(programme: Programme) -> AsyncIterator[Any]:
    async with hostile_server() as server:
        server.routes["/in?token=t0ken"] = TAKEN
        programme.fetcher = lambda: Fetcher(hosts={"hooks.test": server.pair}, at=lambda: programme.now)
        yield server


@pytest.fixture
async def mara(programme: Programme, receiver) -> AsyncIterator[httpx.Client]:
    with served(programme.app()) as address, client(address, "mara") as opened:
        yield opened


async def post(api: httpx.Client, path: str, body: Any = None, **headers: str) -> httpx.Response:
    """While the receiver can answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await asyncio.to_thread(api.post, path, json={} if body is None else body, headers=named)


async def added(api: httpx.Client) -> tuple[str, str]:
    """Where the endpoint is, and its secret."""
    made = await post(api, "/webhooks", SUBSCRIBED)
    assert made.status_code == 201, made.text
    return f"/webhooks/{made.json()['id']}", made.json()["secret"]


def problem(answered: httpx.Response, name: str) -> str:
    assert answered.status_code == KINDS[name].status, answered.text
    assert answered.json()["type"] == f"/api/problems/{name}"
    return answered.json()["detail"]


def missed(programme: Programme, where: str, *stages: DeliveryStage) -> list[int]:
    """Deliveries to the endpoint, planned an hour apart, the last one now."""
    with programme.database.write.begin() as session:
        told = session.scalars(select(Event).where(Event.name == "submission.received").limit(len(stages))).all()
        rows = [
            Delivery(
                event_id=event.id,
                channel=ChannelName.WEBHOOK,
                recipient=f"endpoint:{where.rsplit('/', 1)[1]}",
                subject="submission:1",
                message={"body": "{}"},
                stage=stage,
                attempts=3,
                planned_at=programme.now - timedelta(hours=len(stages) - 1 - number),
                settled_at=None if stage is DeliveryStage.PLANNED else programme.now,
                next_try_at=programme.now if stage is DeliveryStage.PLANNED else None,
            )
            for number, (event, stage) in enumerate(zip(told, stages, strict=True))
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def stages(programme: Programme, numbers: list[int]) -> list[DeliveryStage]:
    with programme.database.read() as session:
        return [session.get_one(Delivery, number).stage for number in numbers]


# --- trying


async def test_a_trial_is_signed_and_tells_what_came_back(receiver, mara):
    where, secret = await added(mara)
    tried = (await post(mara, f"{where}/test")).json()
    assert (tried["taken"], tried["status"], tried["words"]) == (True, 200, "thanks")
    assert tried["seconds"] >= 0
    (got,) = receiver.asked
    assert got.headers["webhook-id"] == tried["webhook_id"]
    assert b"webhook.test" in got.body
    assert secret not in str(tried)
    receiver.routes["/in?token=t0ken"] = sends(answer("500 Oops", b"out of disk"))
    failed = (await post(mara, f"{where}/test")).json()
    assert (failed["taken"], failed["status"], failed["words"]) == (False, 500, "out of disk")


async def test_what_was_signed_verifies_with_the_secret_that_was_shown(receiver, mara, programme):
    where, secret = await added(mara)
    await post(mara, f"{where}/test")
    (got,) = receiver.asked
    signed = Webhook(secret).sign(got.headers["webhook-id"], programme.now, got.body.decode())
    assert signed in got.headers["webhook-signature"].split(" ")


async def test_a_disabled_endpoint_can_be_tried_and_nothing_is_remembered_of_it(receiver, mara, programme):
    where, _ = await added(mara)
    await post(mara, f"{where}/disable", {"reason": "it moves"})
    before = await asyncio.to_thread(lambda: mara.get(where).json())
    assert (await post(mara, f"{where}/test")).json()["taken"] is True
    assert await asyncio.to_thread(lambda: mara.get(where).json()) == before
    with programme.database.read() as session:
        assert session.scalars(select(Delivery).where(Delivery.channel == ChannelName.WEBHOOK)).all() == []


async def test_an_endpoint_that_does_not_answer_is_told_not_raised(receiver, mara):
    where, _ = await added(mara)
    receiver.routes["/in?token=t0ken"] = sends(b"", then_close=True)
    tried = (await post(mara, f"{where}/test")).json()
    assert (tried["taken"], tried["status"]) == (False, None)
    assert tried["words"]


async def test_nobody_tries_or_replays_what_is_not_there(mara):
    problem(await post(mara, "/webhooks/99/test"), "no-such-thing")
    problem(await post(mara, "/webhooks/99/replay", {"delivery": 1}), "no-such-thing")


# --- replaying


async def test_one_delivery_is_due_again(mara, programme):
    where, _ = await added(mara)
    dead, sent = missed(programme, where, DeliveryStage.DEAD, DeliveryStage.SENT)
    assert (await post(mara, f"{where}/replay", {"delivery": dead})).json() == {"deliveries": [dead]}
    assert stages(programme, [dead, sent]) == [DeliveryStage.PLANNED, DeliveryStage.SENT]
    assert (await post(mara, f"{where}/replay", {"delivery": sent})).status_code == 200
    with programme.database.read() as session:
        again = session.get_one(Delivery, sent)
        assert (again.repeat_possible, again.attempts) == (True, 0), "it may arrive a second time, with the same id"
    assert "comes by itself" in problem(await post(mara, f"{where}/replay", {"delivery": dead}), "refused")


async def test_all_that_it_missed_since_then_is_due_again(mara, programme):
    where, _ = await added(mara)
    old, dead, sent, skipped = missed(
        programme, where, DeliveryStage.DEAD, DeliveryStage.DEAD, DeliveryStage.SENT, DeliveryStage.SKIPPED
    )
    since = (programme.now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    assert (await post(mara, f"{where}/replay", {"since": since})).json() == {"deliveries": [dead, skipped]}
    assert stages(programme, [old, sent]) == [DeliveryStage.DEAD, DeliveryStage.SENT]
    taken = await post(mara, f"{where}/replay", {"since": since, "also_taken": True})
    assert taken.json() == {"deliveries": [sent]}


async def test_a_repeated_replay_is_done_once(mara, programme):
    where, _ = await added(mara)
    (dead,) = missed(programme, where, DeliveryStage.DEAD)
    first = await post(mara, f"{where}/replay", {"delivery": dead}, Idempotency_Key="once")
    with programme.database.write.begin() as session:
        row = session.get_one(Delivery, dead)
        row.stage, row.settled_at, row.next_try_at = DeliveryStage.SENT, programme.now, None
    second = await post(mara, f"{where}/replay", {"delivery": dead}, Idempotency_Key="once")
    assert first.json() == second.json()
    assert stages(programme, [dead]) == [DeliveryStage.SENT]


async def test_what_goes_to_another_endpoint_is_not_replayed_here(mara, programme):
    where, _ = await added(mara)
    other = await post(mara, "/webhooks", SUBSCRIBED | {"url": "http://hooks.test/other"})
    (dead,) = missed(programme, f"/webhooks/{other.json()['id']}", DeliveryStage.DEAD)
    assert f"no delivery {dead} to endpoint" in problem(
        await post(mara, f"{where}/replay", {"delivery": dead}), "no-such-thing"
    )
    assert stages(programme, [dead]) == [DeliveryStage.DEAD]


async def test_a_disabled_endpoint_gets_nothing_again(mara, programme):
    where, _ = await added(mara)
    (dead,) = missed(programme, where, DeliveryStage.DEAD)
    await post(mara, f"{where}/disable", {"reason": "it moves"})
    told = problem(await post(mara, f"{where}/replay", {"delivery": dead}), "refused")
    assert "is disabled (it moves); enable it first" in told


@pytest.mark.parametrize(
    "body",
    [{}, {"delivery": 1, "since": "2026-11-23T09:00:00Z"}, {"delivery": 1, "also_taken": True}, {"since": "soon"}],
)
async def test_a_replay_that_is_not_understood_is_told(mara, body):
    where, _ = await added(mara)
    problem(await post(mara, f"{where}/replay", body), "invalid-body")


@pytest.mark.parametrize("who", ["rosa", "otis", "quill"])
async def test_only_who_runs_the_programme_tries_and_replays(programme, receiver, who):
    with served(programme.app()) as address:
        with client(address, "mara") as mara:
            where, _ = await added(mara)
        with client(address, who) as api:
            problem(await post(api, f"{where}/test"), "token-may-not")
            problem(await post(api, f"{where}/replay", {"delivery": 1}), "token-may-not")
    assert receiver.asked == []
