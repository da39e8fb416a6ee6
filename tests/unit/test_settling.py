"""Lanes settle together, and each waits for its own."""

import asyncio
import threading

import pytest

from models.delivery import Delivery
from models.enums import DeliveryStage
from notifications.message import Sent
from notifications.outbox.settling import Settled, Settling, Tried

DONE = Settled(DeliveryStage.SENT, channel_rests=False)


def tried(number):
    return Tried(Delivery(id=number), Sent(str(number)))


class Pen:
    """Writes what it gets, but nothing in which there is a refused one; with a gate, only once that is open."""

    def __init__(self, *, refused=(), gate=None):
        self.refused, self.gate, self.written = refused, gate, []

    def __call__(self, batch):
        if self.gate is not None:
            self.gate.wait(5)
        if any(one.delivery.id in self.refused for one in batch):
            raise ValueError("not storable")
        self.written.append([one.delivery.id for one in batch])
        return [DONE for _ in batch]


async def test_what_is_said_while_another_is_written_is_written_together():
    pen = Pen(gate=threading.Event())
    settling = Settling(pen)
    lanes = [asyncio.create_task(settling.settle(tried(number))) for number in range(5)]
    await asyncio.sleep(0.01)
    lanes.append(asyncio.create_task(settling.settle(tried(5))))
    await asyncio.sleep(0.01)
    assert not any(lane.done() for lane in lanes)
    pen.gate.set()
    assert await asyncio.gather(*lanes) == [DONE] * 6
    assert pen.written == [[0, 1, 2, 3, 4], [5]]


async def test_one_that_can_not_be_written_keeps_no_other_up():
    pen = Pen(refused={1})
    settling = Settling(pen)
    first, second, third = await asyncio.gather(
        *(settling.settle(tried(number)) for number in range(3)), return_exceptions=True
    )
    assert (first, third) == (DONE, DONE)
    assert isinstance(second, ValueError)


async def test_what_a_stopped_lane_has_said_is_written_all_the_same():
    pen = Pen(gate=threading.Event())
    settling = Settling(pen)
    lane = asyncio.create_task(settling.settle(tried(1)))
    await asyncio.sleep(0.01)
    lane.cancel()
    with pytest.raises(asyncio.CancelledError):
        await lane
    pen.gate.set()
    await settling.all_written()
    assert pen.written == [[1]]


def test_a_process_that_is_stopped_writes_what_was_said():
    pen = Pen(gate=threading.Event())

    async def stopped():
        settling = Settling(pen)
        lanes = [asyncio.create_task(settling.settle(tried(number))) for number in (1,)]
        await asyncio.sleep(0.01)
        lanes.append(asyncio.create_task(settling.settle(tried(2))))
        await asyncio.sleep(0.01)
        threading.Timer(0.05, pen.gate.set).start()
        # The loop ends here, and cancels every task that is left.

    asyncio.run(stopped())
    assert sorted(pen.written) == [[1], [2]]
