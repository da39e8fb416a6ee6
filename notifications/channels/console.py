"""The console: one line for each event, for whoever watches the programme run."""

import sys
from typing import TextIO

from notifications.message import Message, Result, Retry, Sent


class ConsoleChannel:
    """Writes to a stream, by default to standard error: standard output is for data."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    async def send(self, message: Message, key: str) -> Result:
        # Looked up at each line, because a program may put another stream in its place.
        stream = self._stream or sys.stderr
        again = " (perhaps told before)" if message.repeat_possible else ""
        try:
            stream.write(f"{message.thread}: {message.title}{again}\n")
            stream.flush()
        except (OSError, ValueError) as error:
            return Retry(f"the console takes nothing: {error}", of_channel=True)
        return Sent(reference=key)
