"""What every channel does: hand over one message, and say what came of it."""

from typing import Protocol

from notifications.message import Message, Result


class Channel(Protocol):
    """A way to reach people. The shipped ones and the fakes pass one contract test."""

    async def send(self, message: Message, key: str) -> Result:
        """Hand over one message.

        `key` is the same for every try of one delivery and no other, so that a repeat can be found or
        takes the place of the first. Faults of the other side come back as a result; an exception is
        a fault of the channel's own code.
        """
        ...
