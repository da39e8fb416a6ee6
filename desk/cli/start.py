"""Where `launch-review` begins: nothing is imported before Ctrl-C has an answer."""

import os
import signal
import sys
from types import FrameType

STOPPED = 130
"""Exit code of a command that Ctrl-C ended, as shells have it: 128 and the signal's number."""


def main() -> None:
    """Run the command that was typed. Ctrl-C before it has begun, or in it, is one line and exit code 130."""
    try:
        # A background job may have been started with Ctrl-C switched off; it stays so.
        answers = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if answers:
            signal.signal(signal.SIGINT, _leave)
        from desk.cli.main import main as run_command  # noqa: PLC0415 - takes a second, and Ctrl-C may come in it

        if answers:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run_command()
    except KeyboardInterrupt:
        say_stopped()
        sys.exit(STOPPED)


def say_stopped() -> None:
    sys.stderr.write("launch-review: stopped\n")


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once: nothing is open yet, and an exception could be swallowed or wrapped by what is being imported."""
    del number, frame
    say_stopped()
    sys.stderr.flush()
    os._exit(STOPPED)
