"""What several lanes have to settle at the same moment is written in one transaction; each waits until it stands."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.delivery import Delivery
from models.enums import DeliveryStage
from notifications.message import Result


@dataclass(frozen=True, slots=True)
class Tried:
    """One try, and what came of it."""

    delivery: Delivery
    result: Result


@dataclass(frozen=True, slots=True)
class Settled:
    """The stage a delivery is in now, and whether its channel rests: then nothing more is tried there."""

    stage: DeliveryStage
    channel_rests: bool


Write = Callable[[Sequence[Tried]], Sequence[Settled]]
"""Settles all of them in one transaction, or none."""


class Settling:
    """No lane goes on before what it did is written, so a crash leaves no more open than if each wrote alone.

    It is quicker because most of a settlement's time is the disk's: lanes share that.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._said: list[tuple[Tried, asyncio.Future[Settled]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def settle(self, tried: Tried) -> Settled:
        """Raises what writing this one by itself raised."""
        future: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self._said.append((tried, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_on())
        return await future

    async def all_written(self) -> None:
        """Wait for what is said, also by a lane that was stopped since."""
        if self._writer is not None:
            await self._writer

    async def _write_on(self) -> None:
        try:
            while self._said:
                batch, self._said = self._said, []
                answers = await asyncio.to_thread(self._answers, [tried for tried, _ in batch])
                for (_, future), answer in zip(batch, answers, strict=True):
                    _tell(future, answer)
        finally:
            self._writer = None
            if self._said:
                # The process is being stopped: what went out must not look as if it had not.
                self._answers([tried for tried, _ in self._said])

    def _answers(self, batch: Sequence[Tried]) -> Sequence[Settled | Exception]:
        try:
            return self._write(batch)
        except Exception as error:  # noqa: BLE001 - it is raised in the lane that said it
            # One that can't be written must not keep the others up.
            return [error] if len(batch) == 1 else [self._answers([tried])[0] for tried in batch]


def _tell(future: "asyncio.Future[Settled]", answer: Settled | Exception) -> None:
    if future.done():
        return  # its lane was stopped
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
