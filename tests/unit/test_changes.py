"""What open pages are told: one question for all of them, an end for every stream."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import aclosing

from desk.changes import Changes


class Database:
    """Gives one version after another, and counts how often it was asked."""

    def __init__(self, *versions: str) -> None:
        self.versions: Iterator[str] = itertools.chain(versions, itertools.repeat(versions[-1]))
        self.asked = 0

    def read(self) -> str:
        self.asked += 1
        return next(self.versions)


async def heard(changes: Changes, number: int) -> list[str]:
    found: list[str] = []
    async with aclosing(changes.listen()) as stream:
        async for version in stream:
            found.append(version)
            if len(found) == number:
                break
    return found


async def test_each_new_version_is_told_once_and_an_old_one_not_again():
    database = Database("1", "1", "2", "2", "3")
    assert await heard(Changes(database.read, every_seconds=0.001), 3) == ["1", "2", "3"]


async def test_two_hundred_pages_cost_one_question():
    database = Database("1", "2")
    changes = Changes(database.read, every_seconds=0.05)
    told = await asyncio.gather(*(heard(changes, 2) for _ in range(200)))
    assert told == [["1", "2"]] * 200
    assert database.asked <= 3


async def test_nobody_asks_while_nobody_listens():
    database = Database("1")
    changes = Changes(database.read, every_seconds=0.001)
    await heard(changes, 1)
    asked = database.asked
    await asyncio.sleep(0.02)
    assert database.asked == asked
    assert await heard(changes, 1) == ["1"]


async def test_every_stream_ends_when_the_desk_stops_and_none_begins():
    changes = Changes(Database("1").read, every_seconds=60)
    waiting = asyncio.create_task(heard(changes, 2))
    await asyncio.sleep(0.02)
    changes.close()
    assert await asyncio.wait_for(waiting, 30) == ["1"]
    assert not changes.has_room
    assert await asyncio.wait_for(heard(changes, 1), 30) == []


async def test_a_stream_ends_by_itself_so_that_the_reader_is_asked_for_again():
    changes = Changes(Database("1").read, every_seconds=60, for_seconds=0.1)
    assert [version async for version in changes.listen()] == ["1"]


async def test_no_more_pages_listen_than_there_is_room_for():
    changes = Changes(Database("1").read, every_seconds=60, most=2)
    streams = [changes.listen(), changes.listen()]
    assert [await anext(stream) for stream in streams] == ["1", "1"]
    assert not changes.has_room
    for stream in streams:
        await stream.aclose()
    assert changes.has_room
